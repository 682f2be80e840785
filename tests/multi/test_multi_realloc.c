/* SPDX-License-Identifier: Apache-2.0 */

/* A multi heap's realloc: in place in the owner, else where the callback says. */

#include "events.h"

enum { CHILDREN = 3, CHILD_BYTES = 1024 };

static struct sys_heap child[CHILDREN];
static struct sys_multi_heap multi;
static int config;
static unsigned choices;
static void *seen_cfg;
static size_t seen_align, seen_size;
static struct sys_heap *from; /* what the callback takes from; NULL: nothing */
static void *answer;          /* what it returns instead, if not NULL */

static void *choose(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    assert_ptr_equal(mheap, &multi);
    choices++;
    seen_cfg = cfg;
    seen_align = align;
    seen_size = size;
    if (answer != NULL) {
        return answer;
    }
    return from == NULL ? NULL : sys_heap_aligned_alloc(from, align, size);
}

static int fresh_children(void **state)
{
    (void)fresh(state);
    sys_multi_heap_init(&multi, choose);
    for (size_t i = 0; i < CHILDREN; i++) {
        open_heap(&child[i], i * 4096, CHILD_BYTES);
        assert_int_equal(sys_multi_heap_add_heap(&multi, &child[i], NULL), 0);
    }
    choices = 0;
    from = &child[1];
    answer = NULL;
    return 0;
}

static struct sys_heap *owner(void *p)
{
    const struct sys_multi_heap_rec *const rec = sys_multi_heap_get_heap(&multi, p);

    return rec == NULL ? NULL : rec->heap;
}

/* A block of child 0 with content; blocked: it cannot grow where it is. */
static uint8_t *block(size_t bytes, bool blocked)
{
    uint8_t *const p = sys_heap_alloc(&child[0], bytes);

    assert_non_null(p);
    for (size_t i = 0; i < sys_heap_usable_size(&child[0], p); i++) {
        p[i] = (uint8_t)(i + 1);
    }
    assert_true(!blocked || sys_heap_alloc(&child[0], 1) != NULL);
    return p;
}

static void expect_content(const uint8_t *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(p[i], (uint8_t)(i + 1));
    }
}

static void shrinking_stays_in_the_owner_and_asks_nobody(void **state)
{
    (void)state;
    uint8_t *const p = block(200, true);

    assert_ptr_equal(sys_multi_heap_realloc(&multi, &config, p, 20), p);
    assert_ptr_equal(sys_multi_heap_aligned_realloc(&multi, &config, p, 8, 10), p);
    assert_int_equal(choices, 0);
    expect_content(p, 10);
    assert_true(sys_heap_usable_size(&child[0], p) < 20);
}

static void growing_stays_in_the_owner_when_there_is_room(void **state)
{
    (void)state;
    uint8_t *const p = block(20, false);

    assert_ptr_equal(sys_multi_heap_realloc(&multi, &config, p, 300), p);
    assert_int_equal(choices, 0);
    expect_content(p, 20);
    assert_true(sys_heap_usable_size(&child[0], p) >= 300);
}

static void what_does_not_fit_in_place_goes_where_the_callback_says(void **state)
{
    (void)state;
    uint8_t *const p = block(20, true);
    const size_t old = sys_heap_usable_size(&child[0], p);
    uint8_t *const q = sys_multi_heap_realloc(&multi, &config, p, 300);

    assert_ptr_equal(owner(q), &child[1]);
    assert_int_equal(choices, 1);
    assert_ptr_equal(seen_cfg, &config);
    assert_int_equal(seen_align, 0);
    assert_int_equal(seen_size, 300);
    expect_content(q, old);
}

static void the_old_block_is_freed_by_a_move(void **state)
{
    (void)state;
    const size_t whole = sys_heap_largest_free(&child[0]);
    void *const p = sys_heap_alloc(&child[0], 20);
    void *const stop = sys_heap_alloc(&child[0], 1);

    assert_non_null(sys_multi_heap_realloc(&multi, &config, p, 300));
    sys_heap_free(&child[0], stop);
    assert_int_equal(sys_heap_largest_free(&child[0]), whole);
    assert_int_equal(faults, 0);
}

static void a_move_within_the_owner_is_one_too(void **state)
{
    (void)state;
    uint8_t *const p = block(20, true);

    from = &child[0];
    uint8_t *const q = sys_multi_heap_realloc(&multi, &config, p, 300);

    assert_ptr_not_equal(q, p);
    assert_ptr_equal(owner(q), &child[0]);
    expect_content(q, 20);
    assert_true(sys_heap_validate(&child[0]));
}

static void a_block_that_does_not_satisfy_the_alignment_moves(void **state)
{
    (void)state;
    uint8_t *p = block(20, true);

    while ((uintptr_t)p % 64 == 0) {
        p = block(20, true);
    }
    const size_t old = sys_heap_usable_size(&child[0], p);
    uint8_t *const q = sys_multi_heap_aligned_realloc(&multi, &config, p, 64, 10);

    assert_ptr_equal(owner(q), &child[1]);
    assert_int_equal((uintptr_t)q % 64, 0);
    assert_int_equal(seen_align, 64);
    expect_content(q, 10);
    assert_true(old > 10); /* fewer bytes than the old block has are copied: those asked for */
    assert_ptr_equal(sys_multi_heap_aligned_realloc(&multi, &config, q, 64, 300), q);
    assert_int_equal(choices, 1);
}

