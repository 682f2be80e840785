/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

/* The arithmetic of the benchmarks, apart from any clock, so that it can be tested by itself. */

#include <stddef.h>
#include <stdint.h>

/* A sample that does not count: in that replay the op turned into another kind of call. */
#define STATS_NO_SAMPLE UINT32_MAX

/* With fewer values p99.9 is the maximum or close to it, and says so little that it must be marked.
 */
#define STATS_ENOUGH    1000u

/*
 * Mean of the samples after the slowest tenth (n/10, rounded down) is dropped. Samples that do not
 * count are left out first; *counted says how many were left. Reorders the samples. 0 when none
 * counts.
 */
double stats_trimmed_mean(uint32_t *samples, size_t n, size_t *counted);

struct stats_summary {
    size_t n;
    double mean, p50, p99, p999, max;
};

/* Nearest rank: the smallest value that at least so many per mille of all values do not exceed.
 * Sorts the values. */
void stats_summarise(double *values, size_t n, struct stats_summary *summary);

/* The value of nearest rank in sorted values; per_mille 1..1000, n at least 1. */
double stats_rank(const double *sorted, size_t n, unsigned per_mille);

#endif
