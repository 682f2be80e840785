/* SPDX-License-Identifier: Apache-2.0 */

/* Calls from interrupts, misuse, and the build without threads. */

#include "fixture.h"

static void interrupt_allocates_and_frees_without_waiting(void **state)
{
    (void)state;
    port.in_isr = true;
    a = k_heap_alloc(&heap, 10, K_NO_WAIT);
    a = k_heap_realloc(&heap, a, 100, K_NO_WAIT);
    b = k_heap_calloc(&heap, 1, 9, K_NO_WAIT);
    c = k_heap_aligned_alloc(&heap, 32, 9, K_NO_WAIT);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_null(k_heap_alloc(&heap, 5000, K_NO_WAIT));
    assert_null(k_heap_realloc(&heap, a, 0, K_NO_WAIT));
    free_b();
    free_c();
    assert_true(heap_empty());
    assert_int_equal(fault_seen.count, 0);
    assert_int_equal(port.sleeps, 0);
}

/* A zero or negative time is K_NO_WAIT, so it is allowed too. */
static void interrupt_may_give_a_time_of_zero(void **state)
{
    (void)state;
    port.in_isr = true;
    assert_non_null(k_heap_alloc(&heap, 10, K_MSEC(0)));
    assert_non_null(k_heap_alloc(&heap, 10, K_TICKS(-5)));
    assert_non_null(k_heap_alloc(&heap, 10, K_TIMEOUT_ABS_MS(0)));
    assert_int_equal(fault_seen.count, 0);
}

static void isr_frees_c(void)
{
    port.in_isr = true;
    free_c();
    port.in_isr = false;
}

static void interrupt_that_frees_serves_a_waiter(void **state)
{
    (void)state;
    fill();
    port_at(1001, isr_frees_c);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_FOREVER), c);
}

#if CONFIG_MULTITHREADING
static void *wait_in_isr(unsigned call, k_timeout_t timeout)
{
    switch (call) {
    case 0:
        return k_heap_alloc(&heap, 10, timeout);
    case 1:
        return k_heap_aligned_alloc(&heap, 16, 10, timeout);
    case 2:
        return k_heap_calloc(&heap, 1, 10, timeout);
    case 3:
        return k_heap_realloc(&heap, a, 20, timeout);
    case 4:
        return k_heap_aligned_realloc(&heap, a, 16, 300, timeout);
    case 5:
        return k_heap_realloc(&heap, a, 0, timeout);
    case 6:
        return k_heap_realloc(&heap, NULL, 10, timeout);
    default:
        return k_heap_aligned_realloc(&heap, a, 16, 20, timeout);
    }
}

static void waiting_in_an_interrupt_is_misuse_and_has_no_effect(void **state)
{
    const k_timeout_t timeouts[] = {K_FOREVER, K_TICKS(1), K_TIMEOUT_ABS_TICKS(1)};
    uint8_t before[REGION];

    (void)state;
    a = k_heap_alloc(&heap, 100, K_NO_WAIT);
    memcpy(before, region, sizeof region);
    port.in_isr = true;
    for (unsigned call = 0; call < 8; call++) {
        for (size_t i = 0; i < 3; i++) {
            fault_seen.count = 0;
            port.logged = 0;
            assert_null(wait_in_isr(call, timeouts[i]));
            assert_int_equal(fault_seen.count, 1);
            assert_int_equal(fault_seen.fault.kind, KHEAP_FAULT_ISR_WAIT);
            assert_ptr_equal(fault_seen.fault.heap, &heap.heap);
            assert_non_null(fault_seen.fault.invariant);
            assert_false(fault_seen.locked);
            assert_null(memchr(port.log, 'l', port.logged));
        }
    }
    assert_memory_equal(before, region, sizeof region);
    assert_null(heap.waiters.first);
}
#else
static void without_threads_every_timeout_is_no_wait(void **state)
{
    (void)state;
    fill();
    assert_null(k_heap_alloc(&heap, 10, K_FOREVER));
    assert_null(k_heap_aligned_alloc(&heap, 16, 10, K_TICKS(7)));
    assert_null(k_heap_calloc(&heap, 1, 10, K_HOURS(1)));
    assert_null(k_heap_realloc(&heap, a, 400, K_TIMEOUT_ABS_TICKS(5000)));
    assert_int_equal(port.sleeps, 0);
    assert_int_equal(port.now, 1000);
    assert_null(strchr(port.log, 'c'));
}

static void without_threads_no_timeout_is_misuse_in_an_interrupt(void **state)
{
    (void)state;
    port.in_isr = true;
    assert_non_null(k_heap_alloc(&heap, 10, K_FOREVER));
    assert_non_null(k_heap_realloc(&heap, NULL, 10, K_TICKS(7)));
    assert_int_equal(fault_seen.count, 0);
}
#endif

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
#if CONFIG_MULTITHREADING
static void free_a_twice(void)
{
    /* Memory that only a release would find. */
    sys_heap_free(&heap.heap, a);
    free_a();
}

static void refused_free_is_reported_and_is_no_release(void **state)
{
    (void)state;
    fill();
    port_at(1001, free_a_twice);
    assert_ptr_equal(k_heap_alloc(&heap, 200, K_TICKS(5)), a);
    assert_int_equal(port.now, 1005);
    assert_int_equal(fault_seen.count, 1);
    assert_int_equal(fault_seen.fault.kind, KHEAP_FAULT_NOT_USED);
    assert_ptr_equal(fault_seen.fault.heap, &heap.heap);
    assert_ptr_equal(fault_seen.fault.address, a);
    assert_null(strchr(port.log, 'w'));
}
#endif

static void faults_are_reported_with_the_lock_held(void **state)
{
    (void)state;
    a = k_heap_alloc(&heap, 10, K_NO_WAIT);
    free_a();
    free_a();
    assert_int_equal(fault_seen.count, 1);
    assert_true(fault_seen.locked);
    assert_null(port.held);
    assert_null(k_heap_realloc(&heap, a, 20, K_NO_WAIT));
    assert_int_equal(fault_seen.count, 2);
    k_heap_free(&heap, region + REGION);
    assert_int_equal(fault_seen.count, 3);
    assert_int_equal(fault_seen.fault.kind, KHEAP_FAULT_BAD_POINTER);
    assert_true(heap_empty());
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(interrupt_allocates_and_frees_without_waiting),
        TEST(interrupt_may_give_a_time_of_zero),
#if CONFIG_MULTITHREADING
        TEST(interrupt_that_frees_serves_a_waiter),
        TEST(waiting_in_an_interrupt_is_misuse_and_has_no_effect),
#else
        TEST(without_threads_every_timeout_is_no_wait),
        TEST(without_threads_no_timeout_is_misuse_in_an_interrupt),
#endif
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
#if CONFIG_MULTITHREADING
        TEST(refused_free_is_reported_and_is_no_release),
#endif
        TEST(faults_are_reported_with_the_lock_held),
#endif
    };

    (void)interrupt_that_frees_serves_a_waiter;
    return cmocka_run_group_tests_name("k_heap in interrupts", tests, NULL, NULL);
}
