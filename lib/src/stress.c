/* SPDX-License-Identifier: Apache-2.0 */

/* The stress test: allocates and frees at random around a fill target, through the caller's
 * functions. */

#include "kheap/sys_heap.h"

struct slot {
    void *p;
    size_t bytes;
};

struct stress {
    struct slot *slots;
    size_t live, most;
    size_t in_use, target;
    size_t total_bytes;
    uint32_t random;
};

/* A linear congruential generator: the same sequence on every machine. Its high bits are the good
 * ones. */
static uint32_t random_next(struct stress *s)
{
    s->random = s->random * 1664525u + 1013904223u;
    return s->random >> 8;
}

/* Log-uniform from 1 byte to a quarter of the total: small blocks are common, large ones occur.
 */
static size_t random_size(struct stress *s)
{
    uint32_t powers = 0;

    while ((s->total_bytes / 8) >> (powers + 1) != 0 && powers < 23) {
        powers++;
    }
    const uint32_t base = 1u << random_next(s) % (powers + 1);

    return base + random_next(s) % base;
}

/* Free when there is no slot left; below the target allocate three times in four, above it free so.
 */
static bool want_alloc(struct stress *s)
{
    if (s->live == 0 || s->live == s->most) {
        return s->live == 0;
    }
    const bool rare = random_next(s) % 4 == 0;

    return s->in_use < s->target ? !rare : rare;
}

void sys_heap_stress(void *(*alloc_fn)(void *arg, size_t bytes),
                     void (*free_fn)(void *arg, void *p), void *arg, size_t total_bytes,
                     uint32_t op_count, void *scratch_mem, size_t scratch_bytes, int target_percent,
                     struct z_heap_stress_result *result)
{
    const size_t percent = target_percent < 0     ? 0
                           : target_percent > 100 ? 100
                                                  : (size_t)target_percent;
    const size_t skip = -(uintptr_t)scratch_mem & (_Alignof(struct slot) - 1);
    struct stress s = {.total_bytes = total_bytes,
                       .target = total_bytes / 100 * percent + total_bytes % 100 * percent / 100,
                       .random = 1};

    *result = (struct z_heap_stress_result){0};
    if (scratch_mem == NULL || scratch_bytes < skip + sizeof(struct slot)) {
        return;
    }
    s.slots = (void *)((unsigned char *)scratch_mem + skip);
    s.most = (scratch_bytes - skip) / sizeof(struct slot);

    for (uint32_t i = 0; i < op_count; i++) {
        if (want_alloc(&s)) {
            const size_t bytes = random_size(&s);
            void *const p = alloc_fn(arg, bytes);

            result->total_allocs++;
            if (p != NULL) {
                result->successful_allocs++;
                s.slots[s.live++] = (struct slot){p, bytes};
                s.in_use += bytes;
            }
        } else {
            const size_t victim = random_next(&s) % s.live;

            result->total_frees++;
            free_fn(arg, s.slots[victim].p);
            s.in_use -= s.slots[victim].bytes;
            s.slots[victim] = s.slots[--s.live];
        }
        result->accumulated_in_use_bytes += s.in_use;
    }
    while (s.live != 0) {
        result->total_frees++;
        free_fn(arg, s.slots[--s.live].p);
    }
}
