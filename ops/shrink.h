/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_SHRINK_H
#define OPS_SHRINK_H

/*
 * Shrinks a failing program to one from which no op can be taken away, and whose sizes, threads,
 * waits and choices are simple, such that it still fails by the same oracle (a crash counts as one
 * of its own). Every candidate runs in a child process.
 */

#include "runner.h"

/* How a candidate ended. */
struct shrink_outcome {
    bool failed;
    enum oracle oracle; /* ORACLE_NONE with failed: crashed by a signal, a sanitizer or a timeout */
    int signal;         /* or exit status, when crashed */
};

typedef void (*shrink_progress_t)(size_t ops, size_t candidates, void *context);

/*
 * The limit of every candidate of shrink_program, in seconds, default 10. A program that hangs
 * costs it once per candidate that still hangs: a small limit makes shrinking such a program
 * bearable.
 */
extern unsigned shrink_seconds;

/*
 * How every candidate is run; default run_program. Programs with threads need who knows of threads,
 * and ops/ does not.
 */
typedef enum run_status (*shrink_run_t)(const struct program *program,
                                        const struct subject *subject, struct space *space,
                                        const struct run_options *options,
                                        struct run_failure *failure);
extern shrink_run_t shrink_run;

/* Runs program in a child. seconds: a limit, 0 none. */
void shrink_try(const struct program *program, const struct subject *subject, struct space *space,
                const struct run_options *options, unsigned seconds,
                struct shrink_outcome *outcome);

/* Shrinks in place. False: the program does not fail at all. */
bool shrink_program(struct program *program, const struct subject *subject, struct space *space,
                    const struct run_options *options, shrink_progress_t progress, void *context,
                    struct shrink_outcome *outcome);

#endif
