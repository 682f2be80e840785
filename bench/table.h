/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

/* Every subject against every program, measured when first asked for; and the gate over it. */

#include <stdio.h>

#include "measure.h"
#include "programs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The project's budget, core cycles at p99.9 of a call. */
#define BUDGET_CYCLES 200.0
/* A label that begins so is gated. */
#define GATED_PREFIX  "kheap"

struct bench_subject {
    const struct subject *subject;
    const char *label; /* part of the benchmarks' names: the subject's, or the file's when it came
                          from one */
};

struct table {
    struct bench_subject *subjects;
    size_t nsubjects;
    struct bench_programs programs;
    uint32_t replays;
    double tick_ns;
    bool preferred; /* the system let us run before other programs */
    struct space *space;
    struct cell *cells;    /* nsubjects * programs.count */
    unsigned *generations; /* how often each cell was measured */
};

/* By name, or by path when the word has '/' or ends in ".so"; unknown or repeated: bad input, exit
 * status 2. */
void table_add_subject(struct table *table, const char *word);
void table_add(struct table *table, const struct subject *subject, const char *label);

/* After the last subject and program. */
void table_open(struct table *table, uint32_t replays);

/* Measured at least `generation` times, so that each repetition of a benchmark measures anew. */
const struct cell *table_cell(struct table *table, size_t subject, size_t program,
                              unsigned generation);

bool table_kinds(struct table *table, size_t subject, size_t program, size_t counts[CALLS]);
bool table_replay(struct table *table, size_t subject, size_t program);

/* Time this process has had, for throughput. */
double table_now_ns(void);

/*
 * What else runs on the machine, on the other half of the same core above all, can only add time,
 * and can add a third for seconds on end. So a gated subject that is over the budget is measured
 * again, at most to this many rounds, and of each program the round with the lowest mean is kept
 * whole. A heap that is too slow is too slow in every round. Returns the rounds made.
 */
#define SETTLE_ROUNDS 3u
unsigned table_settle(struct table *table, size_t subject, double budget);

/* Over all cells of the subject measured so far. */
void table_pool(const struct table *table, size_t subject, enum call call,
                struct stats_summary *summary);

/* Median over the cells measured; *low and *high are the extremes. */
double table_ticks_per_cycle(const struct table *table, double *low, double *high);

void table_print(const struct table *table, FILE *out);

/* Prints one line for each call above the budget; returns their number. *judged: how many were
 * looked at. */
size_t table_gate(const struct table *table, double budget, FILE *out, size_t *judged);

#ifdef __cplusplus
}
#endif

#endif
