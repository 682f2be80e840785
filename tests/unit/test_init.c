/* SPDX-License-Identifier: Apache-2.0 */
/* sys_heap_init, the region-size macro, and what a heap that could not be made does. */

#include "unit.h"

static void rejects_null_and_wrap(void **state)
{
    struct sys_heap heap;

    (void)state;
    assert_int_equal(sys_heap_init(NULL, unit_arena(), 1024), -EINVAL);
    assert_int_equal(sys_heap_init(&heap, NULL, 1024), -EINVAL);
    assert_int_equal(sys_heap_init(&heap, unit_arena(), SIZE_MAX), -EINVAL);
    assert_int_equal(sys_heap_init(&heap, unit_arena(), (size_t)0 - (uintptr_t)unit_arena() + 1u),
                     -EINVAL);
}

static void a_heap_that_failed_refuses_every_call(void **state)
{
    struct sys_heap heap;

    (void)state;
    memset(&heap, 0xa5, sizeof(heap));
    assert_int_equal(sys_heap_init(&heap, unit_arena(), 8), -ENOMEM);
    assert_null(sys_heap_alloc(&heap, 1));
    assert_null(sys_heap_aligned_alloc(&heap, 64, 1));
    assert_null(sys_heap_noalign_alloc(&heap, 64, 1));
    assert_null(sys_heap_realloc(&heap, NULL, 1));
    assert_null(sys_heap_aligned_realloc(&heap, NULL, 16, 1));
    sys_heap_free(&heap, NULL);
    assert_int_equal(sys_heap_largest_free(&heap), 0);
    sys_heap_print_info(&heap, true);
    assert_int_equal(unit_faults, 0);
}

/* Every size and misalignment: success exactly when one byte can be allocated, and nothing outside
 * touched. */
static void any_size_and_offset(void **state)
{
    static uint8_t before[GUARD + 512 + GUARD];

    (void)state;
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t bytes = 0; bytes <= 400; bytes++) {
            uint8_t *from = unit_arena() - GUARD;
            memset(from, 0x5a, sizeof(before));
            memcpy(before, from, sizeof(before));
            struct sys_heap heap;
            int status = sys_heap_init(&heap, unit_arena() + offset, bytes);
            assert_true(status == 0 || status == -ENOMEM);
            assert_int_equal(sys_heap_alloc(&heap, 1) != NULL, status == 0);
            assert_memory_equal(from, before, GUARD + offset);
            assert_memory_equal(from + GUARD + offset + bytes, before + GUARD + offset + bytes,
                                GUARD);
            size_t lost = (8u - offset) % 8u;
            size_t whole = bytes > lost ? (bytes - lost) / 8u * 8u : 0;
            assert_int_equal(status == 0, whole >= SYS_HEAP_REGION_SIZE_FOR(1));
        }
    }
}

static void size_macro_is_exact_for(size_t n, size_t region)
{
    struct sys_heap heap;

    assert_int_equal(region % 8u, 0);
    unit_open(&heap, region, 0);
    void *p = sys_heap_alloc(&heap, n);
    assert_non_null(p);
    assert_null(sys_heap_alloc(&heap, n));
    if (sys_heap_init(&heap, unit_arena(), region - 8u) == 0) {
        assert_null(sys_heap_alloc(&heap, n));
    }
}

static void size_macro_is_exact(void **state)
{
    static const uint8_t constant[SYS_HEAP_REGION_SIZE_FOR(1)];
    _Static_assert(SYS_HEAP_REGION_SIZE_FOR(100) > 100, "a constant expression");

    (void)state;
    (void)constant;
    for (size_t n = 1; n <= 5000; n++) {
        size_macro_is_exact_for(n, SYS_HEAP_REGION_SIZE_FOR(n));
    }
#if CONFIG_SYS_HEAP_SMALL_ONLY
    const size_t top = 262000;
#else
    const size_t top = 300000;
#endif
    for (size_t n = 8000; n <= top; n += 997) {
        size_macro_is_exact_for(n, SYS_HEAP_REGION_SIZE_FOR(n));
    }
}

static void sizes_around_the_formats_limit(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 0x7fffu * 8u, 0);
#if CONFIG_SYS_HEAP_BIG_ONLY
    assert_int_equal(unit_header(&heap), 8);
#else
    assert_int_equal(unit_header(&heap), 4);
#endif
#if CONFIG_SYS_HEAP_SMALL_ONLY
    assert_int_equal(sys_heap_init(&heap, unit_arena(), 0x8000u * 8u), -E2BIG);
    assert_null(sys_heap_alloc(&heap, 1));
#else
    unit_open(&heap, 0x8000u * 8u, 0);
    assert_int_equal(unit_header(&heap), 8);
#endif
    /* 0x7fff units and seven bytes more round down to 0x7fff units. */
    unit_open(&heap, 0x7fffu * 8u + 7u, 0);
#if !CONFIG_SYS_HEAP_BIG_ONLY
    assert_int_equal(unit_header(&heap), 4);
#endif
}

/* Formula, macro, layout and largest_free are one number. */
static void one_number_for_the_metadata(void **state)
{
    (void)state;
    for (size_t bytes = SYS_HEAP_REGION_SIZE_FOR(1); bytes <= 200000;
         bytes += 8u + bytes / 64u * 8u) {
        struct sys_heap heap;
        struct sys_heap_layout layout;
        unit_open(&heap, bytes, 0);
        assert_int_equal(sys_heap_layout_get(&heap, &layout), 0);
        size_t largest = sys_heap_largest_free(&heap);
        assert_int_equal(largest, layout.units * 8u - layout.header);
        /* One more bucket head can eat the unit that was added: then the region before serves as
         * much. */
        assert_true(SYS_HEAP_REGION_SIZE_FOR(largest) <= bytes);
        assert_true(SYS_HEAP_REGION_SIZE_FOR(largest + 1) > bytes);
        assert_int_equal(unit_stats(&heap).free_bytes, largest);
        void *p = sys_heap_alloc(&heap, largest);
        assert_ptr_equal(p, (const uint8_t *)layout.first + layout.header);
        assert_null(sys_heap_alloc(&heap, 1));
        sys_heap_free(&heap, p);
        assert_null(sys_heap_alloc(&heap, largest + 1));
        unit_expect_empty(&heap, largest);
    }
}

static void old_contents_do_not_matter(void **state)
{
    struct sys_heap heap;

    (void)state;
    for (int fill = 0; fill < 256; fill += 51) {
        memset(unit_arena(), fill, 2048);
        assert_int_equal(sys_heap_init(&heap, unit_arena(), 2048), 0);
        size_t largest = sys_heap_largest_free(&heap);
        void *a = sys_heap_alloc(&heap, 100);
        void *b = sys_heap_aligned_alloc(&heap, 128, 100);
        assert_true(a != NULL && b != NULL && sys_heap_validate(&heap));
        sys_heap_free(&heap, a);
        sys_heap_free(&heap, b);
        unit_expect_empty(&heap, largest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rejects_null_and_wrap, unit_reset),
        cmocka_unit_test_setup(a_heap_that_failed_refuses_every_call, unit_reset),
        cmocka_unit_test_setup(any_size_and_offset, unit_reset),
        cmocka_unit_test_setup(size_macro_is_exact, unit_reset),
        cmocka_unit_test_setup(sizes_around_the_formats_limit, unit_reset),
        cmocka_unit_test_setup(one_number_for_the_metadata, unit_reset),
        cmocka_unit_test_setup(old_contents_do_not_matter, unit_reset),
    };
    return cmocka_run_group_tests_name("init", tests, NULL, NULL);
}
