/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_LISTENER_H
#define SUBJECTS_EDGES_LISTENER_H

/* Items: heap_listener, and what a callback may not do. */

#include "edges_kheap.h"
#include "edges_multi.h"
#include "edges_pool.h"

#include "kheap/heap_listener.h"

#define EDGE_ID 77u /* an allocator outside the library */

static uint32_t edge_told; /* calls of callbacks */

static void edge_told_block(uintptr_t heap_id, void *mem, size_t bytes)
{
    edge_told += heap_id == EDGE_ID && mem == edge_memory && bytes == 8;
}

static void edge_told_resize(uintptr_t heap_id, void *old_end, void *new_end)
{
    edge_told += heap_id == EDGE_ID && old_end == edge_memory && new_end == edge_memory + 8;
}

static inline void edge_listener_list(void)
{
    static HEAP_LISTENER_ALLOC_DEFINE(first, EDGE_ID, edge_told_block);
    static HEAP_LISTENER_FREE_DEFINE(second, EDGE_ID, edge_told_block);
    static HEAP_LISTENER_RESIZE_DEFINE(third, EDGE_ID, edge_told_resize);
    static HEAP_LISTENER_ALLOC_DEFINE(nothing, EDGE_ID, NULL);

    edge_told = 0;
    heap_listener_register(NULL);
    heap_listener_unregister(NULL);
    heap_listener_unregister(&first);
    /* What a listener points to before it enters does not matter, nor does it point on after. */
    first.next = &first;
    heap_listener_register(&first);
    heap_listener_register(&first);
    heap_listener_register(&second);
    heap_listener_register(&third);
    heap_listener_register(&nothing);
    heap_listener_notify_alloc(EDGE_ID, edge_memory, 8);
    heap_listener_notify_free(EDGE_ID, edge_memory, 8);
    heap_listener_notify_resize(EDGE_ID, edge_memory, edge_memory + 8);
    heap_listener_notify_alloc(EDGE_ID + 1, edge_memory, 8);
    edge_is("callbacks", edge_told, 3);
    heap_listener_unregister(&second);
    heap_listener_unregister(&second);
    heap_listener_unregister(&nothing);
    heap_listener_unregister(&third);
    heap_listener_unregister(&first);
    edge_null("next of a listener that left", second.next);
    heap_listener_notify_alloc(EDGE_ID, edge_memory, 8);
    edge_is("callbacks behind the last listener", edge_told, 3);
}

/* What calls the library from inside a callback, where each call must be refused and reported. */
static void edge_refused(const char *what)
{
    edge_fault(what, KHEAP_FAULT_IN_CALLBACK);
}

static HEAP_LISTENER_FREE_DEFINE(edge_stays, EDGE_ID, edge_told_block);

static inline void edge_call_listener(void)
{
    static HEAP_LISTENER_ALLOC_DEFINE(another, EDGE_ID, edge_told_block);

    heap_listener_register(&another);
    edge_refused("register() from a callback");
    heap_listener_unregister(&edge_stays);
    edge_refused("unregister() from a callback");
    heap_listener_notify_alloc(EDGE_ID, edge_memory, 8);
    edge_refused("notify() from a callback");
}

#if CONFIG_SYS_HEAP_LISTENER
static inline void edge_call_sys_heap(void)
{
    struct sys_heap *const heap = &edge_parts[1];

    edge_is("init() from a callback", sys_heap_init(heap, edge_more, EDGE_PART), -EINVAL);
    edge_refused("init() from a callback");
    edge_null("alloc() from a callback", sys_heap_alloc(heap, 8));
    edge_refused("alloc() from a callback");
    edge_null("aligned_alloc() from a callback", sys_heap_aligned_alloc(heap, 64, 8));
    edge_refused("aligned_alloc() from a callback");
    edge_null("realloc() from a callback", sys_heap_realloc(heap, NULL, 8));
    edge_refused("realloc() from a callback");
    sys_heap_free(heap, edge_more);
    edge_refused("free() from a callback");
    edge_is("usable_size() from a callback", (int64_t)sys_heap_usable_size(heap, edge_more), 0);
    edge_refused("usable_size() from a callback");
    edge_is("largest_free() from a callback", (int64_t)sys_heap_largest_free(heap), 0);
    edge_refused("largest_free() from a callback");
    edge_is("check() from a callback", sys_heap_check(heap, NULL), 0);
    edge_refused("check() from a callback");
    sys_heap_print_info(heap, false);
    edge_refused("print_info() from a callback");
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    struct sys_memory_stats stats;
    edge_is("stats_get() from a callback", sys_heap_runtime_stats_get(heap, &stats), -EINVAL);
    edge_refused("stats_get() from a callback");
    edge_is("reset_max() from a callback", sys_heap_runtime_stats_reset_max(heap), -EINVAL);
    edge_refused("reset_max() from a callback");
#endif
#if CONFIG_SYS_HEAP_ARRAY_SIZE > 0
    struct sys_heap **heaps;
    edge_is("array_get() from a callback", sys_heap_array_get(&heaps), -EINVAL);
    edge_refused("array_get() from a callback");
    edge_is("array_save() from a callback", sys_heap_array_save(heap), -EINVAL);
    edge_refused("array_save() from a callback");
#endif
}

