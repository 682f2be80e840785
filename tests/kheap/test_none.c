/* SPDX-License-Identifier: Apache-2.0 */

/* The port for one thread. */

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
    assert_null(k_heap_alloc(&heap, 8, K_TICKS(100)));
    assert_true(kheap_port_now() >= start + 100);
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

static void there_is_one_thread_and_no_interrupt(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_ends_at_its_deadline),
        cmocka_unit_test(clock_never_runs_backwards),
        cmocka_unit_test(there_is_one_thread_and_no_interrupt),
        cmocka_unit_test(woken_sleeper_does_not_sleep),
    };

    return cmocka_run_group_tests_name("port none", tests, NULL, NULL);
}
