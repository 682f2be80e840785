/* SPDX-License-Identifier: Apache-2.0 */

/* kheap/timeout.h, against the same rules in 128 bits. Built for several rates. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kheap/timeout.h"

#define RATE ((unsigned __int128)CONFIG_SYS_CLOCK_TICKS_PER_SEC)
#define CYC  CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC

static const uint64_t numbers[] = {
    1,
    2,
    3,
    59,
    60,
    61,
    999,
    1000,
    1001,
    32767,
    32768,
    999999,
    1000000,
    1000001,
    999999999,
    1000000000,
    1000000001,
    UINT32_MAX,
    (uint64_t)UINT32_MAX + 1,
    INT64_MAX / 3600000,
    INT64_MAX / 1000000000,
    INT64_MAX / 1000,
    INT64_MAX / 60,
    INT64_MAX / 2,
    (uint64_t)INT64_MAX / 2 + 1,
    INT64_MAX - 1,
    INT64_MAX,
    (uint64_t)INT64_MAX + 1,
    UINT64_MAX - 1,
    UINT64_MAX,
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static int64_t want(uint64_t n, unsigned __int128 numerator, uint64_t per)
{
    const unsigned __int128 ticks = (n * numerator + per - 1) / per;

    return ticks > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)ticks;
}

#define FOR_EACH(n)                                                                                \
    for (size_t i_ = 0; i_ < NUMBERS; i_++)                                                        \
        for (uint64_t n = numbers[i_], o_ = 1; o_; o_ = 0)

static void conversions_round_up_and_saturate_below_forever(void **state)
{
    (void)state;
    FOR_EACH(n)
    {
        assert_int_equal(K_TICKS(n).ticks, want(n, 1, 1));
        assert_int_equal(K_NSEC(n).ticks, want(n, RATE, 1000000000));
        assert_int_equal(K_USEC(n).ticks, want(n, RATE, 1000000));
        assert_int_equal(K_MSEC(n).ticks, want(n, RATE, 1000));
        assert_int_equal(K_SECONDS(n).ticks, want(n, RATE, 1));
        assert_int_equal(K_MINUTES(n).ticks, want(n, RATE * 60, 1));
        assert_int_equal(K_HOURS(n).ticks, want(n, RATE * 3600, 1));
        assert_int_equal(K_CYC(n).ticks, want(n, RATE, CYC));
    }
}

static void absolute_timeouts_round_up_and_saturate_too(void **state)
{
    (void)state;
    FOR_EACH(n)
    {
        assert_int_equal(K_TIMEOUT_ABS_TICKS(n).ticks, -2 - want(n, 1, 1));
        assert_int_equal(K_TIMEOUT_ABS_NS(n).ticks, -2 - want(n, RATE, 1000000000));
        assert_int_equal(K_TIMEOUT_ABS_US(n).ticks, -2 - want(n, RATE, 1000000));
        assert_int_equal(K_TIMEOUT_ABS_MS(n).ticks, -2 - want(n, RATE, 1000));
        assert_int_equal(K_TIMEOUT_ABS_SEC(n).ticks, -2 - want(n, RATE, 1));
        assert_int_equal(K_TIMEOUT_ABS_CYC(n).ticks, -2 - want(n, RATE, CYC));
    }
}

static void zero_and_negative_times_are_no_wait(void **state)
{
    const int64_t times[] = {0, -1, -2, -1000, INT32_MIN, INT64_MIN + 1, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const int64_t n = times[i];
        const k_timeout_t made[] = {
            K_TICKS(n),
            K_NSEC(n),
            K_USEC(n),
            K_MSEC(n),
            K_SECONDS(n),
            K_MINUTES(n),
            K_HOURS(n),
            K_CYC(n),
            K_TIMEOUT_ABS_TICKS(n),
            K_TIMEOUT_ABS_NS(n),
            K_TIMEOUT_ABS_US(n),
            K_TIMEOUT_ABS_MS(n),
            K_TIMEOUT_ABS_SEC(n),
            K_TIMEOUT_ABS_CYC(n),
        };

        for (size_t at = 0; at < sizeof made / sizeof *made; at++) {
            assert_true(K_TIMEOUT_EQ(made[at], K_NO_WAIT));
        }
    }
    assert_true(K_TIMEOUT_EQ(K_MSEC(-1), K_NO_WAIT));
    assert_true(K_TIMEOUT_EQ(K_TICKS((int8_t)-1), K_NO_WAIT));
}

/* Static initialisers must be constants; that this compiles is half of the test. */
static k_timeout_t constant = K_MSEC(5);
static const k_timeout_t constants[] = {
    K_NO_WAIT,
    K_FOREVER,
    K_TICKS(7),
    K_NSEC(1),
    K_USEC(1u),
    K_MSEC(-3),
    K_SECONDS(2),
    K_MINUTES(1),
    K_HOURS(UINT64_MAX),
    K_CYC(CYC),
    K_TIMEOUT_ABS_TICKS(9),
    K_TIMEOUT_ABS_MS(5),
    K_TIMEOUT_ABS_SEC(1),
    K_TIMEOUT_ABS_NS(INT64_MIN),
    K_TIMEOUT_ABS_US(1),
    K_TIMEOUT_ABS_CYC(1),
};

