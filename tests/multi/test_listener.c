/* SPDX-License-Identifier: Apache-2.0 */

/* What sys_heap reports, in a build with listeners: each event once, at its time, with its size. */

#include "events.h"

static struct sys_heap heap;

static int fresh_heap(void **state)
{
    (void)fresh(state);
    open_heap(&heap, 4, 4096);
    listen_to(&heap);
    return 0;
}

static size_t usable(void *p)
{
    return sys_heap_usable_size(&heap, p);
}

static void *take(size_t bytes)
{
    void *const p = sys_heap_alloc(&heap, bytes);

    assert_non_null(p);
    expect_event(HEAP_ALLOC, &heap, p, usable(p));
    return p;
}

static void give(void *p)
{
    const size_t bytes = usable(p);

    sys_heap_free(&heap, p);
    expect_event(HEAP_FREE, &heap, p, bytes);
}

static void every_way_to_allocate_is_reported_with_the_usable_size(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes < 64; bytes++) {
        (void)take(bytes);
    }
    void *p = sys_heap_aligned_alloc(&heap, 64, 50);

    expect_event(HEAP_ALLOC, &heap, p, usable(p));
    p = sys_heap_aligned_alloc(&heap, 8, 50);
    expect_event(HEAP_ALLOC, &heap, p, usable(p));
    p = sys_heap_noalign_alloc(&heap, 64, 50);
    expect_event(HEAP_ALLOC, &heap, p, usable(p));
    p = sys_heap_realloc(&heap, NULL, 50);
    expect_event(HEAP_ALLOC, &heap, p, usable(p));
    p = sys_heap_aligned_realloc(&heap, NULL, 32, 50);
    expect_event(HEAP_ALLOC, &heap, p, usable(p));
}

static void write_all_of_it(const struct event *event)
{
    if (event->kind == HEAP_ALLOC) {
        memset(event->mem, 0xee, event->bytes);
    }
}

static void expect_written(const uint8_t *p)
{
    assert_non_null(p);
    for (size_t i = 0; i < usable((void *)(uintptr_t)p); i++) {
        assert_int_equal(p[i], 0xee);
    }
    assert_true(sys_heap_validate(&heap));
}

static void a_block_is_complete_when_it_is_reported(void **state)
{
    (void)state;
    in_callback = write_all_of_it;
    expect_written(sys_heap_alloc(&heap, 1));
    expect_written(sys_heap_alloc(&heap, 100));
    expect_written(sys_heap_aligned_alloc(&heap, 256, 100));
    uint8_t *const p = sys_heap_realloc(&heap, sys_heap_alloc(&heap, 40), 80);

    expect_written(p);
    expect_written(sys_heap_realloc(&heap, p, 20));
}

static uint8_t was[64];
static size_t was_bytes;

static void keep_contents(const struct event *event)
{
    if (event->kind == HEAP_FREE && event->bytes <= sizeof(was)) {
        memcpy(was, event->mem, event->bytes);
        was_bytes = event->bytes;
    }
}

static void a_free_is_reported_before_a_byte_of_the_block_is_touched(void **state)
{
    uint8_t wrote[sizeof(was)];

    (void)state;
    in_callback = keep_contents;
    memset(wrote, 0xa5, sizeof(wrote));
    /* Alone, beside a free block on the left, on the right, on both sides; and by realloc. */
    for (int around = 0; around < 5; around++) {
        void *const left = sys_heap_alloc(&heap, 40);
        uint8_t *const p = sys_heap_alloc(&heap, 40);
        void *const right = sys_heap_alloc(&heap, 40);
        const size_t bytes = usable(p);

        (void)!sys_heap_alloc(&heap, 1);
        memcpy(p, wrote, bytes);
        sys_heap_free(&heap, around == 1 || around == 3 ? left : NULL);
        sys_heap_free(&heap, around == 2 || around == 3 ? right : NULL);
        if (around == 4) {
            assert_ptr_not_equal(sys_heap_realloc(&heap, p, 200), p);
        } else {
            sys_heap_free(&heap, p);
        }
        assert_int_equal(was_bytes, bytes);
        assert_memory_equal(was, wrote, bytes);
        open_heap(&heap, 4, 4096);
    }
}

static void a_free_beside_free_blocks_reports_the_size_of_the_block_alone(void **state)
{
    void *blocks[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        blocks[i] = take(100);
    }
    give(blocks[1]);
    give(blocks[3]);
    give(blocks[2]);
}

