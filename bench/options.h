/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

/* The command line of bench_heap, behind what Google Benchmark has taken for itself. */

#include <stdio.h>

#include "table.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bench_options {
    bool list; /* --benchmark_list_tests: names only */
    uint64_t seed;
    uint32_t ops;
    uint32_t replays;
    double budget;
};

/* Sets the defaults; looks for --benchmark_list_tests before Google Benchmark takes it away. */
void options_begin(struct bench_options *options, int argc, char *const *argv);

/* Fills the table with subjects and programs. Anything wrong is bad input: one line, exit status 2.
 */
void options_parse(struct bench_options *options, int argc, char **argv, struct table *table);

void options_print_help(FILE *out);

/* What ticks come from. */
const char *bench_timer(void);

#ifdef __cplusplus
}
#endif

#endif
