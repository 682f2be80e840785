/* SPDX-License-Identifier: Apache-2.0 */

static struct heap_listener listeners[2u * (CHILDREN + 1u)];

static void told_alloc(uintptr_t heap_id, void *p, size_t bytes)
{
    (void)heap_id;
    tell('a', p, bytes);
}

static void told_free(uintptr_t heap_id, void *p, size_t bytes)
{
    (void)heap_id;
    tell('f', p, bytes);
}

/* From now on every event of the heap, or of each of its parts, is written down. */
static void listen(void)
{
    struct sys_heap *children[CHILDREN + 1u];
    const unsigned n = heap_children(children);

    for (unsigned i = 0; i < n; i++) {
        const uintptr_t id = HEAP_ID_FROM_POINTER(children[i]);
        heap_listener_unregister(&listeners[2u * i]);
        heap_listener_unregister(&listeners[2u * i + 1u]);
        listeners[2u * i] =
            (struct heap_listener){.heap_id = id, .event = HEAP_ALLOC, {.alloc_cb = told_alloc}};
        listeners[2u * i + 1u] =
            (struct heap_listener){.heap_id = id, .event = HEAP_FREE, {.free_cb = told_free}};
        heap_listener_register(&listeners[2u * i]);
        heap_listener_register(&listeners[2u * i + 1u]);
    }
    watching = n != 0;
}
