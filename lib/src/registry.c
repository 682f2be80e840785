/* SPDX-License-Identifier: Apache-2.0 */

/* The registry: heaps that a program wants to find again, for a monitor or a debugger. */

#include "kheap/port.h"

#include "notify.h"

#if CONFIG_SYS_HEAP_ARRAY_SIZE > 0
static struct sys_heap *registry[CONFIG_SYS_HEAP_ARRAY_SIZE];
static int registered;

/* Only a build with listeners is sure to have a port and its lock; without, the caller serialises.
 */
#if CONFIG_SYS_HEAP_LISTENER
#define UNLOCKED(name) static int unlocked_##name
#else
#define UNLOCKED(name) int sys_heap_##name
#endif

UNLOCKED(array_get)(struct sys_heap ***heap)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    *heap = registry;
    return registered;
}

UNLOCKED(array_save)(struct sys_heap *heap)
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

#if CONFIG_SYS_HEAP_LISTENER
int sys_heap_array_get(struct sys_heap ***heap)
{
    HEAP_REFUSE(NULL, -EINVAL)
    const uintptr_t key = kheap_port_lock(NULL);
    const int result = unlocked_array_get(heap);

    kheap_port_unlock(NULL, key);
    return result;
}

int sys_heap_array_save(struct sys_heap *heap)
{
    HEAP_REFUSE(heap, -EINVAL)
    const uintptr_t key = kheap_port_lock(NULL);
    const int result = unlocked_array_save(heap);

    kheap_port_unlock(NULL, key);
    return result;
}
#endif
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
