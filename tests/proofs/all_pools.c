/* SPDX-License-Identifier: Apache-2.0 */

/* The shapes of memory pools: every ratio, and every number of levels with every number of blocks.
 */

#include "every.h"

#include "heaps/pool_tree.c"

/* 4^k for k = 0..15, by one multiplication after another. */
static void ratios(void)
{
    uint64_t power = 1;
    unsigned levels = 1;

    for (uint64_t r = 0; r <= UINT32_MAX; r++) {
        const uint32_t ratio = (uint32_t)r;

        EXPECT(KHEAP_POOL_IS_4K(ratio) == (r == power), r);
        if (r == power) {
            EXPECT(r > 1u << 22 || KHEAP_POOL_LEVELS_OF(ratio) == levels, r);
            power *= 4;
            levels++;
        }
    }
}

/* What pool_tree.c walks: the row, and summaries until one word is left. */
static void layers(uint32_t bits)
{
    uint32_t words = words_for(bits);
    uint32_t sum = words;
    unsigned above = 0;

    while (words > 1) {
        words = words_for(words);
        sum += words;
        above++;
    }
    EXPECT(KHEAP_POOL_FREE_WORDS(bits) == sum, bits);
    EXPECT(above + 1 <= SUMMARIES, bits);
    EXPECT(KHEAP_POOL_USED_WORDS(bits) == (bits + 31u) / 32u, bits);
}

/* Every pool's bits are the sum over its levels, which start where the one below ends. */
static void shapes(void)
{
    for (uint32_t levels = 1; levels <= K_MEM_POOL_LEVELS; levels++) {
        const uint32_t min = 16;
        const uint64_t max = (uint64_t)min << 2 * (levels - 1);

        for (uint32_t count = 1; count <= K_MEM_POOL_BLOCKS >> 2 * (levels - 1); count++) {
            const struct k_mem_pool pool = {.min_size = min,
                                            .max_size = (uint32_t)max,
                                            .n_max = count,
                                            .levels = (uint8_t)levels};
            uint64_t sum = 0;

            for (uint32_t level = levels; level-- > 0;) {
                EXPECT(level_start(&pool, level) == sum && sum % 4 == 0, count);
                EXPECT(level_blocks(&pool, level) == (uint64_t)count << 2 * level, count);
                sum += level_blocks(&pool, level);
            }
            EXPECT(row_bits(&pool) == sum && sum <= 1u << 25, count);
        }
    }
}

int main(void)
{
    ratios();
    for (uint32_t bits = 1; bits <= 1u << 25; bits++) {
        layers(bits);
    }
    shapes();
    return every_done();
}
