/* SPDX-License-Identifier: Apache-2.0 */

/* Judges what one call returned. */

#include "runner_internal.h"

static uint32_t block_of(const struct run *run, const uint8_t *p)
{
    uint32_t unit;

    return block_unit(run, p, &unit) ? model_find(run->model, unit) : UINT32_MAX;
}

/* A heap that zeroes a block writes to all of it. */
static bool clears(const struct run *run)
{
    return run->subject->calloc != NULL && run->op->kind == OP_CALLOC;
}

static void forecast_verdict(struct run *run, bool live)
{
    struct forecast *forecast = &run->forecast;

    forecast->known = true;
    forecast->whole = live || forecast->align > 8 || clears(run);
    if (live) {
        forecast->verdict =
            model_realloc_search(run->model, forecast->block, forecast->align, forecast->bytes,
                                 &forecast->in_place, &forecast->search);
    } else {
        forecast->verdict =
            model_alloc_search(run->model, forecast->align, forecast->bytes, &forecast->search);
    }
    if (forecast->verdict != MUST_FAIL) {
        forecast->need = model_units(run->model, forecast->bytes);
    }
}

/* Blocks of no bytes are asked for, and those of one byte must come. */
static bool zero_is_one(const struct run *run)
{
    return (run->subject->promises & SUBJECT_ZERO_IS_ONE) != 0 &&
           (run->op->kind == OP_ALLOC || run->op->kind == OP_CALLOC);
}

static void forecast_word(struct run *run)
{
    if (run->op->kind == OP_STRESS) {
        /* Blocks come and go all over the free extents. */
        run->forecast.need = 1;
        run->forecast.whole = true;
    } else if (run->op->kind == OP_PRINT) {
        print_begin(run);
    }
}

void forecast_call(struct run *run)
{
    const struct op *op = run->op;
    const uint32_t fields = op_table[op->kind].fields;
    struct forecast *forecast = &run->forecast;
    const bool allocates = (fields & (OP_FILLS | OP_RESIZES)) != 0;
    const uint8_t *before = (fields & OP_HAS_SLOT) != 0 ? run->heap.slots[op->slot].p : NULL;

    forecast->called = true;
    forecast->old_bytes = before != NULL ? run->heap.slots[op->slot].usable : 0;
    if (allocates) {
        forecast->bytes = run->result.bytes == 0 && zero_is_one(run) ? 1 : run->result.bytes;
        forecast->align = op->kind == OP_NOALIGN ? 0 : op->align;
        /* A bad alignment is looked at first, where it is refused at all. */
        forecast->releases =
            before != NULL && forecast->bytes == 0 &&
            (good_align(forecast->align) || (run->subject->promises & SUBJECT_NULL_ON_BAD) == 0);
    } else {
        forecast->releases = op->kind == OP_FREE && before != NULL;
        if (op->kind >= OP_PRINT) {
            forecast_word(run);
        }
    }
    if (run->modelled && before != NULL) {
        forecast->block = block_of(run, before);
    }
    if (allocates && !forecast->releases && run_follows(run)) {
        if (run->modelled) {
            forecast_verdict(run, before != NULL);
        } else {
            shadow_forecast(run);
        }
        if (forecast->verdict != MUST_SUCCEED && run_wants(run, ORACLE_UNTOUCHED)) {
            forecast->snapped = true;
            snapshot_take(run);
        }
    }
    poison_open(run);
}

bool judge_faults(struct run *run)
{
    if (!run_asks(run, ORACLE_FAULT)) {
        return true;
    }
    const uint32_t faults = run->subject->faults(run->heap.state) - run->provoked;
    if (faults == 0) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_FAULT);
    text_word(&text, "reports of misuse: ");
    text_have_want(&text, faults, 0);
    return false;
}

static bool fail_null(struct run *run, const char *have, const char *want)
{
    struct text text = run_fail(run, ORACLE_NULLS);

    text_word(&text, "bytes ");
    text_number(&text, run->result.bytes);
    text_word(&text, ": have ");
    text_word(&text, have);
    text_word(&text, ", want ");
    text_word(&text, want);
    return false;
}

static bool judge_null(struct run *run)
{
    const struct forecast *forecast = &run->forecast;
    const bool failed = run->result.p == NULL;

    if (forecast->known) {
        run->counts.must_succeed += forecast->verdict == MUST_SUCCEED;
        run->counts.may += forecast->verdict == MAY_SUCCEED;
        run->counts.must_fail += forecast->verdict == MUST_FAIL;
    }
    if (!forecast->called) {
        return true;
    }
    const bool refused = forecast->known
                             ? forecast->verdict == MUST_FAIL
                             : (run->subject->promises & SUBJECT_NULL_ON_BAD) != 0 &&
                                   (run->result.bytes == 0 || !good_align(forecast->align));
    if (!(forecast->known || refused) || !run_asks(run, ORACLE_NULLS)) {
        return true;
    }
    if (refused && !failed) {
        return fail_null(run, "a block", "NULL: no free extent can hold it");
    }
    if (forecast->known && forecast->verdict == MUST_SUCCEED && failed) {
        return fail_null(run, "NULL", "a block: the search must find one");
    }
    return true;
}

