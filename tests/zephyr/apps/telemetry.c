/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An application: a sampling thread allocates records from a heap of its own, waiting when the
 * reporting thread is behind, and main adds them up.
 */

#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#define RECORDS     200
#define STACK_BYTES 1024

struct record {
    void *fifo_reserved;
    uint32_t sequence;
    uint16_t values[20];
};

/* Room for a handful of records only, so that the sampling thread has to wait. */
K_HEAP_DEFINE(record_heap, 384);
static K_FIFO_DEFINE(records);

static void sample(void *p1, void *p2, void *p3)
{
    ARG_UNUSED(p1);
    ARG_UNUSED(p2);
    ARG_UNUSED(p3);
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct record *record = k_heap_alloc(&record_heap, sizeof(*record), K_FOREVER);

        __ASSERT(record != NULL, "a wait without end ended");
        memset(record, 0, sizeof(*record));
        record->sequence = i;
        for (size_t v = 0; v < ARRAY_SIZE(record->values); v++) {
            record->values[v] = (uint16_t)(i + v);
        }
        k_fifo_put(&records, record);
    }
}

K_THREAD_DEFINE(sampler, STACK_BYTES, sample, NULL, NULL, NULL, K_PRIO_PREEMPT(7), 0, 0);

int main(void)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < RECORDS; i++) {
        struct record *record = k_fifo_get(&records, K_SECONDS(60));

        if (record == NULL || record->sequence != i) {
            printk("telemetry: record %u is missing\n", i);
            return 1;
        }
        for (size_t v = 0; v < ARRAY_SIZE(record->values); v++) {
            sum += record->values[v];
        }
        k_heap_free(&record_heap, record);
    }
    (void)k_thread_join(sampler, K_FOREVER);
    /* 20 values each: 20 * (0 + ... + 199) + 200 * (0 + ... + 19) */
    printk("telemetry: %u records, sum %u\n", RECORDS, sum);
    return sum == 20 * 19900 + 200 * 190 ? 0 : 1;
}
