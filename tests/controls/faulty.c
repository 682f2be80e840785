/* SPDX-License-Identifier: Apache-2.0 */
#include "faulty.h"

#include <string.h>

#define INNER_BYTES 2048u

struct state {
    _Alignas(SUBJECT_STATE_ALIGN) uint8_t inner[INNER_BYTES];
    uint8_t *mem;
    size_t bytes;
    uint8_t *last;   /* block given out last */
    uint8_t *forget; /* block whose free is dropped */
    void *asked;     /* block whose usable size was asked for last */
    uint32_t allocs, frees, triggers;
    bool failed; /* the last alloc did */
    bool skewed; /* found in the region's old contents */
};

enum fault faulty_fault;
static const struct subject *inner;
static _Alignas(64) uint8_t elsewhere[256];

static int faulty_init(void *opaque, void *mem, size_t bytes)
{
    struct state *state = opaque;
    const bool skewed = bytes > 0 && (((const uint8_t *)mem)[bytes - 1] & 1u) == 0;

    memset(state, 0, sizeof *state);
    state->mem = mem;
    state->bytes = bytes;
    state->skewed = skewed;
    return inner->init(state->inner, mem, bytes);
}

/* A request that moves past the extent found first: gets two, gives the first one back. */
static uint8_t *from_another_extent(struct state *state, size_t bytes)
{
    uint8_t *first = inner->alloc(state->inner, bytes);
    uint8_t *second = inner->alloc(state->inner, bytes);

    inner->free(state->inner, first);
    return second;
}

/* What happens to a request of TRIGGER bytes. */
static uint8_t *triggered(struct state *state)
{
    uint8_t *last = state->last;
    size_t bytes = TRIGGER;

    state->triggers++;
    switch (faulty_fault) {
    case FAULT_SERVED_AS_LARGER:
        return inner->alloc(state->inner, bytes + 8);
    case FAULT_BLOCK_ELSEWHERE:
        return elsewhere;
    case FAULT_BLOCK_TWICE:
        return last;
    case FAULT_SPURIOUS_NULL:
        return NULL;
    case FAULT_WRONG_EXTENT:
        return from_another_extent(state, bytes);
    case FAULT_WRITES_BEHIND:
        state->mem[state->bytes] ^= 1u;
        break;
    case FAULT_WRITES_IN_FRONT:
        *(state->mem - 1) ^= 1u;
        break;
    case FAULT_TAIL_SCRIBBLED:
        last[inner->usable(state->inner, last) - 1] ^= 1u;
        break;
    case FAULT_READS_OLD_BYTES:
        bytes += state->skewed ? 16 : 0;
        break;
    case FAULT_READS_PAYLOAD:
        bytes += (last[0] & 1u) == 0 ? 16 : 0;
        break;
    default:
        break;
    }
    return inner->alloc(state->inner, bytes);
}

static void *faulty_alloc(void *opaque, size_t bytes)
{
    struct state *state = opaque;
    uint8_t *p;

    if (bytes == TRIGGER) {
        p = triggered(state);
        state->forget = p;
    } else if (bytes == 0 && faulty_fault == FAULT_ZERO_REFUSED) {
        p = NULL;
    } else {
        p = inner->alloc(state->inner, bytes == 0 && faulty_fault == FAULT_ZERO_SERVED ? 8 : bytes);
    }
    if (p == NULL && faulty_fault == FAULT_DAMAGE_SERVES) {
        p = state->last;
    }
    if (p == NULL && faulty_fault == FAULT_FAILURE_WRITES) {
        state->mem[state->bytes - 20] ^= 1u; /* the middle of what is free */
    }
    state->allocs += p != NULL;
    state->failed = p == NULL;
    state->last = p == NULL ? state->last : p;
    return p;
}

static void faulty_free(void *opaque, void *p)
{
    struct state *state = opaque;

    if (p == NULL || (faulty_fault == FAULT_FREE_FORGETS && p == state->forget) ||
        faulty_swallows(p)) {
        return;
    }
    state->frees++;
    if (faulty_fault == FAULT_FREE_SCRIBBLES && p != state->last) {
        state->last[3] ^= 1u;
    }
    inner->free(state->inner, p);
    faulty_freed(state->inner, p, &state->mem[state->bytes - 20]);
    if (faulty_fault == FAULT_FREE_RETAKES && p == state->forget) {
        (void)inner->alloc(state->inner, TRIGGER);
    }
}

