/* SPDX-License-Identifier: Apache-2.0 */
/* What the generator and the mutator draw from: integers only, so alike on every machine. */
#include "support.h"

static void test_known_random_numbers(void **state)
{
    (void)state;
    /* The published test vector of splitmix64. */
    struct rng rng;
    rng_seed(&rng, 1234567);
    assert_true(rng_next(&rng) == 6457827717110365317u);
    assert_true(rng_next(&rng) == 3203168211198807973u);
    assert_true(rng_next(&rng) == 9817491932198370423u);
}

static void test_below(void **state)
{
    (void)state;
    struct rng rng;
    uint32_t seen[10] = {0};
    rng_seed(&rng, 1);
    assert_int_equal(rng_below(&rng, 0), 0);
    assert_int_equal(rng_below(&rng, 1), 0);
    for (int i = 0; i < 10000; i++) {
        seen[rng_below(&rng, 10)]++;
    }
    for (int i = 0; i < 10; i++) {
        assert_in_range(seen[i], 800, 1200);
    }
}

/* Every octave as often as any other; within the bounds, and reaching both. */
static void test_log_uniform(void **state)
{
    (void)state;
    struct rng rng;
    uint32_t octave[8] = {0}, lowest = UINT32_MAX, highest = 0;
    rng_seed(&rng, 2);
    for (int i = 0; i < 80000; i++) {
        uint32_t drawn = rng_log_uniform(&rng, 8, 2047);
        assert_in_range(drawn, 8, 2047);
        lowest = drawn < lowest ? drawn : lowest;
        highest = drawn > highest ? drawn : highest;
        for (int k = 7; k >= 0; k--) {
            if (drawn >= 8u << k) {
                octave[k]++;
                break;
            }
        }
    }
    for (int k = 0; k < 8; k++) {
        assert_in_range(octave[k], 9500, 10500);
    }
    assert_int_equal(lowest, 8);
    assert_in_range(highest, 2045, 2047);
}

static void test_log_uniform_at_the_ends(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 3);
    bool zero = false, large = false;
    for (int i = 0; i < 20000; i++) {
        uint32_t drawn = rng_log_uniform(&rng, 0, UINT32_MAX);
        zero |= drawn == 0;
        large |= drawn > 0xc0000000u;
        assert_int_equal(rng_log_uniform(&rng, 5, 5), 5);
        assert_in_range(rng_log_uniform(&rng, 1, 2), 1, 2);
        assert_in_range(rng_log_uniform(&rng, UINT32_MAX - 1, UINT32_MAX), UINT32_MAX - 1,
                        UINT32_MAX);
        assert_in_range(rng_size(&rng, 1), 0, 1);
        assert_int_equal(rng_size(&rng, 0), 0);
        assert_true(rng_size(&rng, UINT32_MAX) > 0);
    }
    assert_true(zero && large);
}

/* Each bucket's edge for both headers, and the byte on either side of it. */
static void test_sizes_hit_every_edge(void **state)
{
    (void)state;
    static bool seen[4200];
    struct rng rng;
    rng_seed(&rng, 4);
    for (int i = 0; i < 20000; i++) {
        uint32_t size = rng_size(&rng, 4100);
        assert_in_range(size, 1, 4100);
        seen[size] = true;
    }
    for (uint32_t units = 2; units <= 512; units *= 2) {
        for (uint32_t header = 4; header <= 8; header += 4) {
            assert_true(seen[units * 8 - header - 1]);
            assert_true(seen[units * 8 - header]);
            assert_true(seen[units * 8 - header + 1]);
        }
    }
    assert_true(seen[3] && seen[4] && seen[5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_random_numbers), cmocka_unit_test(test_below),
        cmocka_unit_test(test_log_uniform),          cmocka_unit_test(test_log_uniform_at_the_ends),
        cmocka_unit_test(test_sizes_hit_every_edge),
    };
    return cmocka_run_group_tests_name("random draws", tests, NULL, NULL);
}
