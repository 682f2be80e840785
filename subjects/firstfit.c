/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The naive allocator to compare with: first fit over a free list in address order. Everything is
 * counted in 8-byte units from the region's (rounded) start.
 *
 *   block:  [ units, FF_USED ][ user's bytes ... ]     usable = units * 8 - 8
 *   hole:   [ units, next hole or FF_END ][ ... ]      holes never touch each other
 *
 * Every field is 32 bits wide on every machine, so placement is the same everywhere.
 */

#include "subjects.h"

#define FF_UNIT 8u
#define FF_USED 0x55534544u /* no unit index: a region has fewer units */
#define FF_END  0xffffffffu
#define FF_MAX  0x50000000u /* units served at most; below FF_USED */

struct ff_head {
    uint32_t units; /* length, this header included */
    uint32_t next;  /* FF_USED, or the next hole */
};

struct ff_state {
    uint8_t *base;
    uint32_t units; /* in the region */
    uint32_t hole;  /* first hole, or FF_END */
    uint32_t faults;
};

/* The only cast between bytes and headers. */
static struct ff_head *ff_at(const struct ff_state *state, uint32_t unit)
{
    return (struct ff_head *)(void *)(state->base + (size_t)unit * FF_UNIT);
}

static void *ff_user(const struct ff_state *state, uint32_t unit)
{
    return state->base + ((size_t)unit + 1) * FF_UNIT;
}

/* The unit of the block whose user's bytes are p; FF_END and a report when p is none. */
static uint32_t ff_unit_of(struct ff_state *state, const void *p)
{
    const uintptr_t offset = (uintptr_t)p - (uintptr_t)state->base;
    const uint64_t unit = offset / FF_UNIT - 1;

    if (offset % FF_UNIT == 0 && offset >= FF_UNIT && unit < state->units) {
        const struct ff_head *head = ff_at(state, (uint32_t)unit);
        if (head->next == FF_USED && head->units >= 2 && head->units <= state->units - unit) {
            return (uint32_t)unit;
        }
    }
    state->faults++;
    return FF_END;
}

/* Units for a request, header included; 0 when no region can serve it. */
static uint32_t ff_units(const struct ff_state *state, size_t bytes)
{
    if (bytes == 0 || bytes / FF_UNIT >= state->units) {
        return 0;
    }
    return (uint32_t)((bytes + FF_UNIT - 1) / FF_UNIT) + 1;
}

/* Makes the hole `before` (FF_END: the list's head) point to `unit`. */
static void ff_link(struct ff_state *state, uint32_t before, uint32_t unit)
{
    if (before == FF_END) {
        state->hole = unit;
    } else {
        ff_at(state, before)->next = unit;
    }
}

/* Puts [unit, unit + units) on the list, between its neighbours, joining those that touch. */
static void ff_give(struct ff_state *state, uint32_t unit, uint32_t units)
{
    uint32_t before = FF_END;
    uint32_t behind = state->hole;

    while (behind != FF_END && behind < unit) {
        before = behind;
        behind = ff_at(state, behind)->next;
    }
    struct ff_head *hole = ff_at(state, unit);
    hole->units = units;
    hole->next = behind;
    if (behind != FF_END && unit + units == behind) {
        /* [ this ][ behind ] => [ ---- this ---- ] */
        hole->units += ff_at(state, behind)->units;
        hole->next = ff_at(state, behind)->next;
    }
    if (before != FF_END && before + ff_at(state, before)->units == unit) {
        /* [ before ][ this ] => [ --- before --- ] */
        ff_at(state, before)->units += hole->units;
        ff_at(state, before)->next = hole->next;
    } else {
        ff_link(state, before, unit);
    }
}

/* Cuts `units` out of the hole behind `before`, `skip` units into it; the ends stay holes. */
static void *ff_cut(struct ff_state *state, uint32_t before, uint32_t hole, uint32_t skip,
                    uint32_t units)
{
    const uint32_t unit = hole + skip;
    const uint32_t rest = ff_at(state, hole)->units - skip - units;
    uint32_t next = ff_at(state, hole)->next;

    if (rest > 0) {
        struct ff_head *tail = ff_at(state, unit + units);
        tail->units = rest;
        tail->next = next;
        next = unit + units;
    }
    if (skip > 0) {
        ff_at(state, hole)->units = skip;
        before = hole;
    }
    ff_link(state, before, next);
    ff_at(state, unit)->units = units;
    ff_at(state, unit)->next = FF_USED;
    return ff_user(state, unit);
}

static int ff_init(void *opaque, void *mem, size_t bytes)
{
    struct ff_state *state = opaque;
    const size_t lost = (size_t)(0u - (uintptr_t)mem) % FF_UNIT; /* rounding the start up */

    state->units = 0;
    state->hole = FF_END;
    state->faults = 0;
    if (mem == NULL || bytes > (uintptr_t)0 - 1 - (uintptr_t)mem || bytes < lost + 2 * FF_UNIT ||
        (bytes - lost) / FF_UNIT > FF_MAX) {
        return -1;
    }
    state->base = (uint8_t *)mem + lost;
    state->units = (uint32_t)((bytes - lost) / FF_UNIT);
    ff_give(state, 0, state->units);
    return 0;
}

/* Units to skip from the hole on until its user's bytes lie at a multiple of align. */
static uint64_t ff_skip(const struct ff_state *state, uint32_t hole, size_t align)
{
    const uintptr_t past = (uintptr_t)ff_user(state, hole) & (align - 1);

    return past == 0 ? 0 : (align - past) / FF_UNIT;
}

static void *ff_aligned(void *opaque, size_t align, size_t bytes)
{
    struct ff_state *state = opaque;
    const uint32_t units = ff_units(state, bytes);
    uint32_t before = FF_END;

    if (units == 0 || (align & (align - 1)) != 0) {
        return NULL;
    }
    const size_t step = align < FF_UNIT ? FF_UNIT : align;
    for (uint32_t hole = state->hole; hole != FF_END; hole = ff_at(state, hole)->next) {
        const uint64_t skip = ff_skip(state, hole, step);
        if (skip + units <= ff_at(state, hole)->units) {
            return ff_cut(state, before, hole, (uint32_t)skip, units);
        }
        before = hole;
    }
    return NULL;
}

static void *ff_alloc(void *opaque, size_t bytes)
{
    return ff_aligned(opaque, 0, bytes);
}

static void *ff_noalign(void *opaque, size_t align, size_t bytes)
{
    (void)align;
    return ff_aligned(opaque, 0, bytes);
}

static void ff_free(void *opaque, void *p)
{
    struct ff_state *state = opaque;
    const uint32_t unit = p == NULL ? FF_END : ff_unit_of(state, p);

    if (unit != FF_END) {
        ff_give(state, unit, ff_at(state, unit)->units);
    }
}

static size_t ff_usable(void *opaque, void *p)
{
    struct ff_state *state = opaque;
    const uint32_t unit = p == NULL ? FF_END : ff_unit_of(state, p);

    return unit == FF_END ? 0 : ((size_t)ff_at(state, unit)->units - 1) * FF_UNIT;
}

/* Makes the block at unit `units` long without moving it; false when a neighbour is in the way. */
static bool ff_resize(struct ff_state *state, uint32_t unit, uint32_t units)
{
    struct ff_head *head = ff_at(state, unit);
    uint32_t before = FF_END;
    uint32_t behind = state->hole;

    while (behind != FF_END && behind < unit) {
        before = behind;
        behind = ff_at(state, behind)->next;
    }
    if (units > head->units) {
        if (behind != unit + head->units || units - head->units > ff_at(state, behind)->units) {
            return false;
        }
        (void)ff_cut(state, before, behind, 0, units - head->units);
        head->units = units;
    } else if (units < head->units) {
        const uint32_t rest = head->units - units;
        head->units = units;
        ff_give(state, unit + units, rest);
    }
    return true;
}

static void *ff_arealloc(void *opaque, void *p, size_t align, size_t bytes)
{
    struct ff_state *state = opaque;

    if (p == NULL || (align & (align - 1)) != 0) {
        return p == NULL ? ff_aligned(state, align, bytes) : NULL;
    }
    if (bytes == 0) {
        ff_free(state, p);
        return NULL;
    }
    const uint32_t unit = ff_unit_of(state, p);
    const uint32_t units = ff_units(state, bytes);
    if (unit == FF_END || units == 0) {
        return NULL;
    }
    if ((align <= FF_UNIT || ff_skip(state, unit, align) == 0) && ff_resize(state, unit, units)) {
        return p;
    }
    uint8_t *to = ff_aligned(state, align, bytes);
    if (to != NULL) {
        const size_t old = ((size_t)ff_at(state, unit)->units - 1) * FF_UNIT;
        for (size_t i = 0; i < (old < bytes ? old : bytes); i++) {
            to[i] = ((const uint8_t *)p)[i];
        }
        ff_free(state, p);
    }
    return to;
}

static void *ff_realloc(void *opaque, void *p, size_t bytes)
{
    return ff_arealloc(opaque, p, 0, bytes);
}

static bool ff_broken(struct subject_fault *fault, const char *invariant, uint32_t unit)
{
    fault->invariant = invariant;
    fault->offset = (size_t)unit * FF_UNIT;
    return false;
}

/* Blocks and holes tile the region, and the list names exactly the holes, none beside another. */
static bool ff_check(void *opaque, struct subject_fault *fault)
{
    struct ff_state *state = opaque;
    uint32_t hole = state->hole;
    bool after_hole = false;

    for (uint32_t unit = 0; unit < state->units;) {
        const struct ff_head *head = ff_at(state, unit);
        if (head->units == 0 || head->units > state->units - unit) {
            return ff_broken(fault, "F1 blocks and holes tile the region", unit);
        }
        if (head->next != FF_USED) {
            if (hole != unit) {
                return ff_broken(fault, "F2 the list names the holes in order", unit);
            }
            if (after_hole) {
                return ff_broken(fault, "F3 no two holes touch", unit);
            }
            hole = head->next;
        }
        after_hole = head->next != FF_USED;
        unit += head->units;
    }
    return hole == FF_END ? true : ff_broken(fault, "F2 the list names the holes in order", 0);
}

static uint32_t ff_faults(void *opaque)
{
    return ((struct ff_state *)opaque)->faults;
}

const struct subject subject_firstfit = {
    .abi = SUBJECT_ABI,
    .name = "firstfit",
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_NULL_ON_BAD,
    .align = FF_UNIT,
    .state_bytes = sizeof(struct ff_state),
    .init = ff_init,
    .alloc = ff_alloc,
    .free = ff_free,
    .aligned = ff_aligned,
    .noalign = ff_noalign,
    .realloc = ff_realloc,
    .arealloc = ff_arealloc,
    .usable = ff_usable,
    .check = ff_check,
    .faults = ff_faults,
};