static void constants_make_constants_with_the_same_values(void **state)
{
    volatile int64_t one = 1;
    volatile int five = 5;

    (void)state;
    assert_true(K_TIMEOUT_EQ(constant, K_MSEC(five)));
    assert_int_equal(constants[0].ticks, 0);
    assert_int_equal(constants[1].ticks, -1);
    assert_int_equal(constants[2].ticks, 7);
    assert_true(K_TIMEOUT_EQ(constants[3], K_NSEC(one)));
    assert_true(K_TIMEOUT_EQ(constants[4], K_USEC(one)));
    assert_int_equal(constants[5].ticks, 0);
    assert_true(K_TIMEOUT_EQ(constants[6], K_SECONDS(2 * one)));
    assert_true(K_TIMEOUT_EQ(constants[7], K_MINUTES(one)));
    assert_int_equal(constants[8].ticks, KHEAP_TICKS_MAX);
    assert_true(K_TIMEOUT_EQ(constants[9], K_SECONDS(one)));
    assert_int_equal(constants[10].ticks, -11);
    assert_true(K_TIMEOUT_EQ(constants[11], K_TIMEOUT_ABS_MS(five)));
    assert_true(K_TIMEOUT_EQ(constants[12], K_TIMEOUT_ABS_SEC(one)));
    assert_int_equal(constants[13].ticks, 0);
    assert_true(K_TIMEOUT_EQ(constants[14], K_TIMEOUT_ABS_US(one)));
    assert_true(K_TIMEOUT_EQ(constants[15], K_TIMEOUT_ABS_CYC(one)));
}

static unsigned evaluated;

static int evaluate(void)
{
    evaluated++;
    return 3;
}

static void arguments_are_evaluated_once(void **state)
{
    k_timeout_t t;

    (void)state;
    t = K_MSEC(evaluate());
    t = K_HOURS(evaluate());
    t = K_TICKS(evaluate());
    assert_int_equal(t.ticks, 3);
    t = K_TIMEOUT_ABS_CYC(evaluate());
    assert_true(t.ticks < -2);
    assert_int_equal(evaluated, 4);
}

static void timeout_eq_compares(void **state)
{
    (void)state;
    assert_true(K_TIMEOUT_EQ(K_NO_WAIT, K_TICKS(0)));
    assert_true(K_TIMEOUT_EQ(K_FOREVER, K_FOREVER));
    assert_false(K_TIMEOUT_EQ(K_FOREVER, K_NO_WAIT));
    assert_false(K_TIMEOUT_EQ(K_TICKS(5), K_TICKS(6)));
    assert_false(K_TIMEOUT_EQ(K_TICKS(5), K_TIMEOUT_ABS_TICKS(5)));
    assert_false(K_TIMEOUT_EQ(K_HOURS(INT64_MAX), K_FOREVER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions_round_up_and_saturate_below_forever),
        cmocka_unit_test(absolute_timeouts_round_up_and_saturate_too),
        cmocka_unit_test(zero_and_negative_times_are_no_wait),
        cmocka_unit_test(constants_make_constants_with_the_same_values),
        cmocka_unit_test(arguments_are_evaluated_once),
        cmocka_unit_test(timeout_eq_compares),
    };

    return cmocka_run_group_tests_name("timeouts", tests, NULL, NULL);
}