static void *faulty_aligned(void *opaque, size_t align, size_t bytes)
{
    struct state *state = opaque;

    if (faulty_fault == FAULT_ALIGNMENT_IGNORED) {
        return faulty_alloc(opaque, bytes);
    }
    return inner->aligned(state->inner, align, bytes);
}

static void *faulty_realloc(void *opaque, void *p, size_t bytes)
{
    struct state *state = opaque;
    if (faulty_fault == FAULT_OFF) {
        return inner->realloc(state->inner, p,
                              bytes); /* one call, so that misuse is reported once */
    }
    const size_t usable = p == NULL               ? 0
                          : inner->usable == NULL ? 16 /* no control asks for less */
                                                  : inner->usable(state->inner, p);
    const size_t kept = usable < bytes ? usable : bytes;
    uint8_t *moved;

    if (p != NULL && faulty_fault == FAULT_REALLOC_STAYS) {
        return p;
    }
    if (p != NULL && faulty_fault == FAULT_REALLOC_MOVES) {
        moved = inner->alloc(state->inner, bytes);
        if (moved != NULL) {
            memcpy(moved, p, kept);
            inner->free(state->inner, p);
        }
        return moved;
    }
    moved = inner->realloc(state->inner, p, bytes);
    if (faulty_fault == FAULT_SHORT_COPY && moved != NULL && moved != p && kept > 0) {
        moved[kept - 1] ^= 1u;
    }
    if (faulty_fault == FAULT_FAILED_REALLOC_WRITES && moved == NULL) {
        state->mem[state->bytes - 20] ^= 1u;
    }
    return moved;
}

static size_t faulty_usable(void *opaque, void *p)
{
    struct state *state = opaque;

    if (p == (void *)elsewhere) {
        return TRIGGER;
    }
    const size_t usable = inner->usable(state->inner, p);
    const bool again = state->asked == p;
    state->asked = p;
    if (faulty_fault == FAULT_USABLE_MORE && again) {
        return usable + 4;
    }
    return faulty_fault == FAULT_USABLE_LESS ? 3 : usable;
}

static int faulty_stats(void *opaque, struct subject_stats *stats)
{
    struct state *state = opaque;
    const int status = inner->stats(state->inner, stats);

    stats->allocated_bytes += faulty_fault == FAULT_STATS_OFF ? 4 : 0;
    return status;
}

static int faulty_reset_max(void *opaque)
{
    return inner->reset_max(((struct state *)opaque)->inner);
}

static size_t faulty_largest(void *opaque)
{
    struct state *state = opaque;
    const size_t largest = inner->largest(state->inner);

    return largest + (faulty_fault == FAULT_LARGEST_OFF && state->allocs > 0 ? 8 : 0);
}

static bool faulty_check(void *opaque, struct subject_fault *fault)
{
    struct state *state = opaque;

    if (faulty_fault == FAULT_CHECK_FAILS && state->triggers > 0) {
        fault->invariant = "I0 planted";
        fault->offset = 64;
        return false;
    }
    return inner->check == NULL || inner->check(state->inner, fault);
}

static size_t astray(void)
{
    return faulty_fault == FAULT_DESCRIBES_OUTSIDE ? 0x10000u : 0;
}

static void faulty_info(void *opaque, struct subject_info *info)
{
    inner->info(((struct state *)opaque)->inner, info);
    info->first = (const uint8_t *)((uintptr_t)info->first + astray());
}

static uint32_t faulty_parts(void *opaque, struct subject_info *infos)
{
    const uint32_t parts = inner->parts(((struct state *)opaque)->inner, infos);

    infos[parts - 1].first = (const uint8_t *)((uintptr_t)infos[parts - 1].first + astray());
    return parts;
}

static void faulty_pool(void *opaque, struct subject_pool *pool)
{
    inner->pool(((struct state *)opaque)->inner, pool);
    pool->buffer = (const uint8_t *)((uintptr_t)pool->buffer + astray());
}

