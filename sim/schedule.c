/* SPDX-License-Identifier: Apache-2.0 */

/* Who may go on, and whose fiber runs. */

#include "sim_internal.h"

#include <stddef.h>
#include <string.h>

static struct fiber fibers[PROGRAM_THREADS];
static struct fiber main_fiber;
/* Bit t: fiber t has ended its program and waits for another run. */
static uint32_t parked;

/* ---- what is enabled ---- */

static enum sim_status thread_status(uint32_t t)
{
    const struct sim_context *context = &sim.contexts[t];

    switch (sim.actors[t].step) {
    case SIM_LOCK:
        return context->wants->holder == 0 ? SIM_READY : SIM_BLOCKED;
    case SIM_RESUME:
        if (!context->sleeper->woken && sim.now < sim.actors[t].sleeps_until) {
            return SIM_ASLEEP;
        }
        return context->wants->holder == 0 ? SIM_READY : SIM_BLOCKED;
    default:
        return SIM_READY;
    }
}

/* A tick more can only matter to who waits for one. */
static bool deadline_pending(void)
{
    for (uint32_t t = 0; t < PROGRAM_THREADS; t++) {
        const struct waiter *waiter = &sim.waiters.of[t];
        if (waiter->calling && waiter->timed && !waiter->served &&
            waiter->deadline != WAIT_UNTIL_WOKEN && waiter->deadline > sim.now) {
            return true;
        }
    }
    return false;
}

/* The environment's next op, and a free tick beside it. An interrupt waits while locks are held. */
static uint32_t enable_environment(struct sim_enabled *enabled)
{
    struct sim_actor *environment = &sim.actors[SIM_ENVIRONMENT];
    const bool locked = sim.locks > 0;
    uint32_t n = 0;

    environment->status = SIM_DONE;
    if (sim.cleaning) {
        return 0;
    }
    if (sim.ticks_left > 0) {
        enabled[n++] = (struct sim_enabled){SIM_ENVIRONMENT, SIM_TICK};
    } else if (environment->op < sim.program->nops) {
        environment->status = locked ? SIM_BLOCKED : SIM_READY;
        if (!locked) {
            enabled[n++] = (struct sim_enabled){SIM_ENVIRONMENT, SIM_ISR};
        }
    }
    if (sim.ticks_left == 0 && sim.free_ticks_left > 0 && deadline_pending()) {
        enabled[n++] = (struct sim_enabled){SIM_ENVIRONMENT, SIM_TICK};
    }
    if (n > 0) {
        environment->status = SIM_READY;
        environment->step = enabled[0].step;
    }
    return n;
}

/* Thread t's step, if it has one to take; how many that are. */
static uint32_t enable_thread(struct sim_enabled *enabled, uint32_t t)
{
    struct sim_actor *actor = &sim.actors[t];

    if (actor->status == SIM_DONE) {
        return 0;
    }
    actor->status = (uint8_t)thread_status(t);
    enabled->actor = (uint8_t)t;
    enabled->step = actor->step;
    return actor->status == SIM_READY;
}

/* In the order of the actors, but who took the last step is first. */
static uint32_t find_enabled(struct sim_enabled enabled[SIM_ACTORS + 1u])
{
    uint32_t n = 0;

    if (sim.last == SIM_ENVIRONMENT) {
        n = enable_environment(enabled);
    } else if (sim.last < PROGRAM_THREADS) {
        n = enable_thread(enabled, sim.last);
    }
    for (uint32_t t = 0; sim.threads >> t != 0; t++) {
        if (t != sim.last) {
            n += enable_thread(&enabled[n], t);
        }
    }
    return sim.last == SIM_ENVIRONMENT ? n : n + enable_environment(&enabled[n]);
}

/* ---- nobody can go on ---- */

/* The earliest deadline of those asleep; INT64_MAX: none. */
static int64_t next_timer(bool *blocked)
{
    int64_t next = INT64_MAX;

    *blocked = false;
    for (uint32_t t = 0; t < PROGRAM_THREADS; t++) {
        const struct sim_actor *actor = &sim.actors[t];
        if ((sim.threads >> t & 1u) == 0 || actor->status == SIM_DONE) {
            continue;
        }
        *blocked = *blocked || actor->status == SIM_BLOCKED;
        if (actor->status == SIM_ASLEEP && actor->sleeps_until < next) {
            next = actor->sleeps_until;
        }
    }
    return next;
}

/* True: the clock jumped to a deadline. False: that is all. */
static bool jump(void)
{
    bool blocked;
    const int64_t next = next_timer(&blocked);

    if (sim_asks(ORACLE_DEADLOCK) && blocked && next == INT64_MAX) {
        return sim_fail(ORACLE_DEADLOCK, "a lock is held by who will never give it up");
    }
    if (!sim.blind && !sim_holds(waiters_idle(&sim.waiters, next != INT64_MAX), "", NULL)) {
        return false;
    }
    if (next == INT64_MAX) {
        return false;
    }
    sim.counts->ticks += (uint64_t)(next - sim.now);
    sim.now = next;
    return true;
}

/* ---- the environment's steps ---- */

