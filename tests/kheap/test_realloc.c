/* SPDX-License-Identifier: Apache-2.0 */

/* Reallocs that wait, and what the old block is meanwhile. */

#include "fixture.h"

static void pattern_set(void *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ((uint8_t *)p)[i] = (uint8_t)(i * 7 + 1);
    }
}

static bool pattern_is(const void *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (((const uint8_t *)p)[i] != (uint8_t)(i * 7 + 1)) {
            return false;
        }
    }
    return true;
}

static void look_at_a(void)
{
    assert_true(pattern_is(a, 200));
    assert_true(usable(a) >= 200 && usable(a) < 300);
}

static void old_block_is_valid_and_unchanged_while_realloc_waits(void **state)
{
    (void)state;
    fill();
    pattern_set(a, 200);
    port_at(1001, look_at_a);
    port_at(1002, look_at_a);
    assert_null(k_heap_realloc(&heap, a, 300, K_TICKS(5)));
    assert_int_equal(port_steps_left(), 0);
    look_at_a();
}

static void waiting_realloc_grows_in_place_when_its_neighbour_is_freed(void **state)
{
    (void)state;
    fill();
    pattern_set(a, 200);
    port_at(1001, free_b);
    assert_ptr_equal(k_heap_realloc(&heap, a, 300, K_FOREVER), a);
    assert_true(pattern_is(a, 200));
    assert_true(usable(a) >= 300);
    free_a();
    free_c();
    assert_true(heap_empty());
    assert_int_equal(fault_seen.count, 0);
}

static void waiting_realloc_is_first_tried_in_place(void **state)
{
    void *d;

    (void)state;
    /* b's place and d's are equally good for a new block, but only b's for growing. */
    a = k_heap_alloc(&heap, 100, K_NO_WAIT);
    b = k_heap_alloc(&heap, 300, K_NO_WAIT);
    c = k_heap_alloc(&heap, 8, K_NO_WAIT);
    d = k_heap_alloc(&heap, 300, K_NO_WAIT);
    assert_non_null(rest());
    port_reset();
    sys_heap_free(&heap.heap, d);
    port_at(1001, free_b);
    assert_ptr_equal(k_heap_realloc(&heap, a, 350, K_FOREVER), a);
}

static void waiting_realloc_moves_when_another_place_is_freed(void **state)
{
    (void)state;
    fill();
    pattern_set(a, 200);
    port_at(1001, free_c);
    got = k_heap_realloc(&heap, a, usable(c), K_FOREVER);
    assert_ptr_equal(got, c);
    assert_true(pattern_is(got, 200));
    /* The old block is all that is free, and was freed once. */
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_NO_WAIT), a);
    assert_int_equal(fault_seen.count, 0);
    assert_int_equal(port.unlocked, 1);
}

static void old_block_of_a_moved_realloc_is_free_afterwards(void **state)
{
    (void)state;
    fill();
    port_at(1001, free_c);
    got = k_heap_realloc(&heap, a, 300, K_TICKS(9));
    free_b();
    k_heap_free(&heap, got);
    assert_true(heap_empty());
}

static void realloc_a_as_large_as_c(void)
{
    port.priority = 1;
    got = k_heap_realloc(&heap, a, usable(c), K_FOREVER);
    port.priority = 0;
}

/* All of c goes to the realloc, and a, which it gives back when it runs, to who waits longer. */
static void realloc_that_moved_after_waiting_is_a_release(void **state)
{
    (void)state;
    fill();
    port_at(1001, realloc_a_as_large_as_c);
    port_at(1002, free_c);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_FOREVER), a);
    assert_ptr_equal(got, c);
}

