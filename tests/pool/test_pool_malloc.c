/* SPDX-License-Identifier: Apache-2.0 */

/* k_mem_pool_malloc, and k_free of what it gave out: in every build of the system heap. */

#include "port.h"

K_MEM_POOL_DEFINE(pool, 64, 4096, 1, 16);
K_MEM_POOL_DEFINE(tiny, 16, 64, 2, 8);

static unsigned count(struct k_mem_pool *from, size_t size)
{
    static void *blocks[100];
    unsigned n = 0;

    while (n < 100 && (blocks[n] = k_mem_pool_malloc(from, size)) != NULL) {
        memset(blocks[n], 0xee, size);
        n++;
    }
    for (unsigned i = 0; i < n; i++) {
        k_free(blocks[i]);
    }
    return n;
}

static void k_free_releases_what_k_mem_pool_malloc_returned(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        void *p = k_mem_pool_malloc(&pool, 4096 - 16);

        assert_non_null(p);
        assert_null(k_mem_pool_malloc(&pool, 0));
        k_free(p);
    }
    assert_int_equal(port_faults, 0);
}

static void k_free_of_null_does_nothing(void **state)
{
    (void)state;
    k_free(NULL);
    assert_int_equal(port_faults + port_locks, 0);
}

static void a_request_takes_the_smallest_block_with_16_bytes_more(void **state)
{
    (void)state;
    assert_int_equal(count(&pool, 48), 64);
    assert_int_equal(count(&pool, 49), 16);
    assert_int_equal(count(&pool, 75), 16);
    assert_int_equal(count(&pool, 200), 16);
    assert_int_equal(count(&pool, 240), 16);
    assert_int_equal(count(&pool, 241), 4);
    assert_int_equal(count(&pool, 1008), 4);
    assert_int_equal(count(&pool, 1009), 1);
    assert_int_equal(count(&pool, 4080), 1);
    assert_int_equal(count(&pool, 4081), 0);
    assert_int_equal(port_faults, 0);
}

static void zero_bytes_are_a_block_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(count(&pool, 0), 64);
    assert_int_equal(count(&tiny, 0), 8);
    assert_int_equal(count(&tiny, 1), 2);
}

static void a_size_that_wraps_is_null(void **state)
{
    (void)state;
    for (size_t less = 0; less < 40; less++) {
        assert_null(k_mem_pool_malloc(&pool, SIZE_MAX - less));
    }
    assert_int_equal(port_faults, 0);
}

static void addresses_are_multiples_of_8(void **state)
{
    (void)state;
    for (size_t size = 0; size < 600; size += 7) {
        uint8_t *p = k_mem_pool_malloc(&pool, size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 8, 0);
        k_free(p);
    }
}

static void blocks_of_several_pools_find_their_way_home(void **state)
{
    (void)state;
    void *a = k_mem_pool_malloc(&pool, 100);
    void *b = k_mem_pool_malloc(&tiny, 30);
    void *c = k_mem_pool_malloc(&pool, 1000);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    k_free(b);
    k_free(a);
    k_free(c);
    assert_int_equal(count(&pool, 4080), 1);
    assert_int_equal(count(&tiny, 48), 2);
    assert_int_equal(port_faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(k_free_releases_what_k_mem_pool_malloc_returned, port_reset),
        cmocka_unit_test_setup(k_free_of_null_does_nothing, port_reset),
        cmocka_unit_test_setup(a_request_takes_the_smallest_block_with_16_bytes_more, port_reset),
        cmocka_unit_test_setup(zero_bytes_are_a_block_of_their_own, port_reset),
        cmocka_unit_test_setup(a_size_that_wraps_is_null, port_reset),
        cmocka_unit_test_setup(addresses_are_multiples_of_8, port_reset),
        cmocka_unit_test_setup(blocks_of_several_pools_find_their_way_home, port_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
