/* SPDX-License-Identifier: Apache-2.0 */

/* sys_multi_heap: which heap an address belongs to, adding heaps, choosing and freeing. */

#include "events.h"

enum { CHILDREN = MAX_MULTI_HEAPS, STEP = 4096, CHILD_BYTES = 1024 };

static struct sys_heap child[CHILDREN + 1];
static struct sys_multi_heap multi;
static int config; /* what it points to does not matter */

/* What the callback was called with, and which child it takes from; -1: none. */
static unsigned choices;
static struct {
    struct sys_multi_heap *mheap;
    void *cfg;
    size_t align, size;
} chosen;
static int from;

static void *choose(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    choices++;
    chosen.mheap = mheap;
    chosen.cfg = cfg;
    chosen.align = align;
    chosen.size = size;
    return from < 0 ? NULL : sys_heap_aligned_alloc(&child[from], align, size);
}

static uint8_t *start_of(size_t i)
{
    return memory() + i * STEP + STEP;
}

/* Children with gaps between them, none of them added yet. */
static int fresh_children(void **state)
{
    (void)fresh(state);
    for (size_t i = 0; i <= CHILDREN; i++) {
        open_heap(&child[i], i * STEP + STEP, CHILD_BYTES);
    }
    sys_multi_heap_init(&multi, choose);
    choices = 0;
    from = 0;
    return 0;
}

static int add(size_t i)
{
    return sys_multi_heap_add_heap(&multi, &child[i], &child[i]);
}

static void add_three(void)
{
    assert_int_equal(add(1), 0);
    assert_int_equal(add(2), 0);
    assert_int_equal(add(0), 0);
}

static struct sys_heap *owner(void *address)
{
    const struct sys_multi_heap_rec *const rec = sys_multi_heap_get_heap(&multi, address);

    return rec == NULL ? NULL : rec->heap;
}

static void an_address_belongs_to_a_heap_only_inside_its_region(void **state)
{
    (void)state;
    add_three();
    for (size_t i = 0; i < 3; i++) {
        assert_null(owner(start_of(i) - 1));
        assert_ptr_equal(owner(start_of(i)), &child[i]);
        assert_ptr_equal(owner(start_of(i) + 1), &child[i]);
        assert_ptr_equal(owner(start_of(i) + CHILD_BYTES - 1), &child[i]);
        assert_null(owner(start_of(i) + CHILD_BYTES));
    }
    assert_null(owner(memory()));
    assert_null(owner(NULL));
    assert_null(owner((void *)UINTPTR_MAX));
    assert_int_equal(faults, 0);
}

static void regions_that_touch_have_their_own_addresses(void **state)
{
    static struct sys_heap left, right;

    (void)state;
    open_heap(&right, 2048, 1024);
    open_heap(&left, 1024, 1024);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &right, NULL), 0);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &left, NULL), 0);
    assert_ptr_equal(owner(memory() + 2047), &left);
    assert_ptr_equal(owner(memory() + 2048), &right);
}

static void bytes_that_rounding_leaves_belong_to_nobody(void **state)
{
    static struct sys_heap odd;

    (void)state;
    open_heap(&odd, 3, 1024); /* 8 .. 1023 of 3 .. 1026 */
    assert_int_equal(sys_multi_heap_add_heap(&multi, &odd, NULL), 0);
    assert_null(owner(memory() + 7));
    assert_ptr_equal(owner(memory() + 8), &odd);
    assert_ptr_equal(owner(memory() + 1023), &odd);
    assert_null(owner(memory() + 1024));
}

static void an_empty_multi_heap_owns_nothing(void **state)
{
    (void)state;
    assert_null(owner(memory()));
    assert_null(owner(NULL));
    sys_multi_heap_free(&multi, memory());
    assert_int_equal(faults, 1);
}

