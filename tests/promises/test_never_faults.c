/* SPDX-License-Identifier: Apache-2.0 */

/* Arguments that do no damage are refused without a fault, by every heap that is built on others.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <kheap/heap_listener.h>
#include <kheap/k_heap.h>
#include <kheap/mem_pool.h>
#include <kheap/multi_heap.h>
#include <kheap/shared_multi_heap.h>
#include <kheap/system_heap.h>

K_HEAP_DEFINE(heap, 1024);
K_MEM_POOL_DEFINE(pool, 64, 1024, 1, 8);

static unsigned faults;
static const size_t sizes[] = {20000, SIZE_MAX / 2, SIZE_MAX - 7, SIZE_MAX};

void kheap_fault(const struct kheap_fault *fault)
{
    (void)fault;
    faults++;
}

static void no_bad_argument_of_k_heap_is_a_fault(void **state)
{
    void *p = k_heap_alloc(&heap, 32, K_NO_WAIT);

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_null(k_heap_alloc(&heap, sizes[i], K_FOREVER));
        assert_null(k_heap_aligned_alloc(&heap, 32, sizes[i], K_FOREVER));
        assert_null(k_heap_calloc(&heap, sizes[i], 2, K_FOREVER));
        assert_null(k_heap_realloc(&heap, p, sizes[i], K_FOREVER));
    }
    assert_null(k_heap_alloc(&heap, 0, K_FOREVER));
    assert_null(k_heap_calloc(&heap, 0, 4, K_FOREVER));
    assert_null(k_heap_aligned_alloc(&heap, 12, 8, K_FOREVER));
    assert_null(k_heap_aligned_realloc(&heap, p, 12, 8, K_FOREVER));
    k_heap_free(&heap, NULL);
    k_heap_free(&heap, p);
    assert_int_equal(faults, 0);
}

static void no_bad_argument_of_the_system_heap_is_a_fault(void **state)
{
    void *p = k_malloc(32);

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_null(k_malloc(sizes[i]));
        assert_null(k_calloc(sizes[i], 2));
        assert_null(k_aligned_alloc(32, sizes[i]));
        assert_null(k_realloc(p, sizes[i]));
    }
    assert_null(k_aligned_alloc(12, 8));
    assert_null(k_aligned_alloc(8, 0));
    k_free(NULL);
    k_free(p);
    assert_int_equal(faults, 0);
}

static void *none(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    (void)cfg;
    return sys_heap_aligned_alloc(mheap->heaps[0].heap, align, size);
}

static void no_bad_argument_of_a_multi_heap_is_a_fault(void **state)
{
    struct sys_multi_heap multi;
    struct sys_heap raw = {0};

    (void)state;
    sys_multi_heap_init(&multi, none);
    assert_int_not_equal(sys_multi_heap_add_heap(&multi, &raw, NULL), 0);
    assert_int_not_equal(sys_multi_heap_add_heap(&multi, NULL, NULL), 0);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &heap.heap, NULL), 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_null(sys_multi_heap_alloc(&multi, NULL, sizes[i]));
        assert_null(sys_multi_heap_aligned_alloc(&multi, NULL, 32, sizes[i]));
    }
    assert_null(sys_multi_heap_alloc(&multi, NULL, 0));
    assert_null(sys_multi_heap_aligned_alloc(&multi, NULL, 12, 8));
    sys_multi_heap_free(&multi, NULL);
    assert_null(sys_multi_heap_get_heap(&multi, &raw));
    assert_null(shared_multi_heap_alloc(SMH_REG_ATTR_NUM, 8));
    assert_null(shared_multi_heap_aligned_alloc(SMH_REG_ATTR_EXTERNAL, 12, 8));
    assert_int_not_equal(shared_multi_heap_add(NULL, NULL), 0);
    shared_multi_heap_free(NULL);
    assert_int_equal(faults, 0);
}

static void no_bad_argument_of_a_pool_or_listener_is_a_fault(void **state)
{
    struct k_mem_block block;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_not_equal(k_mem_pool_alloc(&pool, &block, sizes[i], K_FOREVER), 0);
        assert_null(k_mem_pool_malloc(&pool, sizes[i]));
    }
    assert_int_not_equal(k_mem_pool_alloc(&pool, &block, 0, K_FOREVER), 0);
    heap_listener_register(NULL);
    heap_listener_unregister(NULL);
    assert_int_equal(faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bad_argument_of_k_heap_is_a_fault),
        cmocka_unit_test(no_bad_argument_of_the_system_heap_is_a_fault),
        cmocka_unit_test(no_bad_argument_of_a_multi_heap_is_a_fault),
        cmocka_unit_test(no_bad_argument_of_a_pool_or_listener_is_a_fault),
    };

    return cmocka_run_group_tests_name("arguments that are no faults", tests, NULL, NULL);
}
