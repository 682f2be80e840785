/* SPDX-License-Identifier: Apache-2.0 */

/* Heaps that one struct model cannot describe: a shadow (shadow.h) says what their calls may do. */

#include "runner_internal.h"

#include <string.h>

/* Blocks taken at once to see that a drained heap is whole again. */
#define DRAIN_BLOCKS 64u

const struct shadow *shadow_for(const struct subject *subject)
{
    if ((subject->promises & SUBJECT_PREDICTABLE) == 0) {
        return NULL;
    }
    return subject->pool != NULL ? &shadow_pool : subject->parts != NULL ? &shadow_multi : NULL;
}

void shadow_begin(struct run *run)
{
    run->shadow->begin(run->space->shadow_state, run->subject, run->heap.state);
}

static bool lies_in_region(const struct run *run, const uint8_t *p, uint64_t bytes)
{
    const uintptr_t past = (uintptr_t)p - (uintptr_t)run->heap.region;

    return (uintptr_t)p >= (uintptr_t)run->heap.region && past <= run->heap.region_bytes &&
           bytes <= run->heap.region_bytes - past;
}

static bool parts_lie_inside(const struct run *run)
{
    struct subject_info infos[SUBJECT_PARTS];
    const uint32_t parts = run->subject->parts(run->heap.state, infos);
    const uint8_t *behind = run->heap.region; /* the child before */

    for (uint32_t i = 0; i < parts && i < SUBJECT_PARTS; i++) {
        if (infos[i].heads < behind || !lies_in_region(run, infos[i].first, infos[i].units * 8u) ||
            !lies_in_region(run, infos[i].heads, infos[i].heads_bytes)) {
            return false;
        }
        behind = infos[i].first + infos[i].units * 8u;
    }
    return parts > 0 && parts <= SUBJECT_PARTS;
}

static bool pool_lies_inside(const struct run *run)
{
    struct subject_pool pool;

    run->subject->pool(run->heap.state, &pool);
    return lies_in_region(run, pool.buffer, (uint64_t)pool.max * pool.count);
}

/* A description that leaves the region would lead every other check out of it too. */
bool shadow_sees_inside(struct run *run)
{
    if (run->subject->pool != NULL ? pool_lies_inside(run) : parts_lie_inside(run)) {
        return true;
    }
    lose_model(run);
    if (!run_asks(run, ORACLE_INSIDE)) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_INSIDE);
    text_word(&text, "have children or a pool outside, want them in the region, one behind the "
                     "other");
    return false;
}

void shadow_forecast(struct run *run)
{
    struct forecast *forecast = &run->forecast;
    const void *state = run->space->shadow_state;
    const uint8_t *before = run->heap.slots[run->op->slot].p;

    forecast->known = true;
    forecast->verdict = before == NULL ? run->shadow->alloc(state, forecast->align, forecast->bytes)
                                       : run->shadow->realloc(state, before, forecast->align,
                                                              forecast->bytes, &forecast->in_place);
}

/* By hand: bare targets have no strncmp. */
static bool begins_with(const char *sentence, const char *word)
{
    while (*word != '\0' && *sentence == *word) {
        sentence++;
        word++;
    }
    return *word == '\0' && *sentence == ':';
}

/* The oracle that a shadow's sentence begins with. */
static enum oracle oracle_of(const char *sentence)
{
    for (uint32_t i = 0; i < ORACLES; i++) {
        if (begins_with(sentence, oracle_names[i])) {
            return (enum oracle)i;
        }
    }
    return ORACLE_NONE;
}

/* The shadow refuses. With the oracle that says so off, it is left behind. */
static bool judge_sentence(struct run *run, const char *sentence, const uint8_t *p)
{
    if (sentence == NULL) {
        return true;
    }
    const enum oracle oracle = oracle_of(sentence);
    if (oracle == ORACLE_NONE || !run_wants(run, oracle)) {
        lose_model(run);
        return true;
    }
    struct text text = run_fail(run, oracle);
    text_word(&text, "block of ");
    text_number(&text, run->result.bytes);
    text_word(&text, " bytes: have ");
    text_place(&text, run, p);
    text_word(&text, ", want what is allowed: ");
    text_word(&text, sentence + strlen(oracle_names[oracle]) + 2);
    return false;
}

