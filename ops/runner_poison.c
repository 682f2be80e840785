/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Inverted poisoning: while the subject runs, it may touch its own metadata and nothing else. A
 * stray read or write then dies at its instruction, not when somebody notices the result.
 *
 *   forbidden: everything around the region, the user's bytes of live blocks, the bodies of free
 *   extents behind header and links. Open: metadata, every header, and what the call at hand is
 *   about: the block that is freed or resized, and the places where a fitting extent may be split.
 *
 * ASan knows granules of 8 bytes, and headers are 8 bytes apart from each other at least. So with
 * G(u) = the granule of unit u's header, granules and units count alike:
 *
 *   big    G(u) = [ header u     ]   G(u+1) = [ user ...       ]
 *   small  G(u) = [ tail | head u]   G(u+1) = [ user ...       ]   tail: 4 user bytes of the left
 * chunk
 *
 * G(u) of every chunk stays open, therefore the last 4 user bytes of a small block do too. Poison
 * follows what changed, op by op; nothing walks the region.
 */

#include "runner_internal.h"

#define GRANULE 8u

/* How far around the region bytes are forbidden, at most: keeps huge spaces cheap for small
 * regions. */
#define REACH   0x4000u

#if POISON_ASAN
void __asan_get_shadow_mapping(size_t *scale, size_t *offset);

#define SHADOW_FORBIDDEN 0xf7u /* ASan's own mark for what the user poisoned */

/* Shadow bytes are stored several at a time, and the last ones overlap with those before: what a
 * loop over the rest would cost is more than the rest. */
typedef uint64_t __attribute__((may_alias, aligned(1))) loose64;
typedef uint32_t __attribute__((may_alias, aligned(1))) loose32;

/* ASan's own functions check their arguments at length; here it is a store or two per call. Exempt
 * because the shadow has no shadow of its own. */
static POISON_EXEMPT void paint_many(uint8_t *shadow, uint32_t n, uint8_t value)
{
    const uint64_t eight = value * 0x0101010101010101u;

    if (n < 8) {
        *(loose32 *)(void *)shadow = (uint32_t)eight;
        *(loose32 *)(void *)(shadow + n - 4) = (uint32_t)eight;
        return;
    }
    for (uint32_t i = 0; i < n - 8; i += 8) {
        *(loose64 *)(void *)(shadow + i) = eight;
    }
    *(loose64 *)(void *)(shadow + n - 8) = eight;
}

/* A few are the rule: kept apart so that they are inlined. */
static inline __attribute__((no_sanitize("address"))) void paint(struct run *run, uint32_t unit,
                                                                 uint32_t n, uint8_t value)
{
    uint8_t *shadow = run->marks + unit;

    if (n >= 4) {
        paint_many(shadow, n, value);
    } else if (n > 0) {
        shadow[0] = value;
        shadow[n / 2] = value;
        shadow[n - 1] = value;
    }
}

static inline void forbid_units(struct run *run, uint32_t unit, uint32_t n)
{
    paint(run, unit, n, SHADOW_FORBIDDEN);
}

static inline void allow_units(struct run *run, uint32_t unit, uint32_t n)
{
    paint(run, unit, n, 0);
}

static void find_shadow(struct run *run)
{
    size_t scale = 0;
    size_t offset = 0;

    __asan_get_shadow_mapping(&scale, &offset);
    run->marks = (uint8_t *)(((uintptr_t)run->granules >> scale) + offset);
    run->poisoning = run->poisoning && ((size_t)1 << scale) == GRANULE;
}
#else
static inline void forbid_units(struct run *run, uint32_t unit, uint32_t n)
{
    POISON_FORBID(run->granules + (size_t)unit * GRANULE, (size_t)n * GRANULE);
}

static inline void allow_units(struct run *run, uint32_t unit, uint32_t n)
{
    POISON_ALLOW(run->granules + (size_t)unit * GRANULE, (size_t)n * GRANULE);
}

static void find_shadow(struct run *run)
{
    (void)run;
}
#endif

static size_t reach_behind(const struct run *run)
{
    const size_t past = run->heap.header.offset + run->heap.region_bytes;
    const size_t behind = run->space->capacity + 8 + SPACE_GUARD - past;

    return behind < REACH ? behind : REACH;
}

