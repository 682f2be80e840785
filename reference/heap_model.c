/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The reference model of a sys_heap: an array of live blocks in address order. Everything else
 * (free extents, buckets, statistics of the free side) is recomputed from it by walking, so that
 * there is nothing to keep consistent and nothing to get wrong twice.
 *
 *   unit     0       4     6           13      16
 *            [ block ][ - ][  block   ][  ---  ]        blocks: {0,4} {6,7}
 *             gap 0 is empty, gap 1 = {4,2}, gap 2 = {13,3}
 *
 * Rules are those of the contract's section on sys_heap:
 *   units(bytes) = ceil((bytes + header) / 8)      usable(units) = units * 8 - header
 *   bucket(units) = ceil(log2 units):  1 | 2 | 3-4 | 5-8 | 9-16 ...
 */

#include "model.h"
#include "subject.h"

#define UNIT_BYTES 8u

void model_init(struct model *model, struct model_block *storage, uint32_t capacity,
                const struct subject_info *info)
{
    model->header = info->header;
    model->loops = info->loops;
    model->units = info->units;
    model->base = (uint64_t)(uintptr_t)info->first;
    model->nblocks = 0;
    model->capacity = capacity;
    model->blocks = storage;
    model->allocated = 0;
    model->max_allocated = 0;
}

uint32_t model_units(const struct model *model, size_t bytes)
{
    const uint64_t area = (uint64_t)model->units * UNIT_BYTES;

    /* Compared before anything is added, so no size can wrap: behind this line bytes < 2^34. */
    if (bytes == 0 || bytes > area) {
        return 0;
    }
    const uint64_t units = ((uint64_t)bytes + model->header + UNIT_BYTES - 1) / UNIT_BYTES;
    return units > model->units ? 0 : (uint32_t)units;
}

size_t model_usable(const struct model *model, uint32_t units)
{
    return (size_t)units * UNIT_BYTES - model->header;
}

uint32_t model_bucket(uint32_t units)
{
    return units <= 1 ? 0 : 32u - (uint32_t)__builtin_clz(units - 1);
}

bool model_extent_next(const struct model *model, uint32_t *cursor, uint32_t hide,
                       struct model_extent *extent)
{
    /* Gap i lies in front of block i; the last one lies behind the last block. */
    while (*cursor <= model->nblocks) {
        const uint32_t gap = *cursor;
        uint32_t right = gap; /* the block that ends this gap */

        if (right == hide && right < model->nblocks) {
            right++; /* [ gap ][ hidden ][ gap ] is one gap */
        }
        const struct model_block *before = gap == 0 ? NULL : &model->blocks[gap - 1];
        const uint32_t start = before == NULL ? 0 : before->unit + before->units;
        const uint32_t end = right < model->nblocks ? model->blocks[right].unit : model->units;
        *cursor = right + 1;
        if (end > start) {
            extent->unit = start;
            extent->units = end - start;
            return true;
        }
    }
    return false;
}

bool model_listed(const struct model *model, uint32_t units)
{
    /* A free chunk needs four fields: 8 bytes in the small format, 16 in the big one. */
    return units >= model->header / 4;
}

/* Is align one that the contract accepts? 0 means the default. */
static bool align_legal(size_t align)
{
    return (align & (align - 1)) == 0; /* true for 0 as well: 0 & SIZE_MAX */
}

/* Units to skip from `unit` on until the user's bytes lie at a multiple of align (above 8). */
static uint64_t units_to_aligned(const struct model *model, uint32_t unit, size_t align)
{
    const uint64_t user = model->base + (uint64_t)unit * UNIT_BYTES + model->header;
    const uint64_t past = user & ((uint64_t)align - 1);

    return past == 0 ? 0 : ((uint64_t)align - past) / UNIT_BYTES;
}

static bool user_is_aligned(const struct model *model, uint32_t unit, size_t align)
{
    return align <= UNIT_BYTES || units_to_aligned(model, unit, align) == 0;
}

/* Can this extent hold so many units with the user's bytes at a multiple of align? */
static bool extent_holds(const struct model *model, const struct model_extent *extent,
                         uint32_t units, size_t align)
{
    const uint64_t skip = align <= UNIT_BYTES ? 0 : units_to_aligned(model, extent->unit, align);

    return skip + units <= extent->units;
}

/*
 * Counts one gap. Written without branches: gaps are as good as random, and a processor that
 * guesses wrong at each of them would spend most of a fuzzer's time here.
 */
