/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_MODEL_H
#define OPS_MODEL_H

/*
 * The naive reference model of a sys_heap: the live blocks, in address order, and the free extents
 * between them. It is written from the contract alone. It never looks into the region: it is told
 * what a call returned and says whether that was allowed. Units are counted from the first chunk.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

struct subject_info;

enum verdict { MUST_FAIL, MAY_SUCCEED, MUST_SUCCEED };

struct model_block {
    uint32_t unit;  /* first unit, the header's */
    uint32_t units; /* length */
    uint32_t id;    /* the caller's name for it: the slot */
};

struct model_extent {
    uint32_t unit, units;
};

struct model {
    uint32_t header; /* 4 or 8 */
    uint32_t loops;
    uint32_t units; /* units in the chunk area */
    uint64_t base;  /* address of unit 0's header; only its low bits matter, for alignments */
    uint32_t nblocks, capacity;
    struct model_block *blocks;        /* sorted by unit; the caller's storage */
    uint64_t allocated, max_allocated; /* usable bytes */
};

/* What the bounded search meets for a request of `need` units; need 0: nothing was searched. */
struct model_search {
    uint32_t need;
    uint32_t bottom, top; /* its bucket b holds the sizes bottom + 1 .. top */
    uint32_t fits;        /* members of bucket b that are large enough */
    uint32_t misses;      /* members of bucket b that are not */
    uint32_t above;       /* smallest listed extent above bucket b; 0: none */
};

/* An empty heap. storage holds `capacity` blocks. */
void model_init(struct model *model, struct model_block *storage, uint32_t capacity,
                const struct subject_info *info);

/* The size rule: units(bytes), or 0 when more than the whole area is asked for (bytes 0 included).
 */
uint32_t model_units(const struct model *model, size_t bytes);
size_t model_usable(const struct model *model, uint32_t units);

/* ceil(log2 units), units >= 1. */
uint32_t model_bucket(uint32_t units);

/*
 * Iterates over the extents in address order: starts with *cursor == 0, returns false at the end.
 * One block may be hidden (hide = its index, or UINT32_MAX): its units count as free.
 */
bool model_extent_next(const struct model *model, uint32_t *cursor, uint32_t hide,
                       struct model_extent *extent);

/* A chunk of so many units is on a list (one unit in the 8-byte format is not). */
bool model_listed(const struct model *model, uint32_t units);

/* align 0, 1, 2, 4 or 8: plain. A value that is not a power of two: MUST_FAIL. */
enum verdict model_alloc_verdict(const struct model *model, size_t align, size_t bytes);

/*
 * Realloc of block `index` to bytes > 0. *in_place says whether the contract demands the same
 * pointer (then the verdict is MUST_SUCCEED). align as above; a bad one is MUST_FAIL.
 */
enum verdict model_realloc_verdict(const struct model *model, uint32_t index, size_t align,
                                   size_t bytes, bool *in_place);

/* The same two, which also hand over what the search met, for model_pick_searched. */
enum verdict model_alloc_search(const struct model *model, size_t align, size_t bytes,
                                struct model_search *search);
enum verdict model_realloc_search(const struct model *model, uint32_t index, size_t align,
                                  size_t bytes, bool *in_place, struct model_search *search);

/* Was a plain allocation of `bytes` allowed to come from the extent that holds `unit`? Asked before
 * model_take. Oracle pick: bucket b, or the lowest non-empty bucket above b when b was allowed to
 * miss. */
bool model_pick_allowed(const struct model *model, size_t bytes, uint32_t unit);
/* The same of a plain allocation that was searched for, with place = model_place(model, unit). */
bool model_pick_searched(const struct model *model, uint32_t unit, uint32_t place,
                         const struct model_search *search);

/* Number of blocks that start in front of unit: the index of a block at unit, new or old. */
uint32_t model_place(const struct model *model, uint32_t unit);

enum model_take {
    TAKE_OK,
    TAKE_OUTSIDE, /* not wholly inside the chunk area */
    TAKE_OVERLAP, /* shares a unit with a live block */
    TAKE_FULL     /* storage exhausted: the harness's fault, not the heap's */
};
/* Enters a block of units(bytes) at unit; keeps the statistics. */
enum model_take model_take(struct model *model, uint32_t unit, size_t bytes, uint32_t id);
enum model_take model_take_at(struct model *model, uint32_t unit, size_t bytes, uint32_t id,
                              uint32_t place);

/* Index of the block that starts at unit, or UINT32_MAX. */
uint32_t model_find(const struct model *model, uint32_t unit);

void model_drop(struct model *model, uint32_t index);
/* Resize in place; the caller has seen that the verdict allowed it. Keeps the statistics. */
enum model_take model_resize(struct model *model, uint32_t index, size_t bytes);
void model_reset_max(struct model *model);

/* Sum of usable bytes of the listed extents. */
uint64_t model_free_bytes(const struct model *model);

/* May sys_heap_largest_free() have answered `bytes` now? */
bool model_largest_allowed(const struct model *model, size_t bytes);

#endif
