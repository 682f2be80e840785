/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every function, type and macro that documents name, with the exact type that they give it: first
 * those of Zephyr 3.7's page of heap APIs, then the others. It compiles as C and as C++, where a
 * pointer to another type is an error even if only an enumeration differs. headers.py shows that
 * each line below is checked, by changing its type.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <zephyr/kernel.h>
#include <zephyr/multi_heap/shared_multi_heap.h>
#include <zephyr/sys/heap_listener.h>
#include <zephyr/sys/mem_stats.h>
#include <zephyr/sys/multi_heap.h>
#include <zephyr/sys/sys_heap.h>

/* Of shape (return type, function, parameters). Counted, so that headers.py knows how many. */
#define PROTOTYPE(type, function, parameters)                                                      \
    do {                                                                                           \
        type(*const pointer) parameters = function;                                                \
        count += pointer != NULL;                                                                  \
    } while (0)
/* Of shape (type, expression): an object of just this type. */
#define OBJECT(type, expression)                                                                   \
    do {                                                                                           \
        type *const pointer = &(expression);                                                       \
        count += pointer != NULL;                                                                  \
    } while (0)

static int heap_api_page(void)
{
    int count = 0;

    PROTOTYPE(void, k_heap_init, (struct k_heap * h, void *mem, size_t bytes));
    PROTOTYPE(void *, k_heap_aligned_alloc,
              (struct k_heap * h, size_t align, size_t bytes, k_timeout_t timeout));
    PROTOTYPE(void *, k_heap_alloc, (struct k_heap * h, size_t bytes, k_timeout_t timeout));
    PROTOTYPE(void *, k_heap_realloc,
              (struct k_heap * h, void *ptr, size_t bytes, k_timeout_t timeout));
    PROTOTYPE(void, k_heap_free, (struct k_heap * h, void *mem));
    PROTOTYPE(void *, k_aligned_alloc, (size_t align, size_t size));
    PROTOTYPE(void *, k_malloc, (size_t size));
    PROTOTYPE(void, k_free, (void *ptr));
    PROTOTYPE(void *, k_calloc, (size_t nmemb, size_t size));
    PROTOTYPE(void *, k_realloc, (void *ptr, size_t size));
    return count;
}

static int low_level_heap(void)
{
    int count = 0;

    PROTOTYPE(int, sys_heap_init, (struct sys_heap * heap, void *mem, size_t bytes));
    PROTOTYPE(void *, sys_heap_alloc, (struct sys_heap * heap, size_t bytes));
    PROTOTYPE(void *, sys_heap_aligned_alloc, (struct sys_heap * heap, size_t align, size_t bytes));
    PROTOTYPE(void *, sys_heap_noalign_alloc, (struct sys_heap * heap, size_t align, size_t bytes));
    PROTOTYPE(void *, sys_heap_realloc, (struct sys_heap * heap, void *ptr, size_t bytes));
    PROTOTYPE(void *, sys_heap_aligned_realloc,
              (struct sys_heap * heap, void *ptr, size_t align, size_t bytes));
    PROTOTYPE(void, sys_heap_free, (struct sys_heap * heap, void *mem));
    PROTOTYPE(size_t, sys_heap_usable_size, (struct sys_heap * heap, void *mem));
    PROTOTYPE(bool, sys_heap_validate, (struct sys_heap * heap));
    PROTOTYPE(void, sys_heap_print_info, (struct sys_heap * heap, bool dump_chunks));
    PROTOTYPE(int, sys_heap_runtime_stats_get,
              (struct sys_heap * heap, struct sys_memory_stats * stats));
    PROTOTYPE(int, sys_heap_runtime_stats_reset_max, (struct sys_heap * heap));
    PROTOTYPE(int, sys_heap_array_get, (struct sys_heap * **heap));
    PROTOTYPE(int, sys_heap_array_save, (struct sys_heap * heap));
    PROTOTYPE(void, sys_heap_stress,
              (void *(*alloc_fn)(void *arg, size_t bytes), void (*free_fn)(void *arg, void *p),
               void *arg, size_t total_bytes, uint32_t op_count, void *scratch_mem,
               size_t scratch_bytes, int target_percent, struct z_heap_stress_result *result));
    PROTOTYPE(void *, k_heap_calloc,
              (struct k_heap * h, size_t num, size_t size, k_timeout_t timeout));
    PROTOTYPE(int, k_heap_array_get, (struct k_heap * *heap));
    return count;
}

