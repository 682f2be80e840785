/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

/*
 * All schedules of all small programs. A family is a set of programs given by a closed formula; a
 * walk runs one program under every schedule, equivalent ones once; a slice is the share of a
 * family that one process does, with a set of its own of the states it has seen.
 *
 * docs/SCHEDULES.md says what is enumerated, and why what is left out is equivalent.
 */

#include <stdio.h>

#include "sim.h"

/* ---- families: explore_family.c, explore_letters.c ---- */

#define FAMILY_THREADS 4u
#define FAMILY_OPS     4u   /* of one thread */
#define FAMILY_ISR     6u   /* letters of the interrupt, at most */
#define PROGRAM_ROOM   256u /* ops of a program with its schedule */

/* What the ops of a thread's own slot, or the interrupt's, can be. */
enum letter_kind {
    LETTER_SMALL, /* alloc; the slot is empty */
    LETTER_WHOLE,
    LETTER_FREE, /* the slot is full */
    LETTER_UP,
    LETTER_DOWN,
    LETTER_ZERO,
    LETTER_KINDS
};

struct letter {
    uint8_t kind; /* enum letter_kind */
    uint8_t wait; /* as struct op's */
};

/* The ops of one thread: grammatical over its slot, which is empty at first. */
struct sequence {
    uint8_t n;
    struct letter letters[FAMILY_OPS];
};

/* What programs are made of: one kind of heap. */
struct alphabet {
    const char *name; /* "kheap" */
    const struct subject *subject;
    uint8_t kind; /* enum program_kind */
    bool reallocs;
    uint32_t region;
    uint32_t sizes[7]; /* ascending: what a realloc up or down goes to; see level_* */
    uint8_t level_small, level_middle, level_whole;
};
extern struct alphabet alphabets[]; /* the subject may be replaced by a loaded one */
extern const size_t alphabet_count;

struct family {
    char id;
    const char *text;
    uint8_t threads; /* with sequences */
    uint8_t bound;   /* longest sequence, unless the command says otherwise */
    bool ordered;    /* threads are told apart: all tuples instead of all multisets */
    bool priorities; /* distinct: thread t has priority t */
    bool interrupt;  /* one op of an interrupt */
    bool stranger;   /* who else frees the first thread's block: interrupt, or one more thread */
    uint8_t slices;  /* fixed, so that counts do not depend on the number of processes */
};
extern const struct family families[];
extern const size_t family_count;

/* A family at a bound: what the numbers of its programs mean. */
struct space_of_programs {
    const struct alphabet *alphabet;
    const struct family *family;
    uint8_t bound;
    struct sequence *sequences; /* shorter ones first; the empty one is the first */
    uint32_t nsequences;
    uint32_t first_of_length[FAMILY_OPS + 2u];
    uint8_t extras; /* interrupt's ops, or strangers: every tuple is combined with each */
};
void space_build(struct space_of_programs *space, const struct alphabet *alphabet,
                 const struct family *family, uint8_t bound);
void space_free(struct space_of_programs *space);
/* How many programs there must be, from the formula alone, and the formula as text. */
uint64_t space_formula(const struct alphabet *alphabet, const struct family *family, uint8_t bound,
                       char *text, size_t size);

/* One program, as chosen: indices of sequences and the extra. */
struct choice_of_program {
    uint32_t sequence[FAMILY_THREADS];
    uint8_t extra;
    uint8_t slice;
};
/* All programs, those with fewer ops first. Return false to stop. */
typedef bool (*space_visit_t)(void *context, const struct choice_of_program *choice);
void space_each(const struct space_of_programs *space, space_visit_t visit, void *context);

/* A program whose ops know what they are for the state: see explore_state.c. */
struct explored {
    struct program program;
    struct op ops[PROGRAM_ROOM];
    uint16_t codes[PROGRAM_ROOM]; /* equal codes: equal ops, for threads that are equal */
    uint16_t setup;               /* ops in front that are performed before anything is a choice */
    uint8_t threads; /* that have ops; slot t is thread t's, the next the interrupt's */
    bool alike;      /* threads are interchangeable */
    bool shared;     /* the first thread's slot is the last thread's, or the interrupt's, too */
};
void explored_build(struct explored *out, const struct space_of_programs *space,
                    const struct choice_of_program *choice);
/* A random one: threads sequences of up to nops letters, grammatical in the same sense. */
uint32_t draw(uint64_t *seed, uint32_t below);
void explored_random(struct explored *out, const struct alphabet *alphabet, uint8_t threads,
                     uint8_t nops, uint64_t *seed);

/* ---- states: explore_state.c ---- */

struct digest128 {
    uint64_t a, b;
};
struct state_set {
    struct digest128 *cells; /* a power of two; all zeros is empty */
    size_t mask;
    uint64_t count;
};
void state_set_clear(struct state_set *set);
void state_set_free(struct state_set *set);
/* False: it was there. */
bool state_set_insert(struct state_set *set, struct digest128 digest);

/* Of a point at which nobody holds a lock: all that decides what can follow, and nothing else. */
struct digest128 state_digest(const struct explored *explored, const struct sim_view *view);
/* The same and every op's result: what the threads can tell of a run. */
struct digest128 outcome_digest(const struct explored *explored, const struct sim_view *view);

/* ---- schedules of one program: explore_walk.c, explore_moves.c ---- */

