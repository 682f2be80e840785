/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_HEAP_LISTENER_H
#define KHEAP_HEAP_LISTENER_H

/*
 * Heap listener: callbacks on what heaps do. Heaps report only in a build with
 * CONFIG_SYS_HEAP_LISTENER=1; register, unregister and notify are there in every build.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum heap_event_types {
    HEAP_EVT_UNKNOWN = 0,
    HEAP_RESIZE,
    HEAP_ALLOC,
    HEAP_FREE,
    HEAP_REALLOC,
    HEAP_MAX_EVENTS
};

typedef void (*heap_listener_resize_cb_t)(uintptr_t heap_id, void *old_heap_end,
                                          void *new_heap_end);
typedef void (*heap_listener_alloc_cb_t)(uintptr_t heap_id, void *mem, size_t bytes);
typedef void (*heap_listener_free_cb_t)(uintptr_t heap_id, void *mem, size_t bytes);

struct heap_listener {
    struct heap_listener *next; /* the list's; NULL or anything before it is registered */
    uintptr_t heap_id;
    enum heap_event_types event;
    union {
        heap_listener_alloc_cb_t alloc_cb;
        heap_listener_free_cb_t free_cb;
        heap_listener_resize_cb_t resize_cb;
    };
};

#define HEAP_ID_FROM_POINTER(heap_pointer) ((uintptr_t)(heap_pointer))
#define HEAP_ID_LIBC                       ((uintptr_t)0)

#define HEAP_LISTENER_ALLOC_DEFINE(name, _heap_id, _alloc_cb)                                      \
    struct heap_listener name = {                                                                  \
        .heap_id = (_heap_id), .event = HEAP_ALLOC, {.alloc_cb = (_alloc_cb)}}
#define HEAP_LISTENER_FREE_DEFINE(name, _heap_id, _free_cb)                                        \
    struct heap_listener name = {.heap_id = (_heap_id), .event = HEAP_FREE, {.free_cb = (_free_cb)}}
#define HEAP_LISTENER_RESIZE_DEFINE(name, _heap_id, _resize_cb)                                    \
    struct heap_listener name = {                                                                  \
        .heap_id = (_heap_id), .event = HEAP_RESIZE, {.resize_cb = (_resize_cb)}}

void heap_listener_register(struct heap_listener *listener);
void heap_listener_unregister(struct heap_listener *listener);
void heap_listener_notify_alloc(uintptr_t heap_id, void *mem, size_t bytes);
void heap_listener_notify_free(uintptr_t heap_id, void *mem, size_t bytes);
void heap_listener_notify_resize(uintptr_t heap_id, void *old_heap_end, void *new_heap_end);

#ifdef __cplusplus
}
#endif

#endif
