/* SPDX-License-Identifier: Apache-2.0 */

/* Hardening level 2: a realloc that cannot move because of damage says so, and reports no event. */

#include "events.h"

static struct sys_heap heap, second;
static unsigned choices;

static void *choose(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    (void)mheap;
    (void)cfg;
    choices++;
    return sys_heap_aligned_alloc(&second, align, size);
}

static int fresh_heaps(void **state)
{
    (void)fresh(state);
    open_heap(&heap, 4, 4096);
    open_heap(&second, 8192, 4096);
    choices = 0;
    return 0;
}

static size_t header(void)
{
    struct sys_heap_layout layout;

    assert_int_equal(sys_heap_layout_get(&heap, &layout), 0);
    return layout.header;
}

/* A block of so many units, and one in use behind it. */
static uint8_t *block_of(size_t units)
{
    uint8_t *const p = sys_heap_alloc(&heap, units * 8 - header());

    assert_non_null(p);
    assert_non_null(sys_heap_alloc(&heap, 1));
    return p;
}

/*
 * Two free chunks of 8 units are in one list, and the old block of 5 would be freed into it. The
 * new block takes the list's head; that the other chunk's header is damaged shows only then.
 */
static void a_move_given_up_after_its_new_block_was_taken_reports_nothing(void **state)
{
    static uint8_t before[4096];

    (void)state;
    uint8_t *const p = block_of(5);
    uint8_t *const one = block_of(8);
    uint8_t *const two = block_of(8);

    sys_heap_free(&heap, one);
    sys_heap_free(&heap, two);
    memcpy(before, memory() + 4, sizeof(before));
    uint8_t *const moved = sys_heap_realloc(&heap, p, 8 * 8 - header());

    assert_true(moved == one || moved == two);
    memcpy(memory() + 4, before, sizeof(before)); /* which of the two it is, is all we wanted */

    uint8_t *const other = moved == one ? two : one;

    other[header() == 4 ? -2 : -4] |= 1; /* the used bit */
    memset(p, 0x77, 5 * 8 - header());
    listen_to(&heap);
    assert_null(sys_heap_realloc(&heap, p, 8 * 8 - header()));
    assert_true(faults > 0);
    assert_int_equal(seen_fault.kind, KHEAP_FAULT_DAMAGED);
    expect_no_event();
    for (size_t i = 0; i < 5 * 8 - header(); i++) {
        assert_int_equal(p[i], 0x77);
    }
}

static void damage_beside_the_old_block_is_found_before_another_heap_is_asked(void **state)
{
    struct sys_multi_heap multi;

    (void)state;
    sys_multi_heap_init(&multi, choose);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &heap, NULL), 0);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &second, NULL), 0);
    uint8_t *const left = sys_heap_alloc(&heap, 50);
    uint8_t *const p = block_of(5);

    sys_heap_free(&heap, left);
    memset(left, 0xff, 4); /* a link of the free chunk, which a free of p would follow */
    listen_to(&heap);
    listen_to(&second);
    assert_null(sys_multi_heap_realloc(&multi, NULL, p, 300));
    assert_int_equal(faults, 1);
    assert_int_equal(seen_fault.kind, KHEAP_FAULT_DAMAGED);
    assert_ptr_equal(seen_fault.heap, &heap);
    assert_null(sys_multi_heap_realloc(&multi, NULL, p, SIZE_MAX / 2));
    assert_int_equal(faults, 2);
    assert_int_equal(choices, 0);
    expect_no_event();
}

int main(void)
{
#define DAMAGE_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_heaps, done)
    const struct CMUnitTest tests[] = {
        DAMAGE_TEST(a_move_given_up_after_its_new_block_was_taken_reports_nothing),
        DAMAGE_TEST(damage_beside_the_old_block_is_found_before_another_heap_is_asked),
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
