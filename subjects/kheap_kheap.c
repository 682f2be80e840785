/* SPDX-License-Identifier: Apache-2.0 */

/*
 * kheap's k_heap without threads, as an ordinary heap: every call with K_NO_WAIT, on a port with a
 * lock that nobody else takes. What it promises is what a sys_heap does, so every program and every
 * oracle of a sys_heap applies. Built as kheap.c is, with lib/src/heaps and a port.
 */

#include "kheap_ask.h"
#include "kheap_events.h"
#include "kheap_one.h"

#include "kheap/k_heap.h"

#ifdef SUBJECT_ON_TARGET
/* The port is the target's own: nobody plays the other threads, so there are no api items. */
#define edge_report(fault) false
#else
#include "edges_table.h"
#endif

#ifndef SUBJECT_SYMBOL
#define SUBJECT_SYMBOL subject_kheap
#endif
#ifndef SUBJECT_NAME
#define SUBJECT_NAME "kheap-kheap"
#endif

struct kheap_state {
    struct k_heap heap; /* first: a fault record names its sys_heap, and so finds its state */
    uint32_t faults;
};

static const char *newest_fault; /* the invariant of the newest report */

/* Strong: replaces the library's stop. A vetted heap counts its reports and goes on. */
void kheap_fault(const struct kheap_fault *fault)
{
    if (!edge_report(fault)) {
        ((struct kheap_state *)(uintptr_t)fault->heap)->faults++;
        newest_fault = fault->invariant;
    }
}

static struct k_heap *heap_of(void *state)
{
    return &((struct kheap_state *)state)->heap;
}

static struct sys_heap *one_heap(void *state)
{
    return &heap_of(state)->heap;
}

static int kheap_init(void *state, void *mem, size_t bytes)
{
    struct kheap_state *kheap = (struct kheap_state *)state;

    kheap->faults = 0;
    events_begin();
    events_watch(0, &kheap->heap.heap);
    return k_heap_try_init(&kheap->heap, mem, bytes);
}

static void *kheap_alloc(void *state, size_t bytes)
{
    PROBE_RESET();
    return k_heap_alloc(heap_of(state), bytes, K_NO_WAIT);
}

static void *kheap_calloc(void *state, size_t count, size_t bytes)
{
    PROBE_RESET();
    return k_heap_calloc(heap_of(state), count, bytes, K_NO_WAIT);
}

static void kheap_free(void *state, void *p)
{
    PROBE_RESET();
    k_heap_free(heap_of(state), p);
}

static void *kheap_aligned(void *state, size_t align, size_t bytes)
{
    PROBE_RESET();
    return k_heap_aligned_alloc(heap_of(state), align, bytes, K_NO_WAIT);
}

static void *kheap_realloc(void *state, void *p, size_t bytes)
{
    PROBE_RESET();
    return k_heap_realloc(heap_of(state), p, bytes, K_NO_WAIT);
}

static void *kheap_arealloc(void *state, void *p, size_t align, size_t bytes)
{
    PROBE_RESET();
    return k_heap_aligned_realloc(heap_of(state), p, align, bytes, K_NO_WAIT);
}

static uint32_t kheap_faults(void *state)
{
    return ((struct kheap_state *)state)->faults;
}

static const char *kheap_fault_name(void *state)
{
    (void)state;
    return newest_fault;
}

static void kheap_print_to(void *state, bool chunks, void (*text)(void *context, const char *text),
                           void *context)
{
    ask_print(one_heap(state), chunks, text, context);
}

static bool kheap_stress(void *state, uint32_t rounds, uint32_t slots, uint32_t percent,
                         size_t *peak, struct subject_verdict *verdict)
{
    return ask_stress(one_heap(state), rounds, slots, percent, peak, verdict);
}

static bool kheap_registry(void *state, uint32_t which, struct subject_verdict *verdict)
{
    return ask_registry(one_heap(state), which, verdict);
}

/* The items have heaps of their own; what they allocate there is no event of this one. */
#ifndef SUBJECT_ON_TARGET
static bool kheap_api(void *state, uint32_t item, struct subject_verdict *verdict)
{
    (void)state;
    return edge_call(edge_items[item], verdict);
}
#endif

extern const struct subject SUBJECT_SYMBOL;
const struct subject SUBJECT_SYMBOL = {
    .abi = SUBJECT_ABI,
    .name = SUBJECT_NAME,
    .promises =
        SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_PREDICTABLE | SUBJECT_NULL_ON_BAD,
    .align = 8,
    .state_bytes = sizeof(struct kheap_state),
    .init = kheap_init,
    .alloc = kheap_alloc,
    .free = kheap_free,
    .aligned = kheap_aligned,
    .realloc = kheap_realloc,
    .arealloc = kheap_arealloc,
    .usable = one_usable,
    .stats = one_stats,
    .reset_max = one_reset_max,
    .largest = one_largest,
    .check = one_check,
    .info = one_info,
#ifdef KHEAP_PROBE
    .steps = look_steps,
#endif
    .faults = kheap_faults,
    .calloc = kheap_calloc,
    .events = events_take,
    .print = kheap_print_to,
    .stress = kheap_stress,
    .registry = kheap_registry,
#ifndef SUBJECT_ON_TARGET
    .api = kheap_api,
    .api_items = EDGE_ITEMS,
#endif
    .hardening = CONFIG_SYS_HEAP_HARDENING_LEVEL,
    .fault_name = kheap_fault_name,
};
