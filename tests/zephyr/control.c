/* SPDX-License-Identifier: Apache-2.0 */

/* The control: a suite whose checks fail, in the test's own thread and in another. Must fail. */

#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

ZTEST_SUITE(control, NULL, NULL, NULL, NULL, NULL);

ZTEST(control, passes)
{
    zassert_true(true);
}

ZTEST(control, fails_here)
{
    zassert_equal(1, 2, "as it should");
}

static struct k_thread thread;

static void check_false(void *p1, void *p2, void *p3)
{
    ARG_UNUSED(p1);
    ARG_UNUSED(p2);
    ARG_UNUSED(p3);
    zassert_true(false);
}

ZTEST(control, fails_in_another_thread)
{
    k_thread_create(&thread, NULL, 0, check_false, NULL, NULL, NULL, 0, 0, K_NO_WAIT);
    zassert_ok(k_thread_join(&thread, K_FOREVER));
}
