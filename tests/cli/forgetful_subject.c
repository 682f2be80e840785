/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A k_heap with a planted race: a block that is freed goes back under the lock, as it must, but
 * nobody looks whether somebody waits for it. It shows only where a thread sleeps when another
 * frees, so that it takes threads, a wait and an order of steps to see it.
 */

#include "kheap/k_heap.h"
#include "sim_port.h"

static void forgetful_free(struct k_heap *heap, void *p)
{
    const uintptr_t key = kheap_port_lock(&heap->lock);
    sys_heap_free(&heap->heap, p);
    kheap_port_unlock(&heap->lock, key);
}

#define k_heap_free forgetful_free
#include "kheap_subject.c"