static void shrinking_in_place_is_an_alloc_of_the_new_size_then_a_free_of_the_old(void **state)
{
    (void)state;
    void *const p = take(200);
    const size_t old = usable(p);

    assert_ptr_equal(sys_heap_realloc(&heap, p, 50), p);
    assert_true(usable(p) < old);
    expect_two(&heap, p, usable(p), p, old);
}

static void growing_in_place_is_an_alloc_of_the_new_size_then_a_free_of_the_old(void **state)
{
    (void)state;
    void *const p = take(50);
    const size_t old = usable(p);

    assert_ptr_equal(sys_heap_realloc(&heap, p, 200), p);
    expect_two(&heap, p, usable(p), p, old);
    const size_t now = usable(p);

    assert_ptr_equal(sys_heap_aligned_realloc(&heap, p, 8, 400), p);
    expect_two(&heap, p, usable(p), p, now);
}

static void a_realloc_that_moves_reports_the_new_block_then_the_old_one(void **state)
{
    (void)state;
    void *const p = take(50);
    const size_t old = usable(p);

    (void)take(50);
    void *const moved = sys_heap_realloc(&heap, p, 200);

    assert_ptr_not_equal(moved, p);
    expect_two(&heap, moved, usable(moved), p, old);
    /* Because of the alignment: a block of 8 modulo 16 satisfies none above. */
    void *odd = take(4);

    while ((uintptr_t)odd % 16 == 0) {
        /* An odd number of units, of the one header or of the other. */
        odd = take(4);
        odd = (uintptr_t)odd % 16 == 0 ? take(12) : odd;
    }
    const size_t now = usable(odd);
    void *const aligned = sys_heap_aligned_realloc(&heap, odd, 16, 4);

    assert_ptr_not_equal(aligned, odd);
    expect_two(&heap, aligned, usable(aligned), odd, now);
}

static void a_realloc_to_nothing_is_a_free(void **state)
{
    (void)state;
    void *const p = take(50);
    const size_t bytes = usable(p);

    assert_null(sys_heap_realloc(&heap, p, 0));
    expect_event(HEAP_FREE, &heap, p, bytes);
}

static void an_unchanged_size_reports_nothing(void **state)
{
    (void)state;
    void *const p = take(50);

    assert_ptr_equal(sys_heap_realloc(&heap, p, 50), p);
    assert_ptr_equal(sys_heap_realloc(&heap, p, usable(p)), p);
    assert_ptr_equal(sys_heap_realloc(&heap, p, usable(p) - 3), p);
    assert_ptr_equal(sys_heap_aligned_realloc(&heap, p, 8, 50), p);
    expect_no_event();
}

static void free_of_null_reports_nothing(void **state)
{
    (void)state;
    sys_heap_free(&heap, NULL);
    assert_null(sys_heap_realloc(&heap, NULL, 0));
    expect_no_event();
}

static void a_failed_call_reports_nothing(void **state)
{
    (void)state;
    void *const p = take(50);

    assert_null(sys_heap_alloc(&heap, 0));
    assert_null(sys_heap_alloc(&heap, 100000));
    assert_null(sys_heap_alloc(&heap, SIZE_MAX - 3));
    assert_null(sys_heap_aligned_alloc(&heap, 24, 8));
    assert_null(sys_heap_aligned_alloc(&heap, 16, SIZE_MAX));
    assert_null(sys_heap_aligned_alloc(&heap, 65536, 8));
    assert_null(sys_heap_realloc(&heap, p, 100000));
    assert_null(sys_heap_realloc(&heap, p, SIZE_MAX));
    assert_null(sys_heap_aligned_realloc(&heap, p, 3, 0));
    assert_null(sys_heap_aligned_realloc(&heap, p, 3, 10));
    expect_no_event();
    fill_heap(&heap);
    event_count = 1;
    assert_null(sys_heap_alloc(&heap, 1));
    assert_null(sys_heap_realloc(&heap, p, 200));
    expect_no_event();
}

