/* SPDX-License-Identifier: Apache-2.0 */

/* The system heap on a memory pool: CONFIG_HEAP_MEM_POOL_LEGACY. */

#include "system.h"

#include "heaps/system_heap.h"

/* The documented table: blocks of each size that a heap of each size supports. */
static const struct {
    size_t heap;
    unsigned blocks[5]; /* of 64, 256, 1024, 4096, 16384 bytes */
} table[] = {
    {256, {4, 1, 0, 0, 0}},
    {1024, {16, 4, 1, 0, 0}},
    {4096, {64, 16, 4, 1, 0}},
    {16384, {256, 64, 16, 4, 1}},
};

static void the_number_of_blocks_of_each_size_is_the_documented_one(void **state)
{
    size_t size = 64;
    size_t row = 0;

    (void)state;
    while (row < 4 && table[row].heap != kheap_system_pool.max_size) {
        row++;
    }
    assert_true(row < 4);
    for (unsigned i = 0; i < 5; i++, size *= 4) {
        const unsigned most = system_fill(size - 16); /* the largest request of this size */
        assert_int_equal(most, table[row].blocks[i]);
        system_drain(most);
        const unsigned least = system_fill(i == 0 ? 0 : size / 4 - 15);
        assert_int_equal(least, table[row].blocks[i]);
        system_drain(least);
    }
}

static void the_configured_size_is_rounded_up_to_the_next_documented_one(void **state)
{
    size_t want = 256;

    (void)state;
    while (want < CONFIG_HEAP_MEM_POOL_SIZE) {
        want *= 4;
    }
    assert_int_equal(kheap_system_pool.max_size, want);
    assert_int_equal(kheap_system_pool.n_max, 1);
    assert_int_equal(kheap_system_pool.min_size, 64);
}

/* The bytes that a request takes: how many more 64-byte blocks there are without it. */
static size_t taken_by(void *p)
{
    const unsigned with = system_fill(48);

    system_drain(with);
    k_free(p);
    const unsigned without = system_fill(48);
    system_drain(without);
    return (size_t)(without - with) * 64;
}

static void k_malloc_of_200_bytes_takes_256(void **state)
{
    (void)state;
    assert_int_equal(taken_by(k_malloc(200)), 256);
}

static void k_malloc_of_75_bytes_takes_256(void **state)
{
    (void)state;
    assert_int_equal(taken_by(k_malloc(75)), 256);
}

static void k_malloc_of_48_bytes_takes_64_and_of_49_takes_256(void **state)
{
    (void)state;
    assert_int_equal(taken_by(k_malloc(48)), 64);
    assert_int_equal(taken_by(k_malloc(49)), 256);
    assert_int_equal(taken_by(k_malloc(0)), 64);
}

static void each_256_byte_block_costs_four_64_byte_blocks(void **state)
{
    (void)state;
    for (unsigned held = 0; held < table[1].blocks[1] && held * 256 < kheap_system_pool.max_size;
         held++) {
        void *big[4];

        for (unsigned i = 0; i < held; i++) {
            assert_non_null(big[i] = k_malloc(240));
        }
        const unsigned n = system_fill(48);
        assert_int_equal(n, kheap_system_pool.max_size / 64 - 4 * held);
        system_drain(n);
        for (unsigned i = 0; i < held; i++) {
            k_free(big[i]);
        }
    }
}

static void k_aligned_alloc_takes_the_smallest_block_with_the_size_and_the_alignment(void **state)
{
    (void)state;
    for (size_t align = 1; align <= 1024; align *= 2) {
        const size_t front = align > 16 ? align : 16;

        for (size_t size = 64; size <= kheap_system_pool.max_size; size *= 4) {
            if (size <= front) {
                continue;
            }
            uint8_t *p = k_aligned_alloc(align, size - front);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            memset(p, 0xcd, size - front);
            assert_int_equal(taken_by(p), size);
            p = k_aligned_alloc(align, size - front + 1);
            if (size == kheap_system_pool.max_size) {
                assert_null(p);
            } else {
                assert_int_equal(taken_by(p), size * 4);
            }
        }
    }
}