static bool judge_picked(struct run *run)
{
    const struct forecast *forecast = &run->forecast;

    if (!run_asks(run, ORACLE_PICK)) {
        return true;
    }
    const uint8_t *p = run->result.p;
    return judge_sentence(
        run, run->shadow->pick(run->space->shadow_state, p, forecast->align, forecast->bytes), p);
}

bool shadow_enter(struct run *run)
{
    const struct forecast *forecast = &run->forecast;
    const struct shadow *shadow = run->shadow;
    void *state = run->space->shadow_state;
    const uint8_t *p = run->result.p;

    if (p == run->result.before) {
        return judge_sentence(run, shadow->resize(state, p, forecast->bytes), p);
    }
    if (!judge_picked(run)) {
        return false;
    }
    if (!judge_sentence(run, shadow->take(state, p, forecast->align, forecast->bytes), p)) {
        return false;
    }
    /* A realloc moved: the old block is gone. */
    return run->result.before == NULL || run->shadow == NULL || shadow_leave(run);
}

bool shadow_leave(struct run *run)
{
    const uint8_t *p = run->result.before;

    return judge_sentence(run, run->shadow->drop(run->space->shadow_state, p), p);
}

size_t shadow_usable(const struct run *run, const uint8_t *p)
{
    return run->shadow->usable(run->space->shadow_state, p);
}

/* The most bytes that must be had at once now. Verdicts turn from must to must not once, for every
 * free extent is a whole one. */
static size_t most_to_be_had(const struct run *run)
{
    size_t least = 0;
    size_t most = run->heap.region_bytes;

    while (least < most) {
        const size_t middle = least + (most - least + 1) / 2;
        if (run->shadow->alloc(run->space->shadow_state, 0, middle) == MUST_SUCCEED) {
            least = middle;
        } else {
            most = middle - 1;
        }
    }
    return least;
}

/* Takes the largest block there must be, again and again. */
static bool take_all(struct run *run, uint8_t *blocks[DRAIN_BLOCKS], uint32_t *taken)
{
    for (*taken = 0; *taken < DRAIN_BLOCKS; ++*taken) {
        const size_t bytes = most_to_be_had(run);
        uint8_t *p = bytes == 0 ? NULL : (uint8_t *)run->subject->alloc(run->heap.state, bytes);
        if (bytes == 0) {
            return true;
        }
        if (p == NULL) {
            struct text text = run_fail(run, ORACLE_DRAIN);
            text_word(&text, "bytes to be had at once after freeing everything: ");
            text_have_want(&text, 0, bytes);
            return false;
        }
        blocks[*taken] = p;
        if (run->shadow->take(run->space->shadow_state, p, 0, bytes) != NULL) {
            ++*taken;
            return true; /* not where the shadow thinks: no more can be said */
        }
    }
    return true;
}

/* Nothing is live any more: all that could be had after init can be had again. */
bool shadow_drained(struct run *run)
{
    uint8_t *blocks[DRAIN_BLOCKS];
    uint32_t taken;
    struct subject_event event;

    if (!run_asks(run, ORACLE_DRAIN) || run->shadow->live(run->space->shadow_state) != 0) {
        return true;
    }
    const bool whole = take_all(run, blocks, &taken);
    while (taken > 0) {
        uint8_t *p = blocks[--taken];
        run->subject->free(run->heap.state, p);
        (void)run->shadow->drop(run->space->shadow_state, p);
    }
    if (run->subject->events != NULL) {
        (void)run->subject->events(run->heap.state, &event, 1); /* they belong to no op */
    }
    return whole;
}
