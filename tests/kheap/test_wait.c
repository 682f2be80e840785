/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting, deadlines and releases, on a clock that only the script moves. */

#include "fixture.h"

static void clock_is_read_once_and_first(void **state)
{
    (void)state;
    assert_non_null(k_heap_alloc(&heap, 8, K_TICKS(5)));
    assert_string_equal(port.log, "clu");
    fill();
    assert_null(k_heap_realloc(&heap, a, 400, K_TICKS(5)));
    assert_memory_equal(port.log, "cls", 3);
}

static void clock_is_not_read_when_the_timeout_does_not_need_it(void **state)
{
    (void)state;
    assert_non_null(k_heap_alloc(&heap, 8, K_NO_WAIT));
    assert_non_null(k_heap_alloc(&heap, 8, K_FOREVER));
    assert_non_null(k_heap_alloc(&heap, 8, K_TIMEOUT_ABS_TICKS(2000)));
    assert_string_equal(port.log, "lululu");
}

static void relative_timeout_counts_from_the_call(void **state)
{
    (void)state;
    fill();
    port.now = 5000;
    assert_null(k_heap_alloc(&heap, 8, K_TICKS(7)));
    assert_int_equal(port.now, 5007);
}

static void absolute_timeout_names_the_tick(void **state)
{
    (void)state;
    fill();
    assert_null(k_heap_alloc(&heap, 8, K_TIMEOUT_ABS_TICKS(4321)));
    assert_int_equal(port.now, 4321);
    /* Behind the clock already: one more attempt, and no time passes. */
    assert_null(k_heap_alloc(&heap, 8, K_TIMEOUT_ABS_TICKS(4000)));
    assert_int_equal(port.now, 4321);
}

static void longest_timeout_does_not_overflow_the_clock(void **state)
{
    (void)state;
    fill();
    port.now = INT64_MAX - 10;
    assert_null(k_heap_alloc(&heap, 8, K_HOURS(INT64_MAX)));
    assert_int_equal(port.now, INT64_MAX - 1);
}

static void free_serves_a_waiter(void **state)
{
    (void)state;
    fill();
    port_at(1001, free_b);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_FOREVER), b);
    assert_int_equal(port_steps_left(), 0);
}

static void calloc_waits_and_zeroes(void **state)
{
    uint8_t *p;

    (void)state;
    fill();
    memset(b, 0xee, usable(b));
    port_at(1001, free_b);
    p = k_heap_calloc(&heap, 20, 10, K_TICKS(10));
    assert_ptr_equal(p, b);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(p[i], 0);
    }
}

static void aligned_alloc_waits(void **state)
{
    (void)state;
    fill();
    port_at(1001, free_c);
    got = k_heap_aligned_alloc(&heap, 128, 100, K_TICKS(10));
    assert_non_null(got);
    assert_int_equal((uintptr_t)got % 128, 0);
}

static void realloc_to(void **block, size_t bytes)
{
    *block = k_heap_realloc(&heap, *block, bytes, K_NO_WAIT);
}

static void shrink_c(void)
{
    realloc_to(&c, 8);
    assert_non_null(c);
}

static void shrinking_realloc_serves_a_waiter(void **state)
{
    (void)state;
    fill();
    port_at(1001, shrink_c);
    assert_non_null(k_heap_alloc(&heap, 100, K_FOREVER));
}

static void b_to_zero(void)
{
    realloc_to(&b, 0);
    assert_null(b);
}

static void realloc_to_zero_serves_a_waiter(void **state)
{
    (void)state;
    fill();
    got = b;
    port_at(1001, b_to_zero);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_FOREVER), got);
}

static void move_a(void)
{
    void *const old = a;

    realloc_to(&a, 220);
    assert_non_null(a);
    assert_ptr_not_equal(a, old);
}

/*
 * [ free 100 ][ a ][ b ][ free 224 ][ c ]: neither is enough for 280, but a's place joins the
 * first.
 */
static void moving_realloc_serves_a_waiter(void **state)
{
    void *const first = k_heap_alloc(&heap, 100, K_NO_WAIT);
    void *second;

    (void)state;
    a = k_heap_alloc(&heap, 200, K_NO_WAIT);
    b = k_heap_alloc(&heap, 8, K_NO_WAIT);
    second = k_heap_alloc(&heap, 224, K_NO_WAIT);
    c = rest();
    assert_non_null(c);
    k_heap_free(&heap, first);
    k_heap_free(&heap, second);
    port_at(1001, move_a);
    assert_ptr_equal(k_heap_alloc(&heap, 280, K_FOREVER), first);
    assert_ptr_equal(a, second);
}

static void free_null(void)
{
    /* Memory that k_heap does not know of: a release would find it. */
    sys_heap_free(&heap.heap, b);
    k_heap_free(&heap, NULL);
}

