/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The reference model of a multi heap: several heap models, and the rule of the ring that the
 * vetted callback follows (ops/subject.h, parts): a request is served by the first child, from the
 * one that its size names on, that can. A realloc is tried in its owner, in place, before that.
 */

#include "heap_shadow.h"

#define UNIT_BYTES 8u

struct multi_model {
    uint32_t parts;
    struct heap_shadow heaps[SUBJECT_PARTS];
};
_Static_assert(sizeof(struct multi_model) <= SHADOW_STATE_BYTES, "room for any of them");

static const struct multi_model *look(const void *state)
{
    return (const struct multi_model *)state;
}

static void begin(void *state, const struct subject *subject, void *subject_state)
{
    struct multi_model *multi = (struct multi_model *)state;
    struct subject_info infos[SUBJECT_PARTS] = {{0}};
    const uint32_t parts = subject->parts(subject_state, infos);

    multi->parts = parts < SUBJECT_PARTS ? parts : SUBJECT_PARTS;
    for (uint32_t i = 0; i < multi->parts; i++) {
        heap_shadow_begin(&multi->heaps[i], &infos[i]);
    }
}

/* The child that a request of so many bytes asks as the i-th. */
static uint32_t child_of(const struct multi_model *multi, size_t bytes, uint32_t i)
{
    return (uint32_t)((bytes / UNIT_BYTES % multi->parts + i) % multi->parts);
}

/* The child that p lies in, or NULL. */
static const struct heap_shadow *owner_of(const struct multi_model *multi, const uint8_t *p)
{
    for (uint32_t i = 0; i < multi->parts; i++) {
        if (heap_shadow_owns(&multi->heaps[i], p)) {
            return &multi->heaps[i];
        }
    }
    return NULL;
}

static struct heap_shadow *changed_owner(void *state, const uint8_t *p)
{
    struct multi_model *multi = (struct multi_model *)state;

    for (uint32_t i = 0; i < multi->parts; i++) {
        if (heap_shadow_owns(&multi->heaps[i], p)) {
            return &multi->heaps[i];
        }
    }
    return NULL;
}

/* One child that must is enough, and all of them have to fail. */
static enum verdict alloc(const void *state, size_t align, size_t bytes)
{
    const struct multi_model *multi = look(state);
    enum verdict best = MUST_FAIL;

    for (uint32_t i = 0; i < multi->parts; i++) {
        const enum verdict verdict = heap_shadow_alloc(&multi->heaps[i], align, bytes);
        best = verdict > best ? verdict : best;
    }
    return best;
}

static enum verdict ever(const void *state, size_t align, size_t bytes)
{
    const struct multi_model *multi = look(state);
    enum verdict best = MUST_FAIL;

    for (uint32_t i = 0; i < multi->parts; i++) {
        const enum verdict verdict = heap_shadow_ever(&multi->heaps[i], align, bytes);
        best = verdict > best ? verdict : best;
    }
    return best;
}

static enum verdict resized(const void *state, const uint8_t *p, size_t align, size_t bytes,
                            bool *in_place)
{
    const struct multi_model *multi = look(state);
    const struct heap_shadow *owner = owner_of(multi, p);

    *in_place = false;
    if (owner == NULL) {
        return MUST_FAIL;
    }
    (void)heap_shadow_realloc(owner, p, align, bytes, in_place);
    return *in_place ? MUST_SUCCEED : alloc(state, align, bytes);
}

static const char *pick(const void *state, const uint8_t *p, size_t align, size_t bytes)
{
    const struct multi_model *multi = look(state);
    const struct heap_shadow *owner = owner_of(multi, p);

    for (uint32_t i = 0; owner != NULL && i < multi->parts; i++) {
        const struct heap_shadow *child = &multi->heaps[child_of(multi, bytes, i)];
        if (child == owner) {
            return heap_shadow_pick(owner, p, align, bytes);
        }
        if (heap_shadow_alloc(child, align, bytes) == MUST_SUCCEED) {
            return "pick: a child before this one in the ring had to serve the request";
        }
    }
    return NULL;
}

static const char *take(void *state, const uint8_t *p, size_t align, size_t bytes)
{
    struct heap_shadow *owner = changed_owner(state, p);

    (void)align;
    return owner == NULL ? "inside: the block lies in no child" : heap_shadow_take(owner, p, bytes);
}

static const char *resize(void *state, const uint8_t *p, size_t bytes)
{
    struct heap_shadow *owner = changed_owner(state, p);

    return owner == NULL ? "events: what is resized is no live block"
                         : heap_shadow_resize(owner, p, bytes);
}

static const char *drop(void *state, const uint8_t *p)
{
    struct heap_shadow *owner = changed_owner(state, p);

    return owner == NULL ? "events: what is freed is no live block" : heap_shadow_drop(owner, p);
}

static size_t usable(const void *state, const uint8_t *p)
{
    const struct heap_shadow *owner = owner_of(look(state), p);

    return owner == NULL ? 0 : heap_shadow_usable(owner, p);
}

static uint32_t live(const void *state)
{
    const struct multi_model *multi = look(state);
    uint32_t sum = 0;

    for (uint32_t i = 0; i < multi->parts; i++) {
        sum += multi->heaps[i].model.nblocks;
    }
    return sum;
}

const struct shadow shadow_multi = {
    .name = "multi",
    .state_bytes = sizeof(struct multi_model),
    .begin = begin,
    .alloc = alloc,
    .realloc = resized,
    .ever = ever,
    .pick = pick,
    .take = take,
    .resize = resize,
    .drop = drop,
    .usable = usable,
    .live = live,
};
