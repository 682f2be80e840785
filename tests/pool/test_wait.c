/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting for a block of a memory pool. */

#include "port.h"

static _Alignas(8) uint8_t buffer[256];
static uint32_t bits[K_MEM_POOL_WORDS(64, 256, 1)];
static struct k_mem_pool pool;
static struct k_mem_block held; /* what another thread frees */

static int open_full(void **state)
{
    port_reset(state);
    assert_int_equal(k_mem_pool_init(&pool, buffer, bits, 64, 256, 1), 0);
    return k_mem_pool_alloc(&pool, &held, 256, K_NO_WAIT);
}

#if CONFIG_MULTITHREADING

static void somebody_frees(int64_t deadline)
{
    (void)deadline;
    port_clock += 2;
    k_mem_pool_free(&held);
}

static void a_waiter_gets_the_block_that_is_freed(void **state)
{
    struct k_mem_block block;

    (void)state;
    port_while_asleep = somebody_frees;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 200, K_FOREVER), 0);
    assert_ptr_equal(block.data, buffer);
    assert_int_equal(block.level, 0);
    assert_int_equal(port_sleeps, 1);
    assert_int_equal(port_clock_reads, 0); /* for ever needs no clock */
    k_mem_pool_free(&block);
}

static void a_waiter_gets_a_part_of_what_is_freed(void **state)
{
    struct k_mem_block block, other;

    (void)state;
    port_while_asleep = somebody_frees;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 10, K_TICKS(10)), 0);
    assert_int_equal(block.level, 1);
    assert_int_equal(k_mem_pool_alloc(&pool, &other, 10, K_NO_WAIT), 0);
}

static void eagain_comes_only_after_the_timeout(void **state)
{
    struct k_mem_block block = {.data = &block};

    (void)state;
    port_clock = 100;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_TICKS(7)), -EAGAIN);
    assert_null(block.data);
    assert_int_equal(port_clock, 107);
    assert_int_equal(port_sleeps, 1);
    assert_null(pool.waiters.first);
}

static void without_waiting_the_answer_is_enomem(void **state)
{
    struct k_mem_block block;

    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_NO_WAIT), -ENOMEM);
    assert_int_equal(port_sleeps, 0);
    assert_int_equal(port_clock_reads, 0);
}

static void woken_for_nothing(int64_t deadline)
{
    assert_int_equal(deadline, 110);
    port_clock += 3;
}

static void useless_wake_ups_do_not_extend_the_deadline(void **state)
{
    struct k_mem_block block;

    (void)state;
    port_clock = 100;
    port_while_asleep = woken_for_nothing;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_TICKS(10)), -EAGAIN);
    assert_int_equal(port_clock, 112);
    assert_int_equal(port_sleeps, 4);
}

/* The waiter is off the queue when somebody frees: the last attempt still finds the block. */
static void late_and_freed(int64_t deadline)
{
    struct kheap_waiter *first = pool.waiters.first;

    pool.waiters.first = NULL;
    k_mem_pool_free(&held);
    pool.waiters.first = first;
    port_clock = deadline;
}

static void at_the_deadline_one_last_attempt_is_made(void **state)
{
    struct k_mem_block block;

    (void)state;
    port_while_asleep = late_and_freed;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_TICKS(10)), 0);
}

static struct k_mem_block urgent;
static unsigned asleep;

/* A second thread of a higher priority comes to wait, and then the block is freed. */
static void another_waits_too(int64_t deadline)
{
    (void)deadline;
    if (++asleep == 1) {
        port_priority = 5;
        assert_int_equal(k_mem_pool_alloc(&pool, &urgent, 256, K_FOREVER), 0);
        port_priority = 0;
        assert_ptr_equal(urgent.data, buffer);
        assert_non_null(pool.waiters.first); /* the first thread keeps its place */
    } else if (asleep == 2) {
        k_mem_pool_free(&held);
    } else {
        k_mem_pool_free(&urgent);
    }
}

static void the_higher_priority_is_served_first(void **state)
{
    struct k_mem_block block;

    (void)state;
    asleep = 0;
    port_while_asleep = another_waits_too;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 256, K_FOREVER), 0);
    assert_int_equal(asleep, 3);
}

static struct k_mem_block parts[4];

/* A second thread waits behind the first one, for less; then a quarter is freed, and then all. */
static void another_waits_for_less(int64_t deadline)
{
    struct k_mem_block small;

    (void)deadline;
    if (++asleep == 2) {
        k_mem_pool_free(&parts[2]);
        return;
    }
    assert_int_equal(k_mem_pool_alloc(&pool, &small, 64, K_FOREVER), 0);
    assert_ptr_equal(small.data, parts[2].data);
    assert_non_null(pool.waiters.first);
    parts[2] = small;
    for (unsigned i = 0; i < 4; i++) {
        k_mem_pool_free(&parts[i]);
    }
}

static void who_cannot_be_served_does_not_block_who_can(void **state)
{
    struct k_mem_block block;

    (void)state;
    k_mem_pool_free(&held);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(k_mem_pool_alloc(&pool, &parts[i], 64, K_NO_WAIT), 0);
    }
    asleep = 0;
    port_while_asleep = another_waits_for_less;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 256, K_FOREVER), 0);
    assert_int_equal(asleep, 2);
    assert_null(pool.waiters.first);
}

static void an_interrupt_may_not_wait(void **state)
{
    struct k_mem_block block;

    (void)state;
    port_isr = true;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_TICKS(3)), -ENOMEM);
    assert_int_equal(port_faults, 1);
    assert_int_equal(port_fault.kind, KHEAP_FAULT_ISR_WAIT);
    assert_ptr_equal(port_fault.heap, &pool);
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_NO_WAIT), -ENOMEM);
    k_mem_pool_free(&held);
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_NO_WAIT), 0);
    assert_int_equal(port_faults, 1);
}

static void malloc_from_a_pool_never_waits(void **state)
{
    (void)state;
    assert_null(k_mem_pool_malloc(&pool, 10));
    assert_int_equal(port_sleeps, 0);
    assert_int_equal(port_clock_reads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_waiter_gets_the_block_that_is_freed, open_full),
        cmocka_unit_test_setup(a_waiter_gets_a_part_of_what_is_freed, open_full),
        cmocka_unit_test_setup(eagain_comes_only_after_the_timeout, open_full),
        cmocka_unit_test_setup(without_waiting_the_answer_is_enomem, open_full),
        cmocka_unit_test_setup(useless_wake_ups_do_not_extend_the_deadline, open_full),
        cmocka_unit_test_setup(at_the_deadline_one_last_attempt_is_made, open_full),
        cmocka_unit_test_setup(the_higher_priority_is_served_first, open_full),
        cmocka_unit_test_setup(who_cannot_be_served_does_not_block_who_can, open_full),
        cmocka_unit_test_setup(an_interrupt_may_not_wait, open_full),
        cmocka_unit_test_setup(malloc_from_a_pool_never_waits, open_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void without_threads_every_timeout_is_no_wait(void **state)
{
    struct k_mem_block block;

    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_FOREVER), -ENOMEM);
    port_isr = true; /* and so nothing is misuse */
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_SECONDS(5)), -ENOMEM);
    assert_int_equal(port_faults + port_sleeps + port_clock_reads, 0);
    k_mem_pool_free(&held);
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_FOREVER), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_threads_every_timeout_is_no_wait, open_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
