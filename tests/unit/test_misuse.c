/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Misuse goes to the fault hook with kind, heap, address, offset and invariant; when the hook
 * returns, the call has had no effect. Which misuse a level sees is the level's promise, so each
 * test says from which.
 */

#include "unit.h"

static uint8_t image[8192];

static void keep_image(size_t bytes)
{
    memcpy(image, unit_arena(), bytes);
}

/* The call before reported one fault of this heap at this address and left the region as it was. */
static void expect_fault(struct sys_heap *heap, const void *address, size_t bytes)
{
    assert_int_equal(unit_faults, 1);
    assert_ptr_equal(unit_fault.heap, heap);
    assert_ptr_equal(unit_fault.address, address);
    assert_non_null(unit_fault.invariant);
    assert_int_equal(unit_fault.invariant[0], 'I');
    assert_memory_equal(image, unit_arena(), bytes);
    unit_reset(NULL);
}

static uint8_t *open_with_neighbours(struct sys_heap *heap)
{
    unit_open(heap, 2048, 0);
    assert_non_null(sys_heap_alloc(heap, 40));
    uint8_t *p = sys_heap_alloc(heap, 100);
    assert_non_null(sys_heap_alloc(heap, 40));
    assert_non_null(p);
    return p;
}

static void expect_every_call_refuses(struct sys_heap *heap, uint8_t *p)
{
    keep_image(2048);
    sys_heap_free(heap, p);
    expect_fault(heap, p, 2048);
    assert_null(sys_heap_realloc(heap, p, 10));
    expect_fault(heap, p, 2048);
    assert_null(sys_heap_realloc(heap, p, 1000));
    expect_fault(heap, p, 2048);
    assert_null(sys_heap_aligned_realloc(heap, p, 64, 10));
    expect_fault(heap, p, 2048);
    assert_null(sys_heap_realloc(heap, p, 0));
    expect_fault(heap, p, 2048);
    assert_int_equal(sys_heap_usable_size(heap, p), 0);
    expect_fault(heap, p, 2048);
}

static void a_double_free_is_seen_from_level_1(void **state)
{
    struct sys_heap heap;

    (void)state;
    uint8_t *p = open_with_neighbours(&heap);
    sys_heap_free(&heap, p);
    assert_int_equal(unit_faults, 0);
    expect_every_call_refuses(&heap, p);
}

static void a_wrong_size_in_the_header_is_seen_from_level_1(void **state)
{
    struct sys_heap heap;

    (void)state;
    for (size_t byte = 1; byte <= 2; byte++) {
        uint8_t *p = open_with_neighbours(&heap);
        /* The size's low byte; the used bit is its lowest bit. */
        p[-(ptrdiff_t)(unit_header(&heap) / 2)] ^= (uint8_t)(byte * 4u);
        expect_every_call_refuses(&heap, p);
    }
}

/* A write past the end hits the right neighbour's header: its left size no longer agrees. */
static void an_overflow_into_the_next_header_is_seen_from_level_1(void **state)
{
    struct sys_heap heap;

    (void)state;
    uint8_t *p = open_with_neighbours(&heap);
    p[sys_heap_usable_size(&heap, p)] ^= 0x10;
    expect_every_call_refuses(&heap, p);
}

static void a_pointer_outside_the_region_is_seen_from_level_1(void **state)
{
    static uint8_t elsewhere[64];
    struct sys_heap heap;

    (void)state;
    (void)open_with_neighbours(&heap);
    expect_every_call_refuses(&heap, elsewhere + 32);
    expect_every_call_refuses(&heap, unit_arena() - 8);
    expect_every_call_refuses(&heap, unit_arena() + 2048);
}

static void a_misaligned_pointer_is_seen_from_level_1(void **state)
{
    struct sys_heap heap;

    (void)state;
    uint8_t *p = open_with_neighbours(&heap);
    expect_every_call_refuses(&heap, p + 1);
    expect_every_call_refuses(&heap, p + 4);
}

/* A link that points elsewhere is not followed. */
static void a_damaged_list_is_seen_from_level_2(void **state)
{
    struct sys_heap heap;

    (void)state;
    if (CONFIG_SYS_HEAP_HARDENING_LEVEL < 2) {
        skip();
    }
    uint8_t *p = open_with_neighbours(&heap);
    sys_heap_free(&heap, p);
    size_t links = unit_header(&heap);
    memset(p, 0xff, links);
    keep_image(2048);
    assert_null(sys_heap_alloc(&heap, 100));
    assert_int_equal(unit_faults, 1);
    assert_memory_equal(image, unit_arena(), 2048);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_double_free_is_seen_from_level_1, unit_reset),
        cmocka_unit_test_setup(a_wrong_size_in_the_header_is_seen_from_level_1, unit_reset),
        cmocka_unit_test_setup(an_overflow_into_the_next_header_is_seen_from_level_1, unit_reset),
        cmocka_unit_test_setup(a_pointer_outside_the_region_is_seen_from_level_1, unit_reset),
        cmocka_unit_test_setup(a_misaligned_pointer_is_seen_from_level_1, unit_reset),
        cmocka_unit_test_setup(a_damaged_list_is_seen_from_level_2, unit_reset),
    };
    return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
