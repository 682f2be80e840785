/* SPDX-License-Identifier: Apache-2.0 */
/* sys_heap_alloc, aligned_alloc, noalign_alloc: when they succeed, where, how large. */

#include "unit.h"

static void zero_bytes_is_null(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    assert_null(sys_heap_alloc(&heap, 0));
    assert_null(sys_heap_aligned_alloc(&heap, 16, 0));
    assert_null(sys_heap_noalign_alloc(&heap, 16, 0));
}

static void sizes_that_wrap_are_null(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    for (size_t i = 0; i < 40; i++) {
        assert_null(sys_heap_alloc(&heap, SIZE_MAX - i));
        assert_null(sys_heap_aligned_alloc(&heap, 64, SIZE_MAX - i));
        assert_null(sys_heap_alloc(&heap, SIZE_MAX / 2 - i));
        assert_null(sys_heap_alloc(&heap, (size_t)UINT32_MAX - i));
#if SIZE_MAX > UINT32_MAX
        assert_null(sys_heap_alloc(&heap, ((size_t)1 << 32) + i));
        assert_null(sys_heap_alloc(&heap, ((size_t)1 << 35) + i));
#endif
    }
    assert_true(sys_heap_validate(&heap));
    assert_int_equal(unit_faults, 0);
}

static void blocks_are_8_aligned_in_both_formats(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 8; offset++) {
        struct sys_heap heap;
        unit_open(&heap, 4096, offset);
        for (size_t bytes = 1; bytes < 60; bytes++) {
            void *p = sys_heap_alloc(&heap, bytes);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % 8u, 0);
        }
    }
}

static void usable_size_is_the_size_rule(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 65536, 0);
    for (size_t bytes = 1; bytes < 300; bytes++) {
        uint8_t *p = sys_heap_alloc(&heap, bytes);
        assert_non_null(p);
        size_t usable = sys_heap_usable_size(&heap, p);
        assert_int_equal(usable, unit_usable(&heap, bytes));
        assert_true(usable >= bytes);
        memset(p, 0xff, usable);
        assert_true(sys_heap_validate(&heap));
        sys_heap_free(&heap, p);
    }
}

static void small_headers_cost_four_bytes_and_big_ones_eight(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    size_t first = unit_header(&heap) == 4 ? 4 : 8;
    for (size_t i = 0; i < 4; i++) {
        void *p = sys_heap_alloc(&heap, first + 8 * i);
        assert_int_equal(sys_heap_usable_size(&heap, p), first + 8 * i);
    }
}

/* The whole heap as one block, and as blocks with nothing between them. */
static void an_exact_fit_leaves_nothing(void **state)
{
    struct sys_heap heap;
    void *blocks[200];

    (void)state;
    unit_open(&heap, 2048, 0);
    size_t largest = sys_heap_largest_free(&heap);
    void *all = sys_heap_alloc(&heap, largest);
    assert_non_null(all);
    assert_null(sys_heap_alloc(&heap, 1));
    assert_int_equal(unit_stats(&heap).free_bytes, 0);
    sys_heap_free(&heap, all);

    size_t n = unit_fill(&heap, 20, blocks, 200);
    for (size_t i = 1; i < n; i++) {
        assert_int_equal((uint8_t *)blocks[i] - (uint8_t *)blocks[i - 1], unit_span(&heap, 20));
    }
    assert_int_equal(n, (largest + unit_header(&heap)) / unit_span(&heap, 20));
    for (size_t i = 0; i < n; i++) {
        sys_heap_free(&heap, blocks[i]);
    }
    unit_expect_empty(&heap, largest);
}

static void bad_alignments_are_null_in_every_build(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    static const size_t bad[] = {3, 5, 6, 7, 12, 24, 48, 100, 0x8001, SIZE_MAX, SIZE_MAX - 1};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(sys_heap_aligned_alloc(&heap, bad[i], 16));
        assert_null(sys_heap_aligned_realloc(&heap, NULL, bad[i], 16));
    }
    assert_null(sys_heap_aligned_alloc(&heap, SIZE_MAX / 2 + 1, 16));
    assert_int_equal(unit_faults, 0);
}

static void every_alignment_up_to_the_region(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t align = 0; align <= 32768; align = align == 0 ? 1 : align * 2) {
            struct sys_heap heap;
            unit_open(&heap, 65536, offset);
            size_t largest = sys_heap_largest_free(&heap);
            for (size_t bytes = 1; bytes <= 129; bytes += 16) {
                void *p = sys_heap_aligned_alloc(&heap, align, bytes);
                assert_non_null(p);
                assert_int_equal((uintptr_t)p % (align < 8 ? 8 : align), 0);
                assert_int_equal(sys_heap_usable_size(&heap, p), unit_usable(&heap, bytes));
                assert_true(sys_heap_validate(&heap));
                sys_heap_free(&heap, p);
                unit_expect_empty(&heap, largest);
            }
        }
    }
}

/* What lies in front of and behind an aligned block can be allocated again. */
static void prefix_and_suffix_are_given_back(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    size_t largest = sys_heap_largest_free(&heap);
    uint8_t *p = sys_heap_aligned_alloc(&heap, 1024, 100);
    assert_non_null(p);
    struct sys_memory_stats stats = unit_stats(&heap);
    assert_int_equal(stats.allocated_bytes, unit_usable(&heap, 100));
    uint8_t *low = sys_heap_alloc(&heap, 8);
    uint8_t *high = sys_heap_alloc(&heap, 2500);
    assert_true(low != NULL && low < p && high != NULL && high > p);
    sys_heap_free(&heap, p);
    sys_heap_free(&heap, high);
    sys_heap_free(&heap, low);
    unit_expect_empty(&heap, largest);
}

