/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_NOTIFY_H
#define KHEAP_NOTIFY_H

/*
 * How heaps report to the listeners, and find out that one of these is calling them. In a build
 * without CONFIG_SYS_HEAP_LISTENER everything here is empty and costs no instruction.
 *
 * Every public call of a heap starts with HEAP_REFUSE(), before it takes any lock: a callback runs
 * under the heap's lock and the global one, so a call from there would wait for ever.
 */

#include "kheap/heap_listener.h"
#include "kheap/sys_heap.h"

/*
 * Is the caller inside a listener's callback? In every build, for calls of the listener itself.
 * Then KHEAP_FAULT_IN_CALLBACK has been reported with the object as the heap, and the call must
 * leave at once, with no effect.
 */
bool kheap_in_callback(const void *object);

/*
 * Macros, because an inline function, even an empty one, changes what registers compilers choose:
 * without listeners the code must be what it was before there were any.
 *
 * HEAP_REFUSE(object, result): leaves the calling function with the result when a callback calls.
 * HEAP_ENTER(heap, result): the first thing in every call of a sys_heap that reads or changes its
 * region, but for init, which nobody can disturb yet.
 * NOTIFY_ALLOC, NOTIFY_FREE: events with the heap's address as id; bytes are usable bytes.
 */
#if CONFIG_SYS_HEAP_LISTENER
#define HEAP_REFUSE(object, result)                                                                \
    if (kheap_in_callback(object)) {                                                               \
        return result;                                                                             \
    }
#define NOTIFY_ALLOC(heap, mem, bytes)                                                             \
    heap_listener_notify_alloc(HEAP_ID_FROM_POINTER(heap), mem, bytes)
#define NOTIFY_FREE(heap, mem, bytes)                                                              \
    heap_listener_notify_free(HEAP_ID_FROM_POINTER(heap), mem, bytes)
#else
#define HEAP_REFUSE(object, result)
#define NOTIFY_ALLOC(heap, mem, bytes)
#define NOTIFY_FREE(heap, mem, bytes)
#endif

#define HEAP_ENTER(heap, result)                                                                   \
    KHEAP_ENTER(heap);                                                                             \
    HEAP_REFUSE(heap, result)

#endif
