/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Init and the region-size macro of one configuration, against a layout that is counted out byte by
 * byte: every region size from 0 to 4096 with every offset from 0 to 7, the sizes around the small
 * format's limit, and SYS_HEAP_REGION_SIZE_FOR(n) for every n from 0 to 4096. Built once for each
 * format with and without statistics.
 */

#include "kheap/sys_heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES   4096u
#define TABLE_BYTES  (MOST_BYTES + 256u)
#define LIMIT_UNITS  0x7fffu
#define AROUND_UNITS 6u
#define GUARD_BYTES  64u
#define GUARD        0xa5
#define CAPACITY     ((LIMIT_UNITS + AROUND_UNITS + 2u) * 8u)

/* What the contract and the layout in the public header say of a region. */
struct expected {
    int status;
    uint32_t units, header; /* of the chunk area, when status is 0 */
};

static _Alignas(64) uint8_t memory[GUARD_BYTES + CAPACITY + GUARD_BYTES];
static uint8_t *const arena = memory + GUARD_BYTES; /* where offset 0 is */

static uint64_t pairs, problems;

static void problem(const char *what, size_t region, size_t offset, size_t have, size_t want)
{
    problems++;
    if (problems <= 10) {
        (void)fprintf(stderr, "region %zu offset %zu: %s: have %zu, want %zu\n", region, offset,
                      what, have, want);
    }
}

/* Classes 1 | 2 | 3-4 | 5-8 ... that chunks of 1 .. units units fall into. */
static uint32_t heads_of(uint32_t units)
{
    uint32_t heads = 1;

    for (uint64_t last = 1; last < units; last *= 2) {
        heads++;
    }
    return heads;
}

/* bitmap and chunk 0's header, statistics, heads; a small chunk's header begins 4 bytes later. */
static bool metadata_fits(uint32_t metadata, uint32_t units, bool small)
{
    const uint32_t bytes =
        8 + (CONFIG_SYS_HEAP_RUNTIME_STATS ? 12 : 0) + heads_of(units) * (small ? 2 : 4);

    return bytes <= metadata * 8 + (small ? 4u : 0u);
}

static struct expected expect(size_t offset, size_t region)
{
    const size_t from = (offset + 7) / 8; /* of the whole units in the region */
    const size_t to = (offset + region) / 8;
    const size_t all = to > from ? to - from : 0;
    bool small = all <= LIMIT_UNITS;

#if CONFIG_SYS_HEAP_SMALL_ONLY
    if (!small) {
        return (struct expected){.status = -E2BIG};
    }
#elif CONFIG_SYS_HEAP_BIG_ONLY
    small = false;
#endif
    /* One unit for the end marker, and the least metadata that the rest needs. */
    const uint32_t least = small ? 1 : 2;
    for (uint32_t metadata = 1; metadata + 1 + least <= all; metadata++) {
        const uint32_t units = (uint32_t)all - 1 - metadata;

        if (metadata_fits(metadata, units, small)) {
            return (struct expected){.units = units, .header = small ? 4 : 8};
        }
    }
    return (struct expected){.status = -ENOMEM};
}

static void check_refused(struct sys_heap *heap, size_t region, size_t offset)
{
    if (sys_heap_alloc(heap, 1) != NULL || sys_heap_aligned_alloc(heap, 16, 1) != NULL ||
        sys_heap_realloc(heap, NULL, 1) != NULL) {
        problem("a heap whose init failed gives blocks", region, offset, 1, 0);
    }
    if (sys_heap_largest_free(heap) != 0) {
        problem("largest_free of a heap whose init failed", region, offset,
                sys_heap_largest_free(heap), 0);
    }
    sys_heap_free(heap, NULL);
}

static void check_made(struct sys_heap *heap, const struct expected *want, size_t region,
                       size_t offset)
{
    const size_t most = (size_t)want->units * 8 - want->header;
    const size_t largest = sys_heap_largest_free(heap);
    struct sys_heap_layout layout;

    if (largest != most) {
        problem("largest_free after init", region, offset, largest, most);
    }
    if (sys_heap_layout_get(heap, &layout) != 0 || layout.units != want->units ||
        layout.header != want->header) {
        problem("units of the chunk area", region, offset, layout.units, want->units);
    }
    if (sys_heap_alloc(heap, most + 1) != NULL) {
        problem("one byte more than the largest is served", region, offset, 1, 0);
    }
    void *const p = sys_heap_alloc(heap, most);
    if (p == NULL) {
        problem("the largest is served", region, offset, 0, 1);
        return;
    }
    memset(p, GUARD, most);
    if (!sys_heap_validate(heap)) {
        problem("sound with everything allocated and written", region, offset, 0, 1);
    }
    if (sys_heap_alloc(heap, 1) != NULL) {
        problem("a full heap serves a byte", region, offset, 1, 0);
    }
    sys_heap_free(heap, p);
    if (!sys_heap_validate(heap) || sys_heap_largest_free(heap) != most) {
        problem("largest_free when all is free again", region, offset, sys_heap_largest_free(heap),
                most);
    }
}

static void check_pair(size_t region, size_t offset)
{
    uint8_t *const mem = arena + offset;
    const struct expected want = expect(offset, region);
    struct sys_heap heap;

    memset(memory, GUARD, GUARD_BYTES + offset);
    memset(mem, 0x5a, region);
    memset(mem + region, GUARD, GUARD_BYTES);
    const int status = sys_heap_init(&heap, mem, region);
    pairs++;
    if (status != want.status) {
        problem("init's result, as -result", region, offset, (size_t)-status, (size_t)-want.status);
        return;
    }
    if (status == 0) {
        check_made(&heap, &want, region, offset);
    } else {
        check_refused(&heap, region, offset);
    }
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        if (mem[i - GUARD_BYTES] != GUARD || mem[region + i] != GUARD) {
            problem("a byte outside the region", region, offset, mem[region + i], GUARD);
        }
    }
}

static size_t served(size_t region)
{
    struct sys_heap heap;

    return sys_heap_init(&heap, arena, region) != 0 ? 0 : sys_heap_largest_free(&heap);
}

/* The smallest 8-aligned region that serves n, by trying them all. */
static void check_macro(void)
{
    static size_t largest[TABLE_BYTES / 8 + 1];

    for (size_t i = 0; i <= TABLE_BYTES / 8; i++) {
        largest[i] = served(i * 8);
    }
    for (size_t n = 0; n <= MOST_BYTES; n++) {
        const size_t asked = n == 0 ? 1 : n;
        const size_t region = SYS_HEAP_REGION_SIZE_FOR(n);
        size_t least = 0;

        while (largest[least] < asked && least < TABLE_BYTES / 8) {
            least++;
        }
        if (region != least * 8) {
            problem("SYS_HEAP_REGION_SIZE_FOR, of the number given as region", n, 0, region,
                    least * 8);
        }
    }
}

/* It must remain one that an array's length can be. */
_Static_assert(sizeof(char[SYS_HEAP_REGION_SIZE_FOR(1)]) != 0, "a constant expression");

int main(void)
{
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t region = 0; region <= MOST_BYTES; region++) {
            check_pair(region, offset);
        }
        for (size_t region = (LIMIT_UNITS - AROUND_UNITS) * 8u;
             region <= (LIMIT_UNITS + AROUND_UNITS) * 8u; region++) {
            check_pair(region, offset);
        }
    }
    check_macro();
    (void)printf("pairs %llu sizes %u problems %llu\n", (unsigned long long)pairs, MOST_BYTES + 1,
                 (unsigned long long)problems);
    return problems != 0;
}
