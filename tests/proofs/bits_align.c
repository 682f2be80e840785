/* SPDX-License-Identifier: Apache-2.0 */

/* What aligned_alloc adds for an alignment, for all arguments of a machine's width. */

#include "wide.h"

#include "alloc.c"

#define HEADER(f) ((wide)(f == SMALL ? 4 : 8))

/* aligned_in() of lib/src/alloc.c up to its search; its `return NULL` is false here. */
static inline bool padding_of(bool big, size_t align, size_t bytes, uint32_t *need, uint32_t *all)
{
    const enum format f = big ? BIG : SMALL;
    const word *const base = (const word *)8;
#include "aligned_in_padding.inc"
    *need = need2;
    *all = padded;
    return true;
}

/* Refused or exact: units(bytes) + align/8 - 1, which the search can double. */
bool padded_need(bool big, size_t align, size_t bytes)
{
    const enum format f = big ? BIG : SMALL;

    ASSUME(power_of_two(align) && align >= 16);
    uint32_t need2 = 0;
    uint32_t all = 0;
    const wide units = rounded_up((wide)bytes + HEADER(f), 8);
    const wide padded = units + align / 8 - 1;
    const bool fits = bytes != 0 && padded <= (big ? KHEAP_MAX_UNITS_BIG : KHEAP_MAX_UNITS_SMALL);

    if (!padding_of(big, align, bytes, &need2, &all)) {
        return !fits || bytes_hopeless(f, bytes);
    }
    return fits && need2 == 2 * units && all == padded;
}

/* The same function's next part: how far into a chunk the block begins. */
static inline uint32_t front_of(word *c, size_t align)
{
    const struct {
        word *c;
    } found = {c};
#include "aligned_in_front.inc"
    return pre2;
}

/* The block is aligned, as near to the chunk's start as can be, and ends inside the chunk. */
bool padded_front(bool big, uintptr_t unit, size_t align, size_t bytes)
{
    const uintptr_t chunk = unit * 8;
    uint32_t need2 = 0;
    uint32_t all = 0;

    ASSUME(power_of_two(align) && align >= 16 && unit != 0 && unit <= UINTPTR_MAX / 16);
    ASSUME(padding_of(big, align, bytes, &need2, &all));
    const uint32_t pre2 = front_of((word *)chunk, align);
    const uintptr_t user = chunk + (uintptr_t)pre2 * 4 + 8;

    return pre2 % 2 == 0 && (user & (align - 1)) == 0 && (wide)pre2 * 4 < align &&
           (wide)pre2 + need2 <= (wide)all * 2;
}