static void a_move_copies_no_byte_beyond_the_new_size(void **state)
{
    uint8_t noise[40];

    (void)state;
    uint8_t *p = block(200, true);

    while ((uintptr_t)p % 64 == 0) {
        p = block(200, true);
    }
    answer = sys_heap_aligned_alloc(&child[1], 64, 20);
    uint8_t *const behind = sys_heap_alloc(&child[1], sizeof(noise));

    memset(noise, 0x5a, sizeof(noise));
    memcpy(behind, noise, sizeof(noise));
    assert_ptr_equal(sys_multi_heap_aligned_realloc(&multi, &config, p, 64, 20), answer);
    expect_content(answer, 20);
    assert_memory_equal(behind, noise, sizeof(noise));
    assert_true(sys_heap_validate(&child[1]));
}

static void when_the_callback_refuses_the_old_block_is_untouched(void **state)
{
    static uint8_t before[MEMORY_BYTES];

    (void)state;
    uint8_t *const p = block(20, true);

    from = NULL;
    memcpy(before, memory(), MEMORY_BYTES);
    assert_null(sys_multi_heap_realloc(&multi, &config, p, 300));
    assert_null(sys_multi_heap_realloc(&multi, &config, p, SIZE_MAX));
    assert_int_equal(choices, 2);
    assert_memory_equal(before, memory(), MEMORY_BYTES);
    assert_int_equal(faults, 0);
    sys_multi_heap_free(&multi, p);
    assert_int_equal(faults, 0);
}

static void realloc_of_null_is_alloc(void **state)
{
    (void)state;
    assert_ptr_equal(owner(sys_multi_heap_realloc(&multi, &config, NULL, 50)), &child[1]);
    assert_int_equal(seen_align, 0);
    assert_ptr_equal(owner(sys_multi_heap_aligned_realloc(&multi, &config, NULL, 32, 50)),
                     &child[1]);
    assert_int_equal(seen_align, 32);
    assert_int_equal(choices, 2);
    assert_null(sys_multi_heap_realloc(&multi, &config, NULL, 0));
    assert_int_equal(choices, 2);
}

static void realloc_to_nothing_is_free(void **state)
{
    (void)state;
    const size_t whole = sys_heap_largest_free(&child[0]);
    uint8_t *const p = block(50, false);

    assert_null(sys_multi_heap_realloc(&multi, &config, p, 0));
    assert_int_equal(sys_heap_largest_free(&child[0]), whole);
    assert_int_equal(choices, 0);
    assert_int_equal(faults, 0);
}

static void a_bad_alignment_is_looked_at_first(void **state)
{
    (void)state;
    uint8_t *const p = block(50, false);

    assert_null(sys_multi_heap_aligned_realloc(&multi, &config, p, 3, 20));
    assert_null(sys_multi_heap_aligned_realloc(&multi, &config, p, 24, 0));
    assert_null(sys_multi_heap_aligned_realloc(&multi, &config, NULL, 24, 10));
    assert_null(sys_multi_heap_aligned_realloc(&multi, &config, memory() + 2048, 24, 10));
    assert_int_equal(choices, 0);
    assert_int_equal(faults, 0);
    expect_content(p, 50);
}

static void a_request_that_the_owner_could_never_hold_may_fit_another_heap(void **state)
{
    static _Alignas(8) uint8_t room[300000];
    static struct sys_heap large;

    (void)state;
    /* With both formats in the build a child's cannot even express the size; where there is but the
     * small one, no heap can be so large. */
    const size_t bytes = CONFIG_SYS_HEAP_SMALL_ONLY ? 200000 : 290000;

    assert_int_equal(sys_heap_init(&large, room, CONFIG_SYS_HEAP_SMALL_ONLY ? 260000 : 300000), 0);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &large, NULL), 0);
    from = &large;
    const size_t whole = sys_heap_largest_free(&child[0]);
    uint8_t *const q = sys_multi_heap_realloc(&multi, &config, block(50, false), bytes);

    assert_ptr_equal(owner(q), &large);
    expect_content(q, 50);
    assert_int_equal(sys_heap_largest_free(&child[0]), whole);
    assert_int_equal(faults, 0);
}

int main(void)
{
#define MULTI_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_children, done)
    const struct CMUnitTest tests[] = {
        MULTI_TEST(shrinking_stays_in_the_owner_and_asks_nobody),
        MULTI_TEST(growing_stays_in_the_owner_when_there_is_room),
        MULTI_TEST(what_does_not_fit_in_place_goes_where_the_callback_says),
        MULTI_TEST(the_old_block_is_freed_by_a_move),
        MULTI_TEST(a_move_within_the_owner_is_one_too),
        MULTI_TEST(a_block_that_does_not_satisfy_the_alignment_moves),
        MULTI_TEST(a_move_copies_no_byte_beyond_the_new_size),
        MULTI_TEST(when_the_callback_refuses_the_old_block_is_untouched),
        MULTI_TEST(realloc_of_null_is_alloc),
        MULTI_TEST(realloc_to_nothing_is_free),
        MULTI_TEST(a_bad_alignment_is_looked_at_first),
        MULTI_TEST(a_request_that_the_owner_could_never_hold_may_fit_another_heap),
    };
    return cmocka_run_group_tests_name("multi_realloc", tests, NULL, NULL);
}
