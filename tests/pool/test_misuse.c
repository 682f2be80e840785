/* SPDX-License-Identifier: Apache-2.0 */

/* Misuse of pools, which level 1 and above report before anything is changed. */

#include "port.h"

K_MEM_POOL_DEFINE(pool, 64, 256, 1, 8);
K_MEM_POOL_DEFINE(other, 64, 256, 1, 8);

static void expect_fault(enum kheap_fault_kind kind, const void *heap, const void *address,
                         size_t offset, const char *id)
{
    assert_int_equal(port_faults, 1);
    assert_int_equal(port_fault.kind, kind);
    assert_ptr_equal(port_fault.heap, heap);
    assert_ptr_equal(port_fault.address, address);
    assert_int_equal(port_fault.offset, offset);
    assert_memory_equal(port_fault.invariant, id, 2);
    port_faults = 0;
}

static void a_double_free_is_reported_and_has_no_effect(void **state)
{
    struct k_mem_block a, b, c;

    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &a, 64, K_NO_WAIT), 0);
    assert_int_equal(k_mem_pool_alloc(&pool, &b, 64, K_NO_WAIT), 0);
    k_mem_pool_free(&b);
    k_mem_pool_free(&b);
    expect_fault(KHEAP_FAULT_NOT_USED, &pool, b.data, 64, "P2");
    assert_int_equal(k_mem_pool_alloc(&pool, &c, 256, K_NO_WAIT), -ENOMEM);
    k_mem_pool_free(&a);
    k_mem_pool_free(&a); /* joined by now */
    expect_fault(KHEAP_FAULT_NOT_USED, &pool, a.data, 0, "P2");
    assert_int_equal(k_mem_pool_alloc(&pool, &c, 256, K_NO_WAIT), 0);
    k_mem_pool_free(&a); /* a quarter of a block in use */
    expect_fault(KHEAP_FAULT_NOT_USED, &pool, a.data, 0, "P2");
    k_mem_pool_free(&c);
    assert_int_equal(port_faults, 0);
}

static void a_struct_that_no_allocation_filled_is_reported(void **state)
{
    struct k_mem_block real, bad;

    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &real, 64, K_NO_WAIT), 0);
    bad = real;
    bad.index = 1;
    k_mem_pool_free(&bad);
    expect_fault(KHEAP_FAULT_BAD_POINTER, &pool, real.data, 0, "P1");
    bad = real;
    bad.level = 0;
    bad.index = 1;
    k_mem_pool_free(&bad);
    expect_fault(KHEAP_FAULT_BAD_POINTER, &pool, real.data, 0, "P1");
    bad = real;
    bad.level = 12;
    k_mem_pool_free(&bad);
    expect_fault(KHEAP_FAULT_BAD_POINTER, &pool, real.data, 0, "P1");
    bad = real;
    bad.pool = &other;
    k_mem_pool_free(&bad);
    expect_fault(KHEAP_FAULT_BAD_POINTER, &other, real.data, 0, "P1");
    bad = real;
    bad.level = 0; /* the right address, but it was given out as a quarter */
    k_mem_pool_free(&bad);
    expect_fault(KHEAP_FAULT_NOT_USED, &pool, real.data, 0, "P2");
    memset(&bad, 0, sizeof(bad));
    k_mem_pool_free(&bad);
    expect_fault(KHEAP_FAULT_BAD_POINTER, NULL, NULL, 0, "P1");
    k_mem_pool_free(&real);
    assert_int_equal(port_faults, 0);
}

static void a_failed_allocation_names_no_block_to_free(void **state)
{
    struct k_mem_block block;

    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 257, K_NO_WAIT), -ENOMEM);
    k_mem_pool_free(&block);
    expect_fault(KHEAP_FAULT_BAD_POINTER, &pool, NULL, 0, "P1");
}

static void k_free_twice_is_reported(void **state)
{
    (void)state;
    uint8_t *p = k_mem_pool_malloc(&pool, 48);
    assert_non_null(p);
    k_free(p);
    k_free(p);
    expect_fault(KHEAP_FAULT_NOT_USED, &pool, p, 0, "P2");
}

static void k_free_of_what_went_to_somebody_else_is_reported(void **state)
{
    struct k_mem_block mine;

    (void)state;
    uint8_t *p = k_mem_pool_malloc(&pool, 48);
    assert_non_null(p);
    k_free(p);
    /* The same block, but without a descriptor. Its owner has not written to it yet. */
    assert_int_equal(k_mem_pool_alloc(&pool, &mine, 64, K_NO_WAIT), 0);
    assert_ptr_equal(mine.data, p - 16);
    k_free(p);
    expect_fault(KHEAP_FAULT_NOT_USED, &pool, p, 0, "P2");
    k_mem_pool_free(&mine);
    assert_int_equal(port_faults, 0);
}

static void k_free_of_an_address_without_a_descriptor_is_reported(void **state)
{
    static _Alignas(16) uint8_t mine[64];

    (void)state;
    k_free(mine + 16);
    expect_fault(KHEAP_FAULT_BAD_POINTER, NULL, mine + 16, 0, "P3");
    k_free(mine + 20);
    expect_fault(KHEAP_FAULT_BAD_POINTER, NULL, mine + 20, 0, "P3");
    uint8_t *p = k_mem_pool_malloc(&pool, 48);
    assert_non_null(p);
    k_free(p + 8);
    expect_fault(KHEAP_FAULT_BAD_POINTER, NULL, p + 8, 0, "P3");
    /* A copy of a descriptor is none: it is made for one address. */
    memcpy(mine, p - 16, 16);
    k_free(mine + 16);
    expect_fault(KHEAP_FAULT_BAD_POINTER, NULL, mine + 16, 0, "P3");
    k_free(p);
    assert_int_equal(port_faults, 0);
}

static void every_damaged_byte_of_a_descriptor_is_reported(void **state)
{
    uint8_t *p = k_mem_pool_malloc(&pool, 48);

    (void)state;
    assert_non_null(p);
    for (unsigned i = 1; i <= sizeof(struct k_mem_pool *) + 8; i++) {
        uint8_t *byte = p - 16 + sizeof(struct k_mem_pool *) + 8 - i;

        for (unsigned bit = 0; bit < 8; bit++) {
            *byte ^= (uint8_t)(1u << bit);
            k_free(p);
            expect_fault(KHEAP_FAULT_BAD_POINTER, NULL, p, 0, "P3");
            *byte ^= (uint8_t)(1u << bit);
        }
    }
    k_free(p);
    assert_int_equal(port_faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_double_free_is_reported_and_has_no_effect, port_reset),
        cmocka_unit_test_setup(a_struct_that_no_allocation_filled_is_reported, port_reset),
        cmocka_unit_test_setup(a_failed_allocation_names_no_block_to_free, port_reset),
        cmocka_unit_test_setup(k_free_twice_is_reported, port_reset),
        cmocka_unit_test_setup(k_free_of_what_went_to_somebody_else_is_reported, port_reset),
        cmocka_unit_test_setup(k_free_of_an_address_without_a_descriptor_is_reported, port_reset),
        cmocka_unit_test_setup(every_damaged_byte_of_a_descriptor_is_reported, port_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
