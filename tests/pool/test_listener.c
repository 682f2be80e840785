/* SPDX-License-Identifier: Apache-2.0 */

/* What pools tell listeners, in a build in which heaps report. */

#include "port.h"

#include <kheap/heap_listener.h>

#include "heaps/system_heap.h"

K_MEM_POOL_DEFINE(pool, 64, 256, 1, 8);

static struct {
    char what;
    void *mem;
    size_t bytes;
} events[8];
static unsigned nevents;
static bool meddle; /* the callback calls the pool */
static struct k_mem_block block;

static void heard(char what, void *mem, size_t bytes)
{
    struct k_mem_block inner;

    assert_true(nevents < 8);
    events[nevents].what = what;
    events[nevents].mem = mem;
    events[nevents++].bytes = bytes;
    if (meddle) {
        assert_int_equal(k_mem_pool_alloc(&pool, &inner, 1, K_NO_WAIT), -ENOMEM);
        k_mem_pool_free(&block);
        assert_null(k_mem_pool_malloc(&pool, 1));
        assert_int_equal(port_fault.kind, KHEAP_FAULT_IN_CALLBACK);
    }
}

static void on_alloc(uintptr_t heap, void *mem, size_t bytes)
{
    assert_int_equal(heap, HEAP_ID_FROM_POINTER(&pool));
    heard('a', mem, bytes);
}

static void on_free(uintptr_t heap, void *mem, size_t bytes)
{
    assert_int_equal(heap, HEAP_ID_FROM_POINTER(&pool));
    heard('f', mem, bytes);
}

HEAP_LISTENER_ALLOC_DEFINE(allocs, HEAP_ID_FROM_POINTER(&pool), on_alloc);
HEAP_LISTENER_FREE_DEFINE(frees, HEAP_ID_FROM_POINTER(&pool), on_free);

static int listen(void **state)
{
    nevents = 0;
    meddle = false;
    port_reset(state);
    heap_listener_register(&allocs);
    heap_listener_register(&frees);
    return 0;
}

static int deaf(void **state)
{
    (void)state;
    heap_listener_unregister(&allocs);
    heap_listener_unregister(&frees);
    return 0;
}

static void expect_event(unsigned i, char what, const void *mem, size_t bytes)
{
    assert_int_equal(events[i].what, what);
    assert_ptr_equal(events[i].mem, mem);
    assert_int_equal(events[i].bytes, bytes);
}

static void a_pool_reports_the_users_bytes_of_each_block(void **state)
{
    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 50, K_NO_WAIT), 0);
    k_mem_pool_free(&block);
    assert_int_equal(nevents, 2);
    expect_event(0, 'a', block.data, 64);
    expect_event(1, 'f', block.data, 64);
}

static void a_block_behind_a_descriptor_is_reported_without_it(void **state)
{
    (void)state;
    void *p = k_mem_pool_malloc(&pool, 50);
    assert_non_null(p);
    k_free(p);
    assert_int_equal(nevents, 2);
    expect_event(0, 'a', p, 256 - 16);
    expect_event(1, 'f', p, 256 - 16);
}

static void a_failed_call_reports_nothing(void **state)
{
    struct k_mem_block other;

    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 257, K_NO_WAIT), -ENOMEM);
    assert_null(k_mem_pool_malloc(&pool, 241));
    assert_int_equal(nevents, 0);
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 256, K_NO_WAIT), 0);
    assert_int_equal(k_mem_pool_alloc(&pool, &other, 1, K_NO_WAIT), -ENOMEM);
    assert_int_equal(nevents, 1);
    k_mem_pool_free(&block);
    k_mem_pool_free(&block);
    assert_int_equal(port_faults, 1);
    assert_int_equal(nevents, 2);
}

static void frees_for_the_sleeper(int64_t deadline)
{
    (void)deadline;
    k_mem_pool_free(&block);
}

static void a_waiter_that_is_served_is_reported_behind_the_free(void **state)
{
    struct k_mem_block mine;

    (void)state;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 256, K_NO_WAIT), 0);
    port_while_asleep = frees_for_the_sleeper;
    assert_int_equal(k_mem_pool_alloc(&pool, &mine, 64, K_FOREVER), 0);
    assert_int_equal(nevents, 3);
    expect_event(1, 'f', block.data, 256);
    expect_event(2, 'a', mine.data, 64);
    k_mem_pool_free(&mine);
}

static void a_callback_that_calls_the_pool_is_misuse_and_has_no_effect(void **state)
{
    (void)state;
    meddle = true;
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 64, K_NO_WAIT), 0);
    assert_int_equal(port_faults, 3);
    meddle = false;
    k_mem_pool_free(&block);
    assert_int_equal(nevents, 2);
    assert_int_equal(k_mem_pool_alloc(&pool, &block, 256, K_NO_WAIT), 0);
    k_mem_pool_free(&block);
}

#define LISTENER_TEST(name) cmocka_unit_test_setup_teardown(name, listen, deaf)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LISTENER_TEST(a_pool_reports_the_users_bytes_of_each_block),
        LISTENER_TEST(a_block_behind_a_descriptor_is_reported_without_it),
        LISTENER_TEST(a_failed_call_reports_nothing),
        LISTENER_TEST(a_waiter_that_is_served_is_reported_behind_the_free),
        LISTENER_TEST(a_callback_that_calls_the_pool_is_misuse_and_has_no_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
