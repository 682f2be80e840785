/* SPDX-License-Identifier: Apache-2.0 */
/* sys_heap_realloc and aligned_realloc: in place when they must, moved otherwise, untouched on
 * failure. */

#include "unit.h"

static void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(seed + i * 7u);
    }
}

static void expect_filled(const uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(p[i], (uint8_t)(seed + i * 7u));
    }
}

static void null_is_alloc_and_zero_is_free(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    size_t largest = sys_heap_largest_free(&heap);
    void *p = sys_heap_realloc(&heap, NULL, 100);
    assert_int_equal(sys_heap_usable_size(&heap, p), unit_usable(&heap, 100));
    assert_null(sys_heap_realloc(&heap, p, 0));
    unit_expect_empty(&heap, largest);
    assert_null(sys_heap_realloc(&heap, NULL, 0));
    p = sys_heap_aligned_realloc(&heap, NULL, 128, 10);
    assert_int_equal((uintptr_t)p % 128u, 0);
    assert_null(sys_heap_aligned_realloc(&heap, p, 128, 0));
    unit_expect_empty(&heap, largest);
}

static void shrinking_stays_and_gives_the_rest_back(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    uint8_t *p = sys_heap_alloc(&heap, 1000);
    uint8_t *fence = sys_heap_alloc(&heap, 1);
    fill(p, 1000, 3);
    for (size_t bytes = 999; bytes > 0; bytes -= 37) {
        assert_ptr_equal(sys_heap_realloc(&heap, p, bytes), p);
        assert_int_equal(sys_heap_usable_size(&heap, p), unit_usable(&heap, bytes));
        expect_filled(p, bytes, 3);
        assert_true(sys_heap_validate(&heap));
        assert_int_equal(unit_stats(&heap).allocated_bytes,
                         unit_usable(&heap, bytes) + unit_usable(&heap, 1));
    }
    assert_ptr_equal(sys_heap_realloc(&heap, p, 1), p);
    /* What was given back serves again, in the same place. */
    uint8_t *q = sys_heap_alloc(&heap, 900);
    assert_true(q > p && q < fence);
}

static void the_rest_joins_a_free_right_neighbour(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    size_t largest = sys_heap_largest_free(&heap);
    void *p = sys_heap_alloc(&heap, 200);
    assert_ptr_equal(sys_heap_realloc(&heap, p, 50), p);
    assert_int_equal(sys_heap_largest_free(&heap), largest - unit_span(&heap, 50));
}

static void growing_takes_exactly_the_missing_units(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    size_t largest = sys_heap_largest_free(&heap);
    uint8_t *p = sys_heap_alloc(&heap, 10);
    fill(p, 10, 9);
    for (size_t bytes = 11; bytes + unit_header(&heap) < largest; bytes += 41) {
        assert_ptr_equal(sys_heap_realloc(&heap, p, bytes), p);
        assert_int_equal(sys_heap_usable_size(&heap, p), unit_usable(&heap, bytes));
        assert_true(sys_heap_validate(&heap));
        struct sys_memory_stats stats = unit_stats(&heap);
        assert_int_equal(stats.allocated_bytes, unit_usable(&heap, bytes));
    }
    expect_filled(p, 10, 9);
    assert_ptr_equal(sys_heap_realloc(&heap, p, largest), p);
    assert_null(sys_heap_alloc(&heap, 1));
    sys_heap_free(&heap, p);
    unit_expect_empty(&heap, largest);
}

/* The free right neighbour is one unit short, exactly enough, one unit more than enough. */
static void growing_in_place_at_the_edge(void **state)
{
    (void)state;
    for (size_t gap = 2; gap < 9; gap++) {
        struct sys_heap heap;
        unit_open(&heap, 4096, 0);
        uint8_t *p = sys_heap_alloc(&heap, unit_bytes(&heap, 4));
        void *hole = sys_heap_alloc(&heap, unit_bytes(&heap, gap));
        assert_non_null(sys_heap_alloc(&heap, 1));
        fill(p, unit_bytes(&heap, 4), 1);
        sys_heap_free(&heap, hole);
        uint8_t *q = sys_heap_realloc(&heap, p, unit_bytes(&heap, 4 + 5));
        assert_non_null(q);
        assert_int_equal(q == p, gap >= 5);
        expect_filled(q, unit_bytes(&heap, 4), 1);
        assert_true(sys_heap_validate(&heap));
    }
}

/* In the big format one unit cannot be a free chunk: it is nobody's until a neighbour takes it. */
static void an_unlisted_unit_counts_for_growing(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    size_t largest = sys_heap_largest_free(&heap);
    uint8_t *p = sys_heap_alloc(&heap, unit_bytes(&heap, 5));
    void *fence = sys_heap_alloc(&heap, 1);
    size_t free_before = unit_stats(&heap).free_bytes;
    assert_ptr_equal(sys_heap_realloc(&heap, p, unit_bytes(&heap, 4)), p);
    size_t gained = unit_stats(&heap).free_bytes - free_before;
    assert_int_equal(gained, unit_header(&heap) == 4 ? 4 : 0);
    assert_true(sys_heap_validate(&heap));
    assert_ptr_equal(sys_heap_realloc(&heap, p, unit_bytes(&heap, 5)), p);
    assert_true(sys_heap_validate(&heap));
    assert_ptr_equal(sys_heap_realloc(&heap, p, unit_bytes(&heap, 4)), p);
    sys_heap_free(&heap, p);
    sys_heap_free(&heap, fence);
    unit_expect_empty(&heap, largest);
}

