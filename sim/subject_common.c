/* SPDX-License-Identifier: Apache-2.0 */
#include "subject_common.h"

k_timeout_t sim_timeout(void)
{
    const uint8_t wait = sim_wait();

    return wait == 0 ? K_NO_WAIT : wait == WAIT_FOREVER ? K_FOREVER : K_TICKS(wait);
}

static void told_alloc(uintptr_t heap_id, void *mem, size_t bytes)
{
    (void)heap_id;
    sim_told_alloc(mem, bytes);
}

static void told_free(uintptr_t heap_id, void *mem, size_t bytes)
{
    (void)heap_id;
    sim_told_free(mem, bytes);
}

static struct heap_listener on_alloc = {.event = HEAP_ALLOC, .alloc_cb = told_alloc};
static struct heap_listener on_free = {.event = HEAP_FREE, .free_cb = told_free};

void sim_listen(uintptr_t heap_id)
{
    on_alloc.heap_id = on_free.heap_id = heap_id;
    heap_listener_register(&on_alloc);
    heap_listener_register(&on_free);
}

void sim_listen_no_more(void)
{
    heap_listener_unregister(&on_alloc);
    heap_listener_unregister(&on_free);
}

/* Strong: replaces the library's stop. */
void kheap_fault(const struct kheap_fault *fault)
{
    sim_told_fault(fault->kind == KHEAP_FAULT_ISR_WAIT, fault->invariant);
}
