/* SPDX-License-Identifier: Apache-2.0 */
#include "stray.h"

#include <string.h>

extern const struct subject STRAY_INNER;

#define INNER_BYTES 2048u

struct state {
    _Alignas(SUBJECT_STATE_ALIGN) uint8_t inner[INNER_BYTES];
    uint8_t *mem, *block;
    size_t bytes;
    uint32_t calls; /* of the function that strays */
};

static struct stray planted;

/* This file is instrumented, so an access that is forbidden ends the process here. The function's
 * name is what the sanitizer's report is searched for. */
static __attribute__((noinline)) void stray(struct state *state, enum stray_call call,
                                            void *argument)
{
    if (call != planted.call || ++state->calls != planted.nth) {
        return;
    }
    uint8_t *base = planted.base == FROM_BLOCK   ? state->block
                    : planted.base == FROM_START ? state->mem
                    : planted.base == FROM_END   ? state->mem + state->bytes
                                                 : argument;
    volatile uint8_t *p = base + planted.offset;
    const uint8_t byte = planted.writes ? 0 : *p;
    if (planted.writes) {
        *p = byte;
    }
}

static int stray_init(void *opaque, void *mem, size_t bytes)
{
    struct state *state = opaque;

    memset(state, 0, sizeof *state);
    state->mem = mem;
    state->bytes = bytes;
    stray(state, CALL_INIT, NULL);
    return STRAY_INNER.init(state->inner, mem, bytes);
}

static void *stray_alloc(void *opaque, size_t bytes)
{
    struct state *state = opaque;

    stray(state, CALL_ALLOC, NULL);
    void *p = STRAY_INNER.alloc(state->inner, bytes);
    if (state->block == NULL) {
        state->block = p;
    }
    return p;
}

static void stray_free(void *opaque, void *p)
{
    struct state *state = opaque;

    stray(state, CALL_FREE, p);
    STRAY_INNER.free(state->inner, p);
}

static void *stray_aligned(void *opaque, size_t align, size_t bytes)
{
    struct state *state = opaque;

    stray(state, CALL_ALIGNED, NULL);
    return STRAY_INNER.aligned(state->inner, align, bytes);
}

static void *stray_realloc(void *opaque, void *p, size_t bytes)
{
    struct state *state = opaque;

    stray(state, CALL_REALLOC, p);
    return STRAY_INNER.realloc(state->inner, p, bytes);
}

static size_t stray_usable(void *opaque, void *p)
{
    struct state *state = opaque;

    stray(state, CALL_USABLE, p);
    return STRAY_INNER.usable(state->inner, p);
}

static size_t stray_largest(void *opaque)
{
    struct state *state = opaque;

    stray(state, CALL_LARGEST, NULL);
    return STRAY_INNER.largest(state->inner);
}

static bool stray_check(void *opaque, struct subject_fault *fault)
{
    struct state *state = opaque;

    stray(state, CALL_CHECK, NULL);
    return STRAY_INNER.check(state->inner, fault);
}

static void stray_info(void *opaque, struct subject_info *info)
{
    STRAY_INNER.info(((struct state *)opaque)->inner, info);
}

void stray_subject(struct subject *subject, const struct stray *which)
{
    planted = *which;
    memset(subject, 0, sizeof *subject);
    subject->abi = SUBJECT_ABI;
    subject->name = "stray";
    subject->promises = STRAY_INNER.promises;
    subject->align = STRAY_INNER.align;
    subject->state_bytes = sizeof(struct state);
    subject->init = stray_init;
    subject->alloc = stray_alloc;
    subject->free = stray_free;
    subject->aligned = stray_aligned;
    subject->realloc = stray_realloc;
    subject->usable = stray_usable;
    subject->check = stray_check;
    if ((subject->promises & SUBJECT_PREDICTABLE) != 0) {
        subject->largest = stray_largest;
        subject->info = stray_info;
    }
}
