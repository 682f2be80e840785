/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_SHRINK_JOB_H
#define OPS_SHRINK_JOB_H

/* What shrink.c (children, and ops that are taken away) and shrink_simplify.c (simpler ops) share.
 */

#include "shrink.h"

struct shrink_job {
    struct program *best; /* fails; smallest so far */
    struct program candidate;
    const struct subject *subject;
    struct space *space;
    const struct run_options *options;
    shrink_progress_t progress;
    void *context;
    struct shrink_outcome wanted;
    size_t tries;
    uint32_t limit_ms; /* of a candidate */
    uint64_t end_ms;   /* when all of them must be over; 0: never */
    bool cut;          /* and they were not */
    uint64_t *tried;   /* a table of those that were tried in vain, by their hashes */
};

/* ---- shrink_try.c ---- */

uint64_t shrink_now_ms(void);
void shrink_try_ms(const struct program *program, const struct subject *subject,
                   struct space *space, const struct run_options *options, uint32_t limit_ms,
                   struct shrink_outcome *outcome);
/* The op at which the last one failed; nops: it crashed, or failed at its end. */
size_t shrink_failed_at(const struct program *program);
/* True when the job's candidate was tried before; else it is noted. */
bool shrink_tried(struct shrink_job *job);

/* ---- shrink.c ---- */

void shrink_copy(struct program *to, const struct program *from);

/* Keeps the candidate when it still fails by the same oracle. */
bool shrink_holds(struct shrink_job *job);
/* Until not one op can be taken away, nor two of a few. */
void shrink_drop_ops(struct shrink_job *job);

/* A simpler header, slots in the order of their use, and simpler ops. */
void shrink_simplify(struct shrink_job *job);

/* Tries the best with one op exchanged. */
bool shrink_try_op(struct shrink_job *job, size_t index, const struct op *op);

/* Programs with threads (shrink_threads.c): before anything else; then threads, waits, choices. */
void shrink_free_order(struct shrink_job *job);
void shrink_fewer_threads(struct shrink_job *job);
void shrink_wait(struct shrink_job *job, size_t index);
void shrink_number(struct shrink_job *job, size_t index);
void shrink_choices(struct shrink_job *job, size_t index);

#endif
