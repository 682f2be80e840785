/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

/* What the simulation's files share, and nobody else includes. */

#include "fiber.h"
#include "sim.h"
#include "sim_port.h"
#include "waiters.h"

/* Who can run: the actors, and whoever called sim_run, who sets up and cleans up. */
#define SIM_MAIN     SIM_ACTORS
#define SIM_CONTEXTS (SIM_ACTORS + 1u)
_Static_assert(SIM_CONTEXTS <= WAITERS, "the model knows them all");

#define SIM_SLOTS  (1u << PROGRAM_SLOTS_LOG2_THREADED)
/* An op's index has 16 bits, and one value means none. */
#define SIM_OPS    65535u
/* A region of any size a program with threads makes sense with, and 8 for the offset. */
#define SIM_REGION (1u << 20)

/* An event that has been reported, and whose owner is not known yet. */
struct sim_pending {
    const uint8_t *p; /* NULL: none */
    size_t bytes;
    bool resized; /* the old size was reported as freed, at the same address */
    size_t old_bytes;
};

/* Somebody who can run, and the op he is at. */
struct sim_context {
    const struct op *op; /* while it is performed */
    bool allocates;      /* and the subject was asked for a block */
    bool called;         /* the subject was entered */
    const uint8_t *before;
    uint32_t fault_waits; /* reports of a wait in an interrupt */
    /* What the listeners said of it. */
    const uint8_t *got, *freed;
    bool resized;
    /* The section he is in. */
    bool released;
    struct sim_pending pending;
    struct sim_lock *held; /* the heap's, while he is in one */
    /* What he does next. */
    struct sim_lock *wants;
    struct sim_sleeper *sleeper; /* asleep, or about to resume */
};

struct sim_run_state {
    /* The run. */
    const struct program *program;
    const struct subject *subject;
    const struct sim_options *options;
    struct sim_counts *counts;
    struct run_failure *failure;
    uint32_t oracles;
    enum sim_end end;
    bool blind;       /* an oracle that is off let a fault pass: the shadow is astray */
    bool in_callback; /* a failure has to wait until the listener's callback has returned */
    bool never_waits; /* the subject's calls know no timeout */
    bool cleaning;    /* the threads end their ops, and begin no other */
    uint32_t max_steps;
    size_t first_largest; /* right behind init */
    struct subject_stats first_stats;

    /* The heap. */
    struct heap_under_test heap;
    const struct shadow *shadow;
    struct waiters waiters;
    uint64_t allocated, max_allocated; /* usable bytes */

    /* Who does what. */
    struct sim_actor actors[SIM_ACTORS];
    struct sim_context contexts[SIM_CONTEXTS];
    uint32_t threads;  /* bit t: thread t has ops */
    uint32_t current;  /* context */
    uint32_t stack;    /* context whose stack is in use: not the current one during an interrupt */
    uint32_t last;     /* actor that took the last step */
    uint32_t locks;    /* held by anybody */
    uint32_t sections; /* how often a heap's lock was taken since the program began */
    int64_t now;
    uint32_t steps;

    /* The environment. */
    uint32_t ticks_left, free_ticks_left;

    /* Choices. */
    uint32_t sched_op;     /* the `sched` op in use, or SIM_OPS */
    uint32_t sched_choice; /* how many of its choices were used */

    /* How it left things, before the cleaning. */
    struct sim_actor left_actors[SIM_ACTORS];
    struct slot left_slots[SIM_SLOTS];
    struct sim_view view;
};
extern struct sim_run_state sim;

/* Per op, and too large to be cleared for every run. */
extern struct slot sim_slots[SIM_SLOTS];
extern bool sim_slot_busy[SIM_SLOTS];
extern uint16_t sim_next_op[SIM_OPS]; /* the next op of the same thread, or of the environment */

/* ---- run.c ---- */

/* Notes the first oracle that does not hold, and does not return but on the main stack or inside a
 * callback. Returns false, for "return sim_fail(...)". Nothing happens when the oracle is off. */
bool sim_fail(enum oracle oracle, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with a model's sentence, which names its oracle; NULL: all is well. True: it held. */
bool sim_holds(const char *sentence, const char *what, const uint8_t *p);
/* Leaves the run for good, if it is over and this can be left. */
void sim_leave_if_over(void);
/* Counts an evaluation; false when the oracle is off. */
bool sim_asks(enum oracle oracle);

/* ---- steps.c ---- */
extern struct sim_lock sim_global_lock; /* of listeners and registry */

/* ---- schedule.c ---- */

/* Goes on with whoever the scheduler says; returns when it is the caller's turn again. */
void sim_schedule(void);
/* From the main context: until nobody can go on. */
void sim_schedule_all(void);
void sim_schedule_begin(void);
/* The fibers of the last run are put away, and there is one for each thread of this one. */
void sim_fibers_begin(void);
/* Gives the run up from whatever stack this is; returns only on the main one. */
void sim_fibers_leave(void);

/* ---- choices.c ---- */
/* Which of n enabled steps; SIM_STOP. */
uint32_t sim_choose(const struct sim_enabled *enabled, uint32_t n);
void sim_record(const struct sim_enabled *taken, bool free_tick);
void sim_choices_begin(void);

/* ---- ops.c ---- */

/* The current context's turn: op number `index` of the program, from first to last. */
void sim_perform(uint32_t index);
/* The same with an op that is not in the program. */
void sim_perform_op(const struct op *op, uint32_t index);
extern uint8_t sim_ended[SIM_ACTORS]; /* ops that ended */

/* ---- clean.c ---- */

/* What is to be seen of the heap before the first op. */
void sim_look_at_first(void);
/* Frees what can be freed, until nothing changes; then looks at what is left. */
void sim_clean(void);

/* ---- ledger.c ---- */

/* The current context enters and leaves a section of the heap's lock. */
void sim_section_begin(void);
void sim_section_end(void);
/* A sleeper is woken: what was reported last is his. */
void sim_granted(uint32_t who);
void sim_ledger_begin(void);

static inline struct sim_context *sim_here(void)
{
    return &sim.contexts[sim.current];
}

#endif
