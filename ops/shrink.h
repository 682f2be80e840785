/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_SHRINK_H
#define OPS_SHRINK_H

/*
 * Shrinks a failing program to one from which no op can be taken away, nor any two if it is short,
 * and whose sizes, threads, waits and choices are simple, such that it still fails by the same
 * oracle (a crash counts as one of its own). Every candidate runs in a child process, once.
 */

#include "runner.h"

/* How a candidate ended. */
struct shrink_outcome {
    bool failed;
    enum oracle oracle; /* ORACLE_NONE with failed: crashed by a signal, a sanitizer or a timeout */
    int signal;         /* or exit status, when crashed */
    bool hung;          /* of them: it ran out of its time */
    bool cut;           /* shrink_program's own time was up: this is the best so far */
    size_t tries;       /* candidates that shrink_program ran */
};

typedef void (*shrink_progress_t)(size_t ops, size_t candidates, void *context);

/*
 * The limit of the program as it is given to shrink_program, in seconds, default 10. Its candidates
 * are given ten times what it took, or a tenth of a second of the processor if it hung: that is
 * paid for by every candidate that hangs, too.
 */
extern unsigned shrink_seconds;

/* All candidates together, in seconds, 0 (the default) no limit: then the best so far is kept. */
extern unsigned shrink_total_seconds;

/*
 * How every candidate is run; default run_program. Programs with threads need who knows of threads,
 * and ops/ does not.
 */
typedef enum run_status (*shrink_run_t)(const struct program *program,
                                        const struct subject *subject, struct space *space,
                                        const struct run_options *options,
                                        struct run_failure *failure);
extern shrink_run_t shrink_run;

/* Runs program in a child. seconds: a limit of its processor time, 0 none. */
void shrink_try(const struct program *program, const struct subject *subject, struct space *space,
                const struct run_options *options, unsigned seconds,
                struct shrink_outcome *outcome);

/* Shrinks in place. False: the program does not fail at all. */
bool shrink_program(struct program *program, const struct subject *subject, struct space *space,
                    const struct run_options *options, shrink_progress_t progress, void *context,
                    struct shrink_outcome *outcome);

#endif
