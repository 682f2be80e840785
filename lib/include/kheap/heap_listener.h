/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_HEAP_LISTENER_H
#define KHEAP_HEAP_LISTENER_H

/*
 * Heap listener: callbacks on what heaps do, for profilers, leak finders and tests.
 *
 * Heaps report only in a build with CONFIG_SYS_HEAP_LISTENER=1; register, unregister and notify are
 * there in every build, for allocators outside kheap. All of it needs a port (kheap/port.h), whose
 * global lock guards the list of listeners.
 *
 * What is reported, and when:
 *   an allocation      HEAP_ALLOC once the block is complete, with its usable size
 *   a free             HEAP_FREE before a byte of the block is touched, with its usable size
 *   a realloc in place HEAP_ALLOC with the new usable size, then HEAP_FREE with the old one, both
 *                      with the one address; nothing when the usable size stays as it is
 *   a realloc that moves  HEAP_ALLOC of the new block, then HEAP_FREE of the old one
 *   a failed call, free(NULL), and memory that a heap never gave out: nothing
 * HEAP_RESIZE is reported by nobody but callers of heap_listener_notify_resize(). The heap of an
 * event is the struct sys_heap, also when a k_heap, the system heap or a multi heap stands before
 * it, or the struct k_mem_pool.
 *
 * A callback runs in the context of the call that it is about, under that heap's lock and the
 * global one; interrupts may be masked. It must be short and must not wait. Misuse: calling from it
 * any function of a heap or of this header; detected in every build for this header, and with
 * CONFIG_SYS_HEAP_LISTENER=1 for the heaps: KHEAP_FAULT_IN_CALLBACK, and the call has no effect and
 * returns NULL, 0, false or -EINVAL. sys_heap_layout_get(), which looks at no region, is allowed.
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

/*
 * The end of a heap moved from old_heap_end to new_heap_end: it grew when the new one is higher.
 * Source: documented.
 */
typedef void (*heap_listener_resize_cb_t)(uintptr_t heap_id, void *old_heap_end,
                                          void *new_heap_end);
/*
 * A block of `bytes` usable bytes at mem was allocated, or is about to be freed. A memory pool's
 * events say the size that was asked for. Source: documented.
 */
typedef void (*heap_listener_alloc_cb_t)(uintptr_t heap_id, void *mem, size_t bytes);
typedef void (*heap_listener_free_cb_t)(uintptr_t heap_id, void *mem, size_t bytes);

/*
 * One callback for one kind of event of one heap. It must stay where it is, and nothing in it may
 * change, while it is registered.
 */
struct heap_listener {
    struct heap_listener *next;  /* the list's; of any value before it is registered */
    uintptr_t heap_id;           /* whose events: HEAP_ID_FROM_POINTER(heap) or HEAP_ID_LIBC */
    enum heap_event_types event; /* HEAP_ALLOC, HEAP_FREE or HEAP_RESIZE; others never happen */
    union {                      /* the one that belongs to event; NULL: nothing is called */
        heap_listener_alloc_cb_t alloc_cb;
        heap_listener_free_cb_t free_cb;
        heap_listener_resize_cb_t resize_cb;
    };
};

/*
 * The id of a heap: its address as a number. HEAP_ID_LIBC is no object's address, and stands for
 * the C library's malloc, if somebody reports for it. Source: documented.
 */
#define HEAP_ID_FROM_POINTER(heap_pointer) ((uintptr_t)(heap_pointer))
#define HEAP_ID_LIBC                       ((uintptr_t)0)

/*
 * Define a listener, which is still to be registered. For a static one write static in front.
 * Source: documented.
 */
#define HEAP_LISTENER_ALLOC_DEFINE(name, _heap_id, _alloc_cb)                                      \
    struct heap_listener name = {                                                                  \
        .next = NULL, .heap_id = (_heap_id), .event = HEAP_ALLOC, .alloc_cb = (_alloc_cb)}
#define HEAP_LISTENER_FREE_DEFINE(name, _heap_id, _free_cb)                                        \
    struct heap_listener name = {                                                                  \
        .next = NULL, .heap_id = (_heap_id), .event = HEAP_FREE, .free_cb = (_free_cb)}
#define HEAP_LISTENER_RESIZE_DEFINE(name, _heap_id, _resize_cb)                                    \
    struct heap_listener name = {                                                                  \
        .next = NULL, .heap_id = (_heap_id), .event = HEAP_RESIZE, .resize_cb = (_resize_cb)}

/*
 * Puts a listener behind those that are there: callbacks are called in the order of registration,
 * from the next event on.
 * NULL and a listener that is registered already: no effect.
 * Time: proportional to the number of listeners. Callable from interrupts, if the port's lock is.
 * Misuse: from a callback; see above. Source: documented; there registering twice breaks the list.
 */
void heap_listener_register(struct heap_listener *listener);

/*
 * Takes a listener out. On return its callback is not running and will not be called again, so the
 * struct may go. NULL and a listener that is not registered: no effect.
 * Time, misuse: as for register. Source: documented.
 */
void heap_listener_unregister(struct heap_listener *listener);

/*
 * Report an event: calls the callback of every listener with this heap_id and this kind of event.
 * For allocators outside kheap; kheap's heaps call them themselves. Nothing is checked: the
 * arguments reach the callbacks as they are.
 * Time: a look when nobody is registered; else proportional to the number of listeners, and what
 * the callbacks take. Misuse: from a callback; see above. Source: documented.
 */
void heap_listener_notify_alloc(uintptr_t heap_id, void *mem, size_t bytes);
void heap_listener_notify_free(uintptr_t heap_id, void *mem, size_t bytes);
void heap_listener_notify_resize(uintptr_t heap_id, void *old_heap_end, void *new_heap_end);

#ifdef __cplusplus
}
#endif

#endif
