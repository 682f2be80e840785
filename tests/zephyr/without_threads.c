/* SPDX-License-Identifier: Apache-2.0 */

/* A build without threads: a timeout is no wait, wherever the call is made. */

#include <zephyr/irq_offload.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

K_HEAP_DEFINE(heap, 512);

ZTEST_SUITE(without_threads, NULL, NULL, NULL, NULL, NULL);

ZTEST(without_threads, every_timeout_is_no_wait)
{
    void *all = k_heap_alloc(&heap, 300, K_FOREVER);

    zassert_not_null(all);
    zassert_is_null(k_heap_alloc(&heap, 300, K_FOREVER));
    zassert_is_null(k_heap_alloc(&heap, 300, K_HOURS(1)));
    zassert_is_null(k_heap_realloc(&heap, all, 500, K_FOREVER));
    k_heap_free(&heap, all);
}

static void as_interrupt(const void *parameter)
{
    void *p = k_heap_alloc(&heap, 300, K_FOREVER);

    ARG_UNUSED(parameter);
    zassert_not_null(p);
    zassert_is_null(k_heap_alloc(&heap, 300, K_FOREVER));
    k_heap_free(&heap, p);
}

ZTEST(without_threads, in_an_interrupt_too)
{
    irq_offload(as_interrupt, NULL);
}
