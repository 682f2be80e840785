/* SPDX-License-Identifier: Apache-2.0 */

/* Init, and the questions that change nothing. */

#include "list.h"
#include "notify.h"

/* Buckets of an area of so many units: bucket(units) + 1, one for each size that fits. */
static uint32_t buckets_for(uint32_t units)
{
    return 32 - bit_of(units * 2);
}

/* The public header's formula, for a region whose format is known. */
static uint32_t metadata_units(enum format f, uint32_t units)
{
    return f == SMALL ? (KHEAP_HEADS_OFFSET + 2 * buckets_for(units) + 3) / 8
                      : (KHEAP_HEADS_OFFSET + 4 * buckets_for(units) + 7) / 8;
}

/*
 * The number of metadata units of a region of `units`, 0 when it is too small. A larger area needs
 * at least as many heads, so the first number that is enough is the least; 20 bytes and 32 heads of
 * 4 bytes bound the loop at 19 rounds.
 */
static uint32_t metadata_fit(enum format f, uint32_t units)
{
    const uint32_t least = least_used2(f) / 2;

    for (uint32_t m = 1; m + 1 + least <= units; m++) {
        if (metadata_units(f, units - 1 - m) <= m) {
            return m;
        }
    }
    return 0;
}

/* One free chunk between chunk 0, which is the metadata, and the end marker. */
static void region_format(const struct sys_heap *heap, enum format f, word *base)
{
    const uint32_t first = heap->first;
    const uint32_t size2 = (heap->end - first) * 2;
    word *const c = chunk_at(base, first);

    /* In the small format the heads may reach into the first word of the first chunk's unit. */
    for (word *w = base; w <= c; w++) {
        *w = 0;
    }
    tag_set(f, base, first * 2 | 1);
    list_insert(f, base, c, bit_of(size2));
    header_set(f, c, first, size2);
    header_set(f, chunk_right(c, size2), size2 / 2, 1);
    stats_count(base, 0, usable_words(f, size2));
}

/* Which format a region of so many units gets; false: none of this build. */
static bool format_choose(uint32_t units, enum format *f)
{
    if (CONFIG_SYS_HEAP_SMALL_ONLY || (CONFIG_SYS_HEAP_AUTO && units <= KHEAP_MAX_UNITS_SMALL)) {
        *f = SMALL;
        return units <= KHEAP_MAX_UNITS_SMALL;
    }
    *f = BIG;
    return units <= KHEAP_MAX_UNITS_BIG;
}

int sys_heap_init(struct sys_heap *heap, void *mem, size_t bytes)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    HEAP_REFUSE(heap, -EINVAL)
    *heap = (struct sys_heap){0};
    if (mem == NULL || bytes > UINTPTR_MAX - (uintptr_t)mem) {
        return -EINVAL;
    }
    /* skip <= 7; what is left of bytes behind it is rounded down, so no sum can wrap. */
    const size_t skip = -(uintptr_t)mem & 7;
    const size_t units = bytes < skip ? 0 : (bytes - skip) / 8;
    enum format f;

    if (units > KHEAP_MAX_UNITS_BIG || !format_choose((uint32_t)units, &f)) {
        return -E2BIG;
    }
    const uint32_t first = metadata_fit(f, (uint32_t)units);

    if (first == 0) {
        return -ENOMEM;
    }
    heap->heap = (unsigned char *)mem + skip;
    heap->end = (uint32_t)units - 1;
    heap->first = (uint16_t)first;
    heap->skip = (uint8_t)skip;
    heap->buckets = (uint8_t)buckets_for(heap->end - first);
    region_format(heap, f, region_words(heap));
    return 0;
}

KHEAP_INLINE size_t usable_in(const struct sys_heap *heap, enum format f, void *p)
{
    word *const base = region_words(heap);
    struct block b;

    if (LEVEL == 0 && base == NULL) {
        return 0;
    }
    const enum invariant broken = block_read(heap, f, base, p, &b);

    if (LEVEL >= 1 && unlikely(broken != SOUND)) {
        kheap_fault_report(heap, p, b.c, broken);
        return 0;
    }
    return (size_t)usable_words(f, b.size2) * 4;
}

