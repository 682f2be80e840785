/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The reference model of a memory pool: an array of live blocks in address order. Four free
 * partners join at once, so which blocks are free follows from which are live, and the tree itself
 * is never kept:
 *
 *   max      |                 split                 |
 *   max/4    |  live   |  split  |  free   |  free   |      blocks: {0, max/4} {5 * max/16, max/16}
 *   max/16              |f |L |f |f |
 *
 * A place of size s is free iff no live block shares a byte with it; it is a block of the pool by
 * itself iff it is free and its parent is not. Rules are those of the contract's section on pools:
 * a request of n bytes takes the smallest size min * 4^k that holds n and the descriptor.
 */

#include "shadow.h"

#define FANOUT    4u    /* a block is cut in four */
#define ALIGN_MAX 1024u /* the largest alignment a pool with descriptors serves */

struct pool_block {
    uint64_t offset; /* from the buffer */
    uint32_t size;
    uint32_t user; /* where the user's bytes begin in it */
};

struct pool_model {
    struct subject_pool pool;
    uint32_t nblocks;
    struct pool_block blocks[SHADOW_BLOCKS + 1]; /* sorted by offset */
};
_Static_assert(sizeof(struct pool_model) <= SHADOW_STATE_BYTES, "room for any of them");

static const struct pool_model *look(const void *state)
{
    return (const struct pool_model *)state;
}

static void begin(void *state, const struct subject *subject, void *subject_state)
{
    struct pool_model *model = (struct pool_model *)state;

    subject->pool(subject_state, &model->pool);
    model->nblocks = 0;
}

static uint64_t buffer_bytes(const struct pool_model *model)
{
    return (uint64_t)model->pool.max * model->pool.count;
}

/* Bytes in front of the user's: an alignment above the descriptor moves them further back. */
static uint32_t bytes_in_front(const struct pool_model *model, size_t align)
{
    const uint32_t descriptor = model->pool.descriptor;

    return descriptor != 0 && align > descriptor ? (uint32_t)align : descriptor;
}

/* The size rule; 0: no block is large enough, or the alignment is a bad one. */
static uint32_t size_for(const struct pool_model *model, size_t align, size_t bytes)
{
    if (bytes == 0 || bytes > model->pool.max || (align & (align - 1)) != 0 || align > ALIGN_MAX) {
        return 0;
    }
    const uint64_t need = (uint64_t)bytes + bytes_in_front(model, align);
    for (uint64_t size = model->pool.min; size <= model->pool.max; size *= FANOUT) {
        if (size >= need) {
            return (uint32_t)size;
        }
    }
    return 0;
}

/* Gap i lies in front of block i; the last one lies behind the last block. */
static uint64_t gap_start(const struct pool_model *model, uint32_t gap)
{
    return gap == 0 ? 0 : model->blocks[gap - 1].offset + model->blocks[gap - 1].size;
}

static uint64_t gap_end(const struct pool_model *model, uint32_t gap)
{
    return gap < model->nblocks ? model->blocks[gap].offset : buffer_bytes(model);
}

static uint64_t round_up(uint64_t offset, uint64_t size)
{
    return (offset + size - 1) / size * size;
}

static bool place_in_gap(const struct pool_model *model, uint32_t gap, uint64_t offset,
                         uint64_t size)
{
    return offset >= gap_start(model, gap) && offset + size <= gap_end(model, gap);
}

static bool place_is_free(const struct pool_model *model, uint32_t size)
{
    for (uint32_t gap = 0; gap <= model->nblocks; gap++) {
        if (place_in_gap(model, gap, round_up(gap_start(model, gap), size), size)) {
            return true;
        }
    }
    return false;
}

/* Is there a block of just this size, free and not a part of a larger free one? */
static bool block_is_free(const struct pool_model *model, uint64_t size)
{
    const uint64_t parent = size * FANOUT;

    for (uint32_t gap = 0; gap <= model->nblocks; gap++) {
        uint64_t offset = round_up(gap_start(model, gap), size);
        for (; place_in_gap(model, gap, offset, size); offset += size) {
            if (size == model->pool.max ||
                !place_in_gap(model, gap, offset / parent * parent, parent)) {
                return true;
            }
        }
    }
    return false;
}

static enum verdict alloc(const void *state, size_t align, size_t bytes)
{
    const struct pool_model *model = look(state);
    const uint32_t size = size_for(model, align, bytes);

    return size != 0 && place_is_free(model, size) ? MUST_SUCCEED : MUST_FAIL;
}

static enum verdict ever(const void *state, size_t align, size_t bytes)
{
    const struct pool_model *model = look(state);

    return size_for(model, align, bytes) != 0 && model->pool.count > 0 ? MUST_SUCCEED : MUST_FAIL;
}

/* Number of blocks that begin in front of the offset. */
static uint32_t rank_of(const struct pool_model *model, uint64_t offset)
{
    uint32_t before = 0;

    while (before < model->nblocks && model->blocks[before].offset < offset) {
        before++;
    }
    return before;
}

