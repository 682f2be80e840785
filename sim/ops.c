/* SPDX-License-Identifier: Apache-2.0 */

/* One op of a program, and what there is to say about its result. */

#include "sim_internal.h"

#include <string.h>

#include "payload.h"
#include "poison.h"

#define TAG_SALT 0x73696d75u

static const struct op_info *info_of(const struct op *op)
{
    return &op_table[op->kind];
}

uint8_t sim_wait(void)
{
    const struct op *op = sim_here()->op;

    return op == NULL ? 0 : op->wait;
}

/* ---- right before the subject is entered ---- */

static void request_begin(const struct op *op)
{
    struct sim_context *here = sim_here();
    struct waiter_request request = {.align = op->align, .old = here->before};

    (void)op_bytes(op, &request.bytes);
    if ((info_of(op)->fields & OP_HAS_COUNT) != 0 &&
        __builtin_mul_overflow(request.bytes, op->count, &request.bytes)) {
        request.bytes = SIZE_MAX; /* what nobody has */
    }
    if (request.bytes == 0 && (op->kind == OP_ALLOC || op->kind == OP_CALLOC) &&
        (sim.subject->promises & SUBJECT_ZERO_IS_ONE) != 0) {
        request.bytes = 1;
    }
    if (here->before != NULL && request.bytes == 0 && good_align(op->align)) {
        return; /* a free by another name */
    }
    here->allocates = true;
    /* An interrupt's wait is misuse, not a wait. */
    request.waits = op->wait != 0 && sim.current < PROGRAM_THREADS && !sim.never_waits;
    request.forever = op->wait == WAIT_FOREVER;
    request.ticks = op->wait;
    waiters_call(&sim.waiters, sim.current, &request);
}

static void hook_before(void *context, const struct op *op)
{
    struct sim_context *here = sim_here();
    const uint32_t fields = info_of(op)->fields;

    (void)context;
    here->called = true;
    if (here->before != NULL && (op->kind == OP_FREE || (fields & OP_RESIZES) != 0)) {
        POISON_ALLOW(here->before, sim_slots[op->slot].usable);
    }
    if ((fields & (OP_FILLS | OP_RESIZES)) != 0) {
        request_begin(op);
    }
}

/* ---- behind it ---- */

/*
 * An interrupt that asks to wait gets a report of misuse, and nothing else happens. What can never
 * be served, and what needs no memory, may be answered before anybody looks at the timeout.
 */
static bool judge_interrupt(const struct applied_result *result)
{
    const struct sim_context *here = sim_here();

    if (sim.current != SIM_ENVIRONMENT || here->op->wait == 0 || !here->allocates ||
        sim.never_waits || !sim_asks(ORACLE_ISR)) {
        return true;
    }
    if (result->p != NULL || here->freed != NULL || here->resized) {
        return sim_fail(ORACLE_ISR, "an interrupt asks to wait: have a block, want misuse");
    }
    if (here->fault_waits == 0 && !sim.blind &&
        sim.shadow->ever(sim.waiters.state, result->align, result->bytes) == MUST_SUCCEED) {
        return sim_fail(ORACLE_ISR, "an interrupt asks to wait: have no report, want misuse");
    }
    return true;
}

/* Does the ledger say what the result says? */
static bool judge_events(const struct applied_result *result)
{
    const struct sim_context *here = sim_here();
    const uint8_t *got = result->p != result->before ? result->p : NULL;
    bool frees = here->op->kind == OP_FREE || (here->called && got != NULL);

    if ((info_of(here->op)->fields & OP_RESIZES) != 0 && result->how == APPLIED) {
        frees = frees || (result->bytes == 0 && good_align(result->align));
    }
    if (sim.current == SIM_ENVIRONMENT && here->fault_waits != 0) {
        frees = false;
    }
    const uint8_t *freed = frees ? result->before : NULL;
    if (!sim_asks(ORACLE_EVENTS)) {
        return true;
    }
    if (here->got != got) {
        return sim_fail(ORACLE_EVENTS, "have %s, want %s",
                        here->got == NULL ? "no block reported" : "a block reported as allocated",
                        got == NULL ? "none" : "the one that was returned");
    }
    if (here->freed != freed) {
        return sim_fail(ORACLE_EVENTS, "have %s, want %s",
                        here->freed == NULL ? "no block reported" : "a block reported as freed",
                        freed == NULL ? "none" : "the one that was given back");
    }
    return true;
}

