/* SPDX-License-Identifier: Apache-2.0 */

/* Memory pools as programs of 2016 to 2020 used them. */

#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

K_MEM_POOL_DEFINE(frames, 64, 1024, 2, 8);

ZTEST_SUITE(mem_pool, NULL, NULL, NULL, NULL, NULL);

ZTEST(mem_pool, blocks_are_quarters_of_quarters)
{
    struct k_mem_block blocks[32];
    struct k_mem_block one;

    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        zassert_ok(k_mem_pool_alloc(&frames, &blocks[i], 64, K_NO_WAIT), "block %zu", i);
        memset(blocks[i].data, (int)i, 64);
    }
    zassert_equal(k_mem_pool_alloc(&frames, &one, 1, K_NO_WAIT), -ENOMEM);
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        zassert_equal(*(uint8_t *)blocks[i].data, (uint8_t)i);
        k_mem_pool_free(&blocks[i]);
    }
    zassert_ok(k_mem_pool_alloc(&frames, &one, 1024, K_NO_WAIT), "the quarters are joined");
    k_mem_pool_free(&one);
}

ZTEST(mem_pool, a_wait_ends_with_its_timeout)
{
    struct k_mem_block both[2];
    struct k_mem_block one;
    const int64_t before = k_uptime_get();

    zassert_ok(k_mem_pool_alloc(&frames, &both[0], 1000, K_NO_WAIT));
    zassert_ok(k_mem_pool_alloc(&frames, &both[1], 1000, K_NO_WAIT));
    zassert_equal(k_mem_pool_alloc(&frames, &one, 10, K_NO_WAIT), -ENOMEM);
    zassert_equal(k_mem_pool_alloc(&frames, &one, 10, K_MSEC(20)), -EAGAIN);
    zassert_true(k_uptime_get() - before >= 20);
    zassert_equal(k_mem_pool_alloc(&frames, &one, 1025, K_FOREVER), -ENOMEM, "never possible");
    k_mem_pool_free(&both[0]);
    k_mem_pool_free(&both[1]);
}

static struct k_thread thread;
static K_THREAD_STACK_DEFINE(stack, 1024);

static void free_later(void *block, void *unused, void *unused2)
{
    ARG_UNUSED(unused);
    ARG_UNUSED(unused2);
    k_msleep(10);
    k_mem_pool_free(block);
}

ZTEST(mem_pool, a_free_wakes_who_waits)
{
    struct k_mem_block both[2];
    struct k_mem_block one;

    zassert_ok(k_mem_pool_alloc(&frames, &both[0], 1024, K_NO_WAIT));
    zassert_ok(k_mem_pool_alloc(&frames, &both[1], 1024, K_NO_WAIT));
    k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), free_later, &both[1], NULL, NULL,
                    1, 0, K_NO_WAIT);
    zassert_ok(k_mem_pool_alloc(&frames, &one, 1024, K_FOREVER));
    zassert_ok(k_thread_join(&thread, K_FOREVER));
    zassert_equal_ptr(one.data, both[1].data);
    k_mem_pool_free(&both[0]);
    k_mem_pool_free(&one);
}

ZTEST(mem_pool, pool_malloc_is_freed_by_k_free)
{
    void *p = k_mem_pool_malloc(&frames, 1024 - 16);
    void *q = k_mem_pool_malloc(&frames, 1024 - 16);

    zassert_not_null(p);
    zassert_not_null(q);
    zassert_is_null(k_mem_pool_malloc(&frames, 1));
    k_free(p);
    k_free(q);
    zassert_is_null(k_mem_pool_malloc(&frames, 1024 - 15), "16 bytes are the descriptor's");
    p = k_mem_pool_malloc(&frames, 1024 - 16);
    zassert_not_null(p);
    k_free(p);
}
