/* SPDX-License-Identifier: Apache-2.0 */
/* The checker, print_info, the stress rig, the registry, the layout. */

#include "unit.h"

static char printed[65536];
static size_t printed_length;

void kheap_print(const char *text)
{
    size_t n = strlen(text);

    assert_true(printed_length + n < sizeof(printed));
    memcpy(printed + printed_length, text, n + 1);
    printed_length += n;
}

static void the_checker_is_read_only(void **state)
{
    static uint8_t before[1024];
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, sizeof(before), 0);
    uint8_t *p = sys_heap_alloc(&heap, 50);
    assert_non_null(sys_heap_alloc(&heap, 50));
    struct kheap_fault fault;
    assert_true(sys_heap_check(&heap, &fault));
    assert_true(sys_heap_check(&heap, NULL));
    p[-1] ^= 0x40;
    memcpy(before, unit_arena(), sizeof(before));
    for (int again = 0; again < 2; again++) {
        assert_false(sys_heap_check(&heap, &fault));
        assert_false(sys_heap_validate(&heap));
        assert_ptr_equal(fault.heap, &heap);
        assert_int_equal(fault.invariant[0], 'I');
        assert_true(fault.offset < sizeof(before));
    }
    assert_memory_equal(before, unit_arena(), sizeof(before));
    p[-1] ^= 0x40;
    assert_true(sys_heap_validate(&heap));
    assert_int_equal(unit_faults, 0);
}

/* Any single flipped bit in the heap's own words: no hang, no access outside (the sanitizer build
 * sees it). */
static void the_checker_survives_any_flipped_bit(void **state)
{
    struct sys_heap heap;
    void *p[12];
    unsigned seen = 0;

    (void)state;
    unit_open(&heap, 1024, 0);
    for (size_t i = 0; i < 12; i++) {
        p[i] = sys_heap_alloc(&heap, 10 + i * 5);
    }
    for (size_t i = 0; i < 12; i += 3) {
        sys_heap_free(&heap, p[i]);
    }
    for (size_t bit = 0; bit < 1024 * 8; bit++) {
        unit_arena()[bit / 8] ^= (uint8_t)(1u << bit % 8);
        seen += !sys_heap_validate(&heap);
        unit_arena()[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(sys_heap_validate(&heap));
    assert_true(seen > 12 * 16);
}

static void print_info_says_every_chunk(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 1024, 0);
    assert_non_null(sys_heap_alloc(&heap, 100));
    printed_length = 0;
    sys_heap_print_info(&heap, false);
    size_t without = printed_length;
    assert_true(without > 0);
    printed_length = 0;
    sys_heap_print_info(&heap, true);
    assert_true(printed_length > without);
}

static struct sys_heap stressed;

static void *stress_alloc(void *arg, size_t bytes)
{
    return sys_heap_alloc(arg, bytes);
}

static void stress_free(void *arg, void *p)
{
    sys_heap_free(arg, p);
}

static void stress_exercises_and_leaves_nothing(void **state)
{
    static uint8_t scratch[4096];
    struct z_heap_stress_result result = {0};

    (void)state;
    unit_open(&stressed, 8192, 0);
    size_t largest = sys_heap_largest_free(&stressed);
    sys_heap_stress(stress_alloc, stress_free, &stressed, 8192, 5000, scratch, sizeof(scratch), 70,
                    &result);
    assert_true(result.total_allocs > 500);
    assert_true(result.successful_allocs > 0 && result.successful_allocs <= result.total_allocs);
    assert_int_equal(result.total_frees, result.successful_allocs);
    assert_true(result.total_allocs <= 5000 && result.total_allocs + result.total_frees >= 5000);
    assert_true(result.accumulated_in_use_bytes > 0);
    unit_expect_empty(&stressed, largest);
}

static void stress_without_scratch_ends(void **state)
{
    struct z_heap_stress_result result = {0};
    uint8_t scratch[1];

    (void)state;
    unit_open(&stressed, 1024, 0);
    sys_heap_stress(stress_alloc, stress_free, &stressed, 1024, 100, scratch, 0, 50, &result);
    sys_heap_stress(stress_alloc, stress_free, &stressed, 1024, 0, scratch, sizeof(scratch), 50,
                    &result);
    assert_true(sys_heap_validate(&stressed));
}

static void the_registry_keeps_each_heap_once(void **state)
{
    static struct sys_heap heaps[CONFIG_SYS_HEAP_ARRAY_SIZE + 1];
    struct sys_heap **list = NULL;

    (void)state;
    assert_int_equal(sys_heap_array_get(NULL), -EINVAL);
    assert_int_equal(sys_heap_array_save(NULL), -EINVAL);
    for (int i = 0; i < CONFIG_SYS_HEAP_ARRAY_SIZE; i++) {
        assert_int_equal(sys_heap_array_get(&list), i);
        assert_int_equal(sys_heap_array_save(&heaps[i]), 0);
        assert_int_equal(sys_heap_array_save(&heaps[i]), -EINVAL);
    }
    assert_int_equal(sys_heap_array_save(&heaps[CONFIG_SYS_HEAP_ARRAY_SIZE]), -EINVAL);
    assert_int_equal(sys_heap_array_get(&list), CONFIG_SYS_HEAP_ARRAY_SIZE);
    for (int i = 0; i < CONFIG_SYS_HEAP_ARRAY_SIZE; i++) {
        assert_ptr_equal(list[i], &heaps[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_checker_is_read_only, unit_reset),
        cmocka_unit_test_setup(the_checker_survives_any_flipped_bit, unit_reset),
        cmocka_unit_test_setup(print_info_says_every_chunk, unit_reset),
        cmocka_unit_test_setup(stress_exercises_and_leaves_nothing, unit_reset),
        cmocka_unit_test_setup(stress_without_scratch_ends, unit_reset),
        cmocka_unit_test_setup(the_registry_keeps_each_heap_once, unit_reset),
    };
    return cmocka_run_group_tests_name("extras", tests, NULL, NULL);
}