static void environment_next(void)
{
    struct sim_actor *environment = &sim.actors[SIM_ENVIRONMENT];

    /* A tick of 0 is nothing at all. */
    do {
        environment->op = sim_next_op[environment->op];
        const bool over = environment->op >= sim.program->nops;
        const struct op *op = over ? NULL : &sim.program->ops[environment->op];
        sim.ticks_left = op != NULL && op->kind == OP_TICK ? op->value : 0;
        if (op == NULL || op->kind != OP_TICK) {
            return;
        }
    } while (sim.ticks_left == 0);
}

void sim_schedule_begin(void)
{
    struct sim_actor *environment = &sim.actors[SIM_ENVIRONMENT];
    const struct op *op =
        environment->op < sim.program->nops ? &sim.program->ops[environment->op] : NULL;

    sim.ticks_left = op != NULL && op->kind == OP_TICK ? op->value : 0;
    if (op != NULL && op->kind == OP_TICK && op->value == 0) {
        environment_next();
    }
}

static void tick(bool free)
{
    sim.now++;
    sim.counts->ticks++;
    if (free) {
        sim.free_ticks_left--;
    } else if (--sim.ticks_left == 0) {
        environment_next();
    }
}

static void interrupt(void)
{
    const uint32_t below = sim.current;

    sim.current = SIM_ENVIRONMENT;
    sim.counts->isr_ops++;
    sim_perform(sim.actors[SIM_ENVIRONMENT].op);
    sim.current = below;
    environment_next();
}

/* ---- switching ---- */

static struct fiber *fiber_of(uint32_t context)
{
    return context == SIM_MAIN ? &main_fiber : &fibers[context];
}

static void switch_to(uint32_t context)
{
    struct fiber *from = fiber_of(sim.stack);

    sim.stack = context;
    sim.current = context;
    fiber_switch(from, fiber_of(context));
}

void sim_fibers_leave(void)
{
    if (sim.stack != SIM_MAIN) {
        /* An interrupt may have run on top of a fiber that had ended. */
        parked &= ~(1u << sim.stack);
        switch_to(SIM_MAIN);
    }
}

static bool out_of_steps(void)
{
    if (sim.steps++ < sim.max_steps) {
        return false;
    }
    (void)sim_fail(ORACLE_DEADLINE, "a call never ends: have %u steps", sim.steps);
    sim.end = SIM_FAILED; /* with the oracle off it would not end either */
    return true;
}

/* Takes the step if it is the environment's; else the actor that is to take it. */
static uint32_t take_step(const struct sim_enabled *taken)
{
    const bool free = taken->step == SIM_TICK && sim.ticks_left == 0;

    sim_record(taken, free);
    sim.last = taken->actor;
    sim.counts->steps++;
    if (taken->step == SIM_TICK) {
        tick(free);
    } else if (taken->step == SIM_ISR) {
        interrupt();
    }
    return taken->actor;
}

/* The next thread, after what the environment does before it; SIM_MAIN: there is none. */
static uint32_t next_thread(void)
{
    struct sim_enabled enabled[SIM_ACTORS + 1u];

    while (sim.end == SIM_OK) {
        const uint32_t n = find_enabled(enabled);
        if (n == 0 && !jump()) {
            break;
        }
        if (n == 0) {
            continue;
        }
        const uint32_t choice = n == 1 ? 0 : sim_choose(enabled, n);
        if (choice == SIM_STOP) {
            sim.end = SIM_CUT;
            break;
        }
        if (out_of_steps()) {
            break;
        }
        const uint32_t actor = take_step(&enabled[choice]);
        if (actor != SIM_ENVIRONMENT) {
            return actor;
        }
    }
    return SIM_MAIN;
}

void sim_schedule(void)
{
    const uint32_t next = next_thread();

    if (next != sim.stack) {
        switch_to(next);
    }
}

void sim_schedule_all(void)
{
    sim_schedule();
    sim.current = SIM_MAIN;
}

/* One thread's ops, from the one whose beginning was chosen. */
static void thread_run(uint32_t t)
{
    struct sim_actor *actor = &sim.actors[t];

    for (;;) {
        actor->in_op = 1;
        sim_perform(actor->op);
        actor->in_op = 0;
        actor->op = sim_next_op[actor->op];
        if (actor->op >= sim.program->nops || sim.cleaning) {
            return;
        }
        actor->step = SIM_BEGIN;
        sim_schedule();
    }
}

static void thread_body(void *argument)
{
    const uint32_t t = (uint32_t)(uintptr_t)argument;

    for (;;) {
        parked &= ~(1u << t);
        thread_run(t);
        sim.actors[t].status = SIM_DONE;
        parked |= 1u << t;
        sim_schedule();
    }
}

void sim_fibers_begin(void)
{
    for (uint32_t t = 0; t < PROGRAM_THREADS; t++) {
        if ((sim.threads >> t & 1u) != 0 && (parked >> t & 1u) == 0) {
            fiber_abandon(&fibers[t], &main_fiber);
            fiber_start(&fibers[t], t, thread_body, (void *)(uintptr_t)t);
        }
    }
}
