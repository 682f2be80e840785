/* SPDX-License-Identifier: Apache-2.0 */

/* What every port promises and one thread can see, without an interrupt. For a new port too. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kheap/k_heap.h"

K_HEAP_DEFINE(heap, 1024);

static void wait_ends_at_its_deadline(void **state)
{
    void *const all = k_heap_alloc(&heap, sys_heap_largest_free(&heap.heap), K_NO_WAIT);
    const int64_t start = kheap_port_now();

    (void)state;
    assert_non_null(all);
    assert_null(k_heap_alloc(&heap, 8, K_TICKS(5)));
    assert_true(kheap_port_now() >= start + 5);
    k_heap_free(&heap, all);
    assert_non_null(k_heap_alloc(&heap, 8, K_FOREVER));
}

static void clock_never_runs_backwards(void **state)
{
    int64_t last = kheap_port_now();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        const int64_t now = kheap_port_now();

        assert_true(now >= last);
        last = now;
    }
}

static void thread_has_a_name_and_is_no_interrupt(void **state)
{
    (void)state;
    assert_non_null(kheap_port_self());
    assert_ptr_equal(kheap_port_self(), kheap_port_self());
    assert_false(kheap_port_in_isr());
    assert_int_equal(kheap_port_priority(), 0);
}

static void woken_sleeper_does_not_sleep(void **state)
{
    struct kheap_lock lock = {0};
    struct kheap_sleeper sleeper = {0};
    uintptr_t key = kheap_port_lock(&lock);

    (void)state;
    kheap_port_wake(&sleeper);
    kheap_port_sleep(&lock, &key, &sleeper, KHEAP_PORT_FOREVER);
    kheap_port_unlock(&lock, key);
}

static void global_lock_can_be_taken_inside_any_other(void **state)
{
    static struct kheap_lock locks[1000];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        const uintptr_t outer = kheap_port_lock(&locks[i]);
        const uintptr_t inner = kheap_port_lock(NULL);

        kheap_port_unlock(NULL, inner);
        kheap_port_unlock(&locks[i], outer);
    }
}

static void lock_of_zeros_is_free(void **state)
{
    static struct kheap_lock lock;
    const uintptr_t first = kheap_port_lock(&lock);

    (void)state;
    kheap_port_unlock(&lock, first);
    kheap_port_unlock(&lock, kheap_port_lock(&lock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_ends_at_its_deadline),
        cmocka_unit_test(clock_never_runs_backwards),
        cmocka_unit_test(thread_has_a_name_and_is_no_interrupt),
        cmocka_unit_test(woken_sleeper_does_not_sleep),
        cmocka_unit_test(global_lock_can_be_taken_inside_any_other),
        cmocka_unit_test(lock_of_zeros_is_free),
    };

    return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
