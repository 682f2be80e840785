/* SPDX-License-Identifier: Apache-2.0 */

/* print_info: a heap's state as text, through the hook kheap_print(). */

#include "list.h"
#include "notify.h"

__attribute__((weak)) void kheap_print(const char *text)
{
    (void)text;
}

/* In decimal, and at least so many columns wide. */
static void print_number(size_t value, unsigned width)
{
    char text[24];
    char *at = text + sizeof(text) - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (text + sizeof(text) - 1 - at < (ptrdiff_t)width) {
        *--at = ' ';
    }
    kheap_print(at);
}

static void print_pair(const char *name, size_t value)
{
    kheap_print(name);
    print_number(value, 0);
    kheap_print("\n");
}

/* Chunks in address order while they make sense: the walk never leaves the area. */
static bool next_chunk(const struct sys_heap *heap, enum format f, uint32_t *index)
{
    const uint32_t size2 = tag_get(f, chunk_at(region_words(heap), *index)) & ~1u;

    if (size2 < 2 || !span_inside(heap, *index, size2)) {
        kheap_print("  damaged here\n");
        return false;
    }
    *index += size2 / 2;
    return *index < heap->end;
}

static void print_chunks(const struct sys_heap *heap, enum format f)
{
    uint32_t index = heap->first;

    do {
        const uint32_t tag = tag_get(f, chunk_at(region_words(heap), index));

        kheap_print("  unit ");
        print_number(index, 8);
        kheap_print(tag & 1 ? "  used " : "  free ");
        print_number((size_t)(tag & ~1u) * 4, 10);
        kheap_print(" bytes\n");
    } while (next_chunk(heap, f, &index));
}

/* How many free chunks a bucket's sizes have, and how many units those hold together. */
static void print_bucket(const struct sys_heap *heap, enum format f, uint32_t bit)
{
    size_t chunks = 0;
    size_t units = 0;
    uint32_t index = heap->first;

    do {
        const uint32_t tag = tag_get(f, chunk_at(region_words(heap), index));

        if ((tag & 1) == 0 && listed(f, tag) && bit_of(tag) == bit) {
            chunks++;
            units += tag / 2;
        }
    } while (next_chunk(heap, f, &index));
    if (chunks != 0) {
        kheap_print("  bucket ");
        print_number(31 - bit, 2);
        kheap_print("  chunks ");
        print_number(chunks, 6);
        kheap_print("  bytes ");
        print_number(units * 8, 10);
        kheap_print("\n");
    }
}

void sys_heap_print_info(struct sys_heap *heap, bool dump_chunks)
{
    HEAP_ENTER(heap, )
    if (heap == NULL || heap->heap == NULL) {
        kheap_print("heap not initialised\n");
        return;
    }
    const enum format f = heap_is_small(heap) ? SMALL : BIG;

    kheap_print(f == SMALL ? "heap, small format\n" : "heap, big format\n");
    print_pair("  units for chunks ", heap->end - heap->first);
    print_pair("  units of metadata ", heap->first + 1u);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    struct sys_memory_stats stats;

    (void)sys_heap_runtime_stats_get(heap, &stats);
    print_pair("  allocated bytes ", stats.allocated_bytes);
    print_pair("  free bytes ", stats.free_bytes);
    print_pair("  most allocated bytes ", stats.max_allocated_bytes);
#endif
    for (uint32_t bucket = 0; bucket < heap->buckets; bucket++) {
        print_bucket(heap, f, 31 - bucket);
    }
    if (dump_chunks) {
        print_chunks(heap, f);
    }
}