static int multi_heaps(void)
{
    int count = 0;

    PROTOTYPE(void, sys_multi_heap_init,
              (struct sys_multi_heap * heap, sys_multi_heap_fn_t choice_fn));
    PROTOTYPE(int, sys_multi_heap_add_heap,
              (struct sys_multi_heap * mheap, struct sys_heap * heap, void *user_data));
    PROTOTYPE(void *, sys_multi_heap_alloc,
              (struct sys_multi_heap * mheap, void *cfg, size_t bytes));
    PROTOTYPE(void *, sys_multi_heap_aligned_alloc,
              (struct sys_multi_heap * mheap, void *cfg, size_t align, size_t bytes));
    PROTOTYPE(void *, sys_multi_heap_realloc,
              (struct sys_multi_heap * mheap, void *cfg, void *ptr, size_t bytes));
    PROTOTYPE(void *, sys_multi_heap_aligned_realloc,
              (struct sys_multi_heap * mheap, void *cfg, void *ptr, size_t align, size_t bytes));
    PROTOTYPE(void, sys_multi_heap_free, (struct sys_multi_heap * mheap, void *block));
    PROTOTYPE(const struct sys_multi_heap_rec *, sys_multi_heap_get_heap,
              (const struct sys_multi_heap *mheap, void *addr));
    PROTOTYPE(int, shared_multi_heap_pool_init, (void));
    PROTOTYPE(int, shared_multi_heap_add,
              (struct shared_multi_heap_region * region, void *user_data));
    PROTOTYPE(void *, shared_multi_heap_alloc, (enum shared_multi_heap_attr attr, size_t bytes));
    PROTOTYPE(void *, shared_multi_heap_aligned_alloc,
              (enum shared_multi_heap_attr attr, size_t align, size_t bytes));
    PROTOTYPE(void *, shared_multi_heap_realloc,
              (enum shared_multi_heap_attr attr, void *ptr, size_t bytes));
    PROTOTYPE(void, shared_multi_heap_free, (void *block));
    return count;
}

static int listener_and_pool(void)
{
    int count = 0;

    PROTOTYPE(void, heap_listener_register, (struct heap_listener * listener));
    PROTOTYPE(void, heap_listener_unregister, (struct heap_listener * listener));
    PROTOTYPE(void, heap_listener_notify_alloc, (uintptr_t heap_id, void *mem, size_t bytes));
    PROTOTYPE(void, heap_listener_notify_free, (uintptr_t heap_id, void *mem, size_t bytes));
    PROTOTYPE(void, heap_listener_notify_resize,
              (uintptr_t heap_id, void *old_heap_end, void *new_heap_end));
    PROTOTYPE(
        int, k_mem_pool_alloc,
        (struct k_mem_pool * pool, struct k_mem_block * block, size_t size, k_timeout_t timeout));
    PROTOTYPE(void, k_mem_pool_free, (struct k_mem_block * block));
    PROTOTYPE(void *, k_mem_pool_malloc, (struct k_mem_pool * pool, size_t size));
    return count;
}

static void *choice(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    (void)cfg;
    return sys_heap_aligned_alloc(mheap->heaps[0].heap, align, size);
}

static void on_block(uintptr_t heap_id, void *mem, size_t bytes)
{
    (void)heap_id;
    (void)mem;
    (void)bytes;
}

static void on_end(uintptr_t heap_id, void *old_heap_end, void *new_heap_end)
{
    (void)heap_id;
    (void)old_heap_end;
    (void)new_heap_end;
}

/* The macros, at file scope, where they are used. */
K_HEAP_DEFINE(prototype_heap, 256);
K_HEAP_DEFINE_NOCACHE(prototype_nocache, 256);
K_MEM_POOL_DEFINE(prototype_pool, 64, 256, 1, 4);
HEAP_LISTENER_ALLOC_DEFINE(on_alloc, HEAP_ID_FROM_POINTER(&prototype_heap.heap), on_block);
HEAP_LISTENER_FREE_DEFINE(on_free, HEAP_ID_LIBC, on_block);
HEAP_LISTENER_RESIZE_DEFINE(on_resize, HEAP_ID_LIBC, on_end);

