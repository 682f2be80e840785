/* SPDX-License-Identifier: Apache-2.0 */

/*
 * kheap's sys_heap as a subject, in whatever configuration it is compiled: one file for all. It
 * uses the public headers alone. Freestanding, so that firmware links it too.
 *
 *   -DSUBJECT_SYMBOL=subject_kheap_small   the table's name; default subject_kheap
 *   -DSUBJECT_NAME='"kheap-small"'         the name people type; default by configuration
 *   -DKHEAP_CONFIG_HEADER='"kheap_probe.h"'   counts probes: steps() exists
 *   -DCONFIG_SYS_HEAP_LISTENER=1   keeps a log of what listeners are told: events() exists
 */

#include "kheap_api.h"
#include "kheap_ask.h"
#include "kheap_events.h"
#include "kheap_one.h"

#ifndef SUBJECT_SYMBOL
#define SUBJECT_SYMBOL subject_kheap
#endif

#ifndef SUBJECT_NAME
#if defined(CONFIG_SYS_HEAP_SMALL_ONLY) && CONFIG_SYS_HEAP_SMALL_ONLY
#define SUBJECT_NAME "kheap-small"
#elif defined(CONFIG_SYS_HEAP_BIG_ONLY) && CONFIG_SYS_HEAP_BIG_ONLY
#define SUBJECT_NAME "kheap-big"
#else
#define SUBJECT_NAME "kheap-auto"
#endif
#endif

struct kheap_state {
    struct sys_heap heap; /* first: a fault record names the heap, and so finds its state */
    uint32_t faults;
};

#ifdef KHEAP_PROBE
#define PROBE_FAULT(fault) (kheap_probe_fault = (fault)->invariant)
#else
#define PROBE_FAULT(fault) ((void)0)
#endif

static const char *newest_fault; /* the invariant of the newest report */

/* Strong: replaces the library's stop. A vetted heap counts its reports and goes on. */
void kheap_fault(const struct kheap_fault *fault)
{
    struct kheap_state *state = (struct kheap_state *)(uintptr_t)fault->heap;

    state->faults++; /* every report of a sys_heap names it */
    newest_fault = fault->invariant;
    PROBE_FAULT(fault);
}

static struct sys_heap *one_heap(void *state)
{
    return &((struct kheap_state *)state)->heap;
}

static int kheap_init(void *state, void *mem, size_t bytes)
{
    struct kheap_state *kheap = (struct kheap_state *)state;

    kheap->faults = 0;
    events_begin();
    events_watch(0, &kheap->heap);
    return sys_heap_init(&kheap->heap, mem, bytes);
}

static void *kheap_alloc(void *state, size_t bytes)
{
    PROBE_RESET();
    return sys_heap_alloc(one_heap(state), bytes);
}

static void kheap_free(void *state, void *p)
{
    PROBE_RESET();
    sys_heap_free(one_heap(state), p);
}

static void *kheap_aligned(void *state, size_t align, size_t bytes)
{
    PROBE_RESET();
    return sys_heap_aligned_alloc(one_heap(state), align, bytes);
}

static void *kheap_noalign(void *state, size_t align, size_t bytes)
{
    PROBE_RESET();
    return sys_heap_noalign_alloc(one_heap(state), align, bytes);
}

static void *kheap_realloc(void *state, void *p, size_t bytes)
{
    PROBE_RESET();
    return sys_heap_realloc(one_heap(state), p, bytes);
}

static void *kheap_arealloc(void *state, void *p, size_t align, size_t bytes)
{
    PROBE_RESET();
    return sys_heap_aligned_realloc(one_heap(state), p, align, bytes);
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

/* Items that need a heap of their own use this one, so that a report names a heap with a state. */
static bool kheap_api(void *state, uint32_t item, struct subject_verdict *verdict)
{
    static struct kheap_state spare;

    spare.faults = 0;
    return api_call(&(struct api){.heap = one_heap(state),
                                  .spare = &spare.heap,
                                  .faults = &spare.faults,
                                  .verdict = verdict},
                    item);
}

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
    .noalign = kheap_noalign,
    .realloc = kheap_realloc,
    .arealloc = kheap_arealloc,
    .usable = one_usable,
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    .stats = one_stats,
    .reset_max = one_reset_max,
#endif
    .largest = one_largest,
    .check = one_check,
    .info = one_info,
#ifdef KHEAP_PROBE
    .steps = look_steps,
#endif
    .faults = kheap_faults,
    .events = events_take,
    .print = kheap_print_to,
    .stress = kheap_stress,
    .registry = kheap_registry,
    .api = kheap_api,
    .api_items = API_ITEMS,
    .hardening = CONFIG_SYS_HEAP_HARDENING_LEVEL,
    .fault_name = kheap_fault_name,
};
