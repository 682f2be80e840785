/* SPDX-License-Identifier: Apache-2.0 */

/* Steps: kheap's port announces them, and takes them when they are chosen. */

#include "sim_internal.h"

#include <stddef.h>

struct sim_lock sim_global_lock;

static struct sim_lock *lock_named(struct sim_lock *lock)
{
    return lock == NULL ? &sim_global_lock : lock;
}

static bool is_thread(void)
{
    return sim.current < PROGRAM_THREADS;
}

/* Announces a step, and takes it when it is chosen. */
static void announce(enum sim_step step)
{
    struct sim_actor *actor = &sim.actors[sim.current];
    const uint32_t me = sim.current;

    actor->step = (uint8_t)step;
    sim_schedule();
    actor->in_op++;
    waiters_first_step(&sim.waiters, me, sim.now);
    const int64_t deadline = sim.waiters.of[me].deadline;
    actor->deadline = deadline == WAIT_NOT ? INT64_MAX : deadline;
}

static void take(struct sim_lock *lock)
{
    struct sim_context *here = sim_here();

    lock->holder = sim.current + 1u;
    sim.locks++;
    if (is_thread()) {
        sim.actors[sim.current].holds++;
    }
    if (lock != &sim_global_lock) {
        here->held = lock;
        sim_section_begin();
    }
}

static void give_up(struct sim_lock *lock)
{
    lock->holder = 0;
    sim.locks--;
    if (is_thread()) {
        sim.actors[sim.current].holds--;
    }
    if (lock != &sim_global_lock) {
        sim_here()->held = NULL;
    }
}

/*
 * The global lock is taken inside the heap's: who could meddle needs that one, so taking it is a
 * step only for who comes without.
 */
static bool is_nested(const struct sim_lock *lock)
{
    return lock == &sim_global_lock && sim_here()->held != NULL;
}

void sim_port_lock(struct sim_lock *named)
{
    struct sim_lock *lock = lock_named(named);

    if (is_thread() && !(is_nested(lock) && lock->holder == 0)) {
        sim_here()->wants = lock;
        announce(SIM_LOCK);
    } else if (lock->holder != 0) {
        (void)sim_fail(sim.current == SIM_ENVIRONMENT ? ORACLE_ISR : ORACLE_LOCK,
                       "a lock is taken that is held already");
    }
    take(lock);
}

void sim_port_unlock(struct sim_lock *named)
{
    struct sim_lock *lock = lock_named(named);

    if (lock->holder != sim.current + 1u) {
        (void)sim_fail(ORACLE_LOCK, "a lock is given up by who does not hold it");
        return;
    }
    if (lock != &sim_global_lock) {
        sim_section_end();
    }
    if (is_thread() && !is_nested(lock)) {
        announce(SIM_UNLOCK);
    }
    give_up(lock);
    sim_leave_if_over();
}

void sim_port_sleep(struct sim_lock *named, struct sim_sleeper *sleeper, int64_t deadline)
{
    struct sim_lock *lock = lock_named(named);
    struct sim_context *here = sim_here();
    struct sim_actor *actor = &sim.actors[sim.current];

    if (!is_thread()) {
        (void)sim_fail(ORACLE_ISR, "an interrupt goes to sleep");
        return;
    }
    if (lock->holder != sim.current + 1u || lock == &sim_global_lock) {
        (void)sim_fail(ORACLE_LOCK, "a thread goes to sleep without the lock");
        return;
    }
    sim_section_end();
    if (!sim.blind && sim_asks(ORACLE_DEADLINE)) {
        (void)sim_holds(
            waiters_sleep(&sim.waiters, sim.current, actor->priority, sim.now, deadline), "", NULL);
    }
    give_up(lock);
    here->wants = lock;
    here->sleeper = sleeper;
    sleeper->thread = here;
    actor->sleeps_until = deadline;
    actor->asleep_since = sim.steps;
    sim.counts->waits++;
    announce(SIM_RESUME);
    sim.counts->timeouts += !sleeper->woken;
    here->sleeper = NULL;
    actor->granted = 0;
    waiters_resume(&sim.waiters, sim.current, sim.now);
    take(lock);
}

void sim_port_wake(struct sim_sleeper *sleeper)
{
    const struct sim_context *who = (const struct sim_context *)sleeper->thread;

    if (sim_here()->held == NULL) {
        (void)sim_fail(ORACLE_LOCK, "a sleeper is woken without the lock");
    }
    sleeper->woken = true;
    if (who != NULL) {
        sim_granted((uint32_t)(who - sim.contexts));
    }
}

int64_t sim_port_now(void)
{
    if (is_thread()) {
        announce(SIM_CLOCK);
        sim.actors[sim.current].clock = sim.now;
    }
    return sim.now;
}

int sim_port_priority(void)
{
    return is_thread() ? sim.actors[sim.current].priority : 0;
}

bool sim_port_in_isr(void)
{
    return sim.current == SIM_ENVIRONMENT;
}

const void *sim_port_self(void)
{
    return sim_here();
}

void sim_enter(const void *object)
{
    (void)object;
    if (sim_asks(ORACLE_LOCK) && sim_here()->held == NULL) {
        (void)sim_fail(ORACLE_LOCK, "a heap or a wait queue is touched without the lock");
    }
}
