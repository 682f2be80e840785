/* SPDX-License-Identifier: Apache-2.0 */

/*
 * shared_multi_heap. There is one in a program and nothing is ever taken out, so these tests run in
 * the order of main() and each starts with what the last one left: regions a, b and c, all free.
 */

#include <stdio.h>

#include "events.h"

#define FAST SMH_REG_ATTR_CACHEABLE
#define DMA  SMH_REG_ATTR_NON_CACHEABLE
#define FAR  SMH_REG_ATTR_EXTERNAL

enum { STEP = 4096, BYTES = 1024 };

/* In the order of adding, which is not that of the addresses; c is of the other attribute. */
enum { A = 2, B = 0, C = 1 };
static struct shared_multi_heap_region region[16];

static uint8_t *start_of(size_t i)
{
    return memory() + STEP + i * STEP;
}

static bool inside(const void *p, size_t i)
{
    return (uintptr_t)p - (uintptr_t)start_of(i) < BYTES;
}

static int add(size_t i, enum shared_multi_heap_attr attr)
{
    region[i] = (struct shared_multi_heap_region){attr, (uintptr_t)start_of(i), BYTES};
    return shared_multi_heap_add(&region[i], &region[i]);
}

/* No memory() noise: the regions are in use. */
static int look_again(void **state)
{
    (void)state;
    faults = 0;
    watch_reset();
    return 0;
}

/* Takes all that is left for an attribute, in blocks of 8 bytes; frees them all. */
static size_t room(enum shared_multi_heap_attr attr)
{
    static void *taken[512];
    size_t count = 0;

    while (count < 512 && (taken[count] = shared_multi_heap_alloc(attr, 8)) != NULL) {
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        shared_multi_heap_free(taken[i]);
    }
    return count;
}

static void before_pool_init_there_is_no_memory(void **state)
{
    (void)state;
    assert_null(shared_multi_heap_alloc(FAST, 8));
    assert_null(shared_multi_heap_aligned_alloc(DMA, 16, 8));
    assert_null(shared_multi_heap_realloc(FAR, NULL, 8));
    shared_multi_heap_free(NULL);
    assert_int_equal(faults, 0);
    assert_int_equal(add(A, FAST), -EINVAL);
    shared_multi_heap_free(start_of(A));
    assert_int_equal(faults, 1);
    assert_int_equal(seen_fault.kind, KHEAP_FAULT_BAD_POINTER);
    assert_ptr_equal(seen_fault.address, start_of(A));
}

static void the_pool_is_made_once(void **state)
{
    (void)state;
    assert_int_equal(shared_multi_heap_pool_init(), 0);
    assert_int_equal(shared_multi_heap_pool_init(), -EALREADY);
    assert_int_equal(shared_multi_heap_pool_init(), -EALREADY);
}

static void without_regions_there_is_no_memory(void **state)
{
    (void)state;
    assert_null(shared_multi_heap_alloc(FAST, 8));
    assert_null(shared_multi_heap_realloc(FAST, NULL, 8));
}

static void regions_are_added(void **state)
{
    (void)state;
    assert_int_equal(add(A, FAST), 0);
    assert_int_equal(add(B, FAST), 0);
    assert_int_equal(add(C, DMA), 0);
    assert_int_equal(shared_multi_heap_pool_init(), -EALREADY);
    assert_int_equal(room(FAST), 2 * room(DMA));
    assert_int_equal(room(FAR), 0);
}

/* A region that is refused, and not written. */
static void expect_invalid(int attr, uintptr_t addr, size_t size)
{
    static uint8_t before[MEMORY_BYTES];
    struct shared_multi_heap_region bad = {(enum shared_multi_heap_attr)attr, addr, size};

    memcpy(before, memory(), MEMORY_BYTES);
    assert_int_equal(shared_multi_heap_add(&bad, NULL), -EINVAL);
    assert_memory_equal(before, memory(), MEMORY_BYTES);
}

static void an_unusable_region_is_invalid_and_not_written(void **state)
{
    static uint8_t large[300000];
    const uintptr_t free_memory = (uintptr_t)start_of(3);

    (void)state;
    assert_int_equal(shared_multi_heap_add(NULL, NULL), -EINVAL);
    expect_invalid(SMH_REG_ATTR_NUM, free_memory, BYTES);
    expect_invalid(-1, free_memory, BYTES);
    expect_invalid(FAST, 0, BYTES);
    expect_invalid(FAST, free_memory, 0);
    expect_invalid(FAST, free_memory, 8);
    expect_invalid(FAST, free_memory, SYS_HEAP_REGION_SIZE_FOR(1) - 1);
    expect_invalid(FAST, free_memory, SIZE_MAX);
    expect_invalid(FAST, UINTPTR_MAX - 100, 101);
    if (CONFIG_SYS_HEAP_SMALL_ONLY) {
        expect_invalid(FAST, (uintptr_t)large, sizeof(large));
    }
}