/* A realloc that left the block where it is, and reported nothing: its size is as before. */
static bool judge_unchanged(const struct applied_result *result)
{
    void *state = (void *)(uintptr_t)sim.waiters.state;
    const uint8_t *p = result->p;

    if (sim.blind || p == NULL || p != result->before || sim_here()->resized) {
        return true;
    }
    const size_t before = sim.shadow->usable(state, p);
    if (!sim_holds(sim.shadow->resize(state, p, result->bytes), "block", p)) {
        sim.blind = true;
        return false;
    }
    return sim.shadow->usable(state, p) == before || !sim_asks(ORACLE_EVENTS) ||
           sim_fail(ORACLE_EVENTS, "have no event of a resize to %zu bytes, want one",
                    result->bytes);
}

static bool judge_expect(const struct applied_result *result)
{
    const enum op_expect expect = (enum op_expect)sim_here()->op->expect;

    if (expect == EXPECT_ANY || !sim_asks(ORACLE_EXPECT)) {
        return true;
    }
    if (expect == EXPECT_NULL
            ? result->p == NULL
            : result->p != NULL && (expect == EXPECT_OK || result->p == result->before)) {
        return true;
    }
    return sim_fail(ORACLE_EXPECT, "have %s, want %s", result->p == NULL ? "NULL" : "a block",
                    expect == EXPECT_NULL ? "null"
                    : expect == EXPECT_OK ? "ok"
                                          : "same");
}

static bool fail_payload(size_t at, const char *want)
{
    return sim_fail(ORACLE_PAYLOAD, "byte %zu of p%u: have it changed, want %s", at,
                    sim_here()->op->slot, want);
}

/* What the owner finds in his block, and what he writes into it. */
static bool judge_contents(const struct applied_result *result, uint32_t index)
{
    const struct op *op = sim_here()->op;
    struct slot *slot = &sim_slots[op->slot];
    size_t kept = 0;
    size_t at;

    if (!sim_asks(ORACLE_PAYLOAD)) {
        slot->usable = 0;
        return true;
    }
    const size_t payload =
        sim.blind ? result->bytes : sim.shadow->usable(sim.waiters.state, result->p);
    if (op->kind == OP_CALLOC && sim.subject->calloc != NULL &&
        (at = payload_zeroes(result->p, result->bytes)) != result->bytes) {
        return fail_payload(at, "0");
    }
    if (result->before != NULL) {
        kept = slot->usable < result->bytes ? slot->usable : result->bytes;
        if ((at = payload_verify(result->p, kept, slot->tag)) != kept) {
            return fail_payload(at, "it copied");
        }
    } else {
        slot->tag = payload_tag(op->slot, index, TAG_SALT);
    }
    payload_fill(result->p, kept, payload, slot->tag);
    slot->usable = (uint32_t)payload;
    return true;
}

/* The block that a realloc could not resize is as it was. */
static bool judge_kept(void)
{
    const struct slot *slot = &sim_slots[sim_here()->op->slot];

    if (slot->p == NULL || !sim_asks(ORACLE_PAYLOAD)) {
        return true;
    }
    const size_t at = payload_verify(slot->p, slot->usable, slot->tag);
    return at == slot->usable || fail_payload(at, "it as it was");
}

static bool judge_asked(const struct applied_result *result)
{
    switch ((enum op_kind)sim_here()->op->kind) {
    case OP_CHECK:
        return result->sound || !sim_asks(ORACLE_CHECK) ||
               sim_fail(ORACLE_CHECK, "%s at +0x%zx", result->fault.invariant,
                        result->fault.offset);
    case OP_USABLE:
        return sim.blind || !sim_asks(ORACLE_USABLE) ||
               result->value == sim.shadow->usable(sim.waiters.state, result->before) ||
               sim_fail(ORACLE_USABLE, "have %zu bytes, want %zu", result->value,
                        sim.shadow->usable(sim.waiters.state, result->before));
    case OP_STATS:
    case OP_RESETMAX:
        return result->status == 0 || !sim_asks(ORACLE_STATS) ||
               sim_fail(ORACLE_STATS, "have status %d, want 0", result->status);
    default:
        return true;
    }
}

/* Blocks are counted when they are given out. */
static void count_null(const struct applied_result *result)
{
    const struct waiter *waiter = &sim.waiters.of[sim.current];
    const enum verdict verdict = waiter->attempted ? waiter->verdict : MUST_FAIL;

    if (result->p == NULL) {
        sim.counts->run.may += verdict == MAY_SUCCEED;
        sim.counts->run.must_fail += verdict == MUST_FAIL;
    }
}

