/* SPDX-License-Identifier: Apache-2.0 */

/* A profiler that hears of every allocation of one heap, and of what an allocator outside reports.
 */

#include <zephyr/kernel.h>
#include <zephyr/sys/heap_listener.h>
#include <zephyr/sys/sys_heap.h>
#include <zephyr/ztest.h>

K_HEAP_DEFINE(watched, 2048);
K_HEAP_DEFINE(other, 2048);

/* What has happened, newest last. */
static struct {
    char kind;
    void *mem;
    size_t bytes;
} events[16];
static size_t event_count;
static size_t live_bytes;

static void note(char kind, void *mem, size_t bytes)
{
    zassert_true(event_count < ARRAY_SIZE(events));
    events[event_count].kind = kind;
    events[event_count].mem = mem;
    events[event_count].bytes = bytes;
    event_count++;
}

static void on_alloc(uintptr_t heap_id, void *mem, size_t bytes)
{
    zassert_equal(heap_id, HEAP_ID_FROM_POINTER(&watched.heap));
    live_bytes += bytes;
    note('a', mem, bytes);
}

static void on_free(uintptr_t heap_id, void *mem, size_t bytes)
{
    zassert_equal(heap_id, HEAP_ID_FROM_POINTER(&watched.heap));
    live_bytes -= bytes;
    note('f', mem, bytes);
}

static void *libc_old, *libc_new;

static void on_libc_resize(uintptr_t heap_id, void *old_heap_end, void *new_heap_end)
{
    zassert_equal(heap_id, HEAP_ID_LIBC);
    libc_old = old_heap_end;
    libc_new = new_heap_end;
}

static HEAP_LISTENER_ALLOC_DEFINE(alloc_listener, HEAP_ID_FROM_POINTER(&watched.heap), on_alloc);
static HEAP_LISTENER_FREE_DEFINE(free_listener, HEAP_ID_FROM_POINTER(&watched.heap), on_free);
static HEAP_LISTENER_RESIZE_DEFINE(libc_listener, HEAP_ID_LIBC, on_libc_resize);

static void listen(void *fixture)
{
    ARG_UNUSED(fixture);
    event_count = 0;
    live_bytes = 0;
    heap_listener_register(&alloc_listener);
    heap_listener_register(&free_listener);
}

static void stop(void *fixture)
{
    ARG_UNUSED(fixture);
    heap_listener_unregister(&alloc_listener);
    heap_listener_unregister(&free_listener);
}

ZTEST_SUITE(listener, NULL, NULL, listen, stop, NULL);

ZTEST(listener, alloc_and_free_are_reported_with_usable_sizes)
{
    void *p = k_heap_alloc(&watched, 30, K_NO_WAIT);

    zassert_equal(event_count, 1);
    zassert_equal(events[0].kind, 'a');
    zassert_equal_ptr(events[0].mem, p);
    zassert_equal(events[0].bytes, sys_heap_usable_size(&watched.heap, p));
    k_heap_free(&watched, p);
    zassert_equal(event_count, 2);
    zassert_equal(events[1].kind, 'f');
    zassert_equal_ptr(events[1].mem, p);
    zassert_equal(live_bytes, 0);
}

ZTEST(listener, a_resize_in_place_is_an_alloc_and_a_free)
{
    void *p = k_heap_alloc(&watched, 30, K_NO_WAIT);
    void *q = k_heap_realloc(&watched, p, 300, K_NO_WAIT);

    zassert_equal_ptr(p, q);
    zassert_equal(event_count, 3);
    zassert_equal(events[1].kind, 'a');
    zassert_equal(events[2].kind, 'f');
    zassert_equal(events[2].bytes, events[0].bytes);
    zassert_equal(live_bytes, sys_heap_usable_size(&watched.heap, q));
    k_heap_free(&watched, q);
}

ZTEST(listener, other_heaps_and_failures_are_not_reported)
{
    void *p = k_heap_alloc(&other, 30, K_NO_WAIT);

    k_heap_free(&other, p);
    zassert_is_null(k_heap_alloc(&watched, 4096, K_NO_WAIT));
    k_heap_free(&watched, NULL);
    zassert_equal(event_count, 0);
}

ZTEST(listener, nothing_is_heard_after_unregistering)
{
    heap_listener_unregister(&alloc_listener);
    void *p = k_heap_alloc(&watched, 30, K_NO_WAIT);

    zassert_not_null(p);
    zassert_equal(event_count, 0);
    heap_listener_unregister(&free_listener);
    k_heap_free(&watched, p);
    zassert_equal(event_count, 0);
}

ZTEST(listener, an_allocator_outside_reports_through_the_same_list)
{
    char end[2];

    heap_listener_register(&libc_listener);
    heap_listener_notify_resize(HEAP_ID_LIBC, &end[0], &end[1]);
    heap_listener_unregister(&libc_listener);
    zassert_equal_ptr(libc_old, &end[0]);
    zassert_equal_ptr(libc_new, &end[1]);
    heap_listener_notify_alloc(HEAP_ID_FROM_POINTER(&watched.heap), end, 2);
    heap_listener_notify_free(HEAP_ID_FROM_POINTER(&watched.heap), end, 2);
    zassert_equal(event_count, 2);
    zassert_equal(live_bytes, 0);
}