static void a_heap_whose_init_failed_reports_nothing(void **state)
{
    static struct sys_heap none;

    (void)state;
    listen_to(&none);
    assert_int_equal(sys_heap_init(&none, memory() + 8192, 8), -ENOMEM);
    assert_null(sys_heap_alloc(&none, 8));
    sys_heap_free(&none, NULL);
    expect_no_event();
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL > 0
static void misuse_reports_no_event(void **state)
{
    (void)state;
    uint8_t *const p = take(50);

    give(p);
    sys_heap_free(&heap, p);
    sys_heap_free(&heap, p + 4);
    sys_heap_free(&heap, memory() + 8192);
    assert_null(sys_heap_realloc(&heap, p + 4, 10));
    assert_null(sys_heap_realloc(&heap, memory() + 8192, 0));
    assert_int_equal(faults, 5);
    expect_no_event();
}

static void damage_found_by_a_free_or_realloc_reports_no_event(void **state)
{
    (void)state;
    uint8_t *const p = take(50);

    (void)take(50);
    /* Behind p's last usable byte is what the next header says about p's size. */
    memset(p + usable(p), 0xff, 2);
    sys_heap_free(&heap, p);
    assert_null(sys_heap_realloc(&heap, p, 1000));
    assert_null(sys_heap_realloc(&heap, p, 10));
    assert_int_equal(faults, 3);
    expect_no_event();
}
#endif

static void questions_and_init_report_nothing(void **state)
{
    (void)state;
    struct sys_heap_layout layout;
    void *const p = take(50);

    (void)usable(p);
    (void)sys_heap_largest_free(&heap);
    assert_true(sys_heap_check(&heap, NULL));
    sys_heap_print_info(&heap, true);
    assert_int_equal(sys_heap_layout_get(&heap, &layout), 0);
    open_heap(&heap, 4, 2048);
    expect_no_event();
}

static unsigned resizes;

static void on_resize(uintptr_t heap_id, void *old_heap_end, void *new_heap_end)
{
    (void)heap_id;
    (void)old_heap_end;
    (void)new_heap_end;
    resizes++;
}

static void a_heaps_end_is_reported_through_notify_resize_alone(void **state)
{
    HEAP_LISTENER_RESIZE_DEFINE(listener, HEAP_ID_FROM_POINTER(&heap), on_resize);

    (void)state;
    heap_listener_register(&listener);
    void *p = sys_heap_realloc(&heap, take(50), 100);

    p = sys_heap_realloc(&heap, p, 20);
    sys_heap_free(&heap, p);
    open_heap(&heap, 4, 2048);
    assert_int_equal(resizes, 0);
    heap_listener_notify_resize(HEAP_ID_FROM_POINTER(&heap), memory(), memory() + 8);
    assert_int_equal(resizes, 1);
    heap_listener_unregister(&listener);
}

static void each_heap_reports_under_its_own_id(void **state)
{
    static struct sys_heap second, silent;

    (void)state;
    open_heap(&second, 8192, 1024);
    open_heap(&silent, 16384, 1024);
    listen_to(&second);
    void *const p = sys_heap_alloc(&second, 50);

    expect_event(HEAP_ALLOC, &second, p, sys_heap_usable_size(&second, p));
    (void)!sys_heap_alloc(&silent, 50);
    expect_no_event();
    (void)take(50);
}

int main(void)
{
#define HEAP_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_heap, done)
    const struct CMUnitTest tests[] = {
        HEAP_TEST(every_way_to_allocate_is_reported_with_the_usable_size),
        HEAP_TEST(a_block_is_complete_when_it_is_reported),
        HEAP_TEST(a_free_is_reported_before_a_byte_of_the_block_is_touched),
        HEAP_TEST(a_free_beside_free_blocks_reports_the_size_of_the_block_alone),
        HEAP_TEST(shrinking_in_place_is_an_alloc_of_the_new_size_then_a_free_of_the_old),
        HEAP_TEST(growing_in_place_is_an_alloc_of_the_new_size_then_a_free_of_the_old),
        HEAP_TEST(a_realloc_that_moves_reports_the_new_block_then_the_old_one),
        HEAP_TEST(a_realloc_to_nothing_is_a_free),
        HEAP_TEST(an_unchanged_size_reports_nothing),
        HEAP_TEST(free_of_null_reports_nothing),
        HEAP_TEST(a_failed_call_reports_nothing),
        HEAP_TEST(a_heap_whose_init_failed_reports_nothing),
#if CONFIG_SYS_HEAP_HARDENING_LEVEL > 0
        HEAP_TEST(misuse_reports_no_event),
        HEAP_TEST(damage_found_by_a_free_or_realloc_reports_no_event),
#endif
        HEAP_TEST(questions_and_init_report_nothing),
        HEAP_TEST(a_heaps_end_is_reported_through_notify_resize_alone),
        HEAP_TEST(each_heap_reports_under_its_own_id),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