static void realloc_that_does_not_satisfy_the_alignment_moves(void **state)
{
    (void)state;
    a = k_heap_aligned_alloc(&heap, 64, 40, K_NO_WAIT);
    b = k_heap_alloc(&heap, 40, K_NO_WAIT);
    assert_int_not_equal((uintptr_t)b % 64, 0);
    pattern_set(b, 40);
    /* Smaller, and yet it must move. */
    got = k_heap_aligned_realloc(&heap, b, 64, 20, K_NO_WAIT);
    assert_non_null(got);
    assert_int_equal((uintptr_t)got % 64, 0);
    assert_true(pattern_is(got, 20));
    free_a();
    k_heap_free(&heap, got);
    assert_true(heap_empty());
}

static void aligned_realloc_waits_for_room(void **state)
{
    (void)state;
    fill();
    /* One of both is no multiple of 128. */
    void *const odd = (uintptr_t)a % 128 != 0 ? a : b;

    pattern_set(odd, 100);
    port_at(1003, free_c);
    got = k_heap_aligned_realloc(&heap, odd, 128, 100, K_TICKS(9));
    assert_non_null(got);
    assert_int_equal((uintptr_t)got % 128, 0);
    assert_true(pattern_is(got, 100));
}

/*
 * A region that begins so that its first block is a multiple of 256. The whole heap with room for
 * that alignment is more than the heap has; growing in place needs no such room.
 */
static void block_that_lies_right_waits_to_grow_in_place(void **state)
{
    static uint8_t area[REGION + 256] __attribute__((aligned(256)));
    size_t most;

    (void)state;
    k_heap_init(&heap, area, REGION);
    a = k_heap_alloc(&heap, 1, K_NO_WAIT);
    k_heap_init(&heap, area + (-(uintptr_t)a & 255), REGION);
    most = sys_heap_largest_free(&heap.heap);
    a = k_heap_alloc(&heap, 100, K_NO_WAIT);
    assert_int_equal((uintptr_t)a % 256, 0);
    assert_null(k_heap_aligned_alloc(&heap, 256, most, K_FOREVER));
    b = rest();
    port_at(1001, free_b);
    got = k_heap_aligned_realloc(&heap, a, 256, most, K_FOREVER);
    assert_ptr_equal(got, a);
    assert_int_equal(usable(a), most);
}

static void grow_a_unseen(void)
{
    sys_heap_free(&heap.heap, b);
    assert_ptr_equal(k_heap_realloc(&heap, a, 230, K_NO_WAIT), a);
}

/* What is left of b would be enough: a release would find it. */
static void growing_in_place_is_no_release(void **state)
{
    (void)state;
    fill();
    port_at(1001, grow_a_unseen);
    assert_non_null(k_heap_alloc(&heap, 140, K_TICKS(5)));
    assert_int_equal(port.now, 1005);
    assert_null(strchr(port.log, 'w'));
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
static void realloc_whose_block_another_freed_ends_with_a_fault(void **state)
{
    (void)state;
    fill();
    port_at(1001, free_a);
    assert_null(k_heap_realloc(&heap, a, 300, K_FOREVER));
    assert_int_equal(fault_seen.count, 1);
    assert_int_equal(fault_seen.fault.kind, KHEAP_FAULT_NOT_USED);
    assert_null(heap.waiters.first);
    free_b();
    free_c();
    assert_true(heap_empty());
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(old_block_is_valid_and_unchanged_while_realloc_waits),
        TEST(waiting_realloc_grows_in_place_when_its_neighbour_is_freed),
        TEST(waiting_realloc_is_first_tried_in_place),
        TEST(waiting_realloc_moves_when_another_place_is_freed),
        TEST(old_block_of_a_moved_realloc_is_free_afterwards),
        TEST(realloc_that_moved_after_waiting_is_a_release),
        TEST(realloc_that_does_not_satisfy_the_alignment_moves),
        TEST(aligned_realloc_waits_for_room),
        TEST(block_that_lies_right_waits_to_grow_in_place),
        TEST(growing_in_place_is_no_release),
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
        TEST(realloc_whose_block_another_freed_ends_with_a_fault),
#endif
    };

    return cmocka_run_group_tests_name("k_heap_realloc that waits", tests, NULL, NULL);
}
