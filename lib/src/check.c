/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The checker: read-only, and bounded by the region however damaged that is. One walk over the
 * chunks in address order, one over the lists. Neither trusts the other: each adds up what it saw
 * of the listed free chunks, and in the end both must have seen the same ones.
 */

#include "list.h"
#include "notify.h"

/* What the walks carry, and where they stopped. */
struct walk {
    const struct sys_heap *heap;
    word *base;
    enum format f;
    word *at;                 /* the chunk that is looked at, NULL: none */
    uint32_t count, sum, mix; /* of the listed free chunks, by address */
    uint32_t used_words, free_words;
};

/* Two sums that a set of indices and another of the same size share only by design. */
static uint32_t index_mix(uint32_t index)
{
    index = (index ^ index >> 15) * 0x2c1b3c6du;
    index = (index ^ index >> 12) * 0x297a2d39u;
    return index ^ index >> 15;
}

/* One free chunk in the address walk. */
static enum invariant free_check(struct walk *w, uint32_t index, uint32_t size2)
{
    w->free_words += usable_words(w->f, size2);
    if (!listed(w->f, size2)) {
        return SOUND;
    }
    if ((w->base[BITMAP_WORD] & 1u << bit_of(size2)) == 0) {
        return I8_BITMAP;
    }
    if (!links_sound(w->heap, w->f, w->base, w->at)) {
        return I5_LINKS;
    }
    w->count++;
    w->sum += index;
    w->mix += index_mix(index);
    return SOUND;
}

/* Chunk 0 and the end marker; both are where struct sys_heap says. */
static enum invariant ends_check(struct walk *w)
{
    const struct sys_heap *const heap = w->heap;

    w->at = w->base;
    if (tag_get(w->f, w->base) != (heap->first * 2u | 1)) {
        return I3_ENDS;
    }
    w->at = chunk_at(w->base, heap->end);
    return tag_get(w->f, w->at) != 1 ? I3_ENDS : SOUND;
}

/* All chunks in address order, up to and including the end marker's left field. */
static enum invariant chunks_check(struct walk *w)
{
    const struct sys_heap *const heap = w->heap;
    uint32_t left = heap->first;
    uint32_t index = heap->first;
    bool left_free = false;

    for (;;) {
        w->at = chunk_at(w->base, index);
        const struct header own = header_get(w->f, w->at);
        const uint32_t size2 = own.tag & ~1u;

        if (own.left != left) {
            return I2_LEFT;
        }
        if (index == heap->end) {
            return SOUND;
        }
        if (size2 < (own.tag & 1 ? least_used2(w->f) : 2) || !span_inside(heap, index, size2)) {
            return I1_INSIDE;
        }
        if (own.tag & 1) {
            w->used_words += usable_words(w->f, size2);
        } else {
            const enum invariant broken = left_free ? I4_FREE_PAIR : free_check(w, index, size2);

            if (broken != SOUND) {
                return broken;
            }
        }
        left_free = (own.tag & 1) == 0;
        left = size2 / 2;
        index += left;
    }
}

/*
 * One list, once around. Each step takes one of the chunks that the address walk has counted, so
 * the number of steps is bounded by that count even if the links never lead back to the head.
 */
static enum invariant list_check(struct walk *w, uint32_t bit)
{
    const uint32_t head = head_get(w->f, w->base, bit);
    uint32_t index = head;

    do {
        if (!member_sound(w->heap, w->f, w->base, index, bit)) {
            return I6_MEMBER;
        }
        w->at = chunk_at(w->base, index);
        if (!links_sound(w->heap, w->f, w->base, w->at)) {
            return I5_LINKS;
        }
        if (w->count == 0) {
            return I7_LISTED;
        }
        w->count--;
        w->sum -= index;
        w->mix -= index_mix(index);
        index = next_get(w->f, w->at);
    } while (index != head);
    return SOUND;
}

/* A bucket's bit and its head say the same: set and a chunk, or cleared and 0. */
static enum invariant bucket_check(struct walk *w, uint32_t bit)
{
    const bool set = (w->base[BITMAP_WORD] & 1u << bit) != 0;

    if (bit < 32u - w->heap->buckets) {
        return set ? I8_BITMAP : SOUND;
    }
    if (set != (head_get(w->f, w->base, bit) != 0)) {
        return I8_BITMAP;
    }
    return set ? list_check(w, bit) : SOUND;
}

static enum invariant lists_check(struct walk *w)
{
    for (uint32_t bit = 0; bit < 32; bit++) {
        w->at = NULL;
        const enum invariant broken = bucket_check(w, bit);

        if (broken != SOUND) {
            return broken;
        }
    }
    w->at = NULL;
    return w->count != 0 || w->sum != 0 || w->mix != 0 ? I7_LISTED : SOUND;
}

static enum invariant stats_check(const struct walk *w)
{
    if (STATS && (w->base[STATS_ALLOCATED] != w->used_words ||
                  w->base[STATS_FREE] != w->free_words || w->base[STATS_MAX] < w->used_words)) {
        return I9_STATS;
    }
    return SOUND;
}

bool sys_heap_check(struct sys_heap *heap, struct kheap_fault *fault)
{
    HEAP_ENTER(heap, false)
    if (heap == NULL || heap->heap == NULL) {
        return false;
    }
    struct walk w = {
        .heap = heap, .base = region_words(heap), .f = heap_is_small(heap) ? SMALL : BIG};
    enum invariant broken = ends_check(&w);

    if (broken == SOUND) {
        broken = chunks_check(&w);
    }
    if (broken == SOUND) {
        broken = lists_check(&w);
    }
    if (broken == SOUND) {
        broken = stats_check(&w);
    }
    if (broken != SOUND && fault != NULL) {
        kheap_fault_fill(fault, heap, NULL, w.at, broken);
    }
    return broken == SOUND;
}

bool sys_heap_validate(struct sys_heap *heap)
{
    return sys_heap_check(heap, NULL);
}
