/* SPDX-License-Identifier: Apache-2.0 */

static struct k_heap heap;
static size_t first_free, first_largest;

/* For the checks, which are no steps of the schedule. */
HELPER size_t heap_usable(void *p)
{
    peeking = true;
    const size_t bytes = sys_heap_usable_size(&heap.heap, p);
    peeking = false;
    return bytes;
}

/* What only looks takes the heap's lock, as users must. */
HELPER size_t heap_asked_usable(void *p)
{
    const uintptr_t key = kheap_port_lock(&heap.lock);
    const size_t bytes = sys_heap_usable_size(&heap.heap, p);

    kheap_port_unlock(&heap.lock, key);
    return bytes;
}

HELPER struct sys_memory_stats heap_stats(void)
{
    struct sys_memory_stats stats = {0, 0, 0};
    const uintptr_t key = kheap_port_lock(&heap.lock);

    (void)sys_heap_runtime_stats_get(&heap.heap, &stats);
    kheap_port_unlock(&heap.lock, key);
    return stats;
}

HELPER void heap_reset_max(void)
{
    const uintptr_t key = kheap_port_lock(&heap.lock);

    (void)sys_heap_runtime_stats_reset_max(&heap.heap);
    kheap_port_unlock(&heap.lock, key);
}

HELPER size_t heap_largest(void)
{
    const uintptr_t key = kheap_port_lock(&heap.lock);
    const size_t bytes = sys_heap_largest_free(&heap.heap);

    kheap_port_unlock(&heap.lock, key);
    return bytes;
}

HELPER void heap_check(void)
{
    struct kheap_fault fault;
    const uintptr_t key = kheap_port_lock(&heap.lock);
    const bool is_sound = sys_heap_check(&heap.heap, &fault);

    kheap_port_unlock(&heap.lock, key);
    if (!is_sound) {
        fails("%s: have it broken at +%zu, want a sound heap", fault.invariant, fault.offset);
    }
}

static void heap_free(void *p)
{
    k_heap_free(&heap, p);
}

static uintptr_t heap_init(void)
{
    memset(&heap, 0x5a, sizeof(heap)); /* init may not rely on what was there */
    equals("init", (unsigned long long)k_heap_try_init(&heap, region, region_bytes), 0);
    first_free = heap_stats().free_bytes;
    first_largest = heap_largest();
    return HEAP_ID_FROM_POINTER(&heap.heap);
}

/* Nothing is live any more: the heap is what it was at first. */
static void heap_empty(void)
{
    heap_check();
    equals("allocated bytes", heap_stats().allocated_bytes, 0);
    equals("free bytes", heap_stats().free_bytes, first_free);
    equals("largest free", heap_largest(), first_largest);
}
