/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whoever only listens knows exactly which blocks are live, and how large: a ledger written from
 * the events alone agrees with what the caller holds after each of many calls at random.
 */

#include <stdio.h>
#include <stdlib.h>

#include "events.h"

enum { SLOTS = 24, CALLS = 20000 };

static struct sys_heap heap;

/* The caller's blocks, and the ledger's. */
static void *held[SLOTS];
static struct {
    void *mem;
    size_t bytes;
} ledger[SLOTS + 1];

static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

/* A free takes out the entry with the same address and size: two may share an address in between.
 */
static void write_ledger(const struct event *event)
{
    const bool alloc = event->kind == HEAP_ALLOC;
    size_t at = 0;

    while (at <= SLOTS && (ledger[at].mem != (alloc ? NULL : event->mem) ||
                           (!alloc && ledger[at].bytes != event->bytes))) {
        at++;
    }
    assert_true(at <= SLOTS);
    ledger[at].mem = alloc ? event->mem : NULL;
    ledger[at].bytes = event->bytes;
}

static void expect_agreement(void)
{
    size_t blocks = 0;
    size_t entries = 0;
    size_t bytes = 0;

    for (size_t i = 0; i <= SLOTS; i++) {
        entries += ledger[i].mem != NULL;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        size_t at = 0;

        if (held[i] == NULL) {
            continue;
        }
        while (at <= SLOTS && ledger[at].mem != held[i]) {
            at++;
        }
        assert_true(at <= SLOTS);
        assert_int_equal(ledger[at].bytes, sys_heap_usable_size(&heap, held[i]));
        bytes += ledger[at].bytes;
        blocks++;
    }
    assert_int_equal(entries, blocks);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    struct sys_memory_stats stats;

    assert_int_equal(sys_heap_runtime_stats_get(&heap, &stats), 0);
    assert_int_equal(stats.allocated_bytes, bytes);
#else
    (void)bytes;
#endif
}

static void one_call(void **slot)
{
    const size_t bytes = random_below(8) == 0 ? random_below(3000) : random_below(200);
    const size_t align = (size_t)1 << random_below(8);

    switch (random_below(5)) {
    case 0:
        if (*slot == NULL) {
            *slot = sys_heap_alloc(&heap, bytes);
        }
        break;
    case 1:
        if (*slot == NULL) {
            *slot = sys_heap_aligned_alloc(&heap, align, bytes);
        }
        break;
    case 2:
        sys_heap_free(&heap, *slot);
        *slot = NULL;
        break;
    default: {
        void *const p = sys_heap_aligned_realloc(&heap, *slot, random_below(2) ? align : 0, bytes);

        *slot = p != NULL || bytes == 0 ? p : *slot;
    }
    }
}

static void the_events_alone_tell_which_blocks_are_live_and_how_large(void **state)
{
    (void)state;
    open_heap(&heap, 4, 8192);
    listen_to(&heap);
    in_callback = write_ledger;
    for (int i = 0; i < CALLS; i++) {
        one_call(&held[random_below(SLOTS)]);
        expect_agreement();
    }
    assert_int_equal(faults, 0);
    /* The test met what it is for: about one call in two reports something. */
    assert_true(event_count > CALLS / 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(the_events_alone_tell_which_blocks_are_live_and_how_large),
    };

    seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1;
    printf("seed %u\n", (unsigned)seed);
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