static void a_region_that_overlaps_is_invalid_and_not_written(void **state)
{
    const uintptr_t a = (uintptr_t)start_of(A);

    (void)state;
    expect_invalid(FAST, a, BYTES);
    expect_invalid(FAR, a, BYTES);
    expect_invalid(FAST, a - 512, 520);
    expect_invalid(FAST, a + BYTES - 8, 512);
    expect_invalid(FAST, a + 256, 256);
    expect_invalid(FAST, a - 256, 2 * BYTES);
    expect_invalid(FAST, (uintptr_t)start_of(B) - 8, 4 * STEP);
}

static void regions_of_an_attribute_are_tried_in_the_order_of_adding(void **state)
{
    void *taken[512];
    size_t count = 0;

    (void)state;
    while (count < 512 && (taken[count] = shared_multi_heap_alloc(FAST, 8)) != NULL) {
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(inside(taken[i], i < count / 2 ? A : B));
    }
    /* Full, and the other attribute's region does not help out. */
    assert_true(count > 20);
    void *const other = shared_multi_heap_alloc(DMA, 8);

    assert_true(inside(other, C));
    /* Whatever is free in a comes first again. */
    shared_multi_heap_free(taken[0]);
    shared_multi_heap_free(taken[count - 1]);
    taken[0] = shared_multi_heap_alloc(FAST, 8);
    assert_true(inside(taken[0], A));
    shared_multi_heap_free(other);
    for (size_t i = 0; i < count - 1; i++) {
        shared_multi_heap_free(taken[i]);
    }
    assert_int_equal(faults, 0);
    assert_int_equal(room(FAST), count);
}

static void a_request_too_large_for_the_first_region_goes_to_the_next(void **state)
{
    (void)state;
    void *const most = shared_multi_heap_alloc(FAST, 500);
    void *const more = shared_multi_heap_alloc(FAST, 500);

    assert_true(inside(most, A));
    assert_true(inside(more, B));
    shared_multi_heap_free(most);
    shared_multi_heap_free(more);
}

static void alignment_and_sizes_are_those_of_sys_heap(void **state)
{
    (void)state;
    void *const p = shared_multi_heap_aligned_alloc(DMA, 128, 20);

    assert_true(inside(p, C));
    assert_int_equal((uintptr_t)p % 128, 0);
    shared_multi_heap_free(p);
    assert_null(shared_multi_heap_aligned_alloc(DMA, 24, 20));
    assert_null(shared_multi_heap_aligned_alloc(DMA, 16, 0));
    assert_null(shared_multi_heap_alloc(DMA, 0));
    assert_null(shared_multi_heap_alloc(DMA, BYTES));
    assert_null(shared_multi_heap_alloc(DMA, SIZE_MAX));
}

static void an_attribute_that_is_none_gives_null_and_nothing_happens(void **state)
{
    (void)state;
    const enum shared_multi_heap_attr none = SMH_REG_ATTR_NUM;
    void *const p = shared_multi_heap_alloc(DMA, 50);

    assert_null(shared_multi_heap_alloc(none, 8));
    assert_null(shared_multi_heap_aligned_alloc((enum shared_multi_heap_attr) - 1, 8, 8));
    assert_null(shared_multi_heap_realloc(none, p, 20));
    assert_null(shared_multi_heap_realloc(none, p, 0));
    shared_multi_heap_free(p);
    assert_int_equal(faults, 0);
}

static void realloc_stays_in_place_whatever_the_attribute(void **state)
{
    (void)state;
    void *const p = shared_multi_heap_alloc(FAST, 50);

    assert_ptr_equal(shared_multi_heap_realloc(FAST, p, 200), p);
    assert_ptr_equal(shared_multi_heap_realloc(DMA, p, 20), p);
    assert_ptr_equal(shared_multi_heap_realloc(FAR, p, 300), p);
    shared_multi_heap_free(p);
}

static void realloc_moves_to_a_region_of_the_attribute(void **state)
{
    (void)state;
    const size_t before = room(FAST);
    uint8_t *const p = shared_multi_heap_alloc(FAST, 50);
    void *const stop = shared_multi_heap_alloc(FAST, 8);

    memset(p, 0x77, 50);
    uint8_t *const q = shared_multi_heap_realloc(DMA, p, 200);

    assert_true(inside(q, C));
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(q[i], 0x77);
    }
    shared_multi_heap_free(stop);
    assert_int_equal(room(FAST), before); /* p is free */
    assert_null(shared_multi_heap_realloc(DMA, q, 0));
    assert_true(inside(shared_multi_heap_realloc(DMA, NULL, 8), C) && faults == 0);
}

static void a_realloc_that_fails_leaves_the_block(void **state)
{
    (void)state;
    uint8_t *const p = shared_multi_heap_alloc(FAST, 50);
    void *const stop = shared_multi_heap_alloc(FAST, 8);

    memset(p, 0x77, 50);
    assert_null(shared_multi_heap_realloc(FAR, p, 200));
    assert_null(shared_multi_heap_realloc(FAST, p, 2 * BYTES));
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(p[i], 0x77);
    }
    shared_multi_heap_free(p);
    shared_multi_heap_free(stop);
    assert_int_equal(faults, 0);
}

