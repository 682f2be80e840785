/* SPDX-License-Identifier: Apache-2.0 */

/* What k_heap promises of calls that do not have to wait, or must not. */

#include "fixture.h"

static void every_call_works_without_waiting(void **state)
{
    (void)state;
    a = k_heap_alloc(&heap, 10, K_NO_WAIT);
    b = k_heap_aligned_alloc(&heap, 64, 10, K_NO_WAIT);
    c = k_heap_calloc(&heap, 3, 5, K_NO_WAIT);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    a = k_heap_realloc(&heap, a, 30, K_NO_WAIT);
    b = k_heap_aligned_realloc(&heap, b, 128, 30, K_NO_WAIT);
    assert_non_null(a);
    assert_int_equal((uintptr_t)b % 128, 0);
    free_a();
    free_b();
    free_c();
    assert_true(heap_empty());
    assert_int_equal(port.sleeps, 0);
    assert_int_equal(fault_seen.count, 0);
}

static void blocks_are_aligned_to_eight_and_to_what_was_asked(void **state)
{
    (void)state;
    for (size_t align = 1; align <= 256; align *= 2) {
        a = k_heap_aligned_alloc(&heap, align, 3, K_NO_WAIT);
        assert_non_null(a);
        assert_int_equal((uintptr_t)a % (align < 8 ? 8 : align), 0);
        free_a();
    }
    a = k_heap_alloc(&heap, 1, K_NO_WAIT);
    b = k_heap_alloc(&heap, 1, K_NO_WAIT);
    assert_int_equal(((uintptr_t)a | (uintptr_t)b) % 8, 0);
}

static void a_block_comes_at_once_when_there_is_memory_whatever_the_timeout(void **state)
{
    (void)state;
    assert_non_null(k_heap_alloc(&heap, 8, K_FOREVER));
    assert_non_null(k_heap_alloc(&heap, 8, K_MSEC(5)));
    assert_non_null(k_heap_alloc(&heap, 8, K_TIMEOUT_ABS_TICKS(1)));
    assert_int_equal(port.sleeps, 0);
}

static void no_wait_returns_null_at_once(void **state)
{
    (void)state;
    fill();
    assert_null(k_heap_alloc(&heap, 8, K_NO_WAIT));
    assert_null(k_heap_aligned_alloc(&heap, 64, 8, K_NO_WAIT));
    assert_null(k_heap_calloc(&heap, 2, 8, K_NO_WAIT));
    assert_null(k_heap_realloc(&heap, a, 400, K_NO_WAIT));
    assert_null(k_heap_aligned_realloc(&heap, a, 8, 400, K_NO_WAIT));
    assert_int_equal(port.sleeps, 0);
}

/* A request that would sleep fails the test: nobody is there to wake it. */
static void impossible_requests_fail_at_once_with_any_timeout(void **state)
{
    const size_t most = sys_heap_largest_free(&heap.heap);

    (void)state;
    fill();
    assert_null(k_heap_alloc(&heap, 0, K_FOREVER));
    assert_null(k_heap_alloc(&heap, SIZE_MAX, K_FOREVER));
    assert_null(k_heap_alloc(&heap, most + 1, K_FOREVER));
    assert_null(k_heap_aligned_alloc(&heap, 12, 8, K_FOREVER));
    assert_null(k_heap_aligned_alloc(&heap, 16, most, K_FOREVER));
    assert_null(k_heap_aligned_alloc(&heap, SIZE_MAX / 2 + 1, 8, K_FOREVER));
    assert_null(k_heap_calloc(&heap, 0, 8, K_FOREVER));
    assert_null(k_heap_calloc(&heap, 8, 0, K_FOREVER));
    assert_null(k_heap_calloc(&heap, 1, most + 1, K_FOREVER));
    assert_null(k_heap_realloc(&heap, a, most + 1, K_FOREVER));
    assert_null(k_heap_realloc(&heap, NULL, 0, K_FOREVER));
    assert_null(k_heap_aligned_realloc(&heap, a, 24, 8, K_FOREVER));
    assert_null(k_heap_aligned_realloc(&heap, a, 24, 0, K_FOREVER));
    assert_int_equal(port.sleeps, 0);
    free_a();
    free_b();
    free_c();
    assert_true(heap_empty());
}

/* The other side of the edge: what the empty heap can hold, it waits for. */
static void the_largest_possible_request_waits(void **state)
{
    const size_t most = sys_heap_largest_free(&heap.heap);

    (void)state;
    fill();
    assert_null(k_heap_alloc(&heap, most, K_TICKS(3)));
    assert_int_equal(port.sleeps, 1);
    assert_null(k_heap_aligned_alloc(&heap, 16, most - 8, K_TICKS(3)));
    assert_int_equal(port.sleeps, 2);
}

