/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Threads of the posix port. Nothing is timed: a test goes on when a thread is seen in the queue.
 */

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "kheap/k_heap.h"
#include "kheap/port_posix.h"

#include "heaps/wait.h"

enum { MOST = 8 };

static uint8_t region[4096] __attribute__((aligned(64)));
static struct k_heap heap;

/* A thread that asks for one block. */
struct asker {
    pthread_t thread;
    struct k_heap *heap;
    size_t bytes;
    k_timeout_t timeout;
    int priority;
    void *block;
};

static struct asker askers[MOST];

static unsigned queue_length(struct k_heap *h)
{
    unsigned n = 0;
    const uintptr_t key = kheap_port_lock(&h->lock);

    for (struct kheap_waiter *w = h->waiters.first; w != NULL; w = w->next) {
        n++;
    }
    kheap_port_unlock(&h->lock, key);
    return n;
}

static void until_queued(struct k_heap *h, unsigned n)
{
    while (queue_length(h) != n) {
        (void)sched_yield();
    }
}

static void *ask(void *argument)
{
    struct asker *const asker = argument;

    kheap_port_posix_set_priority(asker->priority);
    asker->block = k_heap_alloc(asker->heap, asker->bytes, asker->timeout);
    return NULL;
}

static void asker_start(unsigned i, size_t bytes, int priority, k_timeout_t timeout)
{
    askers[i] =
        (struct asker){.heap = &heap, .bytes = bytes, .priority = priority, .timeout = timeout};
    assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
}

static void asker_join(unsigned i)
{
    assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
}

static int fresh(void **state)
{
    (void)state;
    k_heap_init(&heap, region, sizeof region);
    return 0;
}

/* The whole heap in one block: who waits can be served only when it is freed. */
static void *take_all(void)
{
    void *const p = k_heap_alloc(&heap, sys_heap_largest_free(&heap.heap), K_NO_WAIT);

    assert_non_null(p);
    return p;
}

/* Frees the whole heap n times, each to the one waiter that takes all of it again. */
static void order_is(const unsigned *want, unsigned n, void *all)
{
    for (unsigned i = 0; i < n; i++) {
        k_heap_free(&heap, all);
        asker_join(want[i]);
        all = askers[want[i]].block;
        assert_non_null(all);
        assert_int_equal(queue_length(&heap), n - 1 - i);
    }
    k_heap_free(&heap, all);
}

static void waiter_of_higher_priority_is_served_first(void **state)
{
    static const int priorities[] = {0, 7, -3, 5};
    static const unsigned want[] = {1, 3, 0, 2};
    const size_t most = sys_heap_largest_free(&heap.heap);
    void *const all = take_all();

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        asker_start(i, most, priorities[i], K_FOREVER);
        until_queued(&heap, i + 1);
    }
    order_is(want, 4, all);
}

static void among_equals_the_longest_waiting_is_served_first(void **state)
{
    static const unsigned want[] = {0, 1, 2, 3, 4};
    const size_t most = sys_heap_largest_free(&heap.heap);
    void *const all = take_all();

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        asker_start(i, most, 2, K_FOREVER);
        until_queued(&heap, i + 1);
    }
    order_is(want, 5, all);
}

static void one_release_serves_all_that_it_can(void **state)
{
    void *const all = take_all();

    (void)state;
    for (unsigned i = 0; i < MOST; i++) {
        asker_start(i, 100, 0, K_FOREVER);
        until_queued(&heap, i + 1);
    }
    k_heap_free(&heap, all);
    for (unsigned i = 0; i < MOST; i++) {
        asker_join(i);
        assert_non_null(askers[i].block);
        k_heap_free(&heap, askers[i].block);
    }
}

static void every_waiter_is_tried_not_only_the_first(void **state)
{
    const size_t most = sys_heap_largest_free(&heap.heap);
    void *const half = k_heap_alloc(&heap, most / 2, K_NO_WAIT);
    void *const other = take_all();

    (void)state;
    asker_start(0, most, 9, K_FOREVER);
    until_queued(&heap, 1);
    asker_start(1, most / 4, 0, K_FOREVER);
    until_queued(&heap, 2);
    k_heap_free(&heap, half);
    asker_join(1);
    assert_ptr_equal(askers[1].block, half);
    assert_int_equal(queue_length(&heap), 1);
    k_heap_free(&heap, other);
    k_heap_free(&heap, half);
    asker_join(0);
    assert_non_null(askers[0].block);
}