enum walk_mode {
    WALK_PRUNED,  /* reduced choices; a state seen before ends the run */
    WALK_REDUCED, /* reduced choices */
    WALK_RAW      /* every choice there is, but for ticks that nobody waits for */
};

struct walk_counts {
    uint64_t schedules; /* runs that came to an end */
    uint64_t pruned;    /* runs that met a state seen before */
    uint64_t choices;   /* points at which there was one */
    uint64_t unfit;     /* programs that did not fit: must be 0 */
    uint64_t cut;       /* programs given up at the limit of runs */
};

/* What may be done next: a step that is enabled, and what it leads to. */
enum move_kind { MOVE_GO, MOVE_CLOCK_FOR_TICK };
struct move {
    uint8_t actor, step, kind;
};
#define MOVES_MAX (2u * SIM_ACTORS + 2u)
struct move_list {
    uint32_t n;
    struct move moves[MOVES_MAX];
};
/* What the moves taken last allow: read and kept by explore_moves.c. */
struct move_memory {
    uint8_t fused;   /* actor that goes on, or SIM_ACTORS */
    uint8_t ticking; /* a tick is about to come */
    uint8_t actor;   /* who moved last */
    uint16_t op, in_op;
    int64_t now;
};
void moves_begin(struct move_memory *memory);
/* The reduced choices; *open: nothing is half done, so the state may be compared. */
void moves_reduced(struct move_memory *memory, const struct explored *explored,
                   const struct sim_view *view, const struct sim_enabled *enabled, uint32_t n,
                   struct move_list *list, bool *open);
void moves_raw(const struct explored *explored, const struct sim_view *view,
               const struct sim_enabled *enabled, uint32_t n, struct move_list *list);
void moves_taken(struct move_memory *memory, const struct sim_view *view, const struct move *move);

#define WALK_DEPTH 512u
struct frame {
    struct move_list list;
    uint32_t at;
};
struct walk {
    enum walk_mode mode;
    const struct subject *subject;
    struct state_set *seen;     /* WALK_PRUNED */
    struct state_set *outcomes; /* of whole runs, with results; or NULL */
    struct state_set *ends;     /* of whole runs, the state alone; or NULL */
    uint64_t runs_max;          /* of one program; 0: all */
    uint64_t seed;              /* of random choices; 0: the first one at each new choice */
    struct walk_counts counts;
    struct sim_counts sim;
    /* of the run */
    const struct explored *explored;
    struct move_memory memory;
    uint32_t depth, nframes;
    bool met; /* the run ended in a state seen before */
    struct frame frames[WALK_DEPTH];
};
/* All schedules. False: one failed; failure says how, and walk_replay() repeats it. */
bool walk_program(struct walk *walk, const struct explored *explored, struct run_failure *failure);
/* So many schedules at random, from the seed; as walk_program(). */
bool walk_random(struct walk *walk, const struct explored *explored, uint64_t runs, uint64_t seed,
                 struct run_failure *failure);
/* Once more the schedule that walk_program() ended with, recorded. */
enum sim_end walk_replay(struct walk *walk, const struct explored *explored,
                         struct run_failure *failure);

/* ---- the command: explore.c, explore_jobs.c, explore_failure.c ---- */

struct explore_options {
    const char *subject;  /* alphabet's name, or a shared object; NULL: all alphabets */
    uint8_t kind;         /* of the subject */
    const char *families; /* letters, or NULL: all */
    uint32_t bound;       /* 0: each family's own */
    enum walk_mode mode;
    uint32_t jobs;
    bool stop_at_first, quiet, outcomes, check;
    const char *out;    /* folder for failures */
    const char *resume; /* file of slices that are done, or NULL */
    const char *counts; /* file of committed counts to compare with, or NULL */
    const char *accept; /* file of counts to write, or NULL */
    uint64_t seed, sample;
    uint32_t threads, nops; /* of sampled programs */
    uint64_t runs;          /* of each, when there are more */
};

/* What a slice comes to. 64-bit numbers and nothing else: it lives in memory that processes share,
 * and as a line of numbers in the resume file. */
struct slice_result {
    uint64_t programs, states;
    struct walk_counts walks;
    struct sim_counts sim;
    uint64_t failures;
    uint64_t outcomes, ends;               /* how many different ones */
    uint64_t outcomes_sum[2], ends_sum[2]; /* order-free digests of the sets */
    uint64_t done;                         /* 1: complete */
};

struct task {
    struct space_of_programs space;
    uint32_t first, nslices; /* among all slices of the command */
};

/* Writes the failing schedule as one program; prints where, and the command. */
void failure_write(const struct explore_options *options, const char *name, struct walk *walk,
                   const struct explored *explored, const struct run_failure *failure);

/* A signal that ends this process leaves the program it was at. */
void failure_watch(const struct explore_options *options, const struct explored *explored);

/* What all slices of a task come to. */
struct slice_result result_sum(const struct slice_result *results, uint32_t n);

/* The committed counts: explore_counts.c. False: they are not these, and it was said. */
bool counts_compare(const char *path, const struct task *tasks, const struct slice_result *sums,
                    size_t ntasks);
/* Writes the lines of these tasks, and keeps the others. */
void counts_accept(const char *path, const struct task *tasks, const struct slice_result *sums,
                   size_t ntasks);

/* Runs all slices of all tasks in options->jobs processes; results has one entry a slice. */
void jobs_run(const struct explore_options *options, struct task *tasks, size_t ntasks,
              struct slice_result *results);

#endif
