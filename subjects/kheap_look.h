/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_LOOK_H
#define SUBJECTS_KHEAP_LOOK_H

/*
 * What every subject over a sys_heap answers in the same way, whatever stands in front of the heap.
 * Public headers alone; each subject is one object with one global name, so this stands in it.
 */

#include "kheap/sys_heap.h"
#include "subject.h"

#ifdef KHEAP_PROBE
/* What kheap_probe.h declares. */
uint32_t kheap_probe_steps;
const char *kheap_probe_fault;

#define PROBE_RESET() (kheap_probe_steps = 0)

static inline uint32_t look_steps(void *state)
{
    (void)state;
    return kheap_probe_steps;
}
#else
#define PROBE_RESET() ((void)0)
#endif

#if CONFIG_SYS_HEAP_RUNTIME_STATS
static inline int look_stats(struct sys_heap *heap, struct subject_stats *stats)
{
    struct sys_memory_stats got;
    const int status = sys_heap_runtime_stats_get(heap, &got);

    if (status == 0) {
        stats->free_bytes = got.free_bytes;
        stats->allocated_bytes = got.allocated_bytes;
        stats->max_allocated_bytes = got.max_allocated_bytes;
    }
    return status;
}
#endif

static inline bool look_check(struct sys_heap *heap, struct subject_fault *fault)
{
    struct kheap_fault found;

    if (sys_heap_check(heap, &found)) {
        return true;
    }
    fault->invariant = found.invariant;
    fault->offset = found.offset;
    return false;
}

static inline void look_info(const struct sys_heap *heap, struct subject_info *info)
{
    struct sys_heap_layout layout;

    (void)sys_heap_layout_get(heap, &layout);
    info->header = (uint32_t)layout.header;
    info->loops = CONFIG_SYS_HEAP_ALLOC_LOOPS;
    info->units = (uint32_t)layout.units;
    info->first = (const uint8_t *)layout.first;
    info->heads = (const uint8_t *)layout.heads;
    info->heads_bytes = (uint32_t)layout.heads_bytes;
}

#endif
