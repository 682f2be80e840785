/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Blocks of memory pools that are freed by their address alone. The 16 bytes in front of the user's
 * say which block it is:
 *
 *   block                          user
 *   |  alignment, if any  | pool, place, seal |  user's bytes ... |
 *                          16 bytes
 */

#include "mem_pool.h"
#include "pool_fault.h"
#include "wait.h"

#include "../notify.h"

#define INDEX_BITS 24u

struct descriptor {
    struct k_mem_pool *pool;
    uint32_t place; /* level << INDEX_BITS | index */
    uint32_t seal;  /* of this address, pool and place; its complement once freed */
};
_Static_assert(sizeof(struct descriptor) <= K_MEM_POOL_DESCRIPTOR, "the documented 16 bytes");
_Static_assert(K_MEM_POOL_BLOCKS <= 1u << INDEX_BITS, "an index fits");
_Static_assert(K_MEM_POOL_LEVELS <= 1u << (32 - INDEX_BITS), "a level fits");

static struct descriptor *descriptor_of(void *ptr)
{
    return (struct descriptor *)(void *)((uint8_t *)ptr - K_MEM_POOL_DESCRIPTOR);
}

static uint32_t fold(const void *pointer)
{
    const uint64_t bits = (uintptr_t)pointer;

    return (uint32_t)(bits ^ bits >> 32);
}

/*
 * Any bytes but a descriptor's own fail to match but once in 2^32: multiplying by an odd number
 * loses no bit, and each of the three values is mixed into all higher bits.
 */
static uint32_t seal_of(const void *ptr, const struct descriptor *d)
{
    uint32_t seal = fold(ptr) * 0x9e3779b1u;

    seal = ((seal ^ seal >> 15) + fold(d->pool)) * 0x85ebca6bu;
    seal = ((seal ^ seal >> 13) + d->place) * 0xc2b2ae35u;
    return seal ^ seal >> 16;
}

static struct pool_place place_of(const struct descriptor *d)
{
    const uint32_t mask = (1u << INDEX_BITS) - 1u;

    return (struct pool_place){d->place >> INDEX_BITS, d->place & mask};
}

/* Where the user's bytes start in the block. */
static size_t offset_in_block(const struct k_mem_pool *pool, struct pool_place at, const void *ptr)
{
    return (size_t)((const uint8_t *)ptr - pool->buffer) - pool_block_offset(pool, at);
}

/* Only what the address and its descriptor say; *pool NULL when the descriptor is none. */
static enum pool_misuse descriptor_check(void *ptr, struct k_mem_pool **pool, struct pool_place *at)
{
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    const uint32_t seal = (uintptr_t)ptr % 8 == 0 ? seal_of(ptr, descriptor_of(ptr)) : 0;

    *pool = NULL;
    *at = (struct pool_place){0, 0};
    if ((uintptr_t)ptr % 8 != 0 ||
        (descriptor_of(ptr)->seal != seal && descriptor_of(ptr)->seal != ~seal)) {
        return POOL_UNSEALED;
    }
    *pool = descriptor_of(ptr)->pool;
    *at = place_of(descriptor_of(ptr));
    return descriptor_of(ptr)->seal == seal ? POOL_SOUND : POOL_FREED;
#else
    *pool = descriptor_of(ptr)->pool;
    *at = place_of(descriptor_of(ptr));
    return POOL_SOUND;
#endif
}

/* Lock held. The block is complete, descriptor included, before a listener hears of it. */
static void *describe(struct k_mem_pool *pool, struct pool_place at, size_t front)
{
    uint8_t *ptr = pool->buffer + pool_block_offset(pool, at) + front;
    struct descriptor *d = descriptor_of(ptr);

    d->pool = pool;
    d->place = at.level << INDEX_BITS | at.index;
    d->seal = seal_of(ptr, d);
    NOTIFY_ALLOC(pool, ptr, pool_block_size(pool, at.level) - front);
    return ptr;
}

void *kheap_pool_malloc(struct k_mem_pool *pool, size_t align, size_t size)
{
    const size_t front = align > K_MEM_POOL_DESCRIPTOR ? align : K_MEM_POOL_DESCRIPTOR;
    struct pool_place at;
    void *ptr = NULL;

    HEAP_REFUSE(pool, NULL)
    if (size > SIZE_MAX - front) {
        return NULL;
    }
    const uint32_t level = pool_level_for(pool, size + front);
    if (level == POOL_NO_LEVEL) {
        return NULL;
    }
    const uintptr_t key = kheap_port_lock(&pool->lock);
    if (pool_take(pool, level, &at)) {
        ptr = describe(pool, at, front);
    }
    kheap_port_unlock(&pool->lock, key);
    return ptr;
}

void *k_mem_pool_malloc(struct k_mem_pool *pool, size_t size)
{
    return kheap_pool_malloc(pool, 1, size);
}

void kheap_pool_release(void *ptr)
{
    struct k_mem_pool *pool;
    struct pool_place at;
    enum pool_misuse misuse = descriptor_check(ptr, &pool, &at);

    HEAP_REFUSE(pool, )
    if (misuse == POOL_SOUND) {
        const uintptr_t key = kheap_port_lock(&pool->lock);
        misuse = pool_used_check(pool, at);
        if (misuse == POOL_SOUND) {
            NOTIFY_FREE(pool, ptr,
                        pool_block_size(pool, at.level) - offset_in_block(pool, at, ptr));
            descriptor_of(ptr)->seal = ~descriptor_of(ptr)->seal;
            pool_release(pool, at);
        }
        kheap_port_unlock(&pool->lock, key);
    }
    if (misuse != POOL_SOUND) {
        pool_fault(pool, at, ptr, misuse);
    }
}

bool kheap_pool_resize_check(void *ptr, size_t size, size_t *usable, bool *same)
{
    struct k_mem_pool *pool;
    struct pool_place at;
    enum pool_misuse misuse = descriptor_check(ptr, &pool, &at);

    if (misuse == POOL_SOUND) {
        const uintptr_t key = kheap_port_lock(&pool->lock);
        KHEAP_ENTER(pool);
        misuse = pool_used_check(pool, at);
        kheap_port_unlock(&pool->lock, key);
    }
    if (misuse != POOL_SOUND) {
        pool_fault(pool, at, ptr, misuse);
        return false;
    }
    *usable = pool_block_size(pool, at.level) - offset_in_block(pool, at, ptr);
    *same = size <= *usable && pool_level_for(pool, size + K_MEM_POOL_DESCRIPTOR) == at.level;
    return true;
}