static bool judge_expect(struct run *run)
{
    const struct applied_result *result = &run->result;
    const enum op_expect expect = (enum op_expect)run->op->expect;
    const char *want = expect == EXPECT_NULL ? "null" : expect == EXPECT_OK ? "ok" : "same";

    if (expect == EXPECT_ANY || !run_asks(run, ORACLE_EXPECT)) {
        return true;
    }
    if (expect == EXPECT_NULL
            ? result->p == NULL
            : result->p != NULL && (expect == EXPECT_OK || result->p == result->before)) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_EXPECT);
    text_word(&text, "have ");
    if (result->p == NULL) {
        text_word(&text, "NULL");
    } else {
        text_word(&text, "a block at ");
        text_place(&text, run, result->p);
    }
    text_word(&text, ", want ");
    text_word(&text, want);
    return false;
}

bool judge_steps(struct run *run)
{
    if (!run_asks(run, ORACLE_STEPS)) {
        return true;
    }
    const uint32_t steps = run->subject->steps(run->heap.state);
    if (steps <= run->info.loops) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_STEPS);
    text_word(&text, "chunks probed: have ");
    text_number(&text, steps);
    text_word(&text, ", want at most ");
    text_number(&text, run->info.loops);
    return false;
}

/* NULL came back: nothing may have happened, but for a realloc to 0 bytes. */
static bool judge_no_block(struct run *run)
{
    const struct slot *slot = &run->heap.slots[run->op->slot];

    if (run->forecast.snapped && !snapshot_check(run)) {
        return false;
    }
    if (run->result.before != NULL && slot->p != NULL) {
        poison_slot(run, slot);
        return payload_check(run, run->op->slot, slot->p, slot->usable, false);
    }
    return true;
}

static bool judge_inplace(struct run *run)
{
    const struct forecast *forecast = &run->forecast;
    const struct applied_result *result = &run->result;
    const bool stayed = result->p == result->before;

    if (!forecast->known || result->before == NULL || !run_asks(run, ORACLE_INPLACE)) {
        return true;
    }
    if (stayed == forecast->in_place) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_INPLACE);
    text_word(&text, "realloc: have ");
    text_place(&text, run, result->p);
    text_word(&text, stayed ? ", want another block than " : ", want the same block, ");
    text_place(&text, run, result->before);
    return false;
}

static bool judge_align(struct run *run)
{
    const uint8_t *p = run->result.p;
    const size_t asked = good_align(run->forecast.align) ? run->forecast.align : 0;
    const size_t align = asked > run->subject->align ? asked : run->subject->align;

    if (!run_asks(run, ORACLE_ALIGN) || align == 0 || (uintptr_t)p % align == 0) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_ALIGN);
    text_word(&text, "block at ");
    text_place(&text, run, p);
    text_word(&text, ": have ");
    text_number(&text, (uintptr_t)p % align);
    text_word(&text, " modulo ");
    text_number(&text, align);
    text_word(&text, ", want 0");
    return false;
}

static bool judge_block(struct run *run)
{
    return judge_inplace(run) && judge_align(run) && enter_block(run) && judge_contents(run);
}

static void add_to_digest(struct run *run)
{
    const uint8_t *p = run->result.p;
    uint32_t offset = DIGEST_NULL_OFFSET;

    if (p != NULL) {
        const bool inside = (run->subject->promises & SUBJECT_IN_REGION) != 0;
        offset = inside ? (uint32_t)((uintptr_t)p - (uintptr_t)run->heap.region) : 0;
    }
    run->digest = digest_add(run->digest, run->index, offset, run->said_usable);
}

static bool judge_pointer(struct run *run)
{
    if (!judge_null(run) || !judge_expect(run) || (run->forecast.known && !judge_steps(run))) {
        return false;
    }
    run->said_usable = 0;
    if (run->result.p == NULL ? !judge_no_block(run) : !judge_block(run)) {
        return false;
    }
    add_to_digest(run);
    return true;
}

bool judge_result(struct run *run)
{
    const struct forecast *forecast = &run->forecast;

    if (forecast->called) {
        poison_close(run);
        run->result.bytes = forecast->bytes; /* what is judged is what must have been served */
        if (!judge_faults(run)) {
            return false;
        }
        if (forecast->releases && run->modelled && forecast->block != UINT32_MAX) {
            leave_block(run, forecast->block);
        } else if (forecast->releases && run->shadow != NULL && !shadow_leave(run)) {
            return false;
        }
    }
    if (run->result.gives_pointer && run->result.how != SKIPPED && !judge_pointer(run)) {
        return false;
    }
    return !run_wants(run, ORACLE_EVENTS) || events_check(run);
}