/* For each alignment the edge of waiting is what the empty heap gives, byte for byte. */
static void fails_at_once_exactly_when_the_empty_heap_would(void **state)
{
    (void)state;
    for (size_t align = 8; align <= 4096; align *= 2) {
        for (size_t bytes = 1; bytes <= REGION; bytes++) {
            void *const p = k_heap_aligned_alloc(&heap, align, bytes, K_NO_WAIT);
            unsigned sleeps;

            k_heap_free(&heap, p);
            fill();
            assert_null(k_heap_aligned_alloc(&heap, align, bytes, K_TICKS(1)));
            sleeps = port.sleeps;
            free_a();
            free_b();
            free_c();
            assert_int_equal(sleeps, p != NULL);
        }
    }
}

static void calloc_overflow_fails_at_once(void **state)
{
    (void)state;
    assert_null(k_heap_calloc(&heap, SIZE_MAX / 2, 3, K_FOREVER));
    assert_null(k_heap_calloc(&heap, SIZE_MAX, SIZE_MAX, K_FOREVER));
    /* The product modulo the width of size_t is 8. */
    assert_null(k_heap_calloc(&heap, SIZE_MAX / 8 + 2, 8, K_FOREVER));
    assert_int_equal(port.sleeps, 0);
    assert_true(heap_empty());
}

static void calloc_zeroes_the_size_asked_for(void **state)
{
    static const size_t sizes[][2] = {{1, 1}, {7, 3}, {1, 500}, {500, 1}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const size_t bytes = sizes[i][0] * sizes[i][1];
        uint8_t *const p = k_heap_calloc(&heap, sizes[i][0], sizes[i][1], K_NO_WAIT);

        assert_non_null(p);
        for (size_t at = 0; at < bytes; at++) {
            assert_int_equal(p[at], 0);
        }
        memset(p, 0x5a, usable(p));
        k_heap_free(&heap, p);
    }
}

static void realloc_of_null_allocates(void **state)
{
    (void)state;
    a = k_heap_realloc(&heap, NULL, 40, K_NO_WAIT);
    b = k_heap_aligned_realloc(&heap, NULL, 64, 40, K_NO_WAIT);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((uintptr_t)b % 64, 0);
}

static void realloc_to_zero_frees_exactly_once(void **state)
{
    (void)state;
    a = k_heap_alloc(&heap, 40, K_NO_WAIT);
    assert_null(k_heap_realloc(&heap, a, 0, K_FOREVER));
    assert_true(heap_empty());
    a = k_heap_alloc(&heap, 40, K_NO_WAIT);
    assert_null(k_heap_aligned_realloc(&heap, a, 64, 0, K_MSEC(7)));
    assert_true(heap_empty());
    assert_int_equal(fault_seen.count, 0);
    assert_int_equal(port.sleeps, 0);
}

static void realloc_keeps_the_contents(void **state)
{
    uint8_t *p = k_heap_alloc(&heap, 100, K_NO_WAIT);

    (void)state;
    a = k_heap_alloc(&heap, 20, K_NO_WAIT);
    for (uint8_t i = 0; i < 100; i++) {
        p[i] = i;
    }
    uint8_t *const moved = k_heap_realloc(&heap, p, 300, K_NO_WAIT);

    assert_non_null(moved);
    assert_ptr_not_equal(moved, p);
    for (uint8_t i = 0; i < 100; i++) {
        assert_int_equal(moved[i], i);
    }
    assert_ptr_equal(k_heap_realloc(&heap, moved, 50, K_NO_WAIT), moved);
    assert_ptr_equal(k_heap_realloc(&heap, moved, 200, K_NO_WAIT), moved);
    for (uint8_t i = 0; i < 50; i++) {
        assert_int_equal(moved[i], i);
    }
    free_a();
    k_heap_free(&heap, moved);
    assert_true(heap_empty());
}

static void failed_realloc_leaves_the_block_untouched(void **state)
{
    uint8_t before[REGION];

    (void)state;
    fill();
    memset(a, 0x77, usable(a));
    memcpy(before, region, sizeof region);
    assert_null(k_heap_realloc(&heap, a, 300, K_NO_WAIT));
    assert_null(k_heap_realloc(&heap, a, 300, K_TICKS(5)));
    assert_memory_equal(before, region, sizeof region);
}

