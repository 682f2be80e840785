/* SPDX-License-Identifier: Apache-2.0 */

/* The system heap on a k_heap. */

#include "system.h"

#include "heaps/system_heap.h"

/* What the region can be at most: the configured bytes, or a heap's least, and 7 for its start. */
#define LEAST SYS_HEAP_REGION_SIZE_FOR(1)
#define REGION                                                                                     \
    ((CONFIG_HEAP_MEM_POOL_SIZE > LEAST ? (size_t)CONFIG_HEAP_MEM_POOL_SIZE : LEAST) + 7u)

static void the_region_has_the_configured_size(void **state)
{
    const struct sys_heap *heap = &kheap_system_heap.heap;

    (void)state;
    assert_in_range(((size_t)heap->end + 1) * 8, REGION - 14, REGION);
}

static void sizes_from_1_to_the_minimum_are_raised_to_it(void **state)
{
    (void)state;
    void *p = k_malloc(1);
    assert_non_null(p);
    k_free(p);
    assert_true(((size_t)kheap_system_heap.heap.end + 1) * 8 >= LEAST);
}

static void a_shrinking_k_realloc_stays_in_place(void **state)
{
    (void)state;
    uint8_t *p = k_malloc(200);
    assert_non_null(p);
    assert_ptr_equal(k_realloc(p, 50), p);
    assert_ptr_equal(k_realloc(p, 1), p);
    k_free(p);
}

static void a_growing_k_realloc_stays_in_place_when_there_is_room_behind(void **state)
{
    (void)state;
    uint8_t *p = k_malloc(50);
    assert_non_null(p);
    assert_ptr_equal(k_realloc(p, 300), p);
    k_free(p);
}

static void a_k_realloc_that_has_no_room_moves(void **state)
{
    (void)state;
    uint8_t *p = k_malloc(50);
    uint8_t *behind = k_malloc(8);
    assert_non_null(p);
    assert_non_null(behind);
    uint8_t *moved = k_realloc(p, 300);
    assert_non_null(moved);
    assert_ptr_not_equal(moved, p);
    k_free(moved);
    k_free(behind);
}

static void misuse_of_the_system_heap_is_reported_by_it(void **state)
{
    (void)state;
    uint8_t *p = k_malloc(50);
    assert_non_null(p);
    k_free(p);
    k_free(p);
    assert_int_equal(port_faults, 1);
    assert_int_equal(port_fault.kind, KHEAP_FAULT_NOT_USED);
    assert_ptr_equal(port_fault.heap, &kheap_system_heap);
}

K_MEM_POOL_DEFINE(apart, 64, 256, 1, 8);

static void k_realloc_of_a_pools_block_is_misuse_and_to_0_bytes_frees_it(void **state)
{
    (void)state;
    uint8_t *p = k_mem_pool_malloc(&apart, 200);
    assert_non_null(p);
    assert_null(k_realloc(p, 100));
    assert_int_equal(port_faults, 1);
    assert_int_equal(port_fault.kind, KHEAP_FAULT_BAD_POINTER);
    assert_null(k_realloc(p, 0));
    assert_int_equal(port_faults, 1);
    p = k_mem_pool_malloc(&apart, 200);
    assert_non_null(p);
    k_free(p);
}

static void a_testbed_can_put_the_heap_over_another_region(void **state)
{
    static _Alignas(8) uint8_t region[1024];
    const struct k_heap before = kheap_system_heap;

    (void)state;
    assert_int_equal(k_heap_try_init(&kheap_system_heap, region, sizeof(region)), 0);
    uint8_t *p = k_malloc(100);
    assert_in_range((uintptr_t)p, (uintptr_t)region, (uintptr_t)(region + sizeof(region)));
    k_free(p);
    kheap_system_heap = before;
    p = k_malloc(100);
    assert_non_null(p);
    assert_true(p < region || p >= region + sizeof(region));
    k_free(p);
}

int main(void)
{
    const struct CMUnitTest small[] = {
        cmocka_unit_test_setup(the_region_has_the_configured_size, port_reset),
        cmocka_unit_test_setup(sizes_from_1_to_the_minimum_are_raised_to_it, port_reset),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_region_has_the_configured_size, port_reset),
        cmocka_unit_test_setup(a_shrinking_k_realloc_stays_in_place, port_reset),
        cmocka_unit_test_setup(a_growing_k_realloc_stays_in_place_when_there_is_room_behind,
                               port_reset),
        cmocka_unit_test_setup(a_k_realloc_that_has_no_room_moves, port_reset),
        cmocka_unit_test_setup(misuse_of_the_system_heap_is_reported_by_it, port_reset),
        cmocka_unit_test_setup(k_realloc_of_a_pools_block_is_misuse_and_to_0_bytes_frees_it,
                               port_reset),
        cmocka_unit_test_setup(a_testbed_can_put_the_heap_over_another_region, port_reset),
    };

    /* The smallest heap has no room for the other tests' blocks. */
    if (CONFIG_HEAP_MEM_POOL_SIZE <= LEAST) {
        return cmocka_run_group_tests(small, NULL, NULL);
    }
    return system_run(tests, sizeof(tests) / sizeof(tests[0]));
}
