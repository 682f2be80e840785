/* SPDX-License-Identifier: Apache-2.0 */

/*
 * kheap's sys_multi_heap as a subject: the region is cut into up to four children, each larger than
 * the one before, and the callback asks them in a ring that begins where the size says
 * (ops/subject.h, parts). Built as kheap.c is, with lib/src/heaps and a port.
 */

#include "kheap_events.h"
#include "kheap_look.h"
#include "op.h"
#include "verdict.h"

#include "kheap/multi_heap.h"

#ifndef SUBJECT_SYMBOL
#define SUBJECT_SYMBOL subject_kheap
#endif
#ifndef SUBJECT_NAME
#define SUBJECT_NAME "multi"
#endif

#define UNIT_BYTES 8u
#define PART_BYTES 256u /* a region of so many bytes for each child, on average, has that child */

struct multi_state {
    struct sys_multi_heap multi;
    struct sys_heap heaps[SUBJECT_PARTS];
    uint32_t parts;
};

/* A fault record names a child or the multi heap: whose state that is, it does not say. */
static uint32_t faults;

/* Strong: replaces the library's stop. A vetted heap counts its reports and goes on. */
void kheap_fault(const struct kheap_fault *fault)
{
    (void)fault;
    faults++;
}

static struct multi_state *multi_of(void *state)
{
    return (struct multi_state *)state;
}

/* The callback; cfg is the state. */
static void *choose(struct sys_multi_heap *multi, void *cfg, size_t align, size_t size)
{
    struct multi_state *state = multi_of(cfg);

    if (multi != &state->multi) {
        return NULL;
    }
    for (uint32_t i = 0; i < state->parts; i++) {
        const size_t child = (size / UNIT_BYTES % state->parts + i) % state->parts;
        void *p = sys_heap_aligned_alloc(&state->heaps[child], align, size);
        if (p != NULL) {
            return p;
        }
    }
    return NULL;
}

/* Child i of n gets i + 1 of 1 + 2 + ... + n equal shares, the last one what is left. */
static int multi_init(void *opaque, void *mem, size_t bytes)
{
    struct multi_state *state = multi_of(opaque);
    const size_t parts = bytes / PART_BYTES;
    uint8_t *at = (uint8_t *)mem;
    uint8_t *const end = at + bytes;
    int status = 0;

    faults = 0;
    state->parts = parts < 1 ? 1 : parts > SUBJECT_PARTS ? SUBJECT_PARTS : (uint32_t)parts;
    sys_multi_heap_init(&state->multi, choose);
    events_begin();
    for (uint32_t i = 0; i < state->parts && status == 0; i++) {
        const size_t share = bytes / (state->parts * (state->parts + 1) / 2) * (i + 1);
        const size_t part = i + 1 == state->parts ? (size_t)(end - at) : share;
        events_watch(i, &state->heaps[i]);
        status = sys_heap_init(&state->heaps[i], at, part);
        if (status == 0) {
            status = sys_multi_heap_add_heap(&state->multi, &state->heaps[i], &state->heaps[i]);
        }
        at += part;
    }
    return status;
}

static void *multi_alloc(void *state, size_t bytes)
{
    return sys_multi_heap_alloc(&multi_of(state)->multi, state, bytes);
}

static void multi_free(void *state, void *p)
{
    sys_multi_heap_free(&multi_of(state)->multi, p);
}

static void *multi_aligned(void *state, size_t align, size_t bytes)
{
    return sys_multi_heap_aligned_alloc(&multi_of(state)->multi, state, align, bytes);
}

static void *multi_realloc(void *state, void *p, size_t bytes)
{
    return sys_multi_heap_realloc(&multi_of(state)->multi, state, p, bytes);
}

static void *multi_arealloc(void *state, void *p, size_t align, size_t bytes)
{
    return sys_multi_heap_aligned_realloc(&multi_of(state)->multi, state, p, align, bytes);
}

static size_t multi_usable(void *state, void *p)
{
    const struct sys_multi_heap_rec *rec = sys_multi_heap_get_heap(&multi_of(state)->multi, p);

    /* What was noted at adding is the heap itself: user_data comes back untouched, or 0 does. */
    return rec == NULL || rec->user_data != rec->heap ? 0 : sys_heap_usable_size(rec->heap, p);
}

static bool multi_check(void *opaque, struct subject_fault *fault)
{
    struct multi_state *state = multi_of(opaque);

    for (uint32_t i = 0; i < state->parts; i++) {
        if (!look_check(&state->heaps[i], fault)) {
            return false;
        }
    }
    return true;
}

static uint32_t multi_parts(void *opaque, struct subject_info *infos)
{
    struct multi_state *state = multi_of(opaque);

    for (uint32_t i = 0; i < state->parts; i++) {
        look_info(&state->heaps[i], &infos[i]);
    }
    return state->parts;
}

static uint32_t multi_faults(void *state)
{
    (void)state;
    return faults;
}

/* Nobody here replaces the library's kheap_print(), which drops the text. */
static bool multi_api(void *opaque, uint32_t item, struct subject_verdict *verdict)
{
    struct multi_state *state = multi_of(opaque);

    *verdict = (struct subject_verdict){.what = NULL};
    (void)item;
    sys_heap_print_info(&state->heaps[0], true);
    return verdict_is(verdict, "a child behind print_info()",
                      sys_heap_check(&state->heaps[0], NULL), true);
}

extern const struct subject SUBJECT_SYMBOL;
const struct subject SUBJECT_SYMBOL = {
    .abi = SUBJECT_ABI,
    .name = SUBJECT_NAME,
    .promises =
        SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_PREDICTABLE | SUBJECT_NULL_ON_BAD,
    .align = 8,
    .state_bytes = sizeof(struct multi_state),
    .init = multi_init,
    .alloc = multi_alloc,
    .free = multi_free,
    .aligned = multi_aligned,
    .realloc = multi_realloc,
    .arealloc = multi_arealloc,
    .usable = multi_usable,
    .check = multi_check,
    .faults = multi_faults,
    .kind = KIND_MULTI,
    .parts = multi_parts,
    .events = events_take,
    .api = multi_api,
    .api_items = 1,
};
