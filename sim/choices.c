/* SPDX-License-Identifier: Apache-2.0 */

/* Who goes on where more than one can: the scheduler, the program's `sched` ops, or nobody. And
 * what was chosen, so that a program can carry it. */

#include "sim_internal.h"

#include <string.h>

#define CHOICES_AN_OP 8u

/* One step of a run that is recorded. */
struct recorded {
    uint8_t actor, step;
    bool free_tick;
    uint16_t environment; /* its next op when the step was taken */
};
/* Longer runs are not recorded: what is searched or fuzzed has some hundred steps. */
#define RECORD_ROOM 65536u
static struct recorded record[RECORD_ROOM];
static uint32_t recorded;

/*
 * The one that took the last step, if it can go on; else the highest priority, then the lowest
 * number, and the environment last: it does one thing, and then lets others see it.
 */
static uint32_t default_choice(const struct sim_enabled *enabled, uint32_t n)
{
    uint32_t best = UINT32_MAX;

    if (enabled[0].actor == sim.last && sim.last != SIM_ENVIRONMENT) {
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (enabled[i].actor == SIM_ENVIRONMENT) {
            continue;
        }
        if (best == UINT32_MAX ||
            sim.actors[enabled[i].actor].priority > sim.actors[enabled[best].actor].priority) {
            best = i;
        }
    }
    return best == UINT32_MAX ? 0 : best;
}

/* The next of the program's own choices; false: they are used up. */
static bool scripted_choice(uint32_t *choice)
{
    if (sim.sched_op >= sim.program->nops) {
        return false;
    }
    *choice = sim.program->ops[sim.sched_op].value >> 4u * sim.sched_choice & 15u;
    if (++sim.sched_choice == CHOICES_AN_OP) {
        sim.sched_choice = 0;
        sim.sched_op = sim_next_op[sim.sched_op];
    }
    return true;
}

/* What the scheduler may know of an op that is not finished. */
static void show_ops(void)
{
    for (uint32_t t = 0; sim.threads >> t != 0; t++) {
        const struct waiter *waiter = &sim.waiters.of[t];
        const uint32_t came = waiter->last_attempt >= waiter->deadline;
        sim.actors[t].given = sim.contexts[t].got;
        sim.actors[t].resized = sim.contexts[t].resized;
        sim.actors[t].judged = 0;
        if (waiter->calling && waiter->attempted) {
            sim.actors[t].judged =
                (uint8_t)(1u | came << 1u | (uint32_t)waiter->late << 2u |
                          (uint32_t)waiter->verdict << 3 | (uint32_t)waiter->seen << 5);
        }
    }
}

uint32_t sim_choose(const struct sim_enabled *enabled, uint32_t n)
{
    const struct sim_scheduler *scheduler = sim.options->scheduler;
    uint32_t choice;

    if (sim.cleaning) {
        return default_choice(enabled, n);
    }
    sim.counts->choices++;
    sim.view.now = sim.now;
    if (scheduler != NULL) {
        show_ops();
        choice = scheduler->choose(scheduler->context, &sim.view, enabled, n);
        return choice == SIM_STOP || choice < n ? choice : choice % n;
    }
    return scripted_choice(&choice) ? choice % n : default_choice(enabled, n);
}

void sim_choices_begin(void)
{
    recorded = 0;
}

void sim_record(const struct sim_enabled *taken, bool free_tick)
{
    if (sim.options->record && !sim.cleaning && recorded < RECORD_ROOM) {
        record[recorded++] =
            (struct recorded){taken->actor, taken->step, free_tick, sim.actors[SIM_ENVIRONMENT].op};
    }
}

/* ---- into a program ---- */

/* Follows the record, and notes its choices as numbers. */
struct follower {
    uint32_t at;     /* counts.steps of the run: every step is in the record */
    uint32_t n;      /* choices noted */
    uint32_t needed; /* of them: those behind are what happens anyway */
    bool lost;       /* the run is not the recorded one */
    const struct sim_counts *counts;
};
static uint8_t choices[RECORD_ROOM];
static struct recorded followed[RECORD_ROOM];
static uint32_t nfollowed;

static uint32_t follow(void *context, const struct sim_view *view,
                       const struct sim_enabled *enabled, uint32_t n)
{
    struct follower *follower = context;
    const uint64_t at = follower->counts->steps;

    (void)view;
    if (at >= nfollowed) {
        follower->lost = follower->lost || at > nfollowed;
        return SIM_STOP;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (enabled[i].actor == followed[at].actor && enabled[i].step == followed[at].step) {
            choices[follower->n++] = (uint8_t)i;
            if (i != default_choice(enabled, n)) {
                follower->needed = follower->n;
            }
            return i;
        }
    }
    follower->lost = true;
    return SIM_STOP;
}

static bool insert(struct program *program, size_t at, const struct op *op)
{
    if (program->nops == program->capacity) {
        return false;
    }
    memmove(&program->ops[at + 1], &program->ops[at], (program->nops - at) * sizeof *op);
    program->ops[at] = *op;
    program->nops++;
    return true;
}

/* The ticks nobody had asked for become ops of the environment, in front of what it did next. */
static bool insert_ticks(struct program *program)
{
    uint32_t inserted = 0;

    for (uint32_t i = 0; i < nfollowed; i++) {
        if (followed[i].free_tick) {
            const size_t at = followed[i].environment + inserted;
            const struct op op = {.kind = OP_TICK, .value = 1};
            if (!insert(program, at < program->nops ? at : program->nops, &op)) {
                return false;
            }
            inserted++;
        }
    }
    return true;
}

/* The program's own choices are those of another run. Indices of what stays are noted anew. */
static void drop_choices(struct program *program)
{
    size_t kept = 0;

    for (size_t i = 0; i < program->nops; i++) {
        if (program->ops[i].kind != OP_SCHED) {
            program->ops[kept++] = program->ops[i];
            continue;
        }
        for (uint32_t j = 0; j < nfollowed; j++) {
            if (followed[j].environment > kept) {
                followed[j].environment--;
            }
        }
    }
    program->nops = kept;
}

/* In whole ops: the choices behind the last one that is needed are written down, too, as they were
 * made, since 0 is a choice as any other. */
static bool append_choices(struct program *program, const struct follower *follower)
{
    for (uint32_t i = 0; i < follower->needed; i += CHOICES_AN_OP) {
        struct op op = {.kind = OP_SCHED};
        for (uint32_t j = 0; j < CHOICES_AN_OP && i + j < follower->n; j++) {
            op.value |= (uint32_t)choices[i + j] << 4u * j;
        }
        if (!insert(program, program->nops, &op)) {
            return false;
        }
    }
    return true;
}

/*
 * With ticks of its own the program has other choices at other places than the recorded run had. So
 * it is run once more, step by step as recorded, to see which choices these are.
 */
bool sim_schedule_append(struct program *program)
{
    struct sim_counts counts = {0};
    struct follower follower = {.counts = &counts};
    const struct sim_scheduler scheduler = {follow, &follower};
    const struct sim_options options = {.oracles = sim.oracles, .scheduler = &scheduler};
    struct run_failure failure;

    if (recorded == RECORD_ROOM) {
        return false;
    }
    nfollowed = recorded;
    memcpy(followed, record, nfollowed * sizeof record[0]);
    drop_choices(program);
    if (!insert_ticks(program)) {
        return false;
    }
    (void)sim_run(program, sim.subject, &options, &counts, &failure);
    return !follower.lost && append_choices(program, &follower);
}
