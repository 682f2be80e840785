/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of the benchmarks: trimmed mean, nearest-rank percentiles, and the add chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stats.h"
#include "ticks.h"

static void near(double have, double want)
{
    assert_true(have - want < 1e-9 && want - have < 1e-9);
}

static void trimmed_mean_drops_the_slowest_tenth(void **state)
{
    uint32_t samples[20];
    size_t counted;
    (void)state;

    /* 1 .. 18, and two that were preempted: they alone are dropped. */
    for (uint32_t i = 0; i < 18; i++) {
        samples[i] = 18 - i;
    }
    samples[18] = 4000000;
    samples[19] = 90000;
    near(stats_trimmed_mean(samples, 20, &counted), 9.5);
    assert_int_equal(counted, 20);
}

static void trimmed_mean_of_fewer_than_ten_drops_none(void **state)
{
    uint32_t samples[9] = {9, 9, 9, 9, 9, 9, 9, 9, 99};
    size_t counted;
    (void)state;

    near(stats_trimmed_mean(samples, 9, &counted), 19.0);
}

static void samples_that_do_not_count_are_left_out(void **state)
{
    uint32_t samples[5] = {STATS_NO_SAMPLE, 10, STATS_NO_SAMPLE, 20, STATS_NO_SAMPLE};
    uint32_t none[2] = {STATS_NO_SAMPLE, STATS_NO_SAMPLE};
    size_t counted;
    (void)state;

    near(stats_trimmed_mean(samples, 5, &counted), 15.0);
    assert_int_equal(counted, 2);
    near(stats_trimmed_mean(none, 2, &counted), 0.0);
    assert_int_equal(counted, 0);
}

/* Against a plain insertion sort, on many orders with many equal values: selection is the part that
 * can go wrong. */
static void trimmed_mean_agrees_with_sorting(void **state)
{
    uint32_t seed = 12345;
    (void)state;

    for (size_t n = 1; n <= 130; n++) {
        uint32_t samples[130], sorted[130];
        uint64_t sum = 0;
        size_t counted;

        for (size_t i = 0; i < n; i++) {
            size_t at = i;

            seed = seed * 1664525u + 1013904223u;
            samples[i] = seed >> 16 & (n % 2 == 0 ? 7u : 1023u);
            for (; at > 0 && sorted[at - 1] > samples[i]; at--) {
                sorted[at] = sorted[at - 1];
            }
            sorted[at] = samples[i];
        }
        const size_t keep = n - n / 10;
        for (size_t i = 0; i < keep; i++) {
            sum += sorted[i];
        }
        near(stats_trimmed_mean(samples, n, &counted), (double)sum / (double)keep);
    }
}

static void percentiles_are_nearest_rank(void **state)
{
    double values[1000];
    struct stats_summary summary;
    (void)state;

    for (size_t i = 0; i < 1000; i++) {
        values[i] = (double)(1000 - i);
    }
    stats_summarise(values, 1000, &summary);
    near(summary.p50, 500.0);
    near(summary.p99, 990.0);
    near(summary.p999, 999.0);
    near(summary.max, 1000.0);
    near(summary.mean, 500.5);
    assert_int_equal(summary.n, 1000);
}

static void percentiles_round_the_rank_up(void **state)
{
    double values[3] = {30.0, 10.0, 20.0};
    struct stats_summary summary;
    (void)state;

    stats_summarise(values, 3, &summary);
    near(summary.p50, 20.0);
    near(summary.p99, 30.0);
    near(summary.p999, 30.0);

    /* 1001 values: 999.999 of them rounds up to the last but one. */
    double many[1001];
    for (size_t i = 0; i < 1001; i++) {
        many[i] = (double)i;
    }
    near(stats_rank(many, 1001, 999), 999.0);
    near(stats_rank(many, 1001, 1000), 1000.0);
}

static void no_values_give_zeros(void **state)
{
    struct stats_summary summary;
    double none = 1.0;
    (void)state;

    stats_summarise(&none, 0, &summary);
    assert_int_equal(summary.n, 0);
    near(summary.max, 0.0);
}

/* If the compiler folded the chain, or the core did adds for nothing, every figure in cycles would
 * be wrong. */
static void add_chain_adds_and_takes_time(void **state)
{
    uint32_t samples[101];
    size_t counted;
    (void)state;

    assert_int_equal(add_chain(300, 7), 307);
    for (size_t i = 0; i < 101; i++) {
        samples[i] = ticks_of_chain();
    }
    /* No core runs ten times as fast as its time stamp counter, or a tenth. */
    const double ratio = stats_trimmed_mean(samples, 101, &counted) / CALIBRATION_ADDS;
    assert_true(ratio > 0.1 && ratio < 10.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trimmed_mean_drops_the_slowest_tenth),
        cmocka_unit_test(trimmed_mean_of_fewer_than_ten_drops_none),
        cmocka_unit_test(samples_that_do_not_count_are_left_out),
        cmocka_unit_test(trimmed_mean_agrees_with_sorting),
        cmocka_unit_test(percentiles_are_nearest_rank),
        cmocka_unit_test(percentiles_round_the_rank_up),
        cmocka_unit_test(no_values_give_zeros),
        cmocka_unit_test(add_chain_adds_and_takes_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
