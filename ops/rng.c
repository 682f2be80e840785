/* SPDX-License-Identifier: Apache-2.0 */
#include "generate.h"

/* splitmix64: a counter and a mixing function, so that every seed, 0 included, is a good one. */
void rng_seed(struct rng *rng, uint64_t seed)
{
    rng->state = seed;
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* The upper half times bound, shifted back: no division, and a bias below bound / 2^32. */
uint32_t rng_below(struct rng *rng, uint32_t bound)
{
    return (uint32_t)((rng_next(rng) >> 32) * bound >> 32);
}

/* log2 of x >= 1 with 16 binary places, rounded down: squaring doubles the logarithm. */
static uint32_t log2_fixed(uint64_t x)
{
    uint32_t whole = 0;
    while (x >> whole > 1) {
        whole++;
    }
    /* m / 2^31 is in 1 .. 2, so that m squared fits 64 bits. */
    uint64_t m = whole > 31 ? x >> (whole - 31) : x << (31 - whole);
    uint32_t result = whole << 16;
    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
        m = m * m >> 31;
        if (m >> 32 != 0) {
            m >>= 1;
            result |= bit;
        }
    }
    return result;
}

/* 2^(x / 2^16), rounded down; the whole part of x is at most 31. */
static uint32_t exp2_fixed(uint32_t x)
{
    /* 2^(1/2), 2^(1/4), 2^(1/8) ... times 2^31. */
    static const uint32_t roots[16] = {
        0xb504f334, 0x9837f052, 0x8b95c1e4, 0x85aac368, 0x82cd8699, 0x8164d1f4,
        0x80b1ed50, 0x8058d7d3, 0x802c6437, 0x8016302f, 0x800b179d, 0x80058baf,
        0x8002c5d0, 0x800162e6, 0x8000b173, 0x800058b9,
    };
    uint64_t m = 1u << 31;
    for (uint32_t i = 0; i < 16; i++) {
        if ((x >> (15 - i) & 1u) != 0) {
            m = m * roots[i] >> 31;
        }
    }
    return (uint32_t)(m >> (31 - (x >> 16)));
}

uint32_t rng_log_uniform(struct rng *rng, uint32_t low, uint32_t high)
{
    if (low >= high) {
        return high;
    }
    if (low == 0) {
        return rng_log_uniform(rng, 1, high == UINT32_MAX ? high : high + 1) - 1;
    }
    uint32_t from = log2_fixed(low);
    uint32_t to = log2_fixed((uint64_t)high + 1);
    uint32_t drawn = exp2_fixed(from + rng_below(rng, to - from));
    /* Rounding down may have crossed the ends by one. */
    return drawn < low ? low : drawn > high ? high : drawn;
}

uint32_t rng_size(struct rng *rng, uint32_t high)
{
    if (high == 0) {
        return 0;
    }
    uint32_t choice = rng_below(rng, 8);
    if (choice >= 4) {
        return rng_log_uniform(rng, 1, high);
    }
    /* Edges of the size rule: a whole number of 8-byte units less a header, and one byte beside. */
    uint32_t most = high / 8 + 1;
    uint32_t units = rng_log_uniform(rng, 1, most);
    if (choice != 0) {
        /* Edges of the buckets: there the number of units is a power of two. */
        uint32_t log2 = rng_below(rng, (log2_fixed(most) >> 16) + 1);
        units = 1u << log2;
    }
    /* One unit is all header in the big format: there the edge is the small format's. */
    uint64_t header_and_one = units == 1 || rng_below(rng, 2) == 0 ? 5 : 9;
    uint64_t edge = (uint64_t)units * 8 + rng_below(rng, 3);
    return edge - header_and_one < high ? (uint32_t)(edge - header_and_one) : high;
}
