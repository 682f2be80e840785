/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

struct kheap_fault unit_fault;
unsigned unit_faults;

static _Alignas(ARENA_BYTES) uint8_t arena[2 * ARENA_BYTES];

void kheap_fault(const struct kheap_fault *fault)
{
    unit_fault = *fault;
    unit_faults++;
}

int unit_reset(void **state)
{
    (void)state;
    memset(&unit_fault, 0, sizeof(unit_fault));
    unit_faults = 0;
    return 0;
}

uint8_t *unit_arena(void)
{
    return arena + ARENA_BYTES;
}

void unit_open(struct sys_heap *heap, size_t bytes, size_t offset)
{
    for (size_t i = 0; i < bytes; i++) {
        unit_arena()[offset + i] = (uint8_t)(i * 37u + 11u);
    }
    assert_int_equal(sys_heap_init(heap, unit_arena() + offset, bytes), 0);
}

size_t unit_header(const struct sys_heap *heap)
{
    struct sys_heap_layout layout;

    assert_int_equal(sys_heap_layout_get(heap, &layout), 0);
    return layout.header;
}

size_t unit_span(const struct sys_heap *heap, size_t bytes)
{
    return (bytes + unit_header(heap) + 7u) / 8u * 8u;
}

size_t unit_usable(const struct sys_heap *heap, size_t bytes)
{
    return unit_span(heap, bytes) - unit_header(heap);
}

size_t unit_bytes(const struct sys_heap *heap, size_t units)
{
    return units * 8u - unit_header(heap);
}

struct sys_memory_stats unit_stats(struct sys_heap *heap)
{
    struct sys_memory_stats stats = {0};

    assert_int_equal(sys_heap_runtime_stats_get(heap, &stats), 0);
    return stats;
}

void unit_expect_empty(struct sys_heap *heap, size_t largest_after_init)
{
    assert_true(sys_heap_validate(heap));
    assert_int_equal(sys_heap_largest_free(heap), largest_after_init);
    struct sys_memory_stats stats = unit_stats(heap);
    assert_int_equal(stats.allocated_bytes, 0);
    assert_int_equal(stats.free_bytes, largest_after_init);
}

size_t unit_fill(struct sys_heap *heap, size_t bytes, void **blocks, size_t most)
{
    size_t n = 0;

    while (n < most && (blocks[n] = sys_heap_alloc(heap, bytes)) != NULL) {
        n++;
    }
    return n;
}