static void a_blocked_grow_moves_and_copies(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    size_t largest = sys_heap_largest_free(&heap);
    uint8_t *p = sys_heap_alloc(&heap, 100);
    void *fence = sys_heap_alloc(&heap, 1);
    fill(p, sys_heap_usable_size(&heap, p), 5);
    size_t kept = sys_heap_usable_size(&heap, p);
    uint8_t *q = sys_heap_realloc(&heap, p, 500);
    assert_true(q != NULL && q != p);
    expect_filled(q, kept, 5);
    /* old and new were in use together for a moment */
    struct sys_memory_stats stats = unit_stats(&heap);
    assert_int_equal(stats.allocated_bytes, unit_usable(&heap, 500) + unit_usable(&heap, 1));
    assert_int_equal(stats.max_allocated_bytes,
                     unit_usable(&heap, 100) + unit_usable(&heap, 500) + unit_usable(&heap, 1));
    sys_heap_free(&heap, q);
    sys_heap_free(&heap, fence);
    unit_expect_empty(&heap, largest);
}

static void a_failed_realloc_leaves_the_block(void **state)
{
    static uint8_t before[1024];
    struct sys_heap heap;
    struct sys_heap_layout layout;

    (void)state;
    unit_open(&heap, sizeof(before), 0);
    uint8_t *p = sys_heap_alloc(&heap, 300);
    assert_non_null(sys_heap_alloc(&heap, 300));
    fill(p, 300, 8);
    assert_int_equal(sys_heap_layout_get(&heap, &layout), 0);
    size_t behind = (size_t)((const uint8_t *)layout.heads - unit_arena()) + layout.heads_bytes;
    memcpy(before, unit_arena(), sizeof(before));
    assert_null(sys_heap_realloc(&heap, p, 600));
    assert_null(sys_heap_realloc(&heap, p, SIZE_MAX));
    assert_null(sys_heap_realloc(&heap, p, SIZE_MAX - 7));
    assert_null(sys_heap_aligned_realloc(&heap, p, 512, 400));
    assert_memory_equal(unit_arena() + behind, before + behind, sizeof(before) - behind);
    expect_filled(p, 300, 8);
    assert_int_equal(sys_heap_usable_size(&heap, p), unit_usable(&heap, 300));
    assert_true(sys_heap_validate(&heap));
}

static void a_bad_alignment_is_looked_at_first(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    uint8_t *p = sys_heap_alloc(&heap, 100);
    struct sys_memory_stats before = unit_stats(&heap);
    assert_null(sys_heap_aligned_realloc(&heap, p, 12, 50));
    assert_null(sys_heap_aligned_realloc(&heap, p, 12, 0));
    assert_null(sys_heap_aligned_realloc(&heap, p, 7, 500));
    struct sys_memory_stats after = unit_stats(&heap);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(sys_heap_usable_size(&heap, p), unit_usable(&heap, 100));
}

/* Aligned as asked: stays for shrinking and growing. Not aligned: moves even to shrink, and may
 * fail. */
static void aligned_realloc_moves_only_when_it_must(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    uint8_t *p = sys_heap_aligned_alloc(&heap, 256, 100);
    assert_ptr_equal(sys_heap_aligned_realloc(&heap, p, 256, 40), p);
    assert_ptr_equal(sys_heap_aligned_realloc(&heap, p, 64, 200), p);
    uint8_t *q = sys_heap_alloc(&heap, 100);
    while ((uintptr_t)q % 512u == 0) {
        q = sys_heap_alloc(&heap, 100);
    }
    fill(q, 100, 2);
    uint8_t *moved = sys_heap_aligned_realloc(&heap, q, 512, 50);
    assert_non_null(moved);
    assert_int_equal((uintptr_t)moved % 512u, 0);
    expect_filled(moved, 50, 2);
    assert_int_equal(sys_heap_usable_size(&heap, moved), unit_usable(&heap, 50));
    assert_null(sys_heap_aligned_realloc(&heap, p + 0, 8192, 8));
    assert_true(sys_heap_validate(&heap));
}

static void the_same_size_changes_nothing(void **state)
{
    static uint8_t before[1024];
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, sizeof(before), 0);
    void *p = sys_heap_alloc(&heap, 100);
    memcpy(before, unit_arena(), sizeof(before));
    assert_ptr_equal(sys_heap_realloc(&heap, p, 100), p);
    assert_ptr_equal(sys_heap_realloc(&heap, p, sys_heap_usable_size(&heap, p)), p);
    assert_memory_equal(before, unit_arena(), sizeof(before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(null_is_alloc_and_zero_is_free, unit_reset),
        cmocka_unit_test_setup(shrinking_stays_and_gives_the_rest_back, unit_reset),
        cmocka_unit_test_setup(the_rest_joins_a_free_right_neighbour, unit_reset),
        cmocka_unit_test_setup(growing_takes_exactly_the_missing_units, unit_reset),
        cmocka_unit_test_setup(growing_in_place_at_the_edge, unit_reset),
        cmocka_unit_test_setup(an_unlisted_unit_counts_for_growing, unit_reset),
        cmocka_unit_test_setup(a_blocked_grow_moves_and_copies, unit_reset),
        cmocka_unit_test_setup(a_failed_realloc_leaves_the_block, unit_reset),
        cmocka_unit_test_setup(a_bad_alignment_is_looked_at_first, unit_reset),
        cmocka_unit_test_setup(aligned_realloc_moves_only_when_it_must, unit_reset),
        cmocka_unit_test_setup(the_same_size_changes_nothing, unit_reset),
    };
    return cmocka_run_group_tests_name("realloc", tests, NULL, NULL);
}
