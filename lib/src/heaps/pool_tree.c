/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The bits of a memory pool. The free bits of all levels stand in one row, the smallest blocks
 * first, so that the first bit set at or behind a level's start is the block to take: of the
 * smallest level that will do, and there the lowest address. Above the row stand summaries, a bit
 * for each word that is not 0, up to one word; they bound the search by their number, at most five.
 *
 *   summary  |                          word                          |
 *   row      |  word  |  word  |  word  |  word  |  ...      |  word  |
 *            | blocks of min_size                | of 4*min | ... max |
 */

#include "pool_tree.h"

#include "../guard.h"

#define WORD_BITS 32u
#define PARTNERS  4u
#define SUMMARIES 5u /* 32^5 bits and more: K_MEM_POOL_BLOCKS * 4/3 is less */
#define NO_BIT    UINT32_MAX

_Static_assert((uint64_t)K_MEM_POOL_BLOCKS * 4 / 3 <= 1u << 25, "five layers of words have room");

static uint32_t words_for(uint32_t bits)
{
    return (bits + WORD_BITS - 1) / WORD_BITS;
}

static uint32_t row_bits(const struct k_mem_pool *pool)
{
    return KHEAP_POOL_BITS(pool->min_size, pool->max_size, pool->n_max);
}

/* The number of a level's blocks. Precondition: level < levels, so that it is below 2^25. */
static uint32_t level_blocks(const struct k_mem_pool *pool, uint32_t level)
{
    return pool->n_max << 2 * level;
}

/* Where a level's bits start. A multiple of 4: partners share a word. */
static uint32_t level_start(const struct k_mem_pool *pool, uint32_t level)
{
    uint32_t start = 0;

    for (uint32_t below = pool->levels - 1u; below > level; below--) {
        start += level_blocks(pool, below);
    }
    return start;
}

static uint32_t lowest_bit(uint32_t bits)
{
    return WORD_BITS - 1 - leading_zeros(bits & (0u - bits));
}

/* Sets bits of one word, and the summaries of words that are not 0 any more. */
static void bits_set(struct k_mem_pool *pool, uint32_t bit, uint32_t mask)
{
    uint32_t *layer = pool->free;
    uint32_t words = words_for(row_bits(pool));

    for (;;) {
        uint32_t *bits = &layer[bit / WORD_BITS];
        const uint32_t old = *bits;

        *bits = old | mask << bit % WORD_BITS;
        if (old != 0 || words == 1) {
            return;
        }
        layer += words;
        words = words_for(words);
        bit /= WORD_BITS;
        mask = 1;
    }
}

/* Clears bits of one word, and the summaries of words that are 0 now. */
static void bits_clear(struct k_mem_pool *pool, uint32_t bit, uint32_t mask)
{
    uint32_t *layer = pool->free;
    uint32_t words = words_for(row_bits(pool));

    for (;;) {
        uint32_t *bits = &layer[bit / WORD_BITS];

        *bits &= ~(mask << bit % WORD_BITS);
        if (*bits != 0 || words == 1) {
            return;
        }
        layer += words;
        words = words_for(words);
        bit /= WORD_BITS;
        mask = 1;
    }
}

/*
 * The first bit set at or behind `bit`: up until a word has one, and down again to the row. A level
 * starts in the first quarter of all bits, so where there are two words or more the one behind its
 * first is there in every layer.
 */
static uint32_t bits_next(const struct k_mem_pool *pool, uint32_t bit)
{
    const uint32_t *layers[SUMMARIES];
    uint32_t words = words_for(row_bits(pool));
    uint32_t up = 0;

    layers[0] = pool->free;
    for (;;) {
        const uint32_t bits = layers[up][bit / WORD_BITS] & UINT32_MAX << bit % WORD_BITS;

        KHEAP_STEP();
        if (bits != 0) {
            bit = bit / WORD_BITS * WORD_BITS + lowest_bit(bits);
            break;
        }
        if (words == 1) {
            return NO_BIT;
        }
        layers[up + 1] = layers[up] + words;
        words = words_for(words);
        bit = bit / WORD_BITS + 1;
        up++;
    }
    while (up-- > 0) {
        KHEAP_STEP();
        bit = bit * WORD_BITS + lowest_bit(layers[up][bit]);
    }
    return bit;
}

uint32_t pool_level_for(const struct k_mem_pool *pool, size_t size)
{
    uint32_t level = pool->levels;

    while (level-- > 0) {
        if (pool_block_size(pool, level) >= size) {
            return level;
        }
    }
    return POOL_NO_LEVEL;
}

bool pool_has(const struct k_mem_pool *pool, struct pool_place at)
{
    return at.level < pool->levels && at.index < level_blocks(pool, at.level);
}

bool pool_is_used(const struct k_mem_pool *pool, struct pool_place at)
{
    const uint32_t bit = level_start(pool, at.level) + at.index;

    return (pool->used[bit / WORD_BITS] >> bit % WORD_BITS & 1u) != 0;
}

static void used_flip(struct k_mem_pool *pool, struct pool_place at)
{
    const uint32_t bit = level_start(pool, at.level) + at.index;

    pool->used[bit / WORD_BITS] ^= 1u << bit % WORD_BITS;
}

/* The free block to take for a level; it is not free any more. False: there is none. */
static bool block_pick(struct k_mem_pool *pool, uint32_t level, struct pool_place *at)
{
    uint32_t start = level_start(pool, level);
    const uint32_t bit = bits_next(pool, start);

    if (bit == NO_BIT) {
        if (pool->opened == pool->n_max) {
            return false;
        }
        at->level = 0;
        at->index = pool->opened++;
        return true;
    }
    bits_clear(pool, bit, 1);
    while (bit - start >= level_blocks(pool, level)) {
        start += level_blocks(pool, level);
        level--;
    }
    at->level = level;
    at->index = bit - start;
    return true;
}

/* [ ------- free ------- ] => [ at ][ free ][ free ][ free ], until `at` has the level. */
bool pool_take(struct k_mem_pool *pool, uint32_t level, struct pool_place *at)
{
    KHEAP_ENTER(pool);
    if (!block_pick(pool, level, at)) {
        return false;
    }
    while (at->level < level) {
        KHEAP_STEP();
        at->level++;
        at->index *= PARTNERS;
        bits_set(pool, level_start(pool, at->level) + at->index, 0xeu);
    }
    used_flip(pool, *at);
    return true;
}

/* [ at ][ free ][ free ][ free ] => [ ------- free ------- ], as long as partners are free. */
void pool_give(struct k_mem_pool *pool, struct pool_place at)
{
    uint32_t start = level_start(pool, at.level);

    KHEAP_ENTER(pool);
    used_flip(pool, at);
    while (at.level > 0) {
        const uint32_t first = start + at.index / PARTNERS * PARTNERS;
        const uint32_t others = 0xfu ^ 1u << at.index % PARTNERS;
        const uint32_t bits = pool->free[first / WORD_BITS] >> first % WORD_BITS;

        if ((bits & 0xfu) != others) {
            break;
        }
        KHEAP_STEP();
        bits_clear(pool, first, others);
        start += level_blocks(pool, at.level);
        at.level--;
        at.index /= PARTNERS;
    }
    bits_set(pool, start + at.index, 1);
}
