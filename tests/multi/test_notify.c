/* SPDX-License-Identifier: Apache-2.0 */

/* The list of listeners and the notify functions: the same in every build. */

#include "events.h"

static char calls[32];
static size_t called;
static int object, other;
static uintptr_t last_id;
static void *last_mem, *last_end;
static size_t last_bytes;

static void call(char name)
{
    assert_true(called < sizeof(calls) - 1);
    calls[called++] = name;
    calls[called] = '\0';
}

/* Who was called since the last look. */
static void expect_calls(const char *names)
{
    calls[called] = '\0';
    assert_string_equal(calls, names);
    called = 0;
}

static void on_a(uintptr_t id, void *mem, size_t bytes)
{
    assert_true(watch_global_held);
    last_id = id;
    last_mem = mem;
    last_bytes = bytes;
    call('a');
}

static void on_b(uintptr_t id, void *mem, size_t bytes)
{
    (void)id;
    (void)mem;
    (void)bytes;
    call('b');
}

static void on_c(uintptr_t id, void *mem, size_t bytes)
{
    on_b(id, mem, bytes);
    calls[called - 1] = 'c';
}

static void on_resize(uintptr_t id, void *old_end, void *new_end)
{
    last_id = id;
    last_mem = old_end;
    last_end = new_end;
    call('r');
}

static HEAP_LISTENER_ALLOC_DEFINE(a, HEAP_ID_LIBC, on_a);
static HEAP_LISTENER_ALLOC_DEFINE(b, HEAP_ID_LIBC, on_b);
static HEAP_LISTENER_ALLOC_DEFINE(c, HEAP_ID_LIBC, on_c);
static HEAP_LISTENER_FREE_DEFINE(freed, HEAP_ID_LIBC, on_a);
static HEAP_LISTENER_RESIZE_DEFINE(resized, HEAP_ID_LIBC, on_resize);

static void alloc_event(void)
{
    heap_listener_notify_alloc(HEAP_ID_LIBC, &object, 1);
}

static void register_all(void)
{
    heap_listener_register(&a);
    heap_listener_register(&b);
    heap_listener_register(&c);
}

static int all_out(void **state)
{
    (void)state;
    heap_listener_unregister(&a);
    heap_listener_unregister(&b);
    heap_listener_unregister(&c);
    heap_listener_unregister(&freed);
    heap_listener_unregister(&resized);
    called = 0;
    alloc_event();
    assert_int_equal(called, 0);
    return 0;
}

static void the_macros_define_what_they_say(void **state)
{
    (void)state;
    assert_int_equal(a.event, HEAP_ALLOC);
    assert_int_equal(a.heap_id, HEAP_ID_LIBC);
    assert_ptr_equal(a.alloc_cb, on_a);
    assert_int_equal(freed.event, HEAP_FREE);
    assert_ptr_equal(freed.free_cb, on_a);
    assert_int_equal(resized.event, HEAP_RESIZE);
    assert_ptr_equal(resized.resize_cb, on_resize);
    assert_int_equal(HEAP_ID_LIBC, 0);
    assert_int_equal(HEAP_ID_FROM_POINTER(&object), (uintptr_t)&object);
}

static void notify_hands_its_arguments_on_untouched(void **state)
{
    (void)state;
    heap_listener_register(&a);
    heap_listener_notify_alloc(HEAP_ID_LIBC, &object, SIZE_MAX);
    expect_calls("a");
    assert_int_equal(last_id, HEAP_ID_LIBC);
    assert_ptr_equal(last_mem, &object);
    assert_true(last_bytes == SIZE_MAX);
    heap_listener_register(&freed);
    heap_listener_notify_free(HEAP_ID_LIBC, NULL, 0);
    expect_calls("a");
    assert_null(last_mem);
    assert_int_equal(last_bytes, 0);
    heap_listener_register(&resized);
    heap_listener_notify_resize(HEAP_ID_LIBC, &object, &other);
    expect_calls("r");
    assert_ptr_equal(last_mem, &object);
    assert_ptr_equal(last_end, &other);
}

static void a_listener_hears_its_own_heap_and_its_own_kind_of_event_alone(void **state)
{
    (void)state;
    heap_listener_register(&a);
    heap_listener_notify_free(HEAP_ID_LIBC, &object, 1);
    heap_listener_notify_resize(HEAP_ID_LIBC, &object, &object);
    heap_listener_notify_alloc(HEAP_ID_FROM_POINTER(&object), &object, 1);
    expect_calls("");
    alloc_event();
    expect_calls("a");
}

static void callbacks_come_in_the_order_of_registration(void **state)
{
    (void)state;
    heap_listener_register(&c);
    heap_listener_register(&a);
    heap_listener_register(&b);
    alloc_event();
    expect_calls("cab");
}

static void registering_twice_is_refused_and_the_list_stays_sound(void **state)
{
    (void)state;
    register_all();
    register_all();
    heap_listener_register(&c);
    heap_listener_register(&a);
    alloc_event();
    expect_calls("abc");
    heap_listener_unregister(&b);
    heap_listener_register(&a);
    alloc_event();
    expect_calls("ac");
}

