/* SPDX-License-Identifier: Apache-2.0 */
#include "stats.h"

#include <stdlib.h>

static void swap(uint32_t *a, uint32_t *b)
{
    const uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Puts the `keep` smallest samples in front, by Hoare's selection: a full sort of every op would
 * cost more time than the replays themselves. */
static void select_smallest(uint32_t *samples, size_t n, size_t keep)
{
    size_t low = 0, high = n;

    while (high - low > 1 && keep > low && keep < high) {
        const uint32_t pivot = samples[low + (high - low) / 2];
        size_t below = low, i = low, above = high;

        /* [ < pivot | == pivot | unseen | > pivot ] */
        while (i < above) {
            if (samples[i] < pivot) {
                swap(&samples[i++], &samples[below++]);
            } else if (samples[i] > pivot) {
                swap(&samples[i], &samples[--above]);
            } else {
                i++;
            }
        }
        if (keep <= below) {
            high = below;
        } else if (keep >= above) {
            low = above;
        } else {
            return;
        }
    }
}

double stats_trimmed_mean(uint32_t *samples, size_t n, size_t *counted)
{
    size_t valid = 0;
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (samples[i] != STATS_NO_SAMPLE) {
            samples[valid++] = samples[i];
        }
    }
    *counted = valid;
    const size_t keep = valid - valid / 10;
    if (keep == 0) {
        return 0.0;
    }
    select_smallest(samples, valid, keep);
    for (size_t i = 0; i < keep; i++) {
        sum += samples[i];
    }
    return (double)sum / (double)keep;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double stats_rank(const double *sorted, size_t n, unsigned per_mille)
{
    /* ceil(n * per_mille / 1000) in integers, so that no rounding of 0.999 moves the rank. */
    const size_t rank = (n * per_mille + 999) / 1000;
    return sorted[rank == 0 ? 0 : rank - 1];
}

void stats_summarise(double *values, size_t n, struct stats_summary *summary)
{
    double sum = 0.0;

    *summary = (struct stats_summary){.n = n};
    if (n == 0) {
        return;
    }
    qsort(values, n, sizeof(*values), by_value);
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    summary->mean = sum / (double)n;
    summary->p50 = stats_rank(values, n, 500);
    summary->p99 = stats_rank(values, n, 990);
    summary->p999 = stats_rank(values, n, 999);
    summary->max = values[n - 1];
}
