/* SPDX-License-Identifier: Apache-2.0 */

/*
 * kheap's system heap as a subject: k_malloc and its family. The one hidden heap is put over the
 * region that the harness gives, by the library's own hook for testbeds (lib/src/heaps). Built as
 * kheap.c is, with lib/src/heaps, a port and CONFIG_HEAP_MEM_POOL_SIZE; with
 * CONFIG_HEAP_MEM_POOL_LEGACY=1 it is a memory pool.
 */

#include "../lib/src/heaps/system_heap.h"
#include "kheap_events.h"
#include "kheap_look.h"
#include "op.h"

#include "kheap/system_heap.h"

#if !CONFIG_HEAP_MEM_POOL_LEGACY
#include "kheap_one.h"
#endif

#ifdef SUBJECT_ON_TARGET
/* The port is the target's own: nobody plays the other threads, so there are no api items. */
#define edge_report(fault) false
#else
#include "edges_seal.h"
#endif

#ifndef SUBJECT_SYMBOL
#define SUBJECT_SYMBOL subject_kheap
#endif
#ifndef SUBJECT_NAME
#if CONFIG_HEAP_MEM_POOL_LEGACY
#define SUBJECT_NAME "system-legacy"
#else
#define SUBJECT_NAME "system"
#endif
#endif

/* The heap is the program's only one, so there is no state of ours. */
static uint32_t faults;

/* Strong: replaces the library's stop. A vetted heap counts its reports and goes on. */
void kheap_fault(const struct kheap_fault *fault)
{
    (void)fault;
    faults += !edge_report(fault);
}

#if CONFIG_HEAP_MEM_POOL_LEGACY

/* The largest documented size whose one block fits, at the alignment that the library gives it. */
static int system_init(void *state, void *mem, size_t bytes)
{
    static uint32_t bits[K_MEM_POOL_WORDS(KHEAP_LEGACY_MIN, KHEAP_LEGACY_SIZE, 1)];
    const uintptr_t start = (uintptr_t)mem;

    (void)state;
    faults = 0;
    for (size_t size = KHEAP_LEGACY_SIZE; size >= 256; size /= 4) {
        const size_t align = size < KHEAP_LEGACY_ALIGN ? size : KHEAP_LEGACY_ALIGN;
        const size_t skip = (align - start % align) % align;
        if (skip <= bytes && size <= bytes - skip) {
            return k_mem_pool_init(&kheap_system_pool, (uint8_t *)mem + skip, bits,
                                   KHEAP_LEGACY_MIN, size, 1);
        }
    }
    return -1;
}

static void system_pool(void *state, struct subject_pool *pool)
{
    (void)state;
    pool->buffer = kheap_system_pool.buffer;
    pool->min = kheap_system_pool.min_size;
    pool->max = kheap_system_pool.max_size;
    pool->count = kheap_system_pool.n_max;
    pool->descriptor = K_MEM_POOL_DESCRIPTOR;
}

#else

static int system_init(void *state, void *mem, size_t bytes)
{
    (void)state;
    faults = 0;
    events_begin();
    events_watch(0, &kheap_system_heap.heap);
    return k_heap_try_init(&kheap_system_heap, mem, bytes);
}

static struct sys_heap *one_heap(void *state)
{
    (void)state;
    return &kheap_system_heap.heap;
}

#endif

static void *system_alloc(void *state, size_t bytes)
{
    (void)state;
    PROBE_RESET();
    return k_malloc(bytes);
}

static void *system_calloc(void *state, size_t count, size_t bytes)
{
    (void)state;
    PROBE_RESET();
    return k_calloc(count, bytes);
}

static void system_free(void *state, void *p)
{
    (void)state;
    PROBE_RESET();
    k_free(p);
}

static void *system_aligned(void *state, size_t align, size_t bytes)
{
    (void)state;
    PROBE_RESET();
    return k_aligned_alloc(align, bytes);
}

static void *system_realloc(void *state, void *p, size_t bytes)
{
    (void)state;
    PROBE_RESET();
    return k_realloc(p, bytes);
}

static uint32_t system_faults(void *state)
{
    (void)state;
    return faults;
}

#ifndef SUBJECT_ON_TARGET
static const edge_item system_items[] = {
    edge_pool_shapes,   edge_pool_of_many,       edge_pool_row_ends,     edge_pool_words,
    edge_pool_order,    edge_pool_largest,       edge_pool_last_attempt, edge_pool_malloc,
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    edge_pool_misuse,   edge_pool_malloc_misuse, edge_pool_seal,         edge_pool_seal_elsewhere,
#endif
#if EDGE_FAR
    edge_pool_seal_far,
#endif
#if CONFIG_HEAP_MEM_POOL_LEGACY
    edge_pool_realloc,
#else
    edge_pool_free,
#endif
};

/* The items have pools of their own. */
static bool system_api(void *state, uint32_t item, struct subject_verdict *verdict)
{
    (void)state;
    return edge_call(system_items[item], verdict);
}
#endif

extern const struct subject SUBJECT_SYMBOL;
const struct subject SUBJECT_SYMBOL = {
    .abi = SUBJECT_ABI,
    .name = SUBJECT_NAME,
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_PREDICTABLE |
                SUBJECT_NULL_ON_BAD | SUBJECT_ZERO_IS_ONE,
    .align = 8,
    .state_bytes = 1,
    .init = system_init,
    .alloc = system_alloc,
    .free = system_free,
    .aligned = system_aligned,
    .realloc = system_realloc,
    .calloc = system_calloc,
    .faults = system_faults,
    .kind = KIND_SYSTEM,
#ifndef SUBJECT_ON_TARGET
    .api = system_api,
    .api_items = (uint32_t)(sizeof system_items / sizeof system_items[0]),
#endif
#if CONFIG_HEAP_MEM_POOL_LEGACY
    .pool = system_pool,
#else
    .usable = one_usable,
    .stats = one_stats,
    .reset_max = one_reset_max,
    .largest = one_largest,
    .check = one_check,
    .info = one_info,
#ifdef KHEAP_PROBE
    .steps = look_steps,
#endif
    .events = events_take,
#endif
};
