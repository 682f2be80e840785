/* SPDX-License-Identifier: Apache-2.0 */

/* What init makes of a region, and what the lists' masks are, for all arguments of a machine's
 * width. */

#include "wide.h"

#include "sys_heap.c"

/* sys_heap_init() of lib/src/sys_heap.c up to its choice of a format; its errors are false here. */
static inline bool region_of(uintptr_t memory, size_t bytes, size_t *skipped, size_t *whole)
{
    const unsigned char *const mem = (const unsigned char *)memory;
#undef EINVAL
#define EINVAL 0
#include "init_units.inc"
    *skipped = skip;
    *whole = units;
    return true;
}

/* The start rounded up to 8, the end down, nothing outside: the most units that lie in between. */
bool region_units(uintptr_t memory, size_t bytes)
{
    size_t skip = 0;
    size_t units = 0;

    if (!region_of(memory, bytes, &skip, &units)) {
        return memory == 0 || (wide)memory + bytes > UINTPTR_MAX;
    }
    const wide first = rounded_up(memory, 8) * 8;
    const wide last = ((wide)memory + bytes) / 8 * 8;

    return skip <= 7 && units == (last > first ? (last - first) / 8 : 0) &&
           (units == 0 || memory + skip == first);
}

/* The heads of an area, one for each bucket that a chunk of it can have; 32 at most. */
bool heads(bool big, uint32_t units)
{
    ASSUME(units >= 1 && units <= (big ? KHEAP_MAX_UNITS_BIG : KHEAP_MAX_UNITS_SMALL));
    const uint32_t count = buckets_for(units);

    return count >= 1 && count <= (big ? 32 : 16) && units <= (wide)1 << (count - 1) &&
           (count == 1 || units > (wide)1 << (count - 2));
}

/* The public formula for the metadata is the library's. */
bool metadata_formula(bool big, uint32_t units)
{
    ASSUME(units >= 1 && units <= (big ? KHEAP_MAX_UNITS_BIG : KHEAP_MAX_UNITS_SMALL));
    return big ? metadata_units(BIG, units) == KHEAP_METADATA_BIG(units)
               : metadata_units(SMALL, units) == KHEAP_METADATA_SMALL(units);
}

/* A larger area needs no fewer units of metadata, so the first number that is enough is the least.
 */
bool metadata_monotone(bool big, uint32_t units, uint32_t more)
{
    ASSUME(units >= 1 && units <= more && more <= KHEAP_MAX_UNITS_BIG);
    return metadata_units(big ? BIG : SMALL, units) <= metadata_units(big ? BIG : SMALL, more);
}

/* The search for that number ends by its 19th round, whatever the area. */
bool metadata_rounds(bool big, uint32_t units)
{
    ASSUME(units >= 1 && units <= KHEAP_MAX_UNITS_BIG);
    return metadata_units(big ? BIG : SMALL, units) <= 19;
}

static inline bool metadata_enough(enum format f, uint32_t units, uint32_t metadata)
{
    return metadata_units(f, units - 1 - metadata) <= metadata;
}

/*
 * It finds a number of units that holds the heads of what it leaves, and one fewer would not: the
 * least, by metadata_monotone. None: not even the number that leaves the least room is enough.
 */
bool metadata_least(bool big, uint32_t units)
{
    const enum format f = big ? BIG : SMALL;
    const uint32_t least = least_used2(f) / 2;

    ASSUME(units <= (big ? KHEAP_MAX_UNITS_BIG : KHEAP_MAX_UNITS_SMALL));
    const uint32_t found = metadata_fit(f, units);

    if (found == 0) {
        return units < 2 + least || !metadata_enough(f, units, units - 1 - least);
    }
    return found + 1 + least <= units && metadata_enough(f, units, found) &&
           (found == 1 || !metadata_enough(f, units, found - 1));
}

/*
 * SYS_HEAP_REGION_SIZE_FOR: of a region so large some metadata leaves the units for n, so the least
 * does; of one that is a unit smaller none does. SIZE_MAX: not even the largest region is enough.
 */
bool region_size(bool big, size_t n, uint32_t other)
{
    const enum format f = big ? BIG : SMALL;
    const size_t wanted = n + (n == 0);
    const size_t bytes = big ? KHEAP_SIZE_BIG(wanted) : KHEAP_SIZE_SMALL(wanted);
    const wide need = rounded_up((wide)wanted + (big ? 8 : 4), 8);
    const wide most = big ? KHEAP_MAX_UNITS_BIG : KHEAP_MAX_UNITS_SMALL;
    /* Where an address has 32 bits the macro gives up 13 units before a region would fill them all.
     */
    const wide largest = most < SIZE_MAX / 8 ? most : SIZE_MAX / 8 - 13;
    const wide units = bytes == SIZE_MAX ? largest + 1 : bytes / 8;

    ASSUME(other >= 1);
    if (bytes != SIZE_MAX && !(bytes % 8 == 0 && units <= largest && units >= need + 2 &&
                               metadata_enough(f, (uint32_t)units, (uint32_t)(units - 1 - need)))) {
        return false;
    }
    return need + 2 + other > units || !metadata_enough(f, (uint32_t)units - 1, other);
}

/* list_insert()'s mask, and list_remove()'s: all ones or zeros, as the comment says. */
bool list_masks(uint32_t head, bool sole)
{
    ASSUME(head <= KHEAP_MAX_UNITS_BIG);
#include "list_insert_mask.inc"
    return empty == (head == 0 ? UINT32_MAX : 0) && (uint32_t)sole - 1 == (sole ? 0 : UINT32_MAX);
}