/* Adds four children in the order of the digits of `order` in base 4, if these all differ. */
static bool add_in_order(unsigned order)
{
    unsigned seen = 0;

    for (unsigned at = 0; at < 4; at++) {
        seen |= 1u << (order >> 2 * at & 3);
    }
    for (unsigned at = 0; seen == 15 && at < 4; at++) {
        assert_int_equal(add(order >> 2 * at & 3), 0);
    }
    return seen == 15;
}

static void heaps_added_in_any_order_are_sorted_and_found(void **state)
{
    unsigned orders = 0;

    (void)state;
    for (unsigned order = 0; order < 256; order++) {
        sys_multi_heap_init(&multi, choose);
        if (!add_in_order(order)) {
            continue;
        }
        orders++;
        assert_int_equal(multi.nheaps, 4);
        for (size_t i = 0; i < 4; i++) {
            const struct sys_multi_heap_rec *const rec =
                sys_multi_heap_get_heap(&multi, start_of(i) + 100);

            assert_ptr_equal(multi.heaps[i].heap, &child[i]);
            assert_ptr_equal(rec, &multi.heaps[i]);
            assert_ptr_equal(rec->user_data, &child[i]);
        }
    }
    assert_int_equal(orders, 24);
}

static void adding_nothing_or_an_uninitialised_heap_is_invalid(void **state)
{
    static struct sys_heap none, failed;

    (void)state;
    assert_int_equal(sys_heap_init(&failed, memory(), 8), -ENOMEM);
    assert_int_equal(sys_multi_heap_add_heap(&multi, NULL, NULL), -EINVAL);
    assert_int_equal(sys_multi_heap_add_heap(NULL, &child[0], NULL), -EINVAL);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &none, NULL), -EINVAL);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &failed, NULL), -EINVAL);
    assert_int_equal(multi.nheaps, 0);
}

static void adding_a_heap_twice_is_told_and_changes_nothing(void **state)
{
    (void)state;
    add_three();
    assert_int_equal(add(0), -EEXIST);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &child[2], NULL), -EEXIST);
    assert_int_equal(multi.nheaps, 3);
    assert_ptr_equal(multi.heaps[2].user_data, &child[2]);
}

/* Adds a heap over memory() + at; formatting it spoils whatever was there. */
static int add_overlap(size_t at, size_t bytes)
{
    static struct sys_heap overlap;

    open_heap(&overlap, at, bytes);
    return sys_multi_heap_add_heap(&multi, &overlap, NULL);
}

static void adding_a_heap_that_overlaps_is_invalid(void **state)
{
    (void)state;
    add_three();
    const size_t at = 2 * STEP; /* child 1's */

    assert_int_equal(add_overlap(at, CHILD_BYTES), -EINVAL);
    assert_int_equal(add_overlap(at - 512, 520), -EINVAL);
    assert_int_equal(add_overlap(at + CHILD_BYTES - 8, 512), -EINVAL);
    assert_int_equal(add_overlap(at + 256, 256), -EINVAL);
    assert_int_equal(add_overlap(at - 256, 2 * CHILD_BYTES), -EINVAL);
    assert_int_equal(add_overlap(STEP - 8, 3 * STEP), -EINVAL);
    assert_int_equal(multi.nheaps, 3);
    assert_int_equal(add_overlap(at + CHILD_BYTES, 512), 0);
}

static void a_full_multi_heap_refuses_one_more_and_writes_nothing_outside(void **state)
{
    static struct {
        struct sys_multi_heap multi;
        uint8_t guard[64];
    } guarded, before;

    (void)state;
    memset(&guarded, 0xa5, sizeof(guarded));
    sys_multi_heap_init(&guarded.multi, choose);
    for (size_t i = 0; i < CHILDREN; i++) {
        assert_int_equal(sys_multi_heap_add_heap(&guarded.multi, &child[i], NULL), 0);
    }
    before = guarded;
    assert_int_equal(sys_multi_heap_add_heap(&guarded.multi, &child[CHILDREN], NULL), -ENOMEM);
    assert_int_equal(sys_multi_heap_add_heap(&guarded.multi, &child[1], NULL), -EEXIST);
    assert_memory_equal(&before, &guarded, sizeof(before));
    assert_ptr_equal(sys_multi_heap_get_heap(&guarded.multi, start_of(CHILDREN - 1))->heap,
                     &child[CHILDREN - 1]);
    assert_null(sys_multi_heap_get_heap(&guarded.multi, start_of(CHILDREN)));
}

