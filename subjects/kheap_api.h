/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_API_H
#define SUBJECTS_KHEAP_API_H

/*
 * The word api on a sys_heap (ops/op.h): calls at the edge of kheap/sys_heap.h, each with the
 * answer that header gives. They leave the heap in use as it is; what changes a heap is asked of a
 * spare one in memory of its own.
 */

#include "kheap/sys_heap.h"
#include "verdict.h"

#include <errno.h>
#include <string.h>

#define API_SPARE_BYTES 1024u

struct api {
    struct sys_heap *heap;  /* in use */
    struct sys_heap *spare; /* anything may be done to it */
    uint32_t *faults;       /* reports about the spare one */
    struct subject_verdict *verdict;
    unsigned char *memory; /* API_SPARE_BYTES, for the spare heap */
};

static inline void api_is(struct api *api, const char *what, int64_t have, int64_t want)
{
    (void)verdict_is(api->verdict, what, have, want);
}

static inline void api_null(struct api *api, const char *what, const void *have)
{
    api_is(api, what, have != NULL, 0);
}

/* A heap that init refused, or none at all, refuses every call. */
static inline void api_refuses(struct api *api)
{
    struct sys_heap *const heap = api->spare;
    struct sys_heap_layout layout;

    api_null(api, "alloc() of no heap", sys_heap_alloc(heap, 8));
    api_null(api, "aligned_alloc() of no heap", sys_heap_aligned_alloc(heap, 64, 8));
    api_null(api, "noalign_alloc() of no heap", sys_heap_noalign_alloc(heap, 64, 8));
    api_null(api, "realloc(NULL) of no heap", sys_heap_realloc(heap, NULL, 8));
    api_null(api, "aligned_realloc(NULL) of no heap", sys_heap_aligned_realloc(heap, NULL, 16, 8));
    sys_heap_free(heap, NULL);
    api_is(api, "usable_size(NULL) of no heap", (int64_t)sys_heap_usable_size(heap, NULL), 0);
    api_is(api, "largest_free() of no heap", (int64_t)sys_heap_largest_free(heap), 0);
    api_is(api, "check() of no heap", sys_heap_check(heap, NULL), false);
    api_is(api, "validate() of no heap", sys_heap_validate(heap), false);
    api_is(api, "layout_get() of no heap", sys_heap_layout_get(heap, &layout), -EINVAL);
    sys_heap_print_info(heap, true);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    struct sys_memory_stats stats;
    api_is(api, "stats_get() of no heap", sys_heap_runtime_stats_get(heap, &stats), -EINVAL);
    api_is(api, "reset_max() of no heap", sys_heap_runtime_stats_reset_max(heap), -EINVAL);
#endif
    api_is(api, "reports about no heap", *api->faults, 0);
}

static inline void api_init_null(struct api *api)
{
    api_is(api, "init(NULL heap)", sys_heap_init(NULL, api->memory, 256), -EINVAL);
    api_is(api, "init(NULL memory)", sys_heap_init(api->spare, NULL, 256), -EINVAL);
    api_refuses(api);
}

static inline void api_init_wraps(struct api *api)
{
    const size_t room = UINTPTR_MAX - (uintptr_t)api->memory;

    api_is(api, "init() of a region that wraps", sys_heap_init(api->spare, api->memory, room + 1),
           -EINVAL);
    api_is(api, "init() of all bytes there are", sys_heap_init(api->spare, api->memory, SIZE_MAX),
           -EINVAL);
    api_refuses(api);
}

/* At every misalignment: one byte less than the least region is too little. */
static inline void api_init_small(struct api *api)
{
    for (size_t offset = 0; offset < 8; offset++) {
        unsigned char *const mem = api->memory + offset;
        const size_t least = (8 - offset) % 8 + SYS_HEAP_REGION_SIZE_FOR(1);

        for (size_t bytes = 0; bytes < least; bytes++) {
            api_is(api, "init() of too little", sys_heap_init(api->spare, mem, bytes), -ENOMEM);
        }
        api_refuses(api);
        api_is(api, "init() of the least", sys_heap_init(api->spare, mem, least), 0);
    }
}