static inline void search_add(const struct model *model, struct model_search *search, uint32_t need,
                              uint32_t gap)
{
    const bool listed = model_listed(model, gap);
    const bool above = gap > search->top;

    search->fits += (uint32_t)(listed & !above & (gap >= need));
    search->misses += (uint32_t)(listed & (gap > search->bottom) & (gap < need));
    /* 0, none, is the largest number once 1 is taken away. */
    search->above = (above & (gap - 1 < search->above - 1)) ? gap : search->above;
}

static void search_all(const struct model *model, uint32_t need, struct model_search *result)
{
    const uint32_t top = (uint32_t)1 << model_bucket(need);
    struct model_search search = {.need = need, .bottom = top == 1 ? 0 : top / 2, .top = top};
    uint32_t start = 0;

    for (uint32_t i = 0; i < model->nblocks; i++) {
        search_add(model, &search, need, model->blocks[i].unit - start);
        start = model->blocks[i].unit + model->blocks[i].units;
    }
    search_add(model, &search, need, model->units - start);
    *result = search;
}

/* Bucket b cannot be missed: it has a fit, and the misses alone do not use up the probes. */
static bool search_finds_in_bucket(const struct model *model, const struct model_search *search)
{
    return search->fits > 0 && search->misses < model->loops;
}

static bool some_extent_holds(const struct model *model, uint32_t units, size_t align)
{
    struct model_extent extent;
    uint32_t cursor = 0;

    while (model_extent_next(model, &cursor, UINT32_MAX, &extent)) {
        if (extent_holds(model, &extent, units, align)) {
            return true;
        }
    }
    return false;
}

enum verdict model_alloc_search(const struct model *model, size_t align, size_t bytes,
                                struct model_search *search)
{
    const uint32_t units = model_units(model, bytes);

    search->need = 0;
    if (units == 0 || !align_legal(align)) {
        return MUST_FAIL;
    }
    /* With so many units, wherever they begin, one of the first align/8 is an aligned place. */
    const uint64_t spare = align <= UNIT_BYTES ? 0 : (uint64_t)align / UNIT_BYTES - 1;
    if (units + spare <= model->units) {
        search_all(model, (uint32_t)(units + spare), search);
        if (search->above != 0 || search_finds_in_bucket(model, search)) {
            return MUST_SUCCEED;
        }
        if (spare == 0) {
            return search->fits == 0 ? MUST_FAIL : MAY_SUCCEED;
        }
    }
    return some_extent_holds(model, units, align) ? MAY_SUCCEED : MUST_FAIL;
}

enum verdict model_alloc_verdict(const struct model *model, size_t align, size_t bytes)
{
    struct model_search search;

    return model_alloc_search(model, align, bytes, &search);
}

/* Free units right behind block `index`, listed or not. */
static uint32_t free_units_behind(const struct model *model, uint32_t index)
{
    const struct model_block *block = &model->blocks[index];
    const uint32_t end = index + 1 < model->nblocks ? block[1].unit : model->units;

    return end - (block->unit + block->units);
}

enum verdict model_realloc_search(const struct model *model, uint32_t index, size_t align,
                                  size_t bytes, bool *in_place, struct model_search *search)
{
    const struct model_block *block = &model->blocks[index];
    const uint32_t units = model_units(model, bytes);

    *in_place = false;
    search->need = 0;
    if (units == 0 || !align_legal(align)) {
        return MUST_FAIL;
    }
    if (user_is_aligned(model, block->unit, align) &&
        units <= block->units + free_units_behind(model, index)) {
        *in_place = true;
        return MUST_SUCCEED;
    }
    return model_alloc_search(model, align, bytes, search);
}

enum verdict model_realloc_verdict(const struct model *model, uint32_t index, size_t align,
                                   size_t bytes, bool *in_place)
{
    struct model_search search;

    return model_realloc_search(model, index, align, bytes, in_place, &search);
}

uint32_t model_place(const struct model *model, uint32_t unit)
{
    uint32_t before = 0;
    uint32_t left = model->nblocks; /* the answer is in before .. before + left */

    while (left > 0) {
        const uint32_t half = (left + 1) / 2;
        /* A choice of values, not of ways: see search_add. */
        before += model->blocks[before + half - 1].unit < unit ? half : 0;
        left -= half;
    }
    return before;
}

bool model_pick_searched(const struct model *model, uint32_t unit, uint32_t place,
                         const struct model_search *search)
{
    const struct model_block *before = place == 0 ? NULL : &model->blocks[place - 1];
    const uint32_t start = before == NULL ? 0 : before->unit + before->units;
    const uint32_t end = place < model->nblocks ? model->blocks[place].unit : model->units;

    /* From no extent at all, or from one that is too small. */
    if (search->need == 0 || unit < start || unit >= end || end - start < search->need) {
        return false;
    }
    if (end - start <= search->top) {
        return true; /* a fit in bucket b: which one is not promised */
    }
    if (search_finds_in_bucket(model, search)) {
        return false;
    }
    return model_bucket(end - start) == model_bucket(search->above);
}

