/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <string.h>

#include "die.h"
#include "replay.h"
#include "runner_internal.h"

const struct run_options run_options_default = {
    .oracles = ORACLES_ALL,
    .check_every = 8,
};

struct text run_fail(struct run *run, enum oracle oracle)
{
    struct text text;

    run->failed = true;
    run->failure->oracle = oracle;
    run->failure->op_index = run->index;
    text_begin(&text, run->failure->have_want, sizeof run->failure->have_want);
    return text;
}

static bool fits(const struct program *program, const struct subject *subject,
                 const struct space *space, const struct shadow *shadow)
{
    return program->header.region <= space->capacity &&
           (size_t)1 << program->header.slots_log2 <= space->nslots &&
           subject->state_bytes <= space->state_bytes &&
           (shadow == NULL || (size_t)1 << program->header.slots_log2 <= SHADOW_BLOCKS);
}

static void hook_before(void *context, const struct op *op)
{
    (void)op;
    forecast_call((struct run *)context);
}

/* One op, and everything there is to say about it. */
bool run_step(struct run *run, const struct op *op)
{
    static const struct forecast nothing = {.block = UINT32_MAX};
    const uint32_t fields = op_table[op->kind].fields;

    run->op = op;
    run->forecast = nothing;
    if (((fields & OP_MISUSES) | run->damage.n) != 0) {
        return (fields & OP_MISUSES) != 0 ? misuse_step(run) : misuse_endure(run);
    }
    if (op->kind == OP_FREE || (fields & OP_RESIZES) != 0) {
        /* Before the subject gets a block back it may not want: damage is reported, not followed.
         */
        const struct slot *slot = &run->heap.slots[op->slot];
        if (slot->p != NULL && !payload_check(run, op->slot, slot->p, slot->usable, true)) {
            return false;
        }
    }
    apply_op(&run->heap, op, &run->hooks, &run->result);
    if (run->result.how == SKIPPED) {
        run->counts.skipped++;
        return true;
    }
    run->counts.ops++;
    return judge_result(run) && checks_op(run);
}

static bool run_ops(struct run *run)
{
    const struct program *program = run->program;
    const uint32_t every = run->options.check_every;
    uint32_t until_check = every;

    for (run->index = 0; run->index < program->nops; run->index++) {
        if (!run_step(run, &program->ops[run->index])) {
            return false;
        }
        if (run->damage.n != 0) {
            if (run->damage.abandoned) {
                break;
            }
            continue;
        }
        run->swept = every != 0 && --until_check == 0;
        if (run->swept) {
            until_check = every;
            if (!checks_sweep(run)) {
                return false;
            }
        }
        if (run->options.eager && !(payload_check_all(run) && guards_check(run))) {
            return false;
        }
    }
    return true;
}

/* What is looked at when the last op is done. The digest is the program's: draining adds nothing.
 */
static bool run_close(struct run *run)
{
    misuse_mend(run);
    if (run->damage.abandoned) {
        return guards_check(run);
    }
    if (!run->swept && !checks_sweep(run)) {
        return false;
    }
    if (!run->options.hold && !checks_drain(run)) {
        return false;
    }
    return guards_check(run) && (!run->options.hold || payload_check_all(run));
}

/* Is it one heap by the contract's rules, for the runner's own model? */
static bool one_heap(const struct subject *subject)
{
    return (subject->promises & SUBJECT_PREDICTABLE) != 0 && subject->info != NULL &&
           shadow_for(subject) == NULL;
}

/* Memory and heap for a run. False: init refused, nothing may be called. */
static bool run_open(struct run *run)
{
    struct space *space = run->space;
    const struct program *program = run->program;
    const struct subject *subject = run->subject;
    uint8_t *region = space->arena + program->header.offset;
    struct replay replay;

    run->heap.region = region;
    run->heap.region_bytes = program->header.region;
    run->heap.header = program->header;
    region_fill(region, program->header.region, (uint8_t)TAG_SALT);
    guards_fill(run);
    poison_begin(run);
    if (replay_begin(&replay, subject, space->state, &program->header, region, space->slots) != 0) {
        return false;
    }
    run->heap = replay.heap;
    run->digest = replay.digest;
    if (run->shadow != NULL) {
        shadow_begin(run);
    } else if (one_heap(subject)) {
        subject->info(space->state, &run->info);
        model_init(run->model, space->blocks, (uint32_t)space->nslots + 1, &run->info);
        run->modelled = true;
    }
    return true;
}

