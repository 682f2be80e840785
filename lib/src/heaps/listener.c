/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The list of listeners. The global lock is held from the first look at the list to the last
 * callback's return: so the list cannot change under a walk, whoever unregisters knows afterwards
 * that his callback is not running, and one variable tells who is inside a callback.
 */

#include "kheap/port.h"

#include "../notify.h"

static struct heap_listener *listeners;

/* Who runs callbacks now; written under the lock, read by anybody who wonders if it is he. */
static const void *notifier;
/* The notifier's call of the fault hook is running, which may check the heap it is told about. */
static bool reporting;

/* Compares equal only in the context that wrote it, so a stale value cannot mislead another. */
static bool is_notifier(void)
{
    const void *const now = __atomic_load_n(&notifier, __ATOMIC_RELAXED);

    return now != NULL && now == kheap_port_self();
}

bool kheap_in_callback(const void *object)
{
    if (!is_notifier() || reporting) {
        return false;
    }
    const struct kheap_fault fault = {.kind = KHEAP_FAULT_IN_CALLBACK,
                                      .heap = object,
                                      .invariant = "C1 a callback calls no heap or listener"};

    reporting = true;
    kheap_fault(&fault);
    reporting = false;
    return true;
}

/* The link that points to the listener, or the end's when it is not in the list. */
static struct heap_listener **link_of(const struct heap_listener *listener)
{
    struct heap_listener **link = &listeners;

    while (*link != NULL && *link != listener) {
        link = &(*link)->next;
    }
    return link;
}

void heap_listener_register(struct heap_listener *listener)
{
    if (listener == NULL || kheap_in_callback(NULL)) {
        return;
    }
    const uintptr_t key = kheap_port_lock(NULL);
    struct heap_listener **const link = link_of(listener);

    /* A listener that is there already keeps its link: writing it would cut or close the list. */
    if (*link == NULL) {
        listener->next = NULL;
        __atomic_store_n(link, listener, __ATOMIC_RELAXED);
    }
    kheap_port_unlock(NULL, key);
}

void heap_listener_unregister(struct heap_listener *listener)
{
    if (listener == NULL || kheap_in_callback(NULL)) {
        return;
    }
    const uintptr_t key = kheap_port_lock(NULL);
    struct heap_listener **const link = link_of(listener);

    if (*link != NULL) {
        __atomic_store_n(link, listener->next, __ATOMIC_RELAXED);
        listener->next = NULL;
    }
    kheap_port_unlock(NULL, key);
}

/* What happened; which two of the fields count is the kind's. */
struct event {
    enum heap_event_types kind;
    uintptr_t heap_id;
    void *mem, *end;
    size_t bytes;
};

static void call_back(const struct heap_listener *listener, const struct event *event)
{
    if (event->kind == HEAP_RESIZE) {
        listener->resize_cb(event->heap_id, event->mem, event->end);
    } else if (event->kind == HEAP_ALLOC) {
        listener->alloc_cb(event->heap_id, event->mem, event->bytes);
    } else {
        listener->free_cb(event->heap_id, event->mem, event->bytes);
    }
}

static void notify(const struct event *event)
{
    /* Nearly always there is no listener, and then an event costs this look. */
    if (__atomic_load_n(&listeners, __ATOMIC_RELAXED) == NULL || kheap_in_callback(NULL)) {
        return;
    }
    const uintptr_t key = kheap_port_lock(NULL);

    __atomic_store_n(&notifier, kheap_port_self(), __ATOMIC_RELAXED);
    for (const struct heap_listener *at = listeners; at != NULL; at = at->next) {
        /* All kinds of callbacks share their storage, so this NULL test is for each of them. */
        if (at->heap_id == event->heap_id && at->event == event->kind && at->alloc_cb != NULL) {
            call_back(at, event);
        }
    }
    __atomic_store_n(&notifier, NULL, __ATOMIC_RELAXED);
    kheap_port_unlock(NULL, key);
}

void heap_listener_notify_alloc(uintptr_t heap_id, void *mem, size_t bytes)
{
    notify(&(struct event){.kind = HEAP_ALLOC, .heap_id = heap_id, .mem = mem, .bytes = bytes});
}

void heap_listener_notify_free(uintptr_t heap_id, void *mem, size_t bytes)
{
    notify(&(struct event){.kind = HEAP_FREE, .heap_id = heap_id, .mem = mem, .bytes = bytes});
}

void heap_listener_notify_resize(uintptr_t heap_id, void *old_heap_end, void *new_heap_end)
{
    notify(&(struct event){
        .kind = HEAP_RESIZE, .heap_id = heap_id, .mem = old_heap_end, .end = new_heap_end});
}