/* Nothing is written before the size is known to be too much, so the memory need not be there. */
static inline void api_init_large(struct api *api)
{
    (void)api; /* some formats and word sizes have no such region */
#if CONFIG_SYS_HEAP_SMALL_ONLY
    api_is(api, "init() of more units than the small format has",
           sys_heap_init(api->spare, api->memory, (size_t)0x8000 * 8), -E2BIG);
    api_refuses(api);
#endif
#if SIZE_MAX > 0xffffffffu
    api_is(api, "init() of more units than any format has",
           sys_heap_init(api->spare, api->memory, (size_t)1 << 40), -E2BIG);
    api_refuses(api);
#endif
}

static inline void api_null_heap(struct api *api)
{
    struct sys_heap_layout layout;

    api_is(api, "check(NULL)", sys_heap_check(NULL, NULL), false);
    api_is(api, "validate(NULL)", sys_heap_validate(NULL), false);
    api_is(api, "layout_get(NULL)", sys_heap_layout_get(NULL, &layout), -EINVAL);
    sys_heap_print_info(NULL, false);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    struct sys_memory_stats stats;
    api_is(api, "stats_get(NULL)", sys_heap_runtime_stats_get(NULL, &stats), -EINVAL);
    api_is(api, "reset_max(NULL)", sys_heap_runtime_stats_reset_max(NULL), -EINVAL);
#endif
}

static inline void api_null_result(struct api *api)
{
    api_is(api, "check() without a record", sys_heap_check(api->heap, NULL), true);
    api_is(api, "validate()", sys_heap_validate(api->heap), true);
    api_is(api, "layout_get() into nothing", sys_heap_layout_get(api->heap, NULL), -EINVAL);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    api_is(api, "stats_get() into nothing", sys_heap_runtime_stats_get(api->heap, NULL), -EINVAL);
#endif
}

static inline void api_nothing(struct api *api)
{
    sys_heap_free(api->heap, NULL);
    api_is(api, "usable_size(NULL)", (int64_t)sys_heap_usable_size(api->heap, NULL), 0);
    api_null(api, "alloc(0)", sys_heap_alloc(api->heap, 0));
    api_null(api, "aligned_alloc(64, 0)", sys_heap_aligned_alloc(api->heap, 64, 0));
    api_null(api, "noalign_alloc(64, 0)", sys_heap_noalign_alloc(api->heap, 64, 0));
    api_null(api, "realloc(NULL, 0)", sys_heap_realloc(api->heap, NULL, 0));
    api_null(api, "aligned_realloc(NULL, 64, 0)", sys_heap_aligned_realloc(api->heap, NULL, 64, 0));
}

static inline void api_too_much(struct api *api)
{
    for (size_t less = 0; less < 24; less++) {
        api_null(api, "alloc() near SIZE_MAX", sys_heap_alloc(api->heap, SIZE_MAX - less));
        api_null(api, "aligned_alloc() near SIZE_MAX",
                 sys_heap_aligned_alloc(api->heap, 64, SIZE_MAX - less));
        api_null(api, "realloc(NULL) near SIZE_MAX",
                 sys_heap_realloc(api->heap, NULL, SIZE_MAX - less));
    }
    api_null(api, "aligned_alloc() at the highest alignment",
             sys_heap_aligned_alloc(api->heap, SIZE_MAX / 2 + 1, 8));
    api_null(api, "aligned_alloc(12)", sys_heap_aligned_alloc(api->heap, 12, 8));
    api_null(api, "aligned_realloc(NULL, 7)", sys_heap_aligned_realloc(api->heap, NULL, 7, 8));
}

/* For every size: a region of the macro's bytes serves one block of so many, at any misalignment.
 */
