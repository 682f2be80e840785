/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_RUN_H
#define TOOLS_HEAPVET_RUN_H

/* What `heapvet run` has seen of one subject, and its two printed forms. */

#include "cli.h"
#include "sim.h"

struct not_fitting {
    char *name;
    uint32_t region;
};

struct run_total {
    const struct subject *subject;
    struct sim_counts counts; /* without threads: only counts.run */
    double seconds;
    struct not_fitting *unfit;
    size_t unfits;
};

/* Shares are of the verdicts on allocating calls. */
double run_may_percent(const struct run_counts *counts);
uint64_t run_evaluations(const struct run_counts *counts, unsigned *oracles);

void run_print_total(const struct run_total *total, bool bare);

/* The whole JSON document; fresh memory. */
char *run_json(const struct run_total *totals, size_t count, bool ok);

#endif