bool model_pick_allowed(const struct model *model, size_t bytes, uint32_t unit)
{
    struct model_search search;

    (void)model_alloc_search(model, 0, bytes, &search);
    return model_pick_searched(model, unit, model_place(model, unit), &search);
}

uint32_t model_find(const struct model *model, uint32_t unit)
{
    const uint32_t index = model_place(model, unit);

    return index < model->nblocks && model->blocks[index].unit == unit ? index : UINT32_MAX;
}

static void allocated_add(struct model *model, uint32_t units)
{
    model->allocated += model_usable(model, units);
    if (model->allocated > model->max_allocated) {
        model->max_allocated = model->allocated;
    }
}

enum model_take model_take(struct model *model, uint32_t unit, size_t bytes, uint32_t id)
{
    return model_take_at(model, unit, bytes, id, model_place(model, unit));
}

enum model_take model_take_at(struct model *model, uint32_t unit, size_t bytes, uint32_t id,
                              uint32_t index)
{
    const uint32_t units = model_units(model, bytes);
    struct model_block *const place = &model->blocks[index];

    if (units == 0 || unit > model->units || units > model->units - unit) {
        return TAKE_OUTSIDE;
    }
    if (index > 0 && unit - place[-1].unit < place[-1].units) {
        return TAKE_OVERLAP;
    }
    if (index < model->nblocks && place->unit - unit < units) {
        return TAKE_OVERLAP;
    }
    if (model->nblocks == model->capacity) {
        return TAKE_FULL;
    }
    for (uint32_t i = model->nblocks; i > index; i--) {
        model->blocks[i] = model->blocks[i - 1];
    }
    place->unit = unit;
    place->units = units;
    place->id = id;
    model->nblocks++;
    allocated_add(model, units);
    return TAKE_OK;
}

void model_drop(struct model *model, uint32_t index)
{
    model->allocated -= model_usable(model, model->blocks[index].units);
    model->nblocks--;
    for (uint32_t i = index; i < model->nblocks; i++) {
        model->blocks[i] = model->blocks[i + 1];
    }
}

enum model_take model_resize(struct model *model, uint32_t index, size_t bytes)
{
    struct model_block *block = &model->blocks[index];
    const uint32_t units = model_units(model, bytes);

    if (units == 0 || units > model->units - block->unit) {
        return TAKE_OUTSIDE;
    }
    if (units > block->units + free_units_behind(model, index)) {
        return TAKE_OVERLAP;
    }
    model->allocated -= model_usable(model, block->units);
    block->units = units;
    allocated_add(model, units);
    return TAKE_OK;
}

void model_reset_max(struct model *model)
{
    model->max_allocated = model->allocated;
}

uint64_t model_free_bytes(const struct model *model)
{
    struct model_extent extent;
    uint64_t bytes = 0;
    uint32_t cursor = 0;

    while (model_extent_next(model, &cursor, UINT32_MAX, &extent)) {
        if (model_listed(model, extent.units)) {
            bytes += model_usable(model, extent.units);
        }
    }
    return bytes;
}

/*
 * In the highest non-empty bucket an allocation sees `loops` members, and the model does not know
 * which. So the answer is the largest of some `loops` members (of all, when there are fewer): a
 * member that at least so many members, itself included, do not exceed.
 */
bool model_largest_allowed(const struct model *model, size_t bytes)
{
    struct model_extent extent;
    uint32_t largest = 0;
    uint32_t cursor = 0;

    while (model_extent_next(model, &cursor, UINT32_MAX, &extent)) {
        if (model_listed(model, extent.units) && extent.units > largest) {
            largest = extent.units;
        }
    }
    if (largest == 0 || bytes == 0) {
        return largest == 0 && bytes == 0;
    }
    const uint32_t bucket = model_bucket(largest);
    uint32_t members = 0;
    uint32_t not_larger = 0;
    bool is_member = false;
    for (cursor = 0; model_extent_next(model, &cursor, UINT32_MAX, &extent);) {
        if (!model_listed(model, extent.units) || model_bucket(extent.units) != bucket) {
            continue;
        }
        members++;
        not_larger += model_usable(model, extent.units) <= bytes;
        is_member |= model_usable(model, extent.units) == bytes;
    }
    return is_member && not_larger >= (members < model->loops ? members : model->loops);
}
