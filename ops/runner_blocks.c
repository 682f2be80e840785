/* SPDX-License-Identifier: Apache-2.0 */

/* Blocks that came back: where they lie, whether the model can enter them, what is in them. */

#include "runner_internal.h"

/* The unit whose user's bytes begin at p. False: p is not at the start of one. */
bool block_unit(const struct run *run, const uint8_t *p, uint32_t *unit)
{
    const uintptr_t zero = (uintptr_t)run->info.first + run->info.header;
    const uintptr_t past = (uintptr_t)p - zero;

    *unit = (uint32_t)(past / 8u);
    return (uintptr_t)p >= zero && past % 8u == 0 && past / 8u < run->model->units;
}

void lose_model(struct run *run)
{
    run->modelled = false;
    run->shadow = NULL;
    run->space->modelled = false;
    poison_end(run);
}

static bool lies_inside(const struct run *run, const uint8_t *p, size_t bytes)
{
    const uintptr_t past = (uintptr_t)p - (uintptr_t)run->heap.region;

    return (uintptr_t)p >= (uintptr_t)run->heap.region && past <= run->heap.region_bytes &&
           bytes <= run->heap.region_bytes - past;
}

static bool fail_inside(struct run *run)
{
    struct text text = run_fail(run, ORACLE_INSIDE);

    text_word(&text, "block of ");
    text_number(&text, run->result.bytes);
    text_word(&text, " bytes: have ");
    text_place(&text, run, run->result.p);
    text_word(&text, ", want it inside the region's ");
    text_number(&text, run->heap.region_bytes);
    text_word(&text, " bytes");
    return false;
}

static bool fail_overlap(struct run *run, const uint8_t *p, size_t bytes, uint32_t slot)
{
    struct text text = run_fail(run, ORACLE_OVERLAP);

    text_word(&text, "have ");
    text_number(&text, bytes);
    text_word(&text, " bytes at ");
    text_place(&text, run, p);
    text_word(&text, ", want none of ");
    text_slot(&text, slot);
    text_word(&text, " at ");
    text_place(&text, run, run->heap.slots[slot].p);
    return false;
}

/* The slot, other than that of the op, whose bytes the block shares; UINT32_MAX: none. */
static uint32_t shares_with(const struct run *run, const uint8_t *p, size_t bytes)
{
    const uintptr_t from = (uintptr_t)p;

    for (uint32_t i = 0; i < run->slots_used; i++) {
        const struct slot *other = &run->heap.slots[i];
        const uintptr_t start = (uintptr_t)other->p;
        const size_t length = other->usable > other->bytes ? other->usable : other->bytes;
        if (other->p != NULL && i != run->op->slot &&
            (start >= from ? start - from < bytes : from - start < length)) {
            return i;
        }
    }
    return UINT32_MAX;
}

static bool judge_overlap(struct run *run, const uint8_t *p, size_t bytes)
{
    if (!run_asks(run, ORACLE_OVERLAP)) {
        return true;
    }
    const uint32_t other = shares_with(run, p, bytes);
    return other == UINT32_MAX || fail_overlap(run, p, bytes, other);
}

static bool judge_pick(struct run *run, bool allowed, uint32_t unit)
{
    if (allowed || !run_asks(run, ORACLE_PICK)) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_PICK);
    text_word(&text, "have a block from the extent at unit ");
    text_number(&text, unit);
    text_word(&text, ", want bucket ");
    text_number(&text, model_bucket(run->forecast.need));
    text_word(&text, " or the lowest non-empty one above");
    return false;
}

/* The model refuses the block. With the oracle that says so off, the model is left behind. */
static bool judge_refusal(struct run *run, enum model_take take)
{
    if (take == TAKE_OUTSIDE && run_wants(run, ORACLE_INSIDE)) {
        return fail_inside(run);
    }
    if (take == TAKE_OVERLAP && run_wants(run, ORACLE_OVERLAP)) {
        /* Header and rounding count: the bytes asked for alone need not overlap. */
        const size_t units = model_units(run->model, run->result.bytes);
        const uint8_t *header = run->result.p - run->info.header;
        const uint32_t other = shares_with(run, header, units * 8u);
        return fail_overlap(run, run->result.p, run->result.bytes,
                            other == UINT32_MAX ? run->op->slot : other);
    }
    lose_model(run);
    return true;
}

/* The block stays where it is: [ block ][ more ] or [ less ][ rest ]. */
static bool enter_resized(struct run *run)
{
    struct model_block *block = &run->model->blocks[run->forecast.block];
    const uint32_t old_end = block->unit + block->units;
    const enum model_take take = model_resize(run->model, run->forecast.block, run->result.bytes);

    if (take != TAKE_OK) {
        return judge_refusal(run, take);
    }
    const uint32_t end = block->unit + block->units;
    poison_took(run, run->forecast.block);
    if (end < old_end) {
        poison_gave(run, end, old_end - end, run->forecast.block + 1);
    }
    return true;
}

void leave_block(struct run *run, uint32_t index)
{
    const struct model_block old = run->model->blocks[index];

    model_drop(run->model, index);
    poison_gave(run, old.unit, old.units, index);
}