static void *faulty_calloc(void *opaque, size_t count, size_t bytes)
{
    struct state *state = opaque;
    uint8_t *p = inner->calloc(state->inner, count, bytes);

    if (p != NULL && faulty_fault == FAULT_CALLOC_DIRTY) {
        p[count * bytes - 1] = 1;
    }
    state->last = p == NULL ? state->last : p;
    return p;
}

/* What the first event becomes; returns how many there are then. */
static uint32_t retold(const struct state *state, struct subject_event *events, uint32_t n)
{
    const bool of_trigger = n == 1 && state->triggers > 0 && events[0].kind == EVENT_ALLOC;

    if (of_trigger && faulty_fault == FAULT_EVENT_LOST) {
        return 0;
    }
    if (of_trigger && faulty_fault == FAULT_EVENT_DOUBLED) {
        events[1] = events[0];
        return 2;
    }
    if (of_trigger && faulty_fault == FAULT_EVENT_SIZE) {
        events[0].bytes -= 8;
    }
    if (n == 2 && faulty_fault == FAULT_FREE_RETAKES && events[0].kind == EVENT_FREE) {
        return 1;
    }
    if (n == 2 && faulty_fault == FAULT_EVENTS_SWAPPED) {
        const struct subject_event first = events[0];
        events[0] = events[1];
        events[1] = first;
    }
    if (n == 1 && events[0].kind == EVENT_FREE && faulty_fault == FAULT_EVENT_LATE) {
        events[0].seen[0] ^= 1u;
    }
    if (n == 0 && state->failed && faulty_fault == FAULT_EVENT_OF_FAILURE) {
        events[0] = (struct subject_event){.kind = EVENT_ALLOC, .p = state->last, .bytes = 8};
        return 1;
    }
    return n;
}

static uint32_t faulty_events(void *opaque, struct subject_event *events, uint32_t room)
{
    struct state *state = opaque;
    const uint32_t n = inner->events(state->inner, events, room);

    return room < 2 ? n : retold(state, events, n);
}

static uint32_t faulty_steps(void *opaque)
{
    const struct state *state = opaque;
    struct subject_info info;

    inner->info((void *)(uintptr_t)state->inner, &info);
    return faulty_fault == FAULT_PROBES_MORE && state->triggers > 0 ? info.loops + 1 : info.loops;
}

static uint32_t faulty_faults(void *opaque)
{
    struct state *state = opaque;

    if (faulty_fault == FAULT_REPORTS_MISUSE && state->frees > 0) {
        return 1;
    }
    return inner->faults == NULL ? 0 : inner->faults(state->inner);
}

void faulty_subject(struct subject *subject, const struct subject *correct, bool predictable)
{
    inner = correct;
    memset(subject, 0, sizeof *subject);
    subject->abi = SUBJECT_ABI;
    subject->name = "faulty";
    subject->promises = correct->promises & ~(predictable ? 0 : SUBJECT_PREDICTABLE);
    subject->align = correct->align;
    subject->state_bytes = sizeof(struct state);
    subject->init = faulty_init;
    subject->alloc = faulty_alloc;
    subject->free = faulty_free;
    subject->aligned = correct->aligned == NULL ? NULL : faulty_aligned;
    subject->realloc = correct->realloc == NULL ? NULL : faulty_realloc;
    subject->usable = correct->usable == NULL ? NULL : faulty_usable;
    subject->check = faulty_check;
    subject->faults = faulty_faults;
    subject->kind = correct->kind;
    subject->calloc = correct->calloc == NULL ? NULL : faulty_calloc;
    subject->events = correct->events == NULL ? NULL : faulty_events;
    if (predictable) {
        subject->stats = correct->stats == NULL ? NULL : faulty_stats;
        subject->reset_max = correct->reset_max == NULL ? NULL : faulty_reset_max;
        subject->largest = correct->largest == NULL ? NULL : faulty_largest;
        subject->info = correct->info == NULL ? NULL : faulty_info;
        subject->steps = correct->steps == NULL ? NULL : faulty_steps;
        subject->parts = correct->parts == NULL ? NULL : faulty_parts;
        subject->pool = correct->pool == NULL ? NULL : faulty_pool;
    }
    faulty_words(subject, correct, predictable);
}