static void registering_nothing_does_nothing(void **state)
{
    (void)state;
    heap_listener_register(&a);
    heap_listener_register(NULL);
    heap_listener_unregister(NULL);
    alloc_event();
    expect_calls("a");
}

static void any_listener_can_leave_and_come_back_at_the_end(void **state)
{
    (void)state;
    register_all();
    heap_listener_unregister(&a);
    alloc_event();
    expect_calls("bc");
    heap_listener_register(&a);
    alloc_event();
    expect_calls("bca");
    heap_listener_unregister(&c);
    alloc_event();
    expect_calls("ba");
    heap_listener_unregister(&a);
    heap_listener_unregister(&b);
    alloc_event();
    expect_calls("");
}

static void unregistering_what_is_not_registered_does_nothing(void **state)
{
    struct heap_listener copy;

    (void)state;
    heap_listener_unregister(&a);
    heap_listener_register(&a);
    heap_listener_register(&b);
    copy = a; /* the same in every field, but another listener */
    heap_listener_unregister(&copy);
    heap_listener_unregister(&c);
    alloc_event();
    expect_calls("ab");
    heap_listener_unregister(&b);
    heap_listener_unregister(&b);
    alloc_event();
    expect_calls("a");
}

static void what_stands_in_next_before_does_not_matter(void **state)
{
    (void)state;
    a.next = &a;
    heap_listener_register(&a);
    heap_listener_register(&b);
    alloc_event();
    expect_calls("ab");
}

static void a_listener_without_a_callback_is_passed_over(void **state)
{
    struct heap_listener none = {.heap_id = HEAP_ID_LIBC, .event = HEAP_ALLOC};

    (void)state;
    heap_listener_register(&none);
    heap_listener_register(&a);
    alloc_event();
    expect_calls("a");
    heap_listener_unregister(&none);
}

static void the_list_is_guarded_by_the_global_lock(void **state)
{
    (void)state;
    heap_listener_register(&a); /* whose callback looks for the lock */
    assert_int_equal(watch_global_taken, 1);
    alloc_event();
    assert_int_equal(watch_global_taken, 2);
    heap_listener_unregister(&a);
    assert_int_equal(watch_global_taken, 3);
    assert_int_equal(watch_taken, 0);
}

static void misbehave(uintptr_t id, void *mem, size_t bytes)
{
    (void)id;
    (void)mem;
    (void)bytes;
    call('m');
    heap_listener_register(&c);
    assert_int_equal(faults, 1);
    assert_int_equal(seen_fault.kind, KHEAP_FAULT_IN_CALLBACK);
    assert_null(seen_fault.heap);
    heap_listener_unregister(&a);
    assert_int_equal(faults, 2);
    alloc_event();
    heap_listener_notify_free(HEAP_ID_LIBC, &object, 1);
    heap_listener_notify_resize(HEAP_ID_LIBC, &object, &object);
    assert_int_equal(faults, 5);
}

static void a_callback_may_not_register_unregister_or_notify(void **state)
{
    struct heap_listener bad = {
        .heap_id = HEAP_ID_LIBC, .event = HEAP_ALLOC, .alloc_cb = misbehave};

    (void)state;
    heap_listener_register(&a);
    heap_listener_register(&bad);
    alloc_event();
    expect_calls("am");
    assert_int_equal(faults, 5);
    heap_listener_unregister(&bad);
    assert_int_equal(faults, 5);
    /* None of it had an effect: a is still there, c is not. */
    alloc_event();
    expect_calls("a");
}

#if !CONFIG_SYS_HEAP_LISTENER
static void without_the_option_heaps_report_nothing(void **state)
{
    struct sys_heap heap;

    (void)state;
    open_heap(&heap, 0, 4096);
    listen_to(&heap);
    void *const p = sys_heap_alloc(&heap, 100);

    assert_non_null(p);
    sys_heap_free(&heap, sys_heap_realloc(&heap, p, 200));
    expect_no_event();
}
#endif

#define LISTENER_TEST(name) cmocka_unit_test_setup_teardown(name, fresh, all_out)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LISTENER_TEST(the_macros_define_what_they_say),
        LISTENER_TEST(notify_hands_its_arguments_on_untouched),
        LISTENER_TEST(a_listener_hears_its_own_heap_and_its_own_kind_of_event_alone),
        LISTENER_TEST(callbacks_come_in_the_order_of_registration),
        LISTENER_TEST(registering_twice_is_refused_and_the_list_stays_sound),
        LISTENER_TEST(registering_nothing_does_nothing),
        LISTENER_TEST(any_listener_can_leave_and_come_back_at_the_end),
        LISTENER_TEST(unregistering_what_is_not_registered_does_nothing),
        LISTENER_TEST(what_stands_in_next_before_does_not_matter),
        LISTENER_TEST(a_listener_without_a_callback_is_passed_over),
        LISTENER_TEST(the_list_is_guarded_by_the_global_lock),
        LISTENER_TEST(a_callback_may_not_register_unregister_or_notify),
#if !CONFIG_SYS_HEAP_LISTENER
        TEST(without_the_option_heaps_report_nothing),
#endif
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