static inline void edge_call_k_heap(void)
{
    edge_is("k_heap_try_init() from a callback", k_heap_try_init(&edge_heap, edge_more, EDGE_PART),
            -EINVAL);
    edge_refused("k_heap_try_init() from a callback");
    edge_null("k_heap_alloc() from a callback", k_heap_alloc(&edge_heap, 8, K_NO_WAIT));
    edge_refused("k_heap_alloc() from a callback");
    edge_null("k_heap_realloc() from a callback", k_heap_realloc(&edge_heap, NULL, 8, K_NO_WAIT));
    edge_refused("k_heap_realloc() from a callback");
    k_heap_free(&edge_heap, edge_more);
    edge_refused("k_heap_free() from a callback");
}

static inline void edge_call_pool(void)
{
    struct k_mem_block block = {.pool = &edge_pool, .data = edge_more};

    edge_is("k_mem_pool_alloc() from a callback",
            k_mem_pool_alloc(&edge_pool, &block, 16, K_NO_WAIT), -ENOMEM);
    edge_refused("k_mem_pool_alloc() from a callback");
    k_mem_pool_free(&block);
    edge_refused("k_mem_pool_free() from a callback");
    edge_null("k_mem_pool_malloc() from a callback", k_mem_pool_malloc(&edge_pool, 8));
    edge_refused("k_mem_pool_malloc() from a callback");
    k_free(edge_more + 64);
    edge_refused("k_free() from a callback");
}

static inline void edge_call_multi(void)
{
    struct sys_heap *const heap = &edge_parts[1];

    edge_is("add_heap() from a callback", sys_multi_heap_add_heap(&edge_multi, heap, NULL),
            -EINVAL);
    edge_refused("add_heap() from a callback");
    edge_null("multi alloc() from a callback", sys_multi_heap_alloc(&edge_multi, heap, 8));
    edge_refused("multi alloc() from a callback");
    edge_null("multi aligned_alloc() from a callback",
              sys_multi_heap_aligned_alloc(&edge_multi, heap, 16, 8));
    edge_refused("multi aligned_alloc() from a callback");
    edge_null("multi realloc() from a callback",
              sys_multi_heap_realloc(&edge_multi, heap, NULL, 8));
    edge_refused("multi realloc() from a callback");
    sys_multi_heap_free(&edge_multi, edge_more);
    edge_refused("multi free() from a callback");
}

static inline void edge_call_shared(void)
{
    edge_is("pool_init() from a callback", shared_multi_heap_pool_init(), -EINVAL);
    edge_refused("pool_init() from a callback");
    edge_is("add() from a callback", shared_multi_heap_add(NULL, NULL), -EINVAL);
    edge_refused("add() from a callback");
    edge_null("shared alloc() from a callback", shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 8));
    edge_refused("shared alloc() from a callback");
    edge_null("shared realloc() from a callback",
              shared_multi_heap_realloc(SMH_REG_ATTR_CACHEABLE, NULL, 8));
    edge_refused("shared realloc() from a callback");
    shared_multi_heap_free(edge_more);
    edge_refused("shared free() from a callback");
}
#endif

/* Calls that are not refused give their lock back, too. */
static inline void edge_registry(void)
{
    struct sys_heap **heaps = NULL;

    edge_is("array_get()", sys_heap_array_get(&heaps) >= 0, 1);
    edge_is("array_get(NULL)", sys_heap_array_get(NULL), -EINVAL);
    edge_is("array_save(NULL)", sys_heap_array_save(NULL), -EINVAL);
}

/* The hook may check the heap that it is told about, also when a callback called it. */
static void edge_hook_checks(const struct kheap_fault *fault)
{
    (void)fault;
    edge_is("check() in the hook", sys_heap_check(&edge_parts[1], NULL), 1);
}

static void edge_calls_all(uintptr_t heap_id, void *mem, size_t bytes)
{
    (void)heap_id;
    (void)mem;
    (void)bytes;
    edge_told++;
    edge_call_listener();
#if CONFIG_SYS_HEAP_LISTENER
    edge_call_sys_heap();
    edge_call_k_heap();
    edge_call_pool();
    edge_call_multi();
    edge_call_shared();
#endif
    edges.hook = edge_hook_checks;
    heap_listener_register(NULL);
    heap_listener_notify_free(EDGE_ID, edge_memory, 8);
    edge_refused("notify() from a callback, with a hook that checks");
    edges.hook = NULL;
    /* Another thread, which runs no callback, may do as it likes. */
    puppet.self = &edge_told;
    edge_is("check() by another thread", sys_heap_check(&edge_parts[1], NULL), 1);
    puppet.self = NULL;
}

static inline void edge_listener_calls_back(void)
{
    static HEAP_LISTENER_ALLOC_DEFINE(caller, EDGE_ID, edge_calls_all);

    edge_is("init()", sys_heap_init(&edge_parts[1], edge_more, EDGE_PART), 0);
    edge_told = 0;
    heap_listener_register(&edge_stays);
    heap_listener_register(&caller);
    heap_listener_notify_alloc(EDGE_ID, edge_memory, 8);
    heap_listener_unregister(&caller);
    edge_is("callbacks", edge_told, 1);
    heap_listener_notify_free(EDGE_ID, edge_memory, 8);
    edge_is("callbacks of who could not leave from a callback", edge_told, 2);
    heap_listener_unregister(&edge_stays);
}

#endif