static void an_address_of_no_region_is_misuse(void **state)
{
    (void)state;
    shared_multi_heap_free(memory());
    assert_null(shared_multi_heap_realloc(FAST, memory(), 8));
    assert_null(shared_multi_heap_realloc(FAST, start_of(A) + BYTES, 0));
    assert_int_equal(faults, 3);
    assert_int_equal(seen_fault.kind, KHEAP_FAULT_BAD_POINTER);
    shared_multi_heap_free(NULL);
    assert_int_equal(faults, 3);
}

static void every_call_is_made_under_the_one_lock(void **state)
{
    (void)state;
    void *const p = shared_multi_heap_alloc(FAST, 50);

    assert_int_equal(watch_taken, 1);
    void *const q = shared_multi_heap_aligned_alloc(FAST, 64, 50);

    assert_int_equal(watch_taken, 2);
    assert_ptr_equal(shared_multi_heap_realloc(FAST, p, 20), p);
    assert_int_equal(watch_taken, 3);
    shared_multi_heap_free(p);
    shared_multi_heap_free(q);
    assert_int_equal(watch_taken, 5);
    assert_int_equal(shared_multi_heap_pool_init(), -EALREADY);
    assert_int_equal(watch_taken, 6);
    assert_int_equal(add(A, FAST), -EINVAL);
    assert_int_equal(watch_taken, 7);
    assert_int_equal(watch_held, 0);
}

/* How many of the old block's bytes region c holds, at each change of the lock. */
static size_t copied[8];
static size_t looks;

static void look_for_copies(void)
{
    size_t count = 0;

    for (size_t i = 0; i < BYTES; i++) {
        count += start_of(C)[i] == 0x77;
    }
    assert_true(looks < 8);
    copied[looks++] = count;
}

static void no_lock_is_held_while_a_block_is_copied(void **state)
{
    (void)state;
    uint8_t *const p = shared_multi_heap_alloc(FAST, 300);
    void *const stop = shared_multi_heap_alloc(FAST, 8);

    memset(start_of(C) + BYTES / 2, 0, BYTES / 4); /* what earlier tests copied here */
    memset(p, 0x77, 300);
    look_for_copies();
    const size_t none = copied[0];

    looks = 0;
    watch_on_lock = look_for_copies;
    watch_on_unlock = look_for_copies;
    void *const q = shared_multi_heap_realloc(DMA, p, 400);

    watch_on_lock = NULL;
    watch_on_unlock = NULL;
    assert_true(inside(q, C));
    assert_int_equal(looks, 4);
    assert_true(copied[0] == none && copied[1] <= none); /* the block's links may lie on some */
    assert_true(copied[2] >= 300 && copied[3] == copied[2]);
    shared_multi_heap_free(q);
    shared_multi_heap_free(stop);
}

static void a_full_pool_has_no_room_and_the_region_is_not_written(void **state)
{
    (void)state;
    for (size_t i = 3; i < MAX_MULTI_HEAPS; i++) {
        assert_int_equal(add(i, i % 2 ? DMA : FAR), 0);
    }
    const uint8_t first = *start_of(MAX_MULTI_HEAPS);

    assert_int_equal(add(MAX_MULTI_HEAPS, FAST), -ENOMEM);
    assert_int_equal(*start_of(MAX_MULTI_HEAPS), first);
    assert_int_equal(add(A, FAST), -EINVAL);
    assert_true(room(FAR) > 20);
}

int main(void)
{
#define SHARED_TEST(name) cmocka_unit_test_setup(name, look_again)
    const struct CMUnitTest tests[] = {
        TEST(before_pool_init_there_is_no_memory),
        SHARED_TEST(the_pool_is_made_once),
        SHARED_TEST(without_regions_there_is_no_memory),
        SHARED_TEST(regions_are_added),
        SHARED_TEST(an_unusable_region_is_invalid_and_not_written),
        SHARED_TEST(a_region_that_overlaps_is_invalid_and_not_written),
        SHARED_TEST(regions_of_an_attribute_are_tried_in_the_order_of_adding),
        SHARED_TEST(a_request_too_large_for_the_first_region_goes_to_the_next),
        SHARED_TEST(alignment_and_sizes_are_those_of_sys_heap),
        SHARED_TEST(an_attribute_that_is_none_gives_null_and_nothing_happens),
        SHARED_TEST(realloc_stays_in_place_whatever_the_attribute),
        SHARED_TEST(realloc_moves_to_a_region_of_the_attribute),
        SHARED_TEST(a_realloc_that_fails_leaves_the_block),
        SHARED_TEST(an_address_of_no_region_is_misuse),
        SHARED_TEST(every_call_is_made_under_the_one_lock),
        SHARED_TEST(no_lock_is_held_while_a_block_is_copied),
        SHARED_TEST(a_full_pool_has_no_room_and_the_region_is_not_written),
    };
    return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