void poison_begin(struct run *run)
{
    uint8_t *region = run->heap.region;

    run->poisoning = POISON_ACTIVE && (run->subject->promises & SUBJECT_IN_REGION) != 0;
    POISON_UNDEFINED(region, run->heap.region_bytes);
    if (run->poisoning) {
        POISON_FORBID(run->space->arena - SPACE_GUARD, SPACE_GUARD);
        POISON_FORBID(region + run->heap.region_bytes, reach_behind(run));
    }
}

void poison_end(struct run *run)
{
    if (run->poisoning || run->suspended) {
        run->suspended = false;
        const size_t before = SPACE_GUARD + run->heap.header.offset;
        POISON_ALLOW(run->space->arena - SPACE_GUARD,
                     before + run->heap.region_bytes + reach_behind(run));
        run->poisoning = false;
    }
}

/* Units [unit, unit + n) of the extent that starts at `start` are free: its header and links, which
 * are in the extent's first two granules, stay open. */
static void paint_free(struct run *run, uint32_t start, uint32_t unit, uint32_t n)
{
    forbid_units(run, unit, n);
    if (unit < start + 2) {
        allow_units(run, start, 2);
    }
}

static void paint_block(struct run *run, const struct model_block *block, bool forbidden)
{
    /* Bytes behind the usable ones, such as a canary, are the heap's. */
    const uint32_t n = (uint32_t)(model_usable(run->model, block->units) / GRANULE);

    if (forbidden) {
        allow_units(run, block->unit, 1);
        forbid_units(run, block->unit + 1, n);
    } else {
        allow_units(run, block->unit + 1, n);
    }
}

void poison_heap(struct run *run)
{
    if (!run->poisoning || !run->modelled) {
        return;
    }
    run->granules = run->heap.region + (run->info.first - run->heap.region);
    run->granules -= (uintptr_t)run->granules % GRANULE;
    find_shadow(run);
    if (run->poisoning) {
        paint_free(run, 0, 0, run->model->units);
    }
}

void poison_suspend(struct run *run)
{
    if (run->poisoning) {
        POISON_ALLOW(run->heap.region, run->heap.region_bytes);
        run->poisoning = false;
        run->suspended = true;
    }
}

void poison_resume(struct run *run)
{
    const struct model *model = run->model;
    uint32_t start = 0;

    if (!run->suspended) {
        return;
    }
    run->suspended = false;
    run->poisoning = true;
    for (uint32_t i = 0; i <= model->nblocks; i++) {
        const uint32_t end = i == model->nblocks ? model->units : model->blocks[i].unit;
        if (end > start) {
            paint_free(run, start, start, end - start);
        }
        if (i < model->nblocks) {
            paint_block(run, &model->blocks[i], true);
            start = end + model->blocks[i].units;
        }
    }
}

/* Opens units for the call at hand and remembers them, so that closing them needs no second search.
 */
static void open_units(struct run *run, uint32_t unit, uint32_t n)
{
    if (run->nopened < RUN_OPENED) {
        run->opened[run->nopened] = (struct model_extent){unit, n};
    }
    run->nopened++;
    allow_units(run, unit, n);
}

/* The header and links of a chunk that would begin `at` units into the extent. The extent's own are
 * open anyway, and stay so. */
static void open_window(struct run *run, const struct model_extent *extent, uint32_t at)
{
    const uint32_t from = at < 2 ? 2 : at;
    const uint32_t past = at + 2 < extent->units ? at + 2 : extent->units;

    if (from < past) {
        open_units(run, extent->unit + from, past - from);
    }
}

/*
 * Where a call may cut: behind the block when it takes an extent's front, in front of it when it
 * takes the tail. An aligned block may lie anywhere, and a moving realloc writes to the whole new
 * block, so these open fitting extents wholly.
 */
static void open_cuts(struct run *run)
{
    const struct model *model = run->model;
    const uint32_t need = run->forecast.need;
    uint32_t start = 0;

    /* Written out, where model_extent_next would be called for every gap. */
    for (uint32_t i = 0; i <= model->nblocks; i++) {
        const bool last = i == model->nblocks;
        const uint32_t end = last ? model->units : model->blocks[i].unit;
        const struct model_extent extent = {start, end - start};
        if (extent.units >= need && !run->forecast.whole) {
            open_window(run, &extent, need);
            open_window(run, &extent, extent.units - need);
        } else if (extent.units >= need && extent.units > 2) {
            open_units(run, start + 2, extent.units - 2);
        }
        start = last ? end : end + model->blocks[i].units;
    }
}

