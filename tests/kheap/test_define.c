/* SPDX-License-Identifier: Apache-2.0 */

/* Static heaps. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "kheap/k_heap.h"

K_HEAP_DEFINE(plain, 1024);
static K_HEAP_DEFINE(hidden, 333);
K_HEAP_DEFINE(least, 1);
K_HEAP_DEFINE(none, 0);
K_HEAP_DEFINE_NOCACHE(uncached, 512);
extern struct k_heap elsewhere;

static void *before_main;
static void *first_in_main;

__attribute__((constructor(102))) static void early(void)
{
    before_main = k_heap_alloc(&plain, 10, K_NO_WAIT);
}

static void static_heap_is_usable_at_the_start_of_main_without_init(void **state)
{
    (void)state;
    assert_non_null(first_in_main);
    k_heap_free(&plain, first_in_main);
    assert_true(sys_heap_validate(&plain.heap));
}

static void static_heap_is_usable_in_later_constructors(void **state)
{
    (void)state;
    assert_non_null(before_main);
}

static void static_heap_is_usable_through_its_sys_heap(void **state)
{
    void *const p = sys_heap_alloc(&hidden.heap, 20);

    (void)state;
    assert_non_null(p);
    k_heap_free(&hidden, p);
    assert_ptr_equal(&hidden.heap, &hidden);
    assert_true(sys_heap_validate(&hidden.heap));
}

/* The region is as large as the macro says, to the byte that init rounds down. */
static void static_heap_has_the_size_given(void **state)
{
    static uint8_t region[1024] __attribute__((aligned(8)));
    struct k_heap same;

    (void)state;
    k_heap_init(&same, region, sizeof region);
    assert_int_equal(plain.heap.end, same.heap.end);
    k_heap_init(&same, region, 333);
    assert_int_equal(hidden.heap.end, same.heap.end);
}

static void too_small_static_heaps_are_raised_to_the_minimum(void **state)
{
    (void)state;
    void *p = k_heap_alloc(&least, 1, K_NO_WAIT);

    assert_non_null(p);
    k_heap_free(&least, p);
    p = k_heap_alloc(&none, 1, K_NO_WAIT);
    assert_non_null(p);
    k_heap_free(&none, p);
}

static void nocache_heap_works_like_any_other(void **state)
{
    (void)state;
    void *const p = k_heap_alloc(&uncached, 100, K_NO_WAIT);

    assert_non_null(p);
    memset(p, 1, 100);
    k_heap_free(&uncached, p);
}

static void array_get_finds_all_static_heaps_and_no_others(void **state)
{
    struct k_heap *const all[] = {&plain, &hidden, &least, &none, &uncached, &elsewhere};
    struct k_heap *first = NULL;
    const int n = k_heap_array_get(&first);
    unsigned found = 0;

    (void)state;
    assert_int_equal(n, 6);
    for (int i = 0; i < n; i++) {
        for (unsigned at = 0; at < 6; at++) {
            found |= (unsigned)(&first[i] == all[at]) << at;
        }
    }
    assert_int_equal(found, 0x3f);
    assert_int_equal(k_heap_array_get(NULL), -EINVAL);
}

int main(void)
{
    first_in_main = k_heap_alloc(&plain, 10, K_NO_WAIT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(static_heap_is_usable_at_the_start_of_main_without_init),
        cmocka_unit_test(static_heap_is_usable_in_later_constructors),
        cmocka_unit_test(static_heap_is_usable_through_its_sys_heap),
        cmocka_unit_test(static_heap_has_the_size_given),
        cmocka_unit_test(too_small_static_heaps_are_raised_to_the_minimum),
        cmocka_unit_test(nocache_heap_works_like_any_other),
        cmocka_unit_test(array_get_finds_all_static_heaps_and_no_others),
    };

    return cmocka_run_group_tests_name("static heaps", tests, NULL, NULL);
}
