/* SPDX-License-Identifier: Apache-2.0 */

static struct sys_heap heap;

HELPER unsigned heap_children(struct sys_heap **children)
{
    children[0] = &heap;
    return 1;
}

HELPER int heap_init(void *mem, size_t bytes)
{
    return sys_heap_init(&heap, mem, bytes);
}

HELPER size_t heap_usable(void *p)
{
    return sys_heap_usable_size(&heap, p);
}

HELPER void *heap_alloc(size_t bytes)
{
    return sys_heap_alloc(&heap, bytes);
}

HELPER void heap_free(void *p)
{
    sys_heap_free(&heap, p);
}
