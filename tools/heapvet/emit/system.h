/* SPDX-License-Identifier: Apache-2.0 */

/* The hidden heap: the library lets testbeds put it over another region. */
extern struct k_heap kheap_system_heap;

HELPER unsigned heap_children(struct sys_heap **children)
{
    children[0] = &kheap_system_heap.heap;
    return 1;
}

HELPER int heap_init(void *mem, size_t bytes)
{
    return k_heap_try_init(&kheap_system_heap, mem, bytes);
}

HELPER size_t heap_usable(void *p)
{
    return sys_heap_usable_size(&kheap_system_heap.heap, p);
}

HELPER void *heap_alloc(size_t bytes)
{
    return k_malloc(bytes);
}

HELPER void heap_free(void *p)
{
    k_free(p);
}