/* The members that programs touch, and what the macros have made. */
static int members(void)
{
    struct sys_memory_stats stats = {0, 0, 0};
    struct z_heap_stress_result stress = {0, 0, 0, 0};
    struct shared_multi_heap_region region = {SMH_REG_ATTR_EXTERNAL, 0, 0};
    struct sys_multi_heap multi;
    struct k_mem_block block;
    sys_multi_heap_fn_t function = choice;
    int count = 0;

    OBJECT(struct k_heap, prototype_heap);
    OBJECT(struct k_heap, prototype_nocache);
    OBJECT(struct sys_heap, prototype_heap.heap);
    OBJECT(void *, prototype_heap.heap.heap);
    OBJECT(struct k_mem_pool, prototype_pool);
    OBJECT(void *, block.data);
    OBJECT(size_t, stats.free_bytes);
    OBJECT(size_t, stats.allocated_bytes);
    OBJECT(size_t, stats.max_allocated_bytes);
    OBJECT(uint32_t, stress.total_allocs);
    OBJECT(uint32_t, stress.successful_allocs);
    OBJECT(uint32_t, stress.total_frees);
    OBJECT(uint64_t, stress.accumulated_in_use_bytes);
    OBJECT(int, multi.nheaps);
    OBJECT(sys_multi_heap_fn_t, multi.choice);
    OBJECT(sys_multi_heap_fn_t, function);
    OBJECT(struct sys_multi_heap_rec, multi.heaps[MAX_MULTI_HEAPS - 1]);
    OBJECT(struct sys_heap *, multi.heaps[0].heap);
    OBJECT(void *, multi.heaps[0].user_data);
    OBJECT(enum shared_multi_heap_attr, region.attr);
    OBJECT(uintptr_t, region.addr);
    OBJECT(size_t, region.size);
    OBJECT(uintptr_t, on_alloc.heap_id);
    OBJECT(enum heap_event_types, on_alloc.event);
    OBJECT(heap_listener_alloc_cb_t, on_alloc.alloc_cb);
    OBJECT(heap_listener_free_cb_t, on_free.free_cb);
    OBJECT(heap_listener_resize_cb_t, on_resize.resize_cb);
    return count;
}

/* Values that are documented as numbers, and every way to make a timeout. */
static int values(void)
{
    const k_timeout_t timeouts[] = {K_NO_WAIT,
                                    K_FOREVER,
                                    K_TICKS(1),
                                    K_USEC(1),
                                    K_NSEC(1),
                                    K_CYC(1),
                                    K_MSEC(1),
                                    K_SECONDS(1),
                                    K_MINUTES(1),
                                    K_HOURS(1),
                                    K_TIMEOUT_ABS_TICKS(1),
                                    K_TIMEOUT_ABS_US(1),
                                    K_TIMEOUT_ABS_NS(1),
                                    K_TIMEOUT_ABS_CYC(1),
                                    K_TIMEOUT_ABS_MS(1)};
    int count = 0;

    for (size_t i = 2; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        count += !K_TIMEOUT_EQ(timeouts[i], K_NO_WAIT) && !K_TIMEOUT_EQ(timeouts[i], K_FOREVER);
    }
    count += K_TIMEOUT_EQ(timeouts[0], K_NO_WAIT) && K_TIMEOUT_EQ(timeouts[1], K_FOREVER);
    count += HEAP_ID_LIBC == 0 && HEAP_EVT_UNKNOWN == 0 && MAX_MULTI_HEAPS == 8;
    count += HEAP_RESIZE == 1 && HEAP_ALLOC == 2 && HEAP_FREE == 3 && HEAP_REALLOC == 4 &&
             HEAP_MAX_EVENTS == 5;
    count += SMH_REG_ATTR_CACHEABLE == 0 && SMH_REG_ATTR_NON_CACHEABLE == 1 &&
             SMH_REG_ATTR_EXTERNAL == 2 && SMH_REG_ATTR_NUM == 3;
    count += offsetof(struct k_heap, heap) == 0;
    return count == 18 ? 0 : 1;
}

int main(void)
{
    void *const block = k_heap_alloc(&prototype_nocache, 8, K_NO_WAIT);

    k_heap_free(&prototype_nocache, block);
    if (values() != 0 || block == NULL) {
        return 1;
    }
    /* Judged by this line: as many as were written. */
    printf("%d prototypes, %d members\n",
           heap_api_page() + low_level_heap() + multi_heaps() + listener_and_pool(), members());
    return 0;
}