static void free_of_null_is_no_release(void **state)
{
    (void)state;
    fill();
    port_at(1001, free_null);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_TICKS(5)), b);
    assert_int_equal(port.now, 1005);
    assert_null(strchr(port.log, 'w'));
}

static void steal_b(void)
{
    free_b();
    assert_null(k_heap_alloc(&heap, 200, K_NO_WAIT));
}

static void served_waiter_owns_its_block_at_once(void **state)
{
    (void)state;
    fill();
    port_at(1001, steal_b);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_FOREVER), b);
}

static void served_at_the_deadline_is_served(void **state)
{
    (void)state;
    fill();
    port.early = true;
    port_at(1005, free_b);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_TICKS(5)), b);
}

static void free_b_late(void)
{
    port.now = 5000;
    free_b();
}

static void served_waiter_that_runs_late_keeps_its_block(void **state)
{
    (void)state;
    fill();
    port_at(1004, free_b_late);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_TICKS(5)), b);
}

static void useless_wakeups_do_not_extend_the_deadline(void **state)
{
    (void)state;
    fill();
    port.early = true;
    for (int64_t tick = 1001; tick < 1010; tick++) {
        port_at(tick, nothing);
    }
    assert_null(k_heap_alloc(&heap, 200, K_TICKS(10)));
    assert_int_equal(port.now, 1010);
    assert_int_equal(port.sleeps, 10);
}

static void free_a_and_refill(void)
{
    free_a();
    a = k_heap_alloc(&heap, 200, K_NO_WAIT);
    assert_non_null(a);
}

static void releases_that_are_too_small_do_not_extend_the_deadline(void **state)
{
    (void)state;
    fill();
    for (int64_t tick = 1001; tick < 1010; tick++) {
        port_at(tick, free_a_and_refill);
    }
    assert_null(k_heap_alloc(&heap, 300, K_TICKS(10)));
    assert_int_equal(port.now, 1010);
}

static void free_b_unseen(void)
{
    sys_heap_free(&heap.heap, b);
}

static void last_attempt_is_made_at_the_deadline(void **state)
{
    (void)state;
    fill();
    port_at(1010, free_b_unseen);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_TICKS(10)), b);
    assert_int_equal(port.now, 1010);
}

static void waiter_that_timed_out_has_left_the_queue(void **state)
{
    (void)state;
    fill();
    assert_null(k_heap_alloc(&heap, 200, K_TICKS(10)));
    assert_null(heap.waiters.first);
    free_a();
    free_b();
    free_c();
    assert_true(heap_empty());
}

static void shrink_c_and_take(void)
{
    shrink_c();
    got = k_heap_alloc(&heap, 100, K_NO_WAIT);
    assert_non_null(got);
}

static void call_that_does_not_have_to_wait_takes_what_is_free(void **state)
{
    const size_t most = sys_heap_largest_free(&heap.heap);

    (void)state;
    fill();
    port_at(1001, shrink_c_and_take);
    assert_null(k_heap_alloc(&heap, most, K_TICKS(5)));
    assert_non_null(got);
}

/* One sleeper on top of another: the inner waits for more than the outer. */
static void wait_inside(void)
{
    port.priority = 5;
    got = k_heap_alloc(&heap, 420, K_TICKS(50));
    port.priority = 0;
}

static void waiter_that_cannot_be_served_does_not_block_the_next(void **state)
{
    (void)state;
    fill();
    port_at(1001, wait_inside);
    port_at(1002, free_b);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_FOREVER), b);
    assert_null(got);
    assert_int_equal(port.now, 1051);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clock_is_read_once_and_first),
        TEST(clock_is_not_read_when_the_timeout_does_not_need_it),
        TEST(relative_timeout_counts_from_the_call),
        TEST(absolute_timeout_names_the_tick),
        TEST(longest_timeout_does_not_overflow_the_clock),
        TEST(free_serves_a_waiter),
        TEST(calloc_waits_and_zeroes),
        TEST(aligned_alloc_waits),
        TEST(shrinking_realloc_serves_a_waiter),
        TEST(realloc_to_zero_serves_a_waiter),
        TEST(moving_realloc_serves_a_waiter),
        TEST(free_of_null_is_no_release),
        TEST(served_waiter_owns_its_block_at_once),
        TEST(served_at_the_deadline_is_served),
        TEST(served_waiter_that_runs_late_keeps_its_block),
        TEST(useless_wakeups_do_not_extend_the_deadline),
        TEST(releases_that_are_too_small_do_not_extend_the_deadline),
        TEST(last_attempt_is_made_at_the_deadline),
        TEST(waiter_that_timed_out_has_left_the_queue),
        TEST(call_that_does_not_have_to_wait_takes_what_is_free),
        TEST(waiter_that_cannot_be_served_does_not_block_the_next),
    };

    return cmocka_run_group_tests_name("k_heap that waits", tests, NULL, NULL);
}
