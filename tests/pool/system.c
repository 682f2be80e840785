/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

void *system_blocks[SYSTEM_BLOCKS];

unsigned system_fill(size_t size)
{
    unsigned n = 0;

    while (n < SYSTEM_BLOCKS && (system_blocks[n] = k_malloc(size)) != NULL) {
        memset(system_blocks[n], (int)(n & 0xff), size);
        n++;
    }
    return n;
}

void system_drain(unsigned n)
{
    while (n-- > 0) {
        k_free(system_blocks[n]);
    }
}

size_t system_largest(void)
{
    size_t size = CONFIG_HEAP_MEM_POOL_SIZE * 4 + 4096;
    void *p = NULL;

    while (size > 0 && (p = k_malloc(size)) == NULL) {
        size--;
    }
    k_free(p);
    return size;
}

static void usable_from_the_start_of_main_without_an_init_call(void **state)
{
    (void)state;
    void *p = k_malloc(1);
    assert_non_null(p);
    k_free(p);
}

static void k_malloc_of_0_bytes_is_a_block_of_its_own(void **state)
{
    (void)state;
    void *a = k_malloc(0);
    void *b = k_malloc(0);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    k_free(a);
    k_free(b);
}

static void addresses_are_multiples_of_8(void **state)
{
    (void)state;
    for (size_t size = 0; size < 100; size++) {
        void *p = k_malloc(size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 8, 0);
        k_free(p);
    }
}

static void k_calloc_zeroes_what_was_asked_for(void **state)
{
    static const uint8_t zeros[150];

    (void)state;
    const unsigned n = system_fill(40);
    for (unsigned i = 0; i < n; i++) {
        memset(system_blocks[i], 0xff, 40);
    }
    system_drain(n);
    uint8_t *p = k_calloc(50, 3);
    assert_non_null(p);
    assert_memory_equal(p, zeros, sizeof(zeros));
    k_free(p);
}

static void k_calloc_rejects_a_product_that_overflows(void **state)
{
    static const size_t pairs[][2] = {
        {SIZE_MAX, 2},
        {2, SIZE_MAX},
        {SIZE_MAX / 2 + 1, 2},
        {SIZE_MAX / 2, 3},
        {(size_t)1 << (sizeof(size_t) * 4), (size_t)1 << (sizeof(size_t) * 4)},
        {SIZE_MAX, SIZE_MAX},
        {SIZE_MAX / 8 + 2, 8}};

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_null(k_calloc(pairs[i][0], pairs[i][1]));
    }
}

static void a_zero_product_acts_as_k_malloc_of_0(void **state)
{
    (void)state;
    void *a = k_calloc(0, 8);
    void *b = k_calloc(8, 0);
    void *c = k_calloc(0, SIZE_MAX);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(b, c);
    k_free(a);
    k_free(b);
    k_free(c);
}

static void k_aligned_alloc_takes_any_size_and_any_power_of_two(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 12, 13, 100};

    (void)state;
    for (size_t align = 1; align <= 64; align *= 2) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            uint8_t *p = k_aligned_alloc(align, sizes[i]);

            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            assert_int_equal((uintptr_t)p % 8, 0);
            memset(p, 0xab, sizes[i]);
            k_free(p);
        }
    }
}

static void k_aligned_alloc_of_0_bytes_or_a_bad_alignment_is_null(void **state)
{
    static const size_t bad[] = {3, 5, 6, 7, 9, 12, 24, 63, 65, SIZE_MAX, SIZE_MAX - 7};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(k_aligned_alloc(bad[i], 8));
    }
    assert_null(k_aligned_alloc(8, 0));
    assert_null(k_aligned_alloc(64, 0));
    assert_null(k_aligned_alloc((size_t)1 << (sizeof(size_t) * 8 - 1), 8));
    assert_null(k_aligned_alloc(64, SIZE_MAX));
    assert_null(k_aligned_alloc(64, SIZE_MAX - 63));
    void *p = k_aligned_alloc(0, 8); /* the default */
    assert_non_null(p);
    k_free(p);
}

static void k_realloc_to_0_bytes_frees_and_gives_null(void **state)
{
    (void)state;
    const unsigned n = system_fill(40);
    assert_true(n > 0);
    assert_null(k_malloc(40));
    assert_null(k_realloc(system_blocks[n - 1], 0));
    system_blocks[n - 1] = k_malloc(40);
    assert_non_null(system_blocks[n - 1]);
    system_drain(n);
}

static void k_realloc_of_null_to_0_bytes_is_null(void **state)
{
    (void)state;
    const size_t before = system_largest();
    assert_null(k_realloc(NULL, 0));
    assert_int_equal(system_largest(), before);
}