static bool judge(const struct applied_result *result, uint32_t index)
{
    struct sim_context *here = sim_here();

    sim.counts->run.ops++;
    sim.counts->run.evaluated[ORACLE_FAULT] += here->called;
    if (!judge_interrupt(result)) {
        return false;
    }
    if (here->allocates) {
        sim.counts->run.evaluated[ORACLE_NULLS]++;
        count_null(result);
        const char *sentence = here->fault_waits != 0 || sim.blind
                                   ? NULL
                                   : waiters_return(&sim.waiters, sim.current, result->p == NULL);
        sim.waiters.of[sim.current].calling = false;
        if (!sim_holds(sentence, "", NULL)) {
            return false;
        }
    }
    if (!judge_events(result) || !judge_unchanged(result) || !judge_asked(result)) {
        return false;
    }
    if (!result->gives_pointer) {
        return true;
    }
    return judge_expect(result) &&
           (result->p != NULL ? judge_contents(result, index) : judge_kept());
}

/* Nobody but its owner has any business in a block. */
static void close_block(const struct op *op)
{
    const struct slot *slot = &sim_slots[op->slot];

    if (slot->p != NULL) {
        POISON_FORBID(slot->p, slot->usable);
    }
}

/* How the op ended, in two bits. */
static uint64_t result_bits(const struct applied_result *result)
{
    return result->gives_pointer && result->p != NULL ? 2 : 1;
}

static void context_begin(struct sim_context *here, const struct op *op)
{
    here->op = op;
    here->allocates = false;
    here->called = false;
    here->before = NULL;
    here->fault_waits = 0;
    here->got = NULL;
    here->freed = NULL;
    here->resized = false;
    here->pending.p = NULL;
}

/* An interrupt's realloc to 0 bytes that was refused as misuse: the block is still his. */
static void keep_refused(const struct op *op, const struct slot *old)
{
    const struct sim_context *here = sim_here();
    struct slot *slot = &sim_slots[op->slot];

    if (here->fault_waits != 0 && here->freed == NULL && slot->p == NULL && old->p != NULL) {
        *slot = *old;
        sim.heap.live_bytes += old->bytes;
    }
}

static void perform(const struct op *op, uint32_t index, struct applied_result *result)
{
    static const struct apply_hooks hooks = {.before_call = hook_before};
    const bool slotted = (info_of(op)->fields & OP_HAS_SLOT) != 0;
    struct sim_context *here = sim_here();
    const struct slot old = sim_slots[op->slot];

    if (slotted && sim_slot_busy[op->slot]) {
        *result = (struct applied_result){.how = SKIPPED};
        sim.counts->run.skipped++;
        return;
    }
    here->before = slotted ? old.p : NULL;
    sim_slot_busy[op->slot] = sim_slot_busy[op->slot] || slotted;
    apply_op(&sim.heap, op, &hooks, result);
    keep_refused(op, &old);
    if (here->held != NULL) {
        (void)sim_fail(ORACLE_LOCK, "a call returns and holds the lock");
    }
    if (result->how == SKIPPED) {
        sim.counts->run.skipped++;
    } else {
        (void)judge(result, index);
    }
    if (slotted) {
        sim_slot_busy[op->slot] = false;
        close_block(op);
    }
}

static void show_ended(const struct op *op, uint32_t index, const struct applied_result *result)
{
    const struct sim_watcher *watcher = sim.options->watcher;
    const struct slot *slot = &sim_slots[op->slot];
    const bool slotted = (info_of(op)->fields & OP_HAS_SLOT) != 0;

    if (watcher != NULL) {
        const struct sim_ended ended = {
            .op = index,
            .result = result,
            .usable = slotted && slot->p != NULL ? slot->usable : 0,
            .refused = sim_here()->fault_waits != 0,
            .cleaning = sim.cleaning,
            .now = sim.now,
        };
        watcher->ended(watcher->context, &ended);
    }
}

void sim_perform_op(const struct op *op, uint32_t index)
{
    const uint32_t me = sim.current;
    struct applied_result result = {0};

    context_begin(&sim.contexts[me], op);
    if (op->kind == OP_PRIO) {
        sim.actors[me].priority = (uint8_t)op->value;
    } else {
        perform(op, index, &result);
    }
    show_ended(op, index, &result);
    sim.contexts[me].op = NULL;
    if (me < SIM_ACTORS) {
        struct sim_actor *actor = &sim.actors[me];
        if (sim_ended[me] < 32u) {
            actor->results |= result_bits(&result) << 2u * sim_ended[me]++;
        }
        actor->deadline = INT64_MAX;
        actor->clock = INT64_MIN;
    }
}

void sim_perform(uint32_t index)
{
    sim_perform_op(&sim.program->ops[index], index);
}
