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

/* What is no heap has nothing to be looked at. */
static inline void api_shows_nothing(struct api *api, struct sys_heap *heap)
{
    struct sys_heap_layout layout;

    api_is(api, "check() of no heap", sys_heap_check(heap, NULL), false);
    api_is(api, "validate() of no heap", sys_heap_validate(heap), false);
    api_is(api, "layout_get() of no heap", sys_heap_layout_get(heap, &layout), -EINVAL);
    sys_heap_print_info(heap, true);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    struct sys_memory_stats stats;
    api_is(api, "stats_get() of no heap", sys_heap_runtime_stats_get(heap, &stats), -EINVAL);
    api_is(api, "reset_max() of no heap", sys_heap_runtime_stats_reset_max(heap), -EINVAL);
#endif
}

/* A heap that init refused refuses every call. */
static inline void api_refuses(struct api *api)
{
    struct sys_heap *const heap = api->spare;

    api_null(api, "alloc() of no heap", sys_heap_alloc(heap, 8));
    api_null(api, "aligned_alloc() of no heap", sys_heap_aligned_alloc(heap, 64, 8));
    api_null(api, "noalign_alloc() of no heap", sys_heap_noalign_alloc(heap, 64, 8));
    api_null(api, "realloc(NULL) of no heap", sys_heap_realloc(heap, NULL, 8));
    api_null(api, "aligned_realloc(NULL) of no heap", sys_heap_aligned_realloc(heap, NULL, 16, 8));
    sys_heap_free(heap, NULL);
    api_is(api, "usable_size(NULL) of no heap", (int64_t)sys_heap_usable_size(heap, NULL), 0);
    api_is(api, "largest_free() of no heap", (int64_t)sys_heap_largest_free(heap), 0);
    api_shows_nothing(api, heap);
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
    api_is(api, "init() of the last bytes and the first",
           sys_heap_init(api->spare, (void *)(UINTPTR_MAX - 99), 200), -EINVAL);
#if SIZE_MAX > 0xffffffffu
    api_is(api, "init() of all bytes behind", sys_heap_init(api->spare, api->memory, room), -E2BIG);
#endif
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

/* What a region has no room for is refused, however the size is rounded and cut. */
static inline void api_sizes_beyond(struct api *api)
{
    api_is(api, "init()", sys_heap_init(api->spare, api->memory, API_SPARE_BYTES), 0);
    const size_t room = sys_heap_largest_free(api->spare);
    void *const odd = sys_heap_aligned_realloc(api->spare, NULL, 1, 8);

    api_is(api, "aligned_realloc(NULL, 1)", odd != NULL, true);
    sys_heap_free(api->spare, odd);
    for (unsigned shift = 10; shift < sizeof(size_t) * 8; shift++) {
        const size_t size = (size_t)1 << shift;

        for (size_t more = 0; more < 36; more++) {
            const size_t bytes = size - 18 + more;

            if (bytes >= API_SPARE_BYTES) {
                api_null(api, "alloc() of too much", sys_heap_alloc(api->spare, bytes));
                api_null(api, "aligned_alloc() of too much",
                         sys_heap_aligned_alloc(api->spare, 16, bytes));
            }
        }
        api_null(api, "aligned_alloc() at too much", sys_heap_aligned_alloc(api->spare, size, 8));
    }
    api_is(api, "what is free", (int64_t)sys_heap_largest_free(api->spare), (int64_t)room);
    api_is(api, "check()", sys_heap_check(api->spare, NULL), true);
    api_is(api, "all that is free", sys_heap_alloc(api->spare, room) != NULL, true);
}

/* The heads lie in front of the first chunk, a head for each size that fits. */
static inline void api_layout(struct api *api)
{
    for (size_t bytes = SYS_HEAP_REGION_SIZE_FOR(1); bytes <= API_SPARE_BYTES; bytes++) {
        struct sys_heap_layout layout;

        api_is(api, "init()", sys_heap_init(api->spare, api->memory, bytes), 0);
        api_is(api, "layout_get()", sys_heap_layout_get(api->spare, &layout), 0);
        size_t buckets = 1;
        while ((size_t)1 << (buckets - 1) < layout.units) {
            buckets++;
        }
        const size_t bytes_each = layout.header == 4 ? 2 : 4;
        const unsigned char *const heads = layout.heads;
        const unsigned char *const first = layout.first;
        api_is(api, "bytes of the heads", (int64_t)layout.heads_bytes,
               (int64_t)(buckets * bytes_each));
        api_is(api, "the heads end before the first chunk", heads + layout.heads_bytes <= first,
               true);
    }
}

static inline void api_null_heap(struct api *api)
{
    api_shows_nothing(api, NULL);
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

/*
 * A memory of numbers instead of addresses, which is full at a limit, and a hash of all that the
 * stress test asked of it: "an order that depends on the arguments alone" is one on every machine.
 */
struct api_order {
    uint32_t hash, calls;
    uint32_t every; /* each so many calls of alloc_fn give nothing */
};

static inline void api_order_add(struct api_order *order, uint64_t value)
{
    order->hash = (order->hash ^ (uint32_t)value) * 0x01000193u;
    order->hash = (order->hash ^ (uint32_t)(value >> 32)) * 0x01000193u;
}

static void *api_order_alloc(void *arg, size_t bytes)
{
    struct api_order *const order = arg;

    api_order_add(order, bytes);
    order->calls++;
    return order->every != 0 && order->calls % order->every == 0
               ? NULL
               : (void *)(uintptr_t)(order->calls * 8u);
}

static void api_order_free(void *arg, void *p)
{
    api_order_add((struct api_order *)arg, (uintptr_t)p);
}

/* total_bytes, target_percent, operations, room for blocks, which calls fail, and the order. */
static const struct api_order_case {
    uint32_t total;
    int percent;
    uint32_t count, slots, every, hash;
} api_order_cases[] = {
    {0u, 50, 40, 4, 0, 0x18c417dbu},
    {7u, 50, 40, 4, 0, 0x408df5dfu},
    {8u, 50, 60, 4, 3, 0xcb1a71ebu},
    {15u, 100, 60, 4, 0, 0x67323a47u},
    {16u, 50, 60, 1, 0, 0x7f8e2eb5u},
    {1000u, 0, 200, 16, 0, 0xc6a84d50u},
    {1000u, -1, 60, 16, 0, 0x8885fdf9u},
    {1000u, 100, 200, 30, 5, 0x9eb9541au},
    {1000u, 101, 200, 30, 0, 0x439cf96fu},
    {1000u, 37, 300, 30, 7, 0x707d2124u},
    {4099u, 99, 300, 30, 0, 0x51ef068eu},
    {65536u, 50, 300, 30, 0, 0x7cd3be86u},
    {67108864u, 60, 200, 30, 0, 0x4535c4d5u},
    {134217728u, 50, 200, 30, 2, 0x4ada15b0u},
    {2147483647u, 50, 200, 30, 0, 0x148854f4u},
    {300u, 50, 400, 30, 0, 0x25564f7du},
    {199u, 99, 300, 20, 0, 0xdd0d0973u},
};

static inline void api_stress_order(struct api *api)
{
    const size_t slot = sizeof(void *) + sizeof(size_t);
    const size_t cases = sizeof api_order_cases / sizeof api_order_cases[0];

    for (size_t i = 0; i < cases; i++) {
        const struct api_order_case *const c = &api_order_cases[i];
        struct api_order order = {.hash = 1, .every = c->every};
        struct z_heap_stress_result result;

        /* A block less one byte more than there is room for: no room is lost or invented. */
        sys_heap_stress(api_order_alloc, api_order_free, &order, c->total, c->count, api->memory,
                        (c->slots + 1) * slot - 1, c->percent, &result);
        api_order_add(&order, result.total_allocs);
        api_order_add(&order, result.successful_allocs);
        api_order_add(&order, result.total_frees);
        api_order_add(&order, result.accumulated_in_use_bytes);
        api_is(api, "order of a stress test", order.hash, c->hash);
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
    api_init_null,     api_init_wraps,   api_init_small, api_init_large,  api_null_heap,
    api_nothing,       api_null_result,  api_too_much,   api_region_size, api_stress_scratch,
    api_stress_order,  api_sizes_beyond, api_layout,
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