static void k_realloc_of_null_allocates(void **state)
{
    (void)state;
    void *p = k_realloc(NULL, 30);
    assert_non_null(p);
    memset(p, 1, 30);
    k_free(p);
}

static void k_realloc_keeps_the_bytes_that_both_sizes_have(void **state)
{
    static const size_t sizes[] = {10, 47, 48, 49, 100, 30, 8, 120, 1};

    (void)state;
    uint8_t *p = k_malloc(20);
    assert_non_null(p);
    size_t have = 20;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < have; j++) {
            p[j] = (uint8_t)(i * 31 + j);
        }
        p = k_realloc(p, sizes[i]);
        assert_non_null(p);
        for (size_t j = 0; j < (have < sizes[i] ? have : sizes[i]); j++) {
            assert_int_equal(p[j], (uint8_t)(i * 31 + j));
        }
        have = sizes[i];
    }
    k_free(p);
}

static void a_k_realloc_that_fails_leaves_the_old_block_as_it_was(void **state)
{
    (void)state;
    uint8_t *p = k_malloc(40);
    assert_non_null(p);
    memset(p, 0x77, 40);
    assert_null(k_realloc(p, SIZE_MAX));
    assert_null(k_realloc(p, SIZE_MAX - 16));
    assert_null(k_realloc(p, CONFIG_HEAP_MEM_POOL_SIZE * 4 + 4096));
    const unsigned n = system_fill(40);
    assert_null(k_realloc(p, 100));
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(p[i], 0x77);
    }
    system_drain(n);
    k_free(p);
}

static void sizes_near_the_end_of_size_t_are_null(void **state)
{
    (void)state;
    for (size_t less = 0; less < 64; less++) {
        assert_null(k_malloc(SIZE_MAX - less));
        assert_null(k_calloc(1, SIZE_MAX - less));
    }
}

static void no_call_ever_waits_and_interrupts_may_use_all_of_them(void **state)
{
    (void)state;
    port_isr = true;
    const unsigned n = system_fill(40);
    assert_null(k_malloc(40));
    assert_null(k_calloc(1, 40));
    assert_null(k_aligned_alloc(64, 40));
    assert_null(k_realloc(system_blocks[0], 4000000));
    system_drain(n);
    assert_int_equal(port_sleeps + port_clock_reads, 0);
}

static void after_everything_is_freed_all_of_it_is_there_again(void **state)
{
    (void)state;
    const size_t before = system_largest();
    const unsigned n = system_fill(24);
    assert_true(system_largest() < before);
    /* Every other one first. */
    for (unsigned i = 0; i < n; i += 2) {
        k_free(system_blocks[i]);
    }
    for (unsigned i = 1; i < n; i += 2) {
        k_free(system_blocks[i]);
    }
    assert_int_equal(system_largest(), before);
}

static int no_fault(void **state)
{
    (void)state;
    return port_faults == 0 ? 0 : -1;
}

#define SYSTEM_TEST(name) cmocka_unit_test_setup_teardown(name, port_reset, no_fault)
const struct CMUnitTest system_tests[] = {
    SYSTEM_TEST(usable_from_the_start_of_main_without_an_init_call),
    SYSTEM_TEST(k_malloc_of_0_bytes_is_a_block_of_its_own),
    SYSTEM_TEST(addresses_are_multiples_of_8),
    SYSTEM_TEST(k_calloc_zeroes_what_was_asked_for),
    SYSTEM_TEST(k_calloc_rejects_a_product_that_overflows),
    SYSTEM_TEST(a_zero_product_acts_as_k_malloc_of_0),
    SYSTEM_TEST(k_aligned_alloc_takes_any_size_and_any_power_of_two),
    SYSTEM_TEST(k_aligned_alloc_of_0_bytes_or_a_bad_alignment_is_null),
    SYSTEM_TEST(k_realloc_to_0_bytes_frees_and_gives_null),
    SYSTEM_TEST(k_realloc_of_null_to_0_bytes_is_null),
    SYSTEM_TEST(k_realloc_of_null_allocates),
    SYSTEM_TEST(k_realloc_keeps_the_bytes_that_both_sizes_have),
    SYSTEM_TEST(a_k_realloc_that_fails_leaves_the_old_block_as_it_was),
    SYSTEM_TEST(sizes_near_the_end_of_size_t_are_null),
    SYSTEM_TEST(no_call_ever_waits_and_interrupts_may_use_all_of_them),
    SYSTEM_TEST(after_everything_is_freed_all_of_it_is_there_again),
};
const size_t system_test_count = sizeof(system_tests) / sizeof(system_tests[0]);

int system_run(const struct CMUnitTest *more, size_t n)
{
    const int failed =
        _cmocka_run_group_tests("both builds", system_tests, system_test_count, NULL, NULL);

    return failed + _cmocka_run_group_tests("this build", more, n, NULL, NULL);
}
