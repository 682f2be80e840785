/* SPDX-License-Identifier: Apache-2.0 */

/* The program's one pool of regions with attributes, behind a lock of its own. */

#include "kheap/port.h"
#include "kheap/shared_multi_heap.h"

#include "../notify.h"
#include "multi.h"

/* Regions in the order of adding, which is the order in which they are tried. */
static struct {
    struct kheap_lock lock;
    bool ready;
    int regions;
    struct sys_multi_heap heaps;
    struct {
        struct sys_heap heap;
        enum shared_multi_heap_attr attr;
    } region[MAX_MULTI_HEAPS];
} pool;

static bool attr_bad(enum shared_multi_heap_attr attr)
{
    return (unsigned)attr >= (unsigned)SMH_REG_ATTR_NUM;
}

/* The pool's choice: cfg points to the attribute. */
static void *first_with_room(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    const enum shared_multi_heap_attr *const attr = cfg;

    (void)mheap;
    for (int i = 0; i < pool.regions; i++) {
        if (pool.region[i].attr == *attr) {
            void *const block = sys_heap_aligned_alloc(&pool.region[i].heap, align, size);

            if (block != NULL) {
                return block;
            }
        }
    }
    return NULL;
}

int shared_multi_heap_pool_init(void)
{
    HEAP_REFUSE(&pool.heaps, -EINVAL)
    const uintptr_t key = kheap_port_lock(&pool.lock);
    const int result = pool.ready ? -EALREADY : 0;

    if (result == 0) {
        sys_multi_heap_init(&pool.heaps, first_with_room);
        pool.ready = true;
    }
    kheap_port_unlock(&pool.lock, key);
    return result;
}

/*
 * With the lock held. Every reason not to is looked for before the region is written: its bytes may
 * be another region's.
 */
static int region_add(const struct shared_multi_heap_region *region, void *user_data)
{
    if (!pool.ready ||
        kheap_multi_overlapped(&pool.heaps, region->addr, region->addr + region->size) != NULL) {
        return -EINVAL;
    }
    if (pool.regions == MAX_MULTI_HEAPS) {
        return -ENOMEM;
    }
    struct sys_heap *const heap = &pool.region[pool.regions].heap;

    if (sys_heap_init(heap, (void *)region->addr, region->size) != 0) {
        return -EINVAL;
    }
    pool.region[pool.regions].attr = region->attr;
    pool.regions++;
    return sys_multi_heap_add_heap(&pool.heaps, heap, user_data);
}

int shared_multi_heap_add(struct shared_multi_heap_region *region, void *user_data)
{
    HEAP_REFUSE(&pool.heaps, -EINVAL)
    if (region == NULL || attr_bad(region->attr) || region->addr == 0 || region->size == 0 ||
        region->size > UINTPTR_MAX - region->addr) {
        return -EINVAL;
    }
    const uintptr_t key = kheap_port_lock(&pool.lock);
    const int result = region_add(region, user_data);

    kheap_port_unlock(&pool.lock, key);
    return result;
}

void *shared_multi_heap_aligned_alloc(enum shared_multi_heap_attr attr, size_t align, size_t bytes)
{
    HEAP_REFUSE(&pool.heaps, NULL)
    if (attr_bad(attr)) {
        return NULL;
    }
    const uintptr_t key = kheap_port_lock(&pool.lock);
    void *const block = sys_multi_heap_aligned_alloc(&pool.heaps, &attr, align, bytes);

    kheap_port_unlock(&pool.lock, key);
    return block;
}

void *shared_multi_heap_alloc(enum shared_multi_heap_attr attr, size_t bytes)
{
    return shared_multi_heap_aligned_alloc(attr, 0, bytes);
}

void *shared_multi_heap_realloc(enum shared_multi_heap_attr attr, void *ptr, size_t bytes)
{
    HEAP_REFUSE(&pool.heaps, NULL)
    if (attr_bad(attr)) {
        return NULL;
    }
    struct kheap_move move;
    uintptr_t key = kheap_port_lock(&pool.lock);
    void *result = kheap_multi_begin(&pool.heaps, &attr, ptr, 0, bytes, &move);

    kheap_port_unlock(&pool.lock, key);
    if (move.to != NULL) {
        /* Both blocks are this caller's, so nobody else may touch them meanwhile. */
        (void)__builtin_memcpy(move.to, move.from, move.bytes);
        key = kheap_port_lock(&pool.lock);
        result = kheap_multi_end(&pool.heaps, &move);
        kheap_port_unlock(&pool.lock, key);
    }
    return result;
}

void shared_multi_heap_free(void *block)
{
    HEAP_REFUSE(&pool.heaps, )
    const uintptr_t key = kheap_port_lock(&pool.lock);

    sys_multi_heap_free(&pool.heaps, block);
    kheap_port_unlock(&pool.lock, key);
}
