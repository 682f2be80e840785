/* SPDX-License-Identifier: Apache-2.0 */

/* Memory pools: the public calls, around the tree in pool_tree.c and the queue in wait.c. */

#include "mem_pool.h"
#include "pool_fault.h"
#include "wait.h"

#include "../notify.h"

/* A request, which may come to sleep. */
struct pool_waiter {
    struct kheap_waiter waiter; /* first: the queue knows only this */
    uint32_t level;
    struct pool_place at; /* once served */
};

static void *block_address(const struct k_mem_pool *pool, struct pool_place at)
{
    return pool->buffer + pool_block_offset(pool, at);
}

/* Lock held, by the caller himself or by who releases memory. */
static bool attempt(void *owner, struct kheap_waiter *waiter)
{
    struct k_mem_pool *pool = (struct k_mem_pool *)owner;
    struct pool_waiter *me = (struct pool_waiter *)(void *)waiter;

    if (!pool_take(pool, me->level, &me->at)) {
        return false;
    }
    NOTIFY_ALLOC(pool, block_address(pool, me->at), pool_block_size(pool, me->at.level));
    return true;
}

void pool_release(struct k_mem_pool *pool, struct pool_place at)
{
    pool_give(pool, at);
    kheap_queue_serve(&pool->waiters, attempt, pool);
}

/* Apart from init, so that each of its conditions can be shown to matter. */
static bool shape_ok(size_t min_size, size_t max_size, size_t n_max)
{
    return KHEAP_POOL_MIN_OK(min_size) && KHEAP_POOL_MAX_OK(min_size, max_size) &&
           KHEAP_POOL_COUNT_OK(min_size, max_size, n_max);
}

int k_mem_pool_init(struct k_mem_pool *pool, void *buffer, uint32_t *bits, size_t min_size,
                    size_t max_size, size_t n_max)
{
    if (pool == NULL || buffer == NULL || bits == NULL || (uintptr_t)buffer % 8 != 0 ||
        !shape_ok(min_size, max_size, n_max) ||
        n_max > (UINTPTR_MAX - (uintptr_t)buffer) / max_size) {
        return -EINVAL;
    }
    const uint32_t row = KHEAP_POOL_BITS(min_size, max_size, n_max);

    *pool = (struct k_mem_pool){
        .buffer = (uint8_t *)buffer,
        .free = bits,
        .used = bits + KHEAP_POOL_FREE_WORDS(row),
        .max_size = (uint32_t)max_size,
        .min_size = (uint32_t)min_size,
        .n_max = (uint32_t)n_max,
        .levels = KHEAP_POOL_LEVELS_OF(KHEAP_POOL_RATIO(min_size, max_size)),
    };
    for (size_t i = K_MEM_POOL_WORDS(min_size, max_size, n_max); i > 0; i--) {
        bits[i - 1] = 0;
    }
    return 0;
}

/* What k_mem_pool_alloc() does once it knows that the request is a sensible one. */
static int alloc_waiting(struct k_mem_pool *pool, struct pool_waiter *me, int64_t deadline)
{
    uintptr_t key = kheap_port_lock(&pool->lock);
    int result = attempt(pool, &me->waiter) ? 0 : -ENOMEM;

    if (result != 0 && deadline != KHEAP_NO_DEADLINE) {
        const bool served =
            kheap_queue_wait(&pool->waiters, &pool->lock, &key, &me->waiter, deadline);

        result = served || attempt(pool, &me->waiter) ? 0 : -EAGAIN;
    }
    kheap_port_unlock(&pool->lock, key);
    return result;
}

int k_mem_pool_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size,
                     k_timeout_t timeout)
{
    struct pool_waiter me = {.level = POOL_NO_LEVEL};
    int result = -ENOMEM;

    HEAP_REFUSE(pool, -ENOMEM)
    const int64_t deadline = kheap_deadline(timeout);
    if (!kheap_may_wait(pool, deadline)) {
        return -ENOMEM;
    }
    if (size != 0) {
        me.level = pool_level_for(pool, size);
    }
    if (me.level != POOL_NO_LEVEL) {
        result = alloc_waiting(pool, &me, deadline);
    }
    *block = (struct k_mem_block){
        .data = result == 0 ? block_address(pool, me.at) : NULL,
        .pool = pool,
        .level = me.at.level,
        .index = me.at.index,
    };
    return result;
}

void k_mem_pool_free(struct k_mem_block *block)
{
    struct k_mem_pool *pool = block->pool;
    const struct pool_place at = {block->level, block->index};
    enum pool_misuse misuse = POOL_SOUND;

    HEAP_REFUSE(pool, )
    if (pool_place_check(pool, at, block->data) != POOL_SOUND) {
        pool_fault(pool, at, block->data, POOL_FOREIGN);
        return;
    }
    const uintptr_t key = kheap_port_lock(&pool->lock);
    misuse = pool_used_check(pool, at);
    if (misuse == POOL_SOUND) {
        NOTIFY_FREE(pool, block->data, pool_block_size(pool, at.level));
        pool_release(pool, at);
    }
    kheap_port_unlock(&pool->lock, key);
    if (misuse != POOL_SOUND) {
        pool_fault(pool, at, block->data, misuse);
    }
}