static void k_aligned_alloc_above_1024_is_null(void **state)
{
    (void)state;
    assert_null(k_aligned_alloc(2048, 1));
    assert_null(k_aligned_alloc(4096, 1));
    assert_null(k_aligned_alloc(16384, 1));
    if (kheap_system_pool.max_size > 1024) {
        void *p = k_aligned_alloc(1024, 1);
        assert_non_null(p);
        k_free(p);
    }
}

static void k_realloc_stays_in_place_iff_the_same_block_size_serves(void **state)
{
    (void)state;
    uint8_t *p = k_malloc(60); /* 256 */
    assert_non_null(p);
    assert_ptr_equal(k_realloc(p, 240), p);
    assert_ptr_equal(k_realloc(p, 49), p);
    if (kheap_system_pool.max_size == 256) {
        assert_null(k_realloc(p, 48)); /* no block of 64 is free */
        k_free(p);
        return;
    }
    uint8_t *small = k_realloc(p, 48);
    assert_non_null(small);
    assert_ptr_not_equal(small, p);
    assert_int_equal(taken_by(small), 64);
}

static void k_realloc_of_an_aligned_block_stays_while_the_bytes_fit_behind_the_address(void **state)
{
    (void)state;
    if (kheap_system_pool.max_size < 1024) {
        return;
    }
    uint8_t *p = k_aligned_alloc(64, 100); /* 256, of which 192 are behind the address */
    assert_non_null(p);
    memset(p, 0x42, 100);
    assert_ptr_equal(k_realloc(p, 192), p);
    uint8_t *moved = k_realloc(p, 193);
    assert_non_null(moved);
    assert_ptr_not_equal(moved, p);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(moved[i], 0x42);
    }
    k_free(moved);
}

static void misuse_is_reported_by_the_pool(void **state)
{
    (void)state;
    uint8_t *p = k_malloc(50);
    assert_non_null(p);
    k_free(p);
    k_free(p);
    assert_int_equal(port_faults, 1);
    assert_int_equal(port_fault.kind, KHEAP_FAULT_NOT_USED);
    assert_ptr_equal(port_fault.heap, &kheap_system_pool);
    assert_null(k_realloc(p, 10));
    assert_int_equal(port_faults, 2);
}

static void a_testbed_can_put_the_pool_over_another_buffer(void **state)
{
    static _Alignas(1024) uint8_t buffer[4096];
    static uint32_t bits[K_MEM_POOL_WORDS(64, 4096, 1)];
    const struct k_mem_pool before = kheap_system_pool;

    (void)state;
    assert_int_equal(k_mem_pool_init(&kheap_system_pool, buffer, bits, 64, 4096, 1), 0);
    uint8_t *p = k_malloc(4080);
    assert_ptr_equal(p, buffer + 16);
    k_free(p);
    kheap_system_pool = before;
}

#define LEGACY_TEST(name) cmocka_unit_test_setup(name, port_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEGACY_TEST(the_number_of_blocks_of_each_size_is_the_documented_one),
        LEGACY_TEST(the_configured_size_is_rounded_up_to_the_next_documented_one),
        LEGACY_TEST(k_malloc_of_200_bytes_takes_256),
        LEGACY_TEST(k_malloc_of_75_bytes_takes_256),
        LEGACY_TEST(k_malloc_of_48_bytes_takes_64_and_of_49_takes_256),
        LEGACY_TEST(each_256_byte_block_costs_four_64_byte_blocks),
        LEGACY_TEST(k_aligned_alloc_takes_the_smallest_block_with_the_size_and_the_alignment),
        LEGACY_TEST(k_aligned_alloc_above_1024_is_null),
        LEGACY_TEST(k_realloc_stays_in_place_iff_the_same_block_size_serves),
        LEGACY_TEST(k_realloc_of_an_aligned_block_stays_while_the_bytes_fit_behind_the_address),
        LEGACY_TEST(misuse_is_reported_by_the_pool),
        LEGACY_TEST(a_testbed_can_put_the_pool_over_another_buffer),
    };
    const size_t n = sizeof(tests) / sizeof(tests[0]);

    /* 256 bytes have no room for the blocks of the tests of both builds. */
    if (kheap_system_pool.max_size == 256) {
        return cmocka_run_group_tests(tests, NULL, NULL);
    }
    return system_run(tests, n);
}
