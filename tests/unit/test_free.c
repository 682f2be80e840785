/* SPDX-License-Identifier: Apache-2.0 */
/* sys_heap_free, statistics, largest_free, and what is left after everything was freed. */

#include "unit.h"

static void freeing_null_has_no_effect(void **state)
{
    static uint8_t before[512];
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, sizeof(before), 0);
    memcpy(before, unit_arena(), sizeof(before));
    sys_heap_free(&heap, NULL);
    assert_memory_equal(before, unit_arena(), sizeof(before));
    assert_int_equal(unit_faults, 0);
}

/* Every order of freeing three neighbours joins them to one chunk at once. */
static void both_neighbours_are_joined_at_once(void **state)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    (void)state;
    for (size_t o = 0; o < 6; o++) {
        struct sys_heap heap;
        void *p[3];
        unit_open(&heap, 2048, 0);
        size_t largest = sys_heap_largest_free(&heap);
        void *low = sys_heap_alloc(&heap, 1);
        for (size_t i = 0; i < 3; i++) {
            p[i] = sys_heap_alloc(&heap, unit_bytes(&heap, 4 + i));
        }
        void *high = sys_heap_alloc(&heap, 1);
        void *rest = sys_heap_alloc(&heap, sys_heap_largest_free(&heap));
        for (size_t i = 0; i < 3; i++) {
            sys_heap_free(&heap, p[orders[o][i]]);
            assert_true(sys_heap_validate(&heap));
        }
        assert_int_equal(sys_heap_largest_free(&heap), unit_bytes(&heap, 4 + 5 + 6));
        assert_ptr_equal(sys_heap_alloc(&heap, unit_bytes(&heap, 4 + 5 + 6)), p[0]);
        sys_heap_free(&heap, p[0]);
        sys_heap_free(&heap, low);
        sys_heap_free(&heap, high);
        sys_heap_free(&heap, rest);
        unit_expect_empty(&heap, largest);
    }
}

static void statistics_are_sums_of_usable_bytes(void **state)
{
    struct sys_heap heap;
    size_t want = 0;

    (void)state;
    unit_open(&heap, 4096, 0);
    size_t whole = unit_stats(&heap).free_bytes;
    void *p[8];
    for (size_t i = 0; i < 8; i++) {
        p[i] = sys_heap_alloc(&heap, 10 + 30 * i);
        want += unit_usable(&heap, 10 + 30 * i);
        struct sys_memory_stats stats = unit_stats(&heap);
        assert_int_equal(stats.allocated_bytes, want);
        assert_int_equal(stats.max_allocated_bytes, want);
        assert_int_equal(stats.free_bytes, whole - want - (i + 1) * unit_header(&heap));
    }
    sys_heap_free(&heap, p[2]);
    struct sys_memory_stats stats = unit_stats(&heap);
    assert_int_equal(stats.allocated_bytes, want - unit_usable(&heap, 70));
    assert_int_equal(stats.max_allocated_bytes, want);
}

static void reset_sets_the_maximum_to_what_is_allocated(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    void *p = sys_heap_alloc(&heap, 100);
    void *q = sys_heap_alloc(&heap, 200);
    sys_heap_free(&heap, q);
    assert_true(unit_stats(&heap).max_allocated_bytes > unit_usable(&heap, 100));
    assert_int_equal(sys_heap_runtime_stats_reset_max(&heap), 0);
    assert_int_equal(unit_stats(&heap).max_allocated_bytes, unit_usable(&heap, 100));
    sys_heap_free(&heap, p);
    assert_int_equal(unit_stats(&heap).max_allocated_bytes, unit_usable(&heap, 100));
    assert_int_equal(sys_heap_runtime_stats_reset_max(&heap), 0);
    assert_int_equal(unit_stats(&heap).max_allocated_bytes, 0);
}

static void statistics_reject_null(void **state)
{
    struct sys_heap heap;
    struct sys_memory_stats stats;

    (void)state;
    unit_open(&heap, 1024, 0);
    assert_int_equal(sys_heap_runtime_stats_get(NULL, &stats), -EINVAL);
    assert_int_equal(sys_heap_runtime_stats_get(&heap, NULL), -EINVAL);
    assert_int_equal(sys_heap_runtime_stats_reset_max(NULL), -EINVAL);
}

/* The answer can be had, and one byte more cannot; from fresh to full, with holes. */
static void largest_free_is_exact(void **state)
{
    struct sys_heap heap;
    void *p[64];

    (void)state;
    unit_open(&heap, 4096, 0);
    for (size_t i = 0; i < 64; i++) {
        size_t largest = sys_heap_largest_free(&heap);
        if (largest > 0) {
            void *all = sys_heap_alloc(&heap, largest);
            assert_non_null(all);
            sys_heap_free(&heap, all);
            assert_null(sys_heap_alloc(&heap, largest + 1));
        }
        p[i] = sys_heap_alloc(&heap, 10 + i * 13 % 97);
        if (i % 3 == 2) {
            sys_heap_free(&heap, p[i - 1]);
        }
    }
    void *rest;
    while (sys_heap_largest_free(&heap) > 0) {
        rest = sys_heap_alloc(&heap, sys_heap_largest_free(&heap));
        assert_non_null(rest);
    }
    assert_null(sys_heap_alloc(&heap, 1));
}

static void usable_size_of_null(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    assert_int_equal(sys_heap_usable_size(&heap, NULL), 0);
    assert_int_equal(unit_faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(freeing_null_has_no_effect, unit_reset),
        cmocka_unit_test_setup(both_neighbours_are_joined_at_once, unit_reset),
        cmocka_unit_test_setup(statistics_are_sums_of_usable_bytes, unit_reset),
        cmocka_unit_test_setup(reset_sets_the_maximum_to_what_is_allocated, unit_reset),
        cmocka_unit_test_setup(statistics_reject_null, unit_reset),
        cmocka_unit_test_setup(largest_free_is_exact, unit_reset),
        cmocka_unit_test_setup(usable_size_of_null, unit_reset),
    };
    return cmocka_run_group_tests_name("free", tests, NULL, NULL);
}