static void wait_returns_null_at_its_deadline(void **state)
{
    const size_t most = sys_heap_largest_free(&heap.heap);
    void *const all = take_all();
    const int64_t start = kheap_port_now();

    (void)state;
    assert_null(k_heap_alloc(&heap, most, K_TICKS(3)));
    assert_true(kheap_port_now() >= start + 3);
    assert_int_equal(queue_length(&heap), 0);
    k_heap_free(&heap, all);
}

static void timed_out_waiter_leaves_the_others_their_places(void **state)
{
    static const unsigned want[] = {0, 2};
    const size_t most = sys_heap_largest_free(&heap.heap);
    void *const all = take_all();

    (void)state;
    asker_start(0, most, 0, K_FOREVER);
    until_queued(&heap, 1);
    asker_start(1, most, 0, K_MSEC(20));
    asker_join(1);
    assert_null(askers[1].block);
    asker_start(2, most, 0, K_FOREVER);
    until_queued(&heap, 2);
    order_is(want, 2, all);
}

static void priority_is_zero_until_set_and_each_threads_own(void **state)
{
    (void)state;
    assert_int_equal(kheap_port_priority(), 0);
    kheap_port_posix_set_priority(-40);
    assert_int_equal(kheap_port_priority(), -40);
    asker_start(0, 8, 3, K_NO_WAIT);
    asker_join(0);
    assert_int_equal(kheap_port_priority(), -40);
    kheap_port_posix_set_priority(0);
}

static void *name_self(void *result)
{
    *(const void **)result = kheap_port_self();
    return NULL;
}

static void self_names_the_thread(void **state)
{
    const void *other = NULL;
    pthread_t thread;

    (void)state;
    assert_non_null(kheap_port_self());
    assert_ptr_equal(kheap_port_self(), kheap_port_self());
    assert_int_equal(pthread_create(&thread, NULL, name_self, &other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_non_null(other);
    assert_ptr_not_equal(other, kheap_port_self());
    assert_false(kheap_port_in_isr());
}

static void clock_is_the_monotonic_one_in_ticks(void **state)
{
    struct timespec before, after;
    int64_t now;

    (void)state;
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    now = kheap_port_now();
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(now >= before.tv_sec * 1000 + before.tv_nsec / 1000000);
    assert_true(now <= after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

static void *ask_and_be_cancelled(void *argument)
{
    int old;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    return ask(argument);
}

/* The thread ends after its wait, not within: its request lies on its stack. */
static void cancelled_thread_does_not_stay_in_the_queue(void **state)
{
    const size_t most = sys_heap_largest_free(&heap.heap);
    void *const all = take_all();

    (void)state;
    askers[0] = (struct asker){.heap = &heap, .bytes = most, .timeout = K_FOREVER};
    assert_int_equal(pthread_create(&askers[0].thread, NULL, ask_and_be_cancelled, &askers[0]), 0);
    until_queued(&heap, 1);
    (void)pthread_cancel(askers[0].thread);
    assert_int_equal(queue_length(&heap), 1);
    k_heap_free(&heap, all);
    asker_join(0);
    assert_ptr_equal(askers[0].block, all);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waiter_of_higher_priority_is_served_first),
        TEST(among_equals_the_longest_waiting_is_served_first),
        TEST(one_release_serves_all_that_it_can),
        TEST(every_waiter_is_tried_not_only_the_first),
        TEST(wait_returns_null_at_its_deadline),
        TEST(timed_out_waiter_leaves_the_others_their_places),
        TEST(priority_is_zero_until_set_and_each_threads_own),
        TEST(self_names_the_thread),
        TEST(clock_is_the_monotonic_one_in_ticks),
        TEST(cancelled_thread_does_not_stay_in_the_queue),
    };

    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