/* A new block, and then the old one of a realloc is gone. */
static bool enter_new(struct run *run)
{
    const struct forecast *forecast = &run->forecast;
    struct model *model = run->model;
    uint32_t unit;

    if (!block_unit(run, run->result.p, &unit)) {
        return judge_refusal(run, TAKE_OUTSIDE);
    }
    const bool plain = forecast->align <= 8 && run_wants(run, ORACLE_PICK);
    const uint32_t place = model_place(model, unit);
    const bool searched = forecast->search.need != 0; /* not, when it should not have moved */
    const bool allowed =
        !plain || (searched ? model_pick_searched(model, unit, place, &forecast->search)
                            : model_pick_allowed(model, run->result.bytes, unit));
    const enum model_take take =
        model_take_at(model, unit, run->result.bytes, run->op->slot, place);
    if (take != TAKE_OK) {
        return judge_refusal(run, take);
    }
    run->counts.evaluated[ORACLE_PICK] += plain;
    if (!judge_pick(run, allowed, unit)) {
        return false;
    }
    poison_took(run, place);
    if (forecast->block != UINT32_MAX) {
        /* Entering the new block may have shifted the old one up. */
        const uint32_t old = forecast->block;
        leave_block(run, model->blocks[old].unit < unit ? old : old + 1);
    }
    return true;
}

bool enter_block(struct run *run)
{
    const struct applied_result *result = &run->result;

    if (run_asks(run, ORACLE_INSIDE) && !lies_inside(run, result->p, result->bytes)) {
        return fail_inside(run);
    }
    if (!run->modelled) {
        return judge_overlap(run, result->p, result->bytes) &&
               (run->shadow == NULL || shadow_enter(run));
    }
    run->counts.evaluated[ORACLE_OVERLAP] += run_wants(run, ORACLE_OVERLAP);
    if (result->p == result->before) {
        return enter_resized(run);
    }
    return enter_new(run);
}

static bool judge_usable(struct run *run, size_t have)
{
    const size_t bytes = run->result.bytes;
    const bool exact = run_follows(run);
    const size_t want = run->modelled ? model_usable(run->model, model_units(run->model, bytes))
                        : exact       ? shadow_usable(run, run->result.p)
                                      : bytes;

    if (!run_asks(run, ORACLE_USABLE) || (exact ? have == want : have >= want)) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_USABLE);
    text_word(&text, "usable bytes of ");
    text_number(&text, bytes);
    text_word(&text, " asked for: have ");
    text_number(&text, have);
    text_word(&text, exact ? ", want " : ", want at least ");
    text_number(&text, want);
    return false;
}

static bool judge_zeroed(struct run *run)
{
    const uint8_t *p = run->result.p;
    const size_t bytes = run->heap.slots[run->op->slot].bytes; /* as asked for, perhaps none */
    const size_t at = payload_zeroes(p, bytes);

    if (at == bytes || !run_asks(run, ORACLE_PAYLOAD)) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_PAYLOAD);
    text_word(&text, "byte ");
    text_number(&text, at);
    text_word(&text, " of what calloc gave at ");
    text_place(&text, run, p);
    text_word(&text, ": have ");
    text_hex(&text, p[at]);
    text_word(&text, ", want 0");
    return false;
}

/* How many bytes the payload covers: all usable ones, unless that is plainly nonsense. */
static size_t payload_bytes(const struct run *run)
{
    const size_t bytes = run->result.bytes;
    const size_t usable = run->said_usable;
    const bool in_region = (run->subject->promises & SUBJECT_IN_REGION) != 0;

    if (in_region && !lies_inside(run, run->result.p, bytes)) {
        return 0; /* the oracle that says so is off */
    }
    if (run->subject->usable == NULL || usable < bytes ||
        (in_region && !lies_inside(run, run->result.p, usable))) {
        return bytes;
    }
    return usable;
}

bool judge_contents(struct run *run)
{
    const struct applied_result *result = &run->result;
    const uint32_t index = run->op->slot;
    struct slot *slot = &run->heap.slots[index];
    size_t kept = 0;

    if (run->subject->calloc != NULL && run->op->kind == OP_CALLOC && !judge_zeroed(run)) {
        return false;
    }
    if (run->subject->usable != NULL) {
        const size_t usable = run->subject->usable(run->heap.state, result->p);
        run->said_usable = (uint32_t)usable;
        if (!judge_usable(run, usable)) {
            return false;
        }
    }
    const size_t payload = payload_bytes(run);
    if (result->before != NULL) {
        /* A resized block keeps its tag: what was copied is checked, the rest is added to it. */
        kept = slot->usable < result->bytes ? slot->usable : result->bytes;
        if (payload != 0 && !payload_check(run, index, result->p, kept, false)) {
            return false;
        }
    } else {
        slot->tag = payload_tag(index, run->index, TAG_SALT);
    }
    if (run_wants(run, ORACLE_PAYLOAD)) {
        payload_fill(result->p, kept, payload, slot->tag);
    }
    slot->usable = (uint32_t)payload;
    run->slots_used = index >= run->slots_used ? index + 1u : run->slots_used;
    poison_slot(run, slot);
    return true;
}