static void the_callback_gets_cfg_untouched_and_decides(void **state)
{
    (void)state;
    add_three();
    for (from = 0; from < 3; from++) {
        void *const p = sys_multi_heap_alloc(&multi, &config, 50);

        assert_ptr_equal(owner(p), &child[from]);
        assert_ptr_equal(chosen.mheap, &multi);
        assert_ptr_equal(chosen.cfg, &config);
        assert_int_equal(chosen.align, 0);
        assert_int_equal(chosen.size, 50);
    }
    assert_int_equal(choices, 3);
    from = 1;
    void *const p = sys_multi_heap_aligned_alloc(&multi, NULL, 64, 7);

    assert_ptr_equal(owner(p), &child[1]);
    assert_int_equal((uintptr_t)p % 64, 0);
    assert_null(chosen.cfg);
    assert_int_equal(chosen.align, 64);
    assert_int_equal(chosen.size, 7);
    assert_int_equal(choices, 4);
}

static void what_the_callback_refuses_is_refused(void **state)
{
    (void)state;
    from = -1;
    assert_null(sys_multi_heap_alloc(&multi, &config, 50)); /* no heap added yet, either */
    add_three();
    assert_null(sys_multi_heap_alloc(&multi, &config, 50));
    assert_null(sys_multi_heap_aligned_alloc(&multi, &config, 16, 50));
    assert_int_equal(choices, 3);
    sys_multi_heap_init(&multi, NULL);
    assert_null(sys_multi_heap_alloc(&multi, &config, 50));
}

static void no_bytes_and_a_bad_alignment_give_null_and_nothing_happens(void **state)
{
    (void)state;
    add_three();
    assert_null(sys_multi_heap_alloc(&multi, &config, 0));
    assert_null(sys_multi_heap_aligned_alloc(&multi, &config, 16, 0));
    for (size_t align = 0; align < 40; align++) {
        if ((align & (align - 1)) != 0) {
            assert_null(sys_multi_heap_aligned_alloc(&multi, &config, align, 8));
        }
    }
    assert_null(sys_multi_heap_aligned_alloc(&multi, &config, SIZE_MAX, 8));
    assert_int_equal(choices, 0);
}

static void free_takes_blocks_of_every_heap_however_they_were_had(void **state)
{
    (void)state;
    add_three();
    for (from = 0; from < 3; from++) {
        const size_t whole = sys_heap_largest_free(&child[from]);
        void *const through = sys_multi_heap_alloc(&multi, &config, 50);
        void *const direct = sys_heap_alloc(&child[from], 50);

        sys_multi_heap_free(&multi, through);
        sys_multi_heap_free(&multi, direct);
        assert_int_equal(sys_heap_largest_free(&child[from]), whole);
        assert_true(sys_heap_validate(&child[from]));
    }
    assert_int_equal(faults, 0);
}

static void free_of_null_does_nothing(void **state)
{
    (void)state;
    add_three();
    sys_multi_heap_free(&multi, NULL);
    assert_true(faults == 0 && choices == 0);
}

static void expect_foreign(void *address)
{
    static uint8_t before[MEMORY_BYTES];

    for (int call = 0; call < 4; call++) {
        faults = 0;
        memcpy(before, memory(), MEMORY_BYTES);
        if (call == 0) {
            sys_multi_heap_free(&multi, address);
        } else if (call == 1) {
            assert_null(sys_multi_heap_realloc(&multi, &config, address, 20));
        } else if (call == 2) {
            assert_null(sys_multi_heap_realloc(&multi, &config, address, 0));
        } else {
            assert_null(sys_multi_heap_aligned_realloc(&multi, &config, address, 16, 20));
        }
        assert_int_equal(faults, 1);
        assert_int_equal(seen_fault.kind, KHEAP_FAULT_BAD_POINTER);
        assert_ptr_equal(seen_fault.heap, &multi);
        assert_ptr_equal(seen_fault.address, address);
        assert_memory_equal(before, memory(), MEMORY_BYTES);
    }
    assert_int_equal(choices, 0);
}

