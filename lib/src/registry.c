/* SPDX-License-Identifier: Apache-2.0 */

/* The registry: heaps that a program wants to find again, for a monitor or a debugger. */

#include "kheap/sys_heap.h"

#if CONFIG_SYS_HEAP_ARRAY_SIZE > 0
static struct sys_heap *registry[CONFIG_SYS_HEAP_ARRAY_SIZE];
static int registered;

int sys_heap_array_get(struct sys_heap ***heap)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    *heap = registry;
    return registered;
}

int sys_heap_array_save(struct sys_heap *heap)
{
    if (heap == NULL || registered == CONFIG_SYS_HEAP_ARRAY_SIZE) {
        return -EINVAL;
    }
    for (int i = 0; i < registered; i++) {
        if (registry[i] == heap) {
            return -EINVAL;
        }
    }
    registry[registered++] = heap;
    return 0;
}
#else
int sys_heap_array_get(struct sys_heap ***heap)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    *heap = NULL;
    return 0;
}

int sys_heap_array_save(struct sys_heap *heap)
{
    (void)heap;
    return -EINVAL;
}
#endif
