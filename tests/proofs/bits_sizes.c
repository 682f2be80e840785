/* SPDX-License-Identifier: Apache-2.0 */

/* The size rule and what stands on it, for all arguments of a machine's width. */

#include "wide.h"

#include "guard.h"
#include "heaps/block.c"

#define HEADER(f)   ((wide)(f == SMALL ? 4 : 8))
#define MOST(f)     (f == SMALL ? (wide)KHEAP_MAX_UNITS_SMALL : (wide)KHEAP_MAX_UNITS_BIG)
#define FORMAT(big) ((big) ? BIG : SMALL)

/* Refused are 0 and nothing that a region of any size could hold; the rest can be added to. */
bool hopeless(bool big, size_t bytes)
{
    const enum format f = FORMAT(big);
    const wide units = rounded_up((wide)bytes + HEADER(f), 8);
    const bool refused = bytes_hopeless(f, bytes);

    if (bytes == 0) {
        return refused;
    }
    /* No region has so many units that its bytes do not fit a size_t. */
    if (units <= MOST(f) && units * 8 + 8 <= SIZE_MAX) {
        return !refused;
    }
    return refused || ((wide)bytes + 15 <= SIZE_MAX && units * 2 <= UINT32_MAX);
}

/* size2_for is twice ceil((bytes + header) / 8): the least units whose usable bytes suffice. */
bool units_rounding(bool big, size_t bytes)
{
    const enum format f = FORMAT(big);

    ASSUME(!bytes_hopeless(f, bytes));
    const uint32_t size2 = size2_for(f, bytes);
    const wide usable = (wide)size2 / 2 * 8 - HEADER(f);

    return size2 == 2 * rounded_up((wide)bytes + HEADER(f), 8) && usable >= bytes &&
           (size2 == 2 || usable - 8 < bytes) && (wide)usable_words(f, size2) * 4 == usable;
}

/* The public macros round as the library does. */
bool units_macros(bool big, size_t bytes)
{
    const enum format f = FORMAT(big);

    ASSUME(!bytes_hopeless(f, bytes));
    return size2_for(f, bytes) / 2 == (big ? KHEAP_UNITS_BIG(bytes) : KHEAP_UNITS_SMALL(bytes));
}

/* bucket_low2(bit) < size2 <= 2 * bucket_low2(bit), so the bucket is ceil(log2 units). */
bool bucket(uint32_t units)
{
    ASSUME(units >= 1 && units <= KHEAP_MAX_UNITS_BIG);
    const uint32_t bit = bit_of(units * 2);
    const uint32_t bucket = 31 - bit;

    return bit <= 31 && bucket_low2(bit) < units * 2 && units * 2 <= (wide)bucket_low2(bit) * 2 &&
           units <= (wide)1 << bucket && (bucket == 0 || units > (wide)1 << (bucket - 1));
}

/* A chunk of a bucket above the request's always fits it: what the search relies on. */
bool bucket_above(uint32_t need, uint32_t units)
{
    ASSUME(need >= 1 && need <= KHEAP_MAX_UNITS_BIG && units >= 1 && units <= KHEAP_MAX_UNITS_BIG);
    return bit_of(units * 2) >= bit_of(need * 2) || units > need;
}

/* The odd bits of a pointer make it lie beyond any heap's end. */
bool pointer_distance(size_t distance, uint32_t end)
{
    ASSUME(end <= KHEAP_MAX_UNITS_BIG && end <= SIZE_MAX / 8);
    const size_t at = pointer_units((const word *)0, (const void *)distance);

    return (at < end) == (distance % 8 == 0 && distance / 8 < end);
}

/* What sys_heap's aligned_alloc can never serve from an area of so many units, and nothing else. */
bool never_fits(bool big, uint32_t end, uint16_t first, size_t align, size_t bytes)
{
    const struct sys_heap heap = {.heap = (void *)8, .end = end, .first = first};
    const enum format f = FORMAT(big);

    ASSUME(end > first && end < KHEAP_MAX_UNITS_BIG && (end >= KHEAP_MAX_UNITS_SMALL) == big);
    ASSUME(align == 0 || power_of_two(align));
    const wide padding = align <= 8 ? 0 : align / 8 - 1;
    const wide units = rounded_up((wide)bytes + HEADER(f), 8) + padding;

    return kheap_never_fits(&heap, align, bytes) ==
           (bytes == 0 || units > (wide)end - first || bytes_hopeless(f, bytes));
}

/* What a block at a unit cannot have without leaving the heap. */
bool never_grows(bool big, uint32_t end, uint32_t chunk, size_t bytes)
{
    const struct sys_heap heap = {.heap = (void *)8, .end = end, .first = 1};
    const enum format f = FORMAT(big);

    ASSUME(end < KHEAP_MAX_UNITS_BIG && (end >= KHEAP_MAX_UNITS_SMALL) == big);
    ASSUME(chunk >= 1 && chunk < end && end <= SIZE_MAX / 8 - 4 && !bytes_hopeless(f, bytes));
    const void *const p = (const void *)(8 + ((uintptr_t)chunk + 1) * 8);

    return kheap_never_grows(&heap, p, bytes) ==
           (rounded_up((wide)bytes + HEADER(f), 8) > (wide)end - chunk);
}