/* Index of the live block whose user's bytes begin at p, or UINT32_MAX. */
static uint32_t block_at(const struct pool_model *model, const uint8_t *p)
{
    const uintptr_t past = (uintptr_t)p - (uintptr_t)model->pool.buffer;

    for (uint32_t i = 0; i < model->nblocks; i++) {
        if (model->blocks[i].offset + model->blocks[i].user == past) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* In place iff the block has the size that a new one would get, and the bytes fit behind p. */
static bool stays(const struct pool_model *model, uint32_t index, size_t align, size_t bytes)
{
    const struct pool_block *block = &model->blocks[index];
    const uintptr_t p = (uintptr_t)model->pool.buffer + (uintptr_t)(block->offset + block->user);

    return size_for(model, align, bytes) == block->size && bytes <= block->size - block->user &&
           (align == 0 || p % align == 0);
}

static enum verdict resized(const void *state, const uint8_t *p, size_t align, size_t bytes,
                            bool *in_place)
{
    const struct pool_model *model = look(state);
    const uint32_t index = block_at(model, p);

    *in_place = false;
    if (index == UINT32_MAX || size_for(model, align, bytes) == 0) {
        return MUST_FAIL;
    }
    *in_place = stays(model, index, align, bytes);
    return *in_place ? MUST_SUCCEED : alloc(state, align, bytes);
}

/* The place of `size` bytes that p lies in. NULL, or why p cannot be a user's there. */
static const char *place_at(const struct pool_model *model, const uint8_t *p, size_t align,
                            size_t bytes, struct pool_block *block)
{
    const uintptr_t buffer = (uintptr_t)model->pool.buffer;
    const uint64_t past = (uint64_t)((uintptr_t)p - buffer);

    block->size = size_for(model, align, bytes);
    if (block->size == 0) {
        return "null: no block of the pool is large enough";
    }
    if ((uintptr_t)p < buffer || past >= buffer_bytes(model)) {
        return "inside: the block does not lie in the pool's buffer";
    }
    block->offset = past / block->size * block->size;
    block->user = (uint32_t)(past - block->offset);
    if (align <= model->pool.descriptor || model->pool.descriptor == 0
            ? block->user != model->pool.descriptor
            : block->user < model->pool.descriptor) {
        return "align: no block of its size begins where this one does";
    }
    return bytes > block->size - block->user ? "inside: the user's bytes leave their block" : NULL;
}

/* A larger block is cut only when there is no smaller one that would do. */
static const char *pick(const void *state, const uint8_t *p, size_t align, size_t bytes)
{
    const struct pool_model *model = look(state);
    struct pool_block block;

    if (place_at(model, p, align, bytes, &block) != NULL) {
        return NULL; /* take says so */
    }
    const uint32_t gap = rank_of(model, block.offset);
    if (!place_in_gap(model, gap, block.offset, block.size)) {
        return NULL;
    }
    uint64_t from = block.size; /* the free block that it was cut from */
    while (
        from < model->pool.max &&
        place_in_gap(model, gap, block.offset / (from * FANOUT) * (from * FANOUT), from * FANOUT)) {
        from *= FANOUT;
    }
    for (uint64_t size = block.size; size < from; size *= FANOUT) {
        if (block_is_free(model, size)) {
            return "pick: a block was cut though a smaller one was free that is large enough";
        }
    }
    return NULL;
}

static const char *take(void *state, const uint8_t *p, size_t align, size_t bytes)
{
    struct pool_model *model = (struct pool_model *)state;
    struct pool_block block;
    const char *problem = place_at(model, p, align, bytes, &block);

    if (problem != NULL) {
        return problem;
    }
    const uint32_t index = rank_of(model, block.offset);
    if (!place_in_gap(model, index, block.offset, block.size)) {
        return "overlap: the block shares bytes with a live one";
    }
    if (model->nblocks == SHADOW_BLOCKS + 1) {
        return "full: more blocks are live than the shadow has room for";
    }
    for (uint32_t i = model->nblocks; i > index; i--) {
        model->blocks[i] = model->blocks[i - 1];
    }
    model->blocks[index] = block;
    model->nblocks++;
    return NULL;
}

static const char *resize(void *state, const uint8_t *p, size_t bytes)
{
    const struct pool_model *model = look(state);
    const uint32_t index = block_at(model, p);

    if (index == UINT32_MAX) {
        return "events: what is resized is no live block";
    }
    return stays(model, index, 0, bytes) ? NULL
                                         : "inplace: another block size serves so many bytes";
}

static const char *drop(void *state, const uint8_t *p)
{
    struct pool_model *model = (struct pool_model *)state;
    const uint32_t index = block_at(model, p);

    if (index == UINT32_MAX) {
        return "events: what is freed is no live block";
    }
    model->nblocks--;
    for (uint32_t i = index; i < model->nblocks; i++) {
        model->blocks[i] = model->blocks[i + 1];
    }
    return NULL;
}

static size_t usable(const void *state, const uint8_t *p)
{
    const struct pool_model *model = look(state);
    const uint32_t index = block_at(model, p);

    return index == UINT32_MAX ? 0 : model->blocks[index].size - model->blocks[index].user;
}

static uint32_t live(const void *state)
{
    return look(state)->nblocks;
}

const struct shadow shadow_pool = {
    .name = "pool",
    .state_bytes = sizeof(struct pool_model),
    .begin = begin,
    .alloc = alloc,
    .realloc = resized,
    .ever = ever,
    .pick = pick,
    .take = take,
    .resize = resize,
    .drop = drop,
    .usable = usable,
    .live = live,
};
