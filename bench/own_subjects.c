/* SPDX-License-Identifier: Apache-2.0 */
#include "own_subjects.h"

#include <string.h>

#include "subjects.h"
#include "ticks.h"

/* Names given by kheap_variant in CMakeLists.txt. */
extern const struct subject subject_bench_small;
extern const struct subject subject_bench_big;
extern const struct subject subject_bench_auto;
extern const struct subject subject_bench_nostats;

#define SLOW_ADDS 300u

/* The size asked for comes out of the chain, so the heap cannot begin before the last add is done.
 */
static void *slow_alloc(void *state, size_t bytes)
{
    const uint32_t late =
        add_chain(SLOW_ADDS, 0) - SLOW_ADDS; /* 0, which the compiler cannot know */

    return subject_bench_small.alloc(state, bytes + late);
}

static const struct subject *kheap_slow(void)
{
    static struct subject slow;

    slow = subject_bench_small;
    slow.name = BENCH_CONTROL;
    slow.alloc = slow_alloc;
    return &slow;
}

struct empty_state {
    void *mem;
    size_t bytes;
};

static int empty_init(void *state, void *mem, size_t bytes)
{
    *(struct empty_state *)state = (struct empty_state){mem, bytes};
    return 0;
}

/* The replay reads a block's last byte, so that must exist. */
static void *empty_alloc(void *state, size_t bytes)
{
    const struct empty_state *empty = state;
    return bytes <= empty->bytes ? empty->mem : NULL;
}

static void *empty_aligned(void *state, size_t align, size_t bytes)
{
    (void)align;
    return empty_alloc(state, bytes);
}

static void *empty_realloc(void *state, void *p, size_t bytes)
{
    (void)p;
    return empty_alloc(state, bytes);
}

static void empty_free(void *state, void *p)
{
    (void)state;
    (void)p;
}

static const struct subject subject_empty = {
    .abi = SUBJECT_ABI,
    .name = "empty",
    .align = 1,
    .state_bytes = sizeof(struct empty_state),
    .init = empty_init,
    .alloc = empty_alloc,
    .free = empty_free,
    .aligned = empty_aligned,
    .realloc = empty_realloc,
};

const struct subject *const bench_subjects[] = {
    &subject_bench_small, &subject_bench_big, &subject_bench_auto, &subject_bench_nostats,
    &subject_firstfit,    &subject_libc,      &subject_empty,      NULL,
};

const struct subject *bench_subjects_find(const char *name)
{
    for (size_t i = 0; bench_subjects[i] != NULL; i++) {
        if (strcmp(bench_subjects[i]->name, name) == 0) {
            return bench_subjects[i];
        }
    }
    return strcmp(name, BENCH_CONTROL) == 0 ? kheap_slow() : NULL;
}
