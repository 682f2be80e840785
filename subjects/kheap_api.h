/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_API_H
#define SUBJECTS_KHEAP_API_H

/*
 * The word api on a sys_heap (ops/op.h): calls at the edge of kheap/sys_heap.h, each with the
 * answer that header gives. They leave the heap in use as it is; what changes a heap is asked of a
 * spare one in memory of its own.
 */

#include "kheap_api_stress.h"
#include "kheap_ask.h"

#if defined(__linux__) && SIZE_MAX > 0xffffffffu && !CONFIG_SYS_HEAP_SMALL_ONLY
#define API_LARGEST 1
#include <sys/mman.h>
#else
#define API_LARGEST 0
#endif

/* Takes what is printed off the front of what is expected; NULL from the first difference on. */
static void api_text(void *context, const char *text)
{
    const char **const rest = context;

    for (; *text != '\0'; text++) {
        *rest = *rest != NULL && **rest == *text ? *rest + 1 : NULL;
    }
}

/* What is no heap has nothing to be looked at. */
static inline void api_shows_nothing(struct api *api, struct sys_heap *heap)
{
    struct sys_heap_layout layout;

    api_is(api, "check() of no heap", sys_heap_check(heap, NULL), false);
    api_is(api, "validate() of no heap", sys_heap_validate(heap), false);
    api_is(api, "layout_get() of no heap", sys_heap_layout_get(heap, &layout), -EINVAL);
    const char *rest = "heap not initialised\n";
    ask_print(heap, true, api_text, &rest);
    api_is(api, "print_info() of no heap", rest != NULL && *rest == '\0', true);
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

#if API_LARGEST
/*
 * The largest region there is, and its chunks' indices of more than 30 bits. Only pages that are
 * touched need memory; a machine that does not give so many addresses away has nothing to say.
 */
static inline void api_init_largest(struct api *api)
{
    const size_t most = (size_t)0x7fffffffu * 8;
    void *const mem = mmap(NULL, most + 8, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (mem == MAP_FAILED) {
        return;
    }
    api_is(api, "init() of a unit more than the most", sys_heap_init(api->spare, mem, most + 8),
           -E2BIG);
    api_is(api, "init() of the most", sys_heap_init(api->spare, mem, most), 0);
    void *const low = sys_heap_alloc(api->spare, (size_t)15 << 30);
    void *holes[5];
    for (size_t i = 0; i < 5; i++) {
        holes[i] = sys_heap_alloc(api->spare, 16);
        api_is(api, "alloc() beyond 8 GiB", holes[i] != NULL, true);
    }
    /* An even unit and an odd one on a list, whichever of them comes first. */
    for (size_t i = 0; i < 2; i++) {
        sys_heap_free(api->spare, holes[i]);
        sys_heap_free(api->spare, holes[i + 3]);
        api_is(api, "check() of the largest heap", sys_heap_check(api->spare, NULL), true);
        holes[i] = sys_heap_alloc(api->spare, 16);
        holes[i + 3] = sys_heap_alloc(api->spare, 16);
    }
    for (size_t i = 0; i < 5; i++) {
        sys_heap_free(api->spare, holes[i]);
    }
    sys_heap_free(api->spare, low);
    api_is(api, "check() of it, empty again", sys_heap_check(api->spare, NULL), true);
    (void)munmap(mem, most + 8);
}
#endif

/* A part in front of the block that is just too small for the bucket of the chunk it is cut from.
 */
static inline void api_aligned_low(struct api *api)
{
    for (size_t units = 2; units <= 32; units *= 2) {
        for (size_t front = 8; front <= units * 8; front += 8) {
            api_is(api, "init()", sys_heap_init(api->spare, api->memory, API_SPARE_BYTES), 0);
            void *const first = sys_heap_alloc(api->spare, front - 4);
            void *const hole = sys_heap_alloc(api->spare, units * 8 - 4);
            void *const fence = sys_heap_alloc(api->spare, 4);

            sys_heap_free(api->spare, hole);
            void *const p = sys_heap_aligned_alloc(api->spare, units * 8, 4);
            api_is(api, "blocks", first != NULL && fence != NULL && p != NULL, true);
            api_is(api, "check() behind aligned_alloc()", sys_heap_check(api->spare, NULL), true);
        }
    }
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
    api_stress_order,  api_sizes_beyond, api_layout,     api_aligned_low, api_stress_room,
#if API_LARGEST
    api_init_largest,
#endif
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