size_t sys_heap_usable_size(struct sys_heap *heap, void *mem)
{
    HEAP_ENTER(heap, 0)
    if (mem == NULL) {
        return 0;
    }
    return heap_is_small(heap) ? usable_in(heap, SMALL, mem) : usable_in(heap, BIG, mem);
}

/*
 * A request of the highest bucket is probed like any other, so the largest of the first ALLOC_LOOPS
 * chunks is what can be had; every smaller bucket's requests fit into the head.
 */
KHEAP_INLINE size_t largest_in(const struct sys_heap *heap, enum format f)
{
    word *const base = region_words(heap);

    if (base == NULL || base[BITMAP_WORD] == 0) {
        return 0;
    }
    const uint32_t bitmap = base[BITMAP_WORD];
    const uint32_t bit = leading_zeros(bitmap & -bitmap) ^ 31;

    if (LEVEL >= 2 && unlikely(bit < 32u - heap->buckets)) {
        kheap_fault_report(heap, NULL, NULL, I8_BITMAP);
        return 0;
    }
    const uint32_t first = head_get(f, base, bit);
    uint32_t index = first;
    uint32_t most2 = 0;
    uint32_t loops = CONFIG_SYS_HEAP_ALLOC_LOOPS;

    do {
        KHEAP_STEP();
        if (LEVEL >= 2 && unlikely(!member_sound(heap, f, base, index, bit))) {
            kheap_fault_report(heap, NULL, NULL, I6_MEMBER);
            return 0;
        }
        const uint32_t size2 = tag_get(f, chunk_at(base, index));

        most2 = size2 > most2 ? size2 : most2;
        index = next_get(f, chunk_at(base, index));
    } while (--loops != 0 && index != first);
    return (size_t)usable_words(f, most2) * 4;
}

size_t sys_heap_largest_free(struct sys_heap *heap)
{
    HEAP_ENTER(heap, 0)
    return heap_is_small(heap) ? largest_in(heap, SMALL) : largest_in(heap, BIG);
}

int sys_heap_layout_get(const struct sys_heap *heap, struct sys_heap_layout *layout)
{
    if (heap == NULL || layout == NULL || heap->heap == NULL) {
        return -EINVAL;
    }
    const bool small = heap_is_small(heap);
    const unsigned char *const base = heap->heap;

    layout->units = heap->end - heap->first;
    layout->header = small ? 4 : 8;
    layout->first = base + (size_t)heap->first * 8 + (small ? 4 : 0);
    layout->heads = base + KHEAP_HEADS_OFFSET;
    layout->heads_bytes = heap->buckets * (size_t)(small ? 2 : 4);
    return 0;
}

#if CONFIG_SYS_HEAP_RUNTIME_STATS
int sys_heap_runtime_stats_get(struct sys_heap *heap, struct sys_memory_stats *stats)
{
    HEAP_ENTER(heap, -EINVAL)
    if (heap == NULL || stats == NULL || heap->heap == NULL) {
        return -EINVAL;
    }
    const word *const base = region_words(heap);

    stats->allocated_bytes = (size_t)base[STATS_ALLOCATED] * 4;
    stats->free_bytes = (size_t)base[STATS_FREE] * 4;
    stats->max_allocated_bytes = (size_t)base[STATS_MAX] * 4;
    return 0;
}

int sys_heap_runtime_stats_reset_max(struct sys_heap *heap)
{
    HEAP_ENTER(heap, -EINVAL)
    if (heap == NULL || heap->heap == NULL) {
        return -EINVAL;
    }
    word *const base = region_words(heap);

    base[STATS_MAX] = base[STATS_ALLOCATED];
    return 0;
}
#endif