static enum run_status run_once(struct run *run)
{
    run->counts.programs++;
    if (!run_open(run)) {
        run->counts.programs--;
        run->counts.does_not_fit++;
        poison_end(run);
        return RUN_DOES_NOT_FIT;
    }
    bool ok = checks_after_init(run);
    run->space->modelled = run->modelled;
    if (ok) {
        poison_heap(run);
        ok = run_ops(run) && run_close(run);
    }
    poison_end(run);
    if (ok && !run->options.hold) {
        if (run->subject->fini != NULL) {
            run->subject->fini(run->heap.state);
        }
        /* What a damaged heap refused, a sound one would have given. */
        ok = run->damage.ever || twin_agrees(run);
    }
    return ok ? RUN_OK : RUN_FAILED;
}

static void run_setup(struct run *run, const struct program *program, const struct subject *subject,
                      struct space *space, const struct run_options *options)
{
    /* What lies behind is large, and seldom needed. */
    memset(run, 0, offsetof(struct run, lies));
    run->hooks =
        (struct apply_hooks){.before_call = hook_before, .printed = print_text, .context = run};
    run->program = program;
    run->subject = subject;
    run->space = space;
    run->options = *options;
    run->model = &space->model;
    run->shadow = space->shadow_state == NULL ? NULL : shadow_for(subject);
    space->modelled = false;
    run->oracles = oracles_for(subject) & options->oracles;
    run->misusable =
        (oracles_for(subject) & ORACLE_BIT(ORACLE_MISUSE)) != 0 && space->snapshot != NULL;
    if (space->snapshot == NULL) {
        run->oracles &= ~ORACLE_BIT(ORACLE_UNTOUCHED);
    }
}

static void add_counts(struct run_counts *sum, const struct run_counts *one)
{
    sum->programs += one->programs;
    sum->ops += one->ops;
    sum->skipped += one->skipped;
    sum->must_succeed += one->must_succeed;
    sum->may += one->may;
    sum->must_fail += one->must_fail;
    sum->does_not_fit += one->does_not_fit;
    for (size_t i = 0; i < ORACLES; i++) {
        sum->evaluated[i] += one->evaluated[i];
    }
    for (size_t i = 0; i < RUN_INVARIANTS; i++) {
        sum->reported[i] += one->reported[i];
    }
}

/*
 * The damage was done earlier than it was seen. Once more from the start, looking for nothing but
 * that after every op: the first op it is seen at then is the one that did it.
 */
static void name_the_op(const struct program *program, const struct subject *subject,
                        struct space *space, const struct run_options *options,
                        struct run_failure *failure)
{
    struct run_options eager = *options;
    struct run_failure found;
    struct run run;

    eager.eager = true;
    eager.check_every = 1;
    eager.oracles = ORACLE_BIT(failure->oracle);
    run_setup(&run, program, subject, space, &eager);
    run.failure = &found;
    if (run_once(&run) == RUN_FAILED) {
        *failure = found;
    }
}

enum run_status run_program(const struct program *program, const struct subject *subject,
                            struct space *space, const struct run_options *options,
                            struct run_counts *counts, uint32_t *digest,
                            struct run_failure *failure)
{
    struct run run;

    run_setup(&run, program, subject, space, options);
    run.failure = failure;
    enum run_status status = RUN_DOES_NOT_FIT;
    if (fits(program, subject, space, run.shadow)) {
        status = run_once(&run);
    } else {
        run.counts.does_not_fit = 1;
    }
    if (counts != NULL) {
        add_counts(counts, &run.counts);
    }
    if (digest != NULL && status == RUN_OK) {
        *digest = run.digest;
    }
    if (status == RUN_FAILED && run.lazy && !options->eager) {
        name_the_op(program, subject, space, options, failure);
    }
    return status;
}

enum run_status run_or_die(const struct program *program, const struct subject *subject,
                           struct space *space, const struct run_options *options,
                           struct run_counts *counts, uint32_t *digest)
{
    struct run_failure failure;
    char map[512];
    const enum run_status status =
        run_program(program, subject, space, options, counts, digest, &failure);

    if (status == RUN_FAILED) {
        report_failure(program, subject, &failure,
                       run_map(space, map, sizeof map) == 0 ? NULL : map);
        die();
    }
    return status;
}

enum run_status run_bare(const struct program *program, const struct subject *subject,
                         struct space *space, uint32_t *digest)
{
    uint8_t *region = space->arena + program->header.offset;
    struct replay replay;

    if (!fits(program, subject, space, NULL) ||
        replay_begin(&replay, subject, space->state, &program->header, region, space->slots) != 0) {
        return RUN_DOES_NOT_FIT;
    }
    for (size_t i = 0; i < program->nops; i++) {
        replay_op(&replay, &program->ops[i]);
    }
    const uint32_t sum = replay_end(&replay);
    if (digest != NULL) {
        *digest = sum;
    }
    return RUN_OK;
}