static void noalign_ignores_the_alignment(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    void *p = sys_heap_noalign_alloc(&heap, 12345, 10);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 8u, 0);
    assert_non_null(sys_heap_noalign_alloc(&heap, 0, 10));
}

/*
 * k free chunks of one unit less than asked for stand in front of one that fits, in one bucket: a
 * call looks at ALLOC_LOOPS of them, and the next call goes on behind the last one seen.
 */
static void the_search_is_bounded_and_moves_on(void **state)
{
    enum { NEAR = 6 };

    (void)state;
    struct sys_heap heap;
    unit_open(&heap, 4096, 0);
    void *near[NEAR];
    void *fence[NEAR + 1];
    for (size_t i = 0; i < NEAR; i++) {
        near[i] = sys_heap_alloc(&heap, unit_bytes(&heap, 6));
        fence[i] = sys_heap_alloc(&heap, 1);
    }
    void *fits = sys_heap_alloc(&heap, unit_bytes(&heap, 7));
    fence[NEAR] = sys_heap_alloc(&heap, 1);
    void *rest = sys_heap_alloc(&heap, sys_heap_largest_free(&heap));
    assert_true(rest != NULL && fits != NULL && fence[NEAR] != NULL);
    /* A list is filled from behind: the one that fits comes last. */
    for (size_t i = 0; i < NEAR; i++) {
        sys_heap_free(&heap, near[i]);
    }
    sys_heap_free(&heap, fits);
    size_t calls = 1;
    while (sys_heap_alloc(&heap, unit_bytes(&heap, 7)) != fits) {
        calls++;
        assert_true(calls <= NEAR + 2);
    }
    assert_true(calls <= (NEAR + CONFIG_SYS_HEAP_ALLOC_LOOPS) / CONFIG_SYS_HEAP_ALLOC_LOOPS);
    assert_true(sys_heap_validate(&heap));
}

/* The request's own bucket first; else the lowest bucket above that has a chunk. */
static void the_lowest_bucket_serves(void **state)
{
    struct sys_heap heap;
    void *of[3], *fence[3];
    static const size_t units[3] = {16, 64, 256};

    (void)state;
    unit_open(&heap, 8192, 0);
    for (size_t i = 0; i < 3; i++) {
        of[i] = sys_heap_alloc(&heap, unit_bytes(&heap, units[i]));
        fence[i] = sys_heap_alloc(&heap, 1);
        assert_non_null(fence[i]);
    }
    assert_non_null(sys_heap_alloc(&heap, sys_heap_largest_free(&heap)));
    for (size_t i = 0; i < 3; i++) {
        sys_heap_free(&heap, of[i]);
    }
    assert_ptr_equal(sys_heap_alloc(&heap, unit_bytes(&heap, 30)), of[1]);
    assert_ptr_equal(sys_heap_alloc(&heap, unit_bytes(&heap, 5)), of[0]);
    assert_ptr_equal(sys_heap_alloc(&heap, unit_bytes(&heap, 200)), of[2]);
}

/* A failed call leaves every byte but the bucket heads as it was. */
static void a_failed_call_changes_nothing(void **state)
{
    static uint8_t before[4096];
    struct sys_heap heap;
    struct sys_heap_layout layout;

    (void)state;
    unit_open(&heap, sizeof(before), 0);
    assert_int_equal(sys_heap_layout_get(&heap, &layout), 0);
    size_t heads = (size_t)((const uint8_t *)layout.heads - unit_arena());
    for (size_t i = 0; i < 10; i++) {
        void *p = sys_heap_alloc(&heap, 40 + i * 9);
        if (i % 2 == 0) {
            sys_heap_free(&heap, p);
        }
    }
    memcpy(before, unit_arena(), sizeof(before));
    assert_null(sys_heap_alloc(&heap, 4000));
    assert_null(sys_heap_aligned_alloc(&heap, 2048, 2000));
    assert_null(sys_heap_alloc(&heap, SIZE_MAX));
    assert_memory_equal(unit_arena(), before, heads);
    size_t behind = heads + layout.heads_bytes;
    assert_memory_equal(unit_arena() + behind, before + behind, sizeof(before) - behind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(zero_bytes_is_null, unit_reset),
        cmocka_unit_test_setup(sizes_that_wrap_are_null, unit_reset),
        cmocka_unit_test_setup(blocks_are_8_aligned_in_both_formats, unit_reset),
        cmocka_unit_test_setup(usable_size_is_the_size_rule, unit_reset),
        cmocka_unit_test_setup(small_headers_cost_four_bytes_and_big_ones_eight, unit_reset),
        cmocka_unit_test_setup(an_exact_fit_leaves_nothing, unit_reset),
        cmocka_unit_test_setup(bad_alignments_are_null_in_every_build, unit_reset),
        cmocka_unit_test_setup(every_alignment_up_to_the_region, unit_reset),
        cmocka_unit_test_setup(prefix_and_suffix_are_given_back, unit_reset),
        cmocka_unit_test_setup(noalign_ignores_the_alignment, unit_reset),
        cmocka_unit_test_setup(the_search_is_bounded_and_moves_on, unit_reset),
        cmocka_unit_test_setup(the_lowest_bucket_serves, unit_reset),
        cmocka_unit_test_setup(a_failed_call_changes_nothing, unit_reset),
    };
    return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