/* What was opened was the body of some extent. */
static void close_cuts(struct run *run)
{
    const struct model *model = run->model;
    struct model_extent extent;
    uint32_t cursor = 0;

    if (run->nopened <= RUN_OPENED) {
        for (uint32_t i = 0; i < run->nopened; i++) {
            forbid_units(run, run->opened[i].unit, run->opened[i].units);
        }
    } else {
        while (model_extent_next(model, &cursor, UINT32_MAX, &extent)) {
            paint_free(run, extent.unit, extent.unit, extent.units);
        }
    }
    run->nopened = 0;
}

/* A realloc in place may cut the extent to the right of its block. */
static void open_growth(struct run *run)
{
    const struct model *model = run->model;
    const uint32_t index = run->forecast.block;
    const struct model_block *block = &model->blocks[index];
    const uint32_t end = block->unit + block->units;
    const uint32_t next = index + 1 < model->nblocks ? block[1].unit : model->units;
    const struct model_extent right = {end, next - end};

    if (run->forecast.need > block->units) {
        open_window(run, &right, run->forecast.need - block->units);
    }
}

static void open_call(struct run *run)
{
    const struct forecast *forecast = &run->forecast;

    if (forecast->block != UINT32_MAX) {
        paint_block(run, &run->model->blocks[forecast->block], false);
    }
    if (forecast->in_place) {
        open_growth(run);
    } else if (forecast->need != 0) {
        open_cuts(run);
    }
}

/* A subject without a model: its headers may be anywhere, so only whole granules of user's bytes.
 */
static void paint_slot(const struct slot *slot, bool forbidden)
{
    const size_t skip = (0u - (uintptr_t)slot->p) % GRANULE;

    if (slot->p == NULL || slot->usable < skip + GRANULE) {
        return;
    }
    const size_t n = (slot->usable - skip) / GRANULE * GRANULE;
    if (forbidden) {
        POISON_FORBID(slot->p + skip, n);
    } else {
        POISON_ALLOW(slot->p + skip, n);
    }
}

void poison_slot(struct run *run, const struct slot *slot)
{
    if (run->poisoning && !run->modelled) {
        paint_slot(slot, true);
    }
}

static const struct slot *slot_of_op(const struct run *run)
{
    return (op_table[run->op->kind].fields & OP_HAS_SLOT) == 0 ? NULL
                                                               : &run->heap.slots[run->op->slot];
}

void poison_open(struct run *run)
{
    const struct slot *slot = slot_of_op(run);
    const bool takes =
        run->op->kind == OP_FREE || (op_table[run->op->kind].fields & OP_RESIZES) != 0;

    if (run->poisoning && run->modelled) {
        open_call(run);
    } else if (run->poisoning && takes && slot != NULL) {
        paint_slot(slot, false);
    }
    /* Listeners of the free may still look. */
    if (run->forecast.releases && slot != NULL && slot->p != NULL && run->subject->events == NULL) {
        POISON_UNDEFINED(slot->p, slot->usable);
    }
}

/* Back to what it was before the call; what the call changed is painted when the model knows. */
void poison_close(struct run *run)
{
    if (!run->poisoning || !run->modelled) {
        return;
    }
    if (run->forecast.block != UINT32_MAX) {
        paint_block(run, &run->model->blocks[run->forecast.block], true);
    }
    close_cuts(run);
}

void poison_took(struct run *run, uint32_t index)
{
    const struct model *model = run->model;
    const struct model_block *block = &model->blocks[index];
    const uint32_t end = block->unit + block->units;
    const uint32_t next = index + 1 < model->nblocks ? block[1].unit : model->units;

    if (!run->poisoning) {
        return;
    }
    if (next > end) {
        /* Of one unit: its links, if any, share a granule with the next header. */
        allow_units(run, end, 2);
    }
    paint_block(run, block, true);
}

void poison_gave(struct run *run, uint32_t unit, uint32_t units, uint32_t index)
{
    const struct model *model = run->model;
    const struct model_block *left = index > 0 ? &model->blocks[index - 1] : NULL;
    const uint32_t start = left == NULL ? 0 : left->unit + left->units;
    const uint32_t next = index < model->nblocks ? model->blocks[index].unit : model->units;

    if (run->poisoning) {
        /* The right neighbour's header and links are body now. */
        const uint32_t behind = next - (unit + units);
        paint_free(run, start, unit, units + (behind < 2 ? behind : 2));
    }
}