static inline void api_region_size(struct api *api)
{
    for (size_t bytes = 1; bytes <= 64; bytes++) {
        unsigned char *const mem = api->memory + bytes % 8;
        const size_t region = (8 - bytes % 8) % 8 + SYS_HEAP_REGION_SIZE_FOR(bytes);

        api_is(api, "init() of SYS_HEAP_REGION_SIZE_FOR()", sys_heap_init(api->spare, mem, region),
               0);
        unsigned char *const p = sys_heap_alloc(api->spare, bytes);
        api_is(api, "the block that SYS_HEAP_REGION_SIZE_FOR() is for", p != NULL, true);
        api_is(api, "it lies inside", p >= mem && p + bytes <= mem + region, true);
    }
}

/* What the stress test is given here never has a block. */
static void *api_no_block(void *arg, size_t bytes)
{
    *(uint32_t *)arg += bytes != 0;
    return NULL;
}

static void api_no_free(void *arg, void *p)
{
    *(uint32_t *)arg += p == NULL ? 0x10000 : 0x20000; /* is not called */
}

static inline void api_stress(struct api *api, unsigned char *scratch, size_t bytes, int percent,
                              uint32_t want)
{
    struct z_heap_stress_result result = {1, 1, 1, 1};
    uint32_t calls = 0;

    sys_heap_stress(api_no_block, api_no_free, &calls, 256, 20, scratch, bytes, percent, &result);
    api_is(api, "calls of alloc_fn", calls, want);
    api_is(api, "total_allocs without any memory", result.total_allocs, want);
    api_is(api, "successful_allocs without any memory", result.successful_allocs, 0);
    api_is(api, "total_frees without any memory", result.total_frees, 0);
    api_is(api, "accumulated_in_use_bytes without any memory",
           (int64_t)result.accumulated_in_use_bytes, 0);
}

/* The list of blocks at every misalignment, and where there is no room for one of them. */
static inline void api_stress_scratch(struct api *api)
{
    const size_t slot = sizeof(void *) + sizeof(size_t);

    api_stress(api, NULL, 0, 50, 0);
    api_stress(api, NULL, 1024, 50, 0);
    for (size_t offset = 0; offset < sizeof(void *); offset++) {
        const size_t skip = (sizeof(void *) - offset) % sizeof(void *);
        api_stress(api, api->memory + offset, skip + slot - 1, 50, 0);
        api_stress(api, api->memory + offset, skip + slot, (int)offset * 60 - 100, 20);
    }
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
/* A heap that init refused has no blocks: any pointer is misuse. */
static inline void api_dead_pointers(struct api *api)
{
    unsigned char *const p = api->memory + 64;

    api_is(api, "init() of nothing", sys_heap_init(api->spare, api->memory, 0), -ENOMEM);
    memset(api->memory, 1, API_SPARE_BYTES);
    sys_heap_free(api->spare, p);
    api_is(api, "reports of free() of no heap", *api->faults, 1);
    api_is(api, "usable_size() of no heap", (int64_t)sys_heap_usable_size(api->spare, p), 0);
    api_is(api, "reports of usable_size() of no heap", *api->faults, 2);
    api_null(api, "realloc() of no heap", sys_heap_realloc(api->spare, p, 8));
    api_is(api, "reports of realloc() of no heap", *api->faults, 3);
    api_null(api, "aligned_realloc() of no heap", sys_heap_aligned_realloc(api->spare, p, 64, 8));
    api_is(api, "reports of aligned_realloc() of no heap", *api->faults, 4);
    for (size_t i = 0; i < API_SPARE_BYTES; i++) {
        api_is(api, "bytes that were nobody's to write", api->memory[i], 1);
    }
}
#endif

typedef void (*api_item)(struct api *api);
static const api_item api_items[] = {
    api_init_null,     api_init_wraps,  api_init_small, api_init_large,  api_null_heap,
    api_nothing,       api_null_result, api_too_much,   api_region_size, api_stress_scratch,
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    api_dead_pointers,
#endif
};
#define API_ITEMS ((uint32_t)(sizeof api_items / sizeof api_items[0]))

static inline bool api_call(struct api *api, uint32_t item)
{
    static _Alignas(8) unsigned char memory[API_SPARE_BYTES];

    *api->verdict = (struct subject_verdict){.what = NULL};
    api->memory = memory;
    api_items[item](api);
    return api->verdict->what == NULL;
}

#endif
