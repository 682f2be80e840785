/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_THREADS_H
#define TOOLS_HEAPVET_THREADS_H

/* Programs with threads: everything here runs them in the simulation. */

#include "runner.h"
#include "sim.h"

/* NULL-terminated; the first of a kind is its default. */
extern const struct subject *const threads_subjects[];

/* As run_or_die and run_program. Counts are added to *counts. */
enum run_status threads_run_or_die(const struct program *program, const struct subject *subject,
                                   uint32_t oracles, struct sim_counts *counts);
enum run_status threads_run(const struct program *program, const struct subject *subject,
                            uint32_t oracles, struct run_failure *failure);

#endif
