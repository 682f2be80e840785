/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

/*
 * Threads without luck: a program with threads runs on fibers over a virtual clock, and who takes
 * the next step is a choice that comes from the program (`sched`) or from the caller. Nothing else
 * decides, so a race is a file.
 *
 * Every lock, unlock, sleep and clock read of kheap's port is a step that a fiber announces before
 * it takes it. Every entry into a sys_heap and every look at a wait queue (KHEAP_ENTER) fails the
 * run unless the running fiber holds the lock it needs. No step of its own:
 *
 * - waking somebody, who goes on when he is chosen;
 * - the global lock taken inside the heap's, since whoever could meddle needs that one, too.
 *
 * A step is a choice only when two or more could be taken. When the program's choices are used up,
 * the actor that took the last step goes on; when it cannot, the thread with the highest priority,
 * then the one with the lowest number; the environment last, and it never goes on by itself while
 * a thread can. An interrupt runs to its end on top of whoever was at it, while no lock is held.
 * When nobody can go on and the environment has nothing left, the clock jumps to the next deadline.
 *
 * An op on a slot that another's running op is at is skipped: what a free during a realloc of the
 * same block does is nobody's promise. An interrupt's op with a wait is misuse that must be
 * reported, once, and have no effect.
 *
 * At the end, and not as a part of the schedule, all blocks are freed, and whoever sleeps for them
 * ends his op; then the heap must be what it was at first.
 */

#include "op.h"
#include "oracle.h"
#include "runner.h"
#include "shadow.h"

/* What an actor does when it is chosen. */
enum sim_step {
    SIM_BEGIN,  /* an op: everything up to its first announcement */
    SIM_LOCK,   /* take the lock; not enabled while another holds it */
    SIM_UNLOCK, /* give it up; touches nothing others look at */
    SIM_CLOCK,  /* read the clock */
    SIM_RESUME, /* go on after a sleep: woken, or the deadline has come */
    SIM_TICK,   /* environment: the clock advances by one tick */
    SIM_ISR     /* environment: its next op, as an interrupt; not while a lock is held */
};

/* Actors: threads 0..7, and the environment. */
#define SIM_ENVIRONMENT PROGRAM_THREADS
#define SIM_ACTORS      (PROGRAM_THREADS + 1u)

struct sim_enabled {
    uint8_t actor;
    uint8_t step; /* enum sim_step */
};

enum sim_status { SIM_READY, SIM_BLOCKED, SIM_ASLEEP, SIM_DONE };

/* What a scheduler may know of an actor. */
struct sim_actor {
    uint8_t status;  /* enum sim_status; SIM_BLOCKED: waits for the lock */
    uint8_t step;    /* announced */
    uint8_t granted; /* asleep or about to resume, and already served */
    uint8_t priority;
    uint8_t holds;         /* locks it holds */
    uint16_t op;           /* index into the program of its current or next op; nops: none left */
    uint16_t in_op;        /* steps taken within the current op; 0: between two ops */
    int64_t deadline;      /* of the current op: an absolute tick, INT64_MAX none */
    int64_t sleeps_until;  /* asleep: what the port was asked for, INT64_MAX none */
    uint32_t asleep_since; /* asleep: number of the step that put it to sleep: who came first */
    int64_t clock;         /* when this op has read it last, INT64_MIN not yet */
    const uint8_t *given;  /* the new block that this op was given so far, or NULL */
    uint8_t resized;       /* this op's block was resized in place */
    uint8_t judged;        /* what the model remembers of its attempts, as bits */
    uint64_t results;      /* two bits an op that ended, the first one lowest: 1 NULL or nothing
                              (free, skipped), 2 a block; as many as fit */
};

struct sim_view {
    const struct program *program;
    const struct sim_actor *actors; /* SIM_ACTORS */
    int64_t now;
    const struct slot *slots;
    const uint8_t *region; /* the heap's */
    const struct shadow *shadow;
    const void *shadow_state;
    const struct subject *subject; /* with info(): where first chunk and heads are */
    void *subject_state;
};

/*
 * Chooses among `n` enabled steps, n >= 2; they come in the order of the actors, but the one that
 * took the last step is first when it is enabled. SIM_STOP ends the run as SIM_CUT.
 */
#define SIM_STOP UINT32_MAX
struct sim_scheduler {
    uint32_t (*choose)(void *context, const struct sim_view *view,
                       const struct sim_enabled *enabled, uint32_t n);
    void *context;
};

enum sim_end {
    SIM_OK,     /* all threads ended, or what still sleeps sleeps rightly ("stuck") */
    SIM_FAILED, /* an oracle did not hold */
    SIM_CUT,    /* the scheduler stopped it */
    SIM_NOT_FIT /* the region does not fit, or init refused it */
};

struct sim_counts {
    struct run_counts run;   /* programs, ops, verdicts, evaluated[] of every oracle */
    uint64_t steps, choices; /* steps taken; those that were a choice */
    uint64_t waits, timeouts, grants, isr_ops, ticks, stuck;
};

/* What an op came to, for who writes it down. */
struct sim_ended {
    uint32_t op; /* index; nops: a free of the cleaning */
    const struct applied_result *result;
    size_t usable; /* bytes the slot's block has for its user; 0: none is in it */
    bool refused;  /* an interrupt's wait, reported as misuse */
    bool cleaning; /* it ended when everything was freed */
    int64_t now;
};
struct sim_watcher {
    void (*ended)(void *context, const struct sim_ended *ended);
    /* The listeners were told: 'a' allocated, 'f' freed. section: how often a heap's lock was
     * taken.
     */
    void (*told)(void *context, char kind, const uint8_t *p, size_t bytes, uint32_t section);
    void *context;
};

struct sim_options {
    uint32_t oracles;                      /* mask of ORACLE_BIT */
    const struct sim_scheduler *scheduler; /* NULL: the program's own `sched` ops, then no switch */
    uint32_t free_ticks; /* extra SIM_TICKs the environment may take while a deadline is pending,
                            besides the program's `tick` ops; for exhaustive search */
    bool record;         /* keep the choices taken, for sim_schedule_append */
    const struct sim_watcher *watcher; /* NULL: nobody watches */
};

/* One-off memory for runs; static inside sim/. Calls do not nest. */
enum sim_end sim_run(const struct program *program, const struct subject *subject,
                     const struct sim_options *options, struct sim_counts *counts,
                     struct run_failure *failure);

/* sim_run, and a failure is printed as report_failure() does, then die(). */
enum sim_end sim_run_or_die(const struct program *program, const struct subject *subject,
                            const struct sim_options *options, struct sim_counts *counts);

/* How the last run left things, whatever its end was; also good for an outcome's digest. */
const struct sim_view *sim_last_view(void);

/* Appends the choices of the last recorded run as `sched` ops (and its free ticks as `tick` ops),
 * so that the program replays it by itself. False: no room. */
bool sim_schedule_append(struct program *program);

/* The subjects that run in the simulation: k_heap and memory pool, with the simulated port. */
extern const struct subject sim_kheap;      /* kind kheap */
extern const struct subject sim_pool;       /* kind pool: k_mem_pool_alloc */
extern const struct subject sim_poolmalloc; /* kind pool: k_mem_pool_malloc */

/* For subjects in sim/: how long the running op may wait, and whether it is an interrupt's. */
uint8_t sim_wait(void); /* as struct op's wait */

#endif
