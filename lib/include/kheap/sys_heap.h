/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_SYS_HEAP_H
#define KHEAP_SYS_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kheap/config.h"
#include "kheap/fault.h"

struct sys_heap {
    void *heap;
    void *region;
    uint32_t end;
};
struct sys_memory_stats {
    size_t free_bytes, allocated_bytes, max_allocated_bytes;
};
struct sys_heap_layout {
    const void *first;  /* the first chunk's header */
    size_t units;       /* units between it and the end marker */
    size_t header;      /* 4 or 8 */
    const void *heads;  /* bucket heads */
    size_t heads_bytes;
};
struct z_heap_stress_result {
    uint32_t total_allocs, successful_allocs, total_frees;
    uint64_t accumulated_in_use_bytes;
};

int sys_heap_init(struct sys_heap *heap, void *mem, size_t bytes);
void *sys_heap_alloc(struct sys_heap *heap, size_t bytes);
void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t bytes);
void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t bytes);
void *sys_heap_realloc(struct sys_heap *heap, void *ptr, size_t bytes);
void *sys_heap_aligned_realloc(struct sys_heap *heap, void *ptr, size_t align, size_t bytes);
void sys_heap_free(struct sys_heap *heap, void *mem);
size_t sys_heap_usable_size(struct sys_heap *heap, void *mem);
size_t sys_heap_largest_free(struct sys_heap *heap);
bool sys_heap_validate(struct sys_heap *heap);
bool sys_heap_check(struct sys_heap *heap, struct kheap_fault *fault);
void sys_heap_print_info(struct sys_heap *heap, bool dump_chunks);
int sys_heap_layout_get(const struct sys_heap *heap, struct sys_heap_layout *layout);
int sys_heap_runtime_stats_get(struct sys_heap *heap, struct sys_memory_stats *stats);
int sys_heap_runtime_stats_reset_max(struct sys_heap *heap);
int sys_heap_array_get(struct sys_heap ***heap);
int sys_heap_array_save(struct sys_heap *heap);
void sys_heap_stress(void *(*alloc_fn)(void *arg, size_t bytes), void (*free_fn)(void *arg, void *p),
                     void *arg, size_t total_bytes, uint32_t op_count, void *scratch_mem,
                     size_t scratch_bytes, int target_percent, struct z_heap_stress_result *result);
void kheap_print(const char *text); /* weak: where print_info writes */

#endif
