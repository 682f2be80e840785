/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_MUTATION_H
#define OPS_MUTATION_H

/* What mutate.c (ops and their fields), mutate_kinds.c (which words) and mutate_threads.c (who,
 * when, for how long) share. */

#include "mutate.h"

struct mutation {
    struct program *program;
    size_t max_ops;
    const struct program *other; /* or NULL */
    struct rng *rng;
    bool threaded;
    bool misuse;
};

uint32_t mutation_below(struct mutation *m, size_t bound);
struct op *mutation_any_op(struct mutation *m);

/* Makes room for up to `want` ops at `at`; returns for how many. Their contents are undefined. */
size_t mutation_open_gap(struct mutation *m, size_t at, size_t want);

/* Sets what the kind does not have to nothing, so that programs stay canonical. */
void mutation_tidy(struct mutation *m, struct op *op);

/* A kind for a new op, and the numbers of one that OP_HAS_VALUE. */
enum op_kind mutation_draw_kind(struct mutation *m);
uint32_t mutation_draw_numbers(struct mutation *m, enum op_kind kind);

/* A kind that pools have: they give out blocks, take them back, and nothing else. */
enum op_kind mutation_pool_kind(struct mutation *m);
/* Sets thread, wait and value of an op whose kind is new. */
void mutation_draw_threaded(struct mutation *m, struct op *op);
/* Changes the number of a tick, prio or sched op. */
void mutation_edit_number(struct mutation *m, struct op *op);
/* One edit of threads, waits, time, priorities or the schedule. */
void mutation_edit_threads(struct mutation *m);

#endif
