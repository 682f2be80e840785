/* SPDX-License-Identifier: Apache-2.0 */

/* k_heap as a subject of the simulation. What only looks takes the heap's lock, as users must. */

#include "kheap/k_heap.h"
#include "subject_common.h"

static struct k_heap *heap_of(void *state)
{
    return (struct k_heap *)state;
}

static int init(void *state, void *mem, size_t bytes)
{
    const int status = k_heap_try_init(heap_of(state), mem, bytes);

    if (status == 0) {
        sim_listen(HEAP_ID_FROM_POINTER(&heap_of(state)->heap));
    }
    return status;
}

static void fini(void *state)
{
    (void)state;
    sim_listen_no_more();
}

static void *alloc(void *state, size_t bytes)
{
    return k_heap_alloc(heap_of(state), bytes, sim_timeout());
}

static void *aligned(void *state, size_t align, size_t bytes)
{
    return k_heap_aligned_alloc(heap_of(state), align, bytes, sim_timeout());
}

static void *callocate(void *state, size_t count, size_t bytes)
{
    return k_heap_calloc(heap_of(state), count, bytes, sim_timeout());
}

static void *resize(void *state, void *p, size_t bytes)
{
    return k_heap_realloc(heap_of(state), p, bytes, sim_timeout());
}

static void *aresize(void *state, void *p, size_t align, size_t bytes)
{
    return k_heap_aligned_realloc(heap_of(state), p, align, bytes, sim_timeout());
}

static void release(void *state, void *p)
{
    k_heap_free(heap_of(state), p);
}

static size_t usable(void *state, void *p)
{
    struct k_heap *heap = heap_of(state);
    const uintptr_t key = kheap_port_lock(&heap->lock);
    const size_t bytes = sys_heap_usable_size(&heap->heap, p);

    kheap_port_unlock(&heap->lock, key);
    return bytes;
}

static int stats(void *state, struct subject_stats *stats)
{
    struct k_heap *heap = heap_of(state);
    struct sys_memory_stats got = {0};
    const uintptr_t key = kheap_port_lock(&heap->lock);
    const int status = sys_heap_runtime_stats_get(&heap->heap, &got);

    if (status == 0) {
        sim_told_stats(got.allocated_bytes, got.max_allocated_bytes);
    }
    kheap_port_unlock(&heap->lock, key);
    stats->free_bytes = got.free_bytes;
    stats->allocated_bytes = got.allocated_bytes;
    stats->max_allocated_bytes = got.max_allocated_bytes;
    return status;
}

static int reset_max(void *state)
{
    struct k_heap *heap = heap_of(state);
    const uintptr_t key = kheap_port_lock(&heap->lock);
    const int status = sys_heap_runtime_stats_reset_max(&heap->heap);

    sim_told_reset_max();
    kheap_port_unlock(&heap->lock, key);
    return status;
}

static size_t largest(void *state)
{
    struct k_heap *heap = heap_of(state);
    const uintptr_t key = kheap_port_lock(&heap->lock);
    const size_t bytes = sys_heap_largest_free(&heap->heap);

    sim_told_largest(bytes);
    kheap_port_unlock(&heap->lock, key);
    return bytes;
}

static bool check(void *state, struct subject_fault *fault)
{
    struct k_heap *heap = heap_of(state);
    struct kheap_fault found;
    const uintptr_t key = kheap_port_lock(&heap->lock);
    const bool sound = sys_heap_check(&heap->heap, &found);

    kheap_port_unlock(&heap->lock, key);
    if (!sound) {
        fault->invariant = found.invariant;
        fault->offset = found.offset;
    }
    return sound;
}

static void info(void *state, struct subject_info *info)
{
    struct sys_heap_layout layout;

    (void)sys_heap_layout_get(&heap_of(state)->heap, &layout);
    info->header = (uint32_t)layout.header;
    info->loops = CONFIG_SYS_HEAP_ALLOC_LOOPS;
    info->units = (uint32_t)layout.units;
    info->first = (const uint8_t *)layout.first;
    info->heads = (const uint8_t *)layout.heads;
    info->heads_bytes = (uint32_t)layout.heads_bytes;
}

const struct subject SIM_SUBJECT(sim_kheap) = {
    .abi = SUBJECT_ABI,
    .name = SIM_NAME("sim_kheap"),
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_PREDICTABLE |
                SUBJECT_NULL_ON_BAD,
    .kind = KIND_KHEAP,
    .align = 8,
    .state_bytes = sizeof(struct k_heap),
    .init = init,
    .fini = fini,
    .alloc = alloc,
    .free = release,
    .aligned = aligned,
    .calloc = callocate,
    .realloc = resize,
    .arealloc = aresize,
    .usable = usable,
    .stats = stats,
    .reset_max = reset_max,
    .largest = largest,
    .check = check,
    .info = info,
};