static void an_address_of_nobody_is_misuse_of_the_multi_heap(void **state)
{
    (void)state;
    add_three();
    expect_foreign(memory()); /* below all heaps */
    expect_foreign(start_of(0) - 8);
    expect_foreign(start_of(0) + CHILD_BYTES);           /* in a gap */
    expect_foreign(start_of(2) + CHILD_BYTES);           /* above all heaps */
    expect_foreign(sys_heap_alloc(&child[CHILDREN], 8)); /* of a heap that is not one of them */
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL > 0
static void a_bad_pointer_inside_a_heap_is_misuse_of_that_heap(void **state)
{
    (void)state;
    add_three();
    void *const p = sys_heap_alloc(&child[1], 50);

    sys_multi_heap_free(&multi, p);
    sys_multi_heap_free(&multi, p);
    assert_int_equal(faults, 1);
    assert_ptr_equal(seen_fault.heap, &child[1]);
    assert_null(sys_multi_heap_realloc(&multi, &config, p, 20));
    assert_null(sys_multi_heap_realloc(&multi, &config, p, 0));
    assert_null(sys_multi_heap_realloc(&multi, &config, p, CHILD_BYTES));
    assert_int_equal(faults, 4);
    assert_int_equal(choices, 0);
}
#endif

static void the_memory_can_be_used_again_after_a_new_init(void **state)
{
    (void)state;
    add_three();
    sys_multi_heap_free(&multi, sys_multi_heap_alloc(&multi, &config, 50));
    sys_multi_heap_init(&multi, choose);
    assert_null(owner(start_of(0)));
    assert_int_equal(add(0), 0);
    assert_non_null(sys_multi_heap_alloc(&multi, &config, 50));
}

int main(void)
{
#define MULTI_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_children, done)
    const struct CMUnitTest tests[] = {
        MULTI_TEST(an_address_belongs_to_a_heap_only_inside_its_region),
        MULTI_TEST(regions_that_touch_have_their_own_addresses),
        MULTI_TEST(bytes_that_rounding_leaves_belong_to_nobody),
        MULTI_TEST(an_empty_multi_heap_owns_nothing),
        MULTI_TEST(heaps_added_in_any_order_are_sorted_and_found),
        MULTI_TEST(adding_nothing_or_an_uninitialised_heap_is_invalid),
        MULTI_TEST(adding_a_heap_twice_is_told_and_changes_nothing),
        MULTI_TEST(adding_a_heap_that_overlaps_is_invalid),
        MULTI_TEST(a_full_multi_heap_refuses_one_more_and_writes_nothing_outside),
        MULTI_TEST(the_callback_gets_cfg_untouched_and_decides),
        MULTI_TEST(what_the_callback_refuses_is_refused),
        MULTI_TEST(no_bytes_and_a_bad_alignment_give_null_and_nothing_happens),
        MULTI_TEST(free_takes_blocks_of_every_heap_however_they_were_had),
        MULTI_TEST(free_of_null_does_nothing),
        MULTI_TEST(an_address_of_nobody_is_misuse_of_the_multi_heap),
#if CONFIG_SYS_HEAP_HARDENING_LEVEL > 0
        MULTI_TEST(a_bad_pointer_inside_a_heap_is_misuse_of_that_heap),
#endif
        MULTI_TEST(the_memory_can_be_used_again_after_a_new_init),
    };
    return cmocka_run_group_tests_name("multi", tests, NULL, NULL);
}