/* The port fails the test when a long copy or fill happens with a lock held. */
static void no_lock_is_held_during_a_copy(void **state)
{
    (void)state;
    a = k_heap_alloc(&heap, 200, K_NO_WAIT);
    b = k_heap_alloc(&heap, 8, K_NO_WAIT);
    assert_non_null(b);
    assert_ptr_not_equal(k_heap_realloc(&heap, a, 300, K_NO_WAIT), a);
    assert_int_equal(port.unlocked, 1);
}

static void move_copies_the_smaller_of_both_sizes(void **state)
{
    (void)state;
    a = k_heap_alloc(&heap, 200, K_NO_WAIT);
    b = k_heap_alloc(&heap, 8, K_NO_WAIT);
    assert_non_null(b);
    const size_t old = usable(a);

    a = k_heap_realloc(&heap, a, 300, K_NO_WAIT);
    assert_int_equal(port.copied, old);
    /* Half a block further on, so that it moves although it shrinks. */
    c = k_heap_aligned_alloc(&heap, 64, 100, K_NO_WAIT);
    free_b();
    const size_t align = ((uintptr_t)a & -(uintptr_t)a) * 2;

    assert_non_null(k_heap_aligned_realloc(&heap, a, align, 150, K_NO_WAIT));
    assert_int_equal(port.copied, 150);
}

static void no_lock_is_held_while_zeroing(void **state)
{
    (void)state;
    assert_non_null(k_heap_calloc(&heap, 10, 20, K_NO_WAIT));
    assert_int_equal(port.unlocked, 1);
}

static void free_of_null_does_nothing(void **state)
{
    (void)state;
    k_heap_free(&heap, NULL);
    assert_int_equal(port.logged, 0);
    assert_true(heap_empty());
}

static void try_init_returns_the_error_of_sys_heap_init(void **state)
{
    (void)state;
    assert_int_equal(k_heap_try_init(&heap, region, sizeof region), 0);
    assert_int_equal(k_heap_try_init(NULL, region, sizeof region), -EINVAL);
    assert_int_equal(k_heap_try_init(&heap, NULL, 100), -EINVAL);
    assert_int_equal(k_heap_try_init(&heap, region, 8), -ENOMEM);
    assert_int_equal(k_heap_try_init(&heap, region, SYS_HEAP_REGION_SIZE_FOR(1) - 1), -ENOMEM);
    assert_int_equal(k_heap_try_init(&heap, region, SYS_HEAP_REGION_SIZE_FOR(1)), 0);
}

static void unusable_region_leaves_a_heap_that_returns_null_at_once(void **state)
{
    (void)state;
    k_heap_init(&heap, region, 8);
    assert_null(k_heap_alloc(&heap, 1, K_FOREVER));
    assert_null(k_heap_aligned_alloc(&heap, 16, 1, K_FOREVER));
    assert_null(k_heap_calloc(&heap, 1, 1, K_FOREVER));
    assert_null(k_heap_realloc(&heap, NULL, 1, K_FOREVER));
    k_heap_init(&heap, NULL, 1000);
    assert_null(k_heap_alloc(&heap, 1, K_FOREVER));
    assert_int_equal(port.sleeps, 0);
    assert_int_equal(fault_seen.count, 0);
}

static void init_makes_a_used_struct_fresh(void **state)
{
    (void)state;
    memset(&heap, 0xff, sizeof heap);
    k_heap_init(&heap, region, sizeof region);
    assert_true(heap_empty());
    assert_int_equal(heap.lock.word, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_call_works_without_waiting),
        TEST(blocks_are_aligned_to_eight_and_to_what_was_asked),
        TEST(a_block_comes_at_once_when_there_is_memory_whatever_the_timeout),
        TEST(no_wait_returns_null_at_once),
        TEST(impossible_requests_fail_at_once_with_any_timeout),
        TEST(the_largest_possible_request_waits),
        TEST(fails_at_once_exactly_when_the_empty_heap_would),
        TEST(calloc_overflow_fails_at_once),
        TEST(calloc_zeroes_the_size_asked_for),
        TEST(realloc_of_null_allocates),
        TEST(realloc_to_zero_frees_exactly_once),
        TEST(realloc_keeps_the_contents),
        TEST(failed_realloc_leaves_the_block_untouched),
        TEST(no_lock_is_held_during_a_copy),
        TEST(move_copies_the_smaller_of_both_sizes),
        TEST(no_lock_is_held_while_zeroing),
        TEST(free_of_null_does_nothing),
        TEST(try_init_returns_the_error_of_sys_heap_init),
        TEST(unusable_region_leaves_a_heap_that_returns_null_at_once),
        TEST(init_makes_a_used_struct_fresh),
    };

    return cmocka_run_group_tests_name("k_heap without waiting", tests, NULL, NULL);
}
