/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_RUNNER_H
#define OPS_RUNNER_H

/*
 * Subject + model + oracles. Runs a program op by op, asks the model what may happen, checks what
 * did. The first oracle that does not hold ends the run: run_program returns false with the
 * failure, run_or_die() prints it and ends the process through die().
 *
 * Freestanding: no malloc, no stdio. All memory comes in struct space.
 */

#include "apply.h"
#include "model.h"
#include "oracle.h"

/*
 * The memory of one run. The region is placed at `offset` behind `arena`, which is aligned to a
 * power of two at least as large as the largest region served (capacity); guard bytes in front and
 * behind are the space's own. twin is a second arena of the same alignment for the determinism
 * pass, or NULL (then that oracle is not evaluated).
 */
#define SPACE_GUARD 64u
struct space {
    uint8_t
        *arena; /* SPACE_GUARD writable bytes in front, capacity + 8 + SPACE_GUARD from here on */
    uint8_t *twin;
    uint8_t *snapshot; /* capacity + 8 bytes, for oracle untouched; NULL: not evaluated */
    size_t capacity;
    struct slot *slots;      /* nslots */
    struct slot *twin_slots; /* nslots, with twin */
    size_t nslots;
    struct model_block *blocks; /* nslots + 1 */
    void *state;                /* state_bytes, aligned to SUBJECT_STATE_ALIGN */
    size_t state_bytes;
    void *shadow_state; /* SHADOW_STATE_BYTES, aligned to SUBJECT_STATE_ALIGN, for kinds that a
                           shadow follows; NULL: they run without a model */
    struct model model; /* the runner's: how it left the heap, when modelled is set */
    bool modelled;
};

struct run_options {
    uint32_t oracles;     /* mask of ORACLE_BIT; those that do not apply are dropped */
    uint32_t check_every; /* subject->check() and model recount after every so many ops; 0: only at
                             `check` ops, at the end and after the drain */
    bool eager;           /* verify every live payload after every op (slow; used to name the op) */
    bool hold;            /* do not drain at the end (leaves the heap for a map) */
};
/* All oracles, check_every 8. */
extern const struct run_options run_options_default;

#define RUN_INVARIANTS 16u
struct run_counts {
    uint64_t programs, ops, skipped;       /* ops: those that were applied */
    uint64_t must_succeed, may, must_fail; /* verdicts on allocating calls */
    uint64_t evaluated[ORACLES];
    uint64_t does_not_fit; /* programs whose region, slots or init did not fit: not run */
    uint64_t reported[RUN_INVARIANTS]; /* misuse and damage that was provoked, by the number of the
                                          invariant that the heap named; 0: it named none */
};

struct run_failure {
    enum oracle oracle;
    size_t op_index;     /* nops: at the end of the program */
    char have_want[200]; /* "I4 no two free neighbours: have ..., want ..." */
};

enum run_status { RUN_OK, RUN_FAILED, RUN_DOES_NOT_FIT };

/* Counts are added to *counts (may be NULL); *digest (may be NULL) is set when the run was ok. */
enum run_status run_program(const struct program *program, const struct subject *subject,
                            struct space *space, const struct run_options *options,
                            struct run_counts *counts, uint32_t *digest,
                            struct run_failure *failure);

/* As run_program, but a failure is printed (report.h) and ends the process through die(). */
enum run_status run_or_die(const struct program *program, const struct subject *subject,
                           struct space *space, const struct run_options *options,
                           struct run_counts *counts, uint32_t *digest);

/* Only the subject's calls and the digest: the loop that the oracles' cost is measured against. */
enum run_status run_bare(const struct program *program, const struct subject *subject,
                         struct space *space, uint32_t *digest);

/* The heap as the last run left it (options.hold, or a failure): "[48] 48 [3936]", bytes with
 * header, free in brackets; " ..." when it does not fit. Returns the length; 0: the subject's heap
 * cannot be described. */
size_t run_map(const struct space *space, char *out, size_t size);

/* The largest share of `may` verdicts on the default profile, in percent, that a stage accepts. */
#define MAY_SHARE_LIMIT_PERCENT 5u

#endif
