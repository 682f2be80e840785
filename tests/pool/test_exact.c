/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Exactness: an allocation succeeds if and only if a free block of the needed size or larger
 * exists. Every sequence of up to DEPTH calls on small pools, and long random ones on larger pools,
 * against a count over cells of min_size: a place is free when all of its cells are. Which block is
 * given out is foretold too.
 */

#include "port.h"

#include <stdio.h>
#include <stdlib.h>

#define CELLS 4096u
#define LIVE  1024u
#define DEPTH 9u

struct naive {
    uint32_t cells, levels, per_block; /* cells of the pool, and of a block of max_size */
    uint8_t used[CELLS];
};

struct trial {
    struct k_mem_pool pool;
    uint32_t bits[K_MEM_POOL_WORDS(16, 65536, 1)];
    struct naive naive;
    struct k_mem_block live[LIVE];
    uint32_t nlive;
};

static uint64_t calls;
static _Alignas(16) uint8_t buffer[CELLS * 16u];

static bool cells_free(const struct naive *naive, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (naive->used[first + i] != 0) {
            return false;
        }
    }
    return true;
}

/* Where a request for `need` cells, a power of four, goes: CELLS when it cannot be served. */
static uint32_t naive_pick(const struct naive *naive, uint32_t need)
{
    for (uint32_t size = need; size <= naive->per_block; size *= 4) {
        for (uint32_t at = 0; at < naive->cells; at += size) {
            const bool joined = size < naive->per_block &&
                                cells_free(naive, at / (size * 4) * (size * 4), size * 4);

            if (!joined && cells_free(naive, at, size)) {
                return at;
            }
        }
    }
    return CELLS;
}

static void trial_open(struct trial *t, uint32_t levels, uint32_t n_max)
{
    memset(t, 0, sizeof(*t));
    t->naive.levels = levels;
    t->naive.per_block = 1u << 2 * (levels - 1);
    t->naive.cells = n_max * t->naive.per_block;
    assert_int_equal(
        k_mem_pool_init(&t->pool, buffer, t->bits, 16, (size_t)16 * t->naive.per_block, n_max), 0);
}

static void trial_alloc(struct trial *t, uint32_t level)
{
    const uint32_t need = t->naive.per_block >> 2 * level;
    const uint32_t want = naive_pick(&t->naive, need);
    struct k_mem_block *block = &t->live[t->nlive];
    const int got = k_mem_pool_alloc(&t->pool, block, (size_t)16 * need, K_NO_WAIT);

    calls++;
    assert_int_equal(got, want == CELLS ? -ENOMEM : 0);
    if (got == 0) {
        assert_ptr_equal(block->data, buffer + (size_t)16 * want);
        assert_int_equal(block->level, level);
        memset(&t->naive.used[want], 1, need);
        t->nlive++;
    }
}

static void trial_free(struct trial *t, uint32_t i)
{
    const size_t cell = (size_t)((uint8_t *)t->live[i].data - buffer) / 16;

    calls++;
    memset(&t->naive.used[cell], 0, t->naive.per_block >> 2 * t->live[i].level);
    k_mem_pool_free(&t->live[i]);
    t->live[i] = t->live[--t->nlive];
}

/* Nothing of a pool lies in its buffer, so a copy of struct and bits is a copy of the pool. */
static void trial_copy(struct trial *to, const struct trial *from)
{
    const size_t words = (size_t)(from->pool.used - from->pool.free);

    to->pool = from->pool;
    to->pool.free = to->bits;
    to->pool.used = to->bits + words;
    memcpy(to->bits, from->bits, 2 * words * sizeof(to->bits[0]));
    to->naive.cells = from->naive.cells;
    to->naive.levels = from->naive.levels;
    to->naive.per_block = from->naive.per_block;
    memcpy(to->naive.used, from->naive.used, from->naive.cells);
    to->nlive = from->nlive;
    for (uint32_t i = 0; i < from->nlive; i++) {
        to->live[i] = from->live[i];
        to->live[i].pool = &to->pool;
    }
}

/* All continuations of `at` by up to `depth` calls. */
static void all_from(const struct trial *at, unsigned depth)
{
    static struct trial stack[DEPTH + 1];
    struct trial *next = &stack[depth];

    if (depth == 0) {
        return;
    }
    for (uint32_t choice = 0; choice < at->naive.levels + at->nlive; choice++) {
        trial_copy(next, at);
        if (choice < at->naive.levels) {
            trial_alloc(next, choice);
        } else {
            trial_free(next, choice - at->naive.levels);
        }
        all_from(next, depth - 1);
    }
}

static void every_short_sequence_succeeds_iff_a_free_block_exists(void **state)
{
    static const uint32_t shapes[][2] = {{1, 1}, {1, 3}, {2, 1}, {2, 2}, {3, 1}, {3, 2}, {4, 1}};
    static struct trial start;

    (void)state;
    calls = 0;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        trial_open(&start, shapes[i][0], shapes[i][1]);
        all_from(&start, DEPTH);
    }
    printf("exact: %llu calls in all sequences of up to %u\n", (unsigned long long)calls, DEPTH);
    assert_true(calls > 1000000);
}

static uint32_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void long_random_sequences_succeed_iff_a_free_block_exists(void **state)
{
    static const uint32_t shapes[][2] = {{7, 1}, {6, 4}, {5, 16}, {4, 61}, {3, 255}, {2, 1023}};
    static struct trial t;
    uint64_t seed = 20160401;

    (void)state;
    calls = 0;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        trial_open(&t, shapes[i][0], shapes[i][1]);
        for (unsigned step = 0; step < 4000; step++) {
            /* Phases of growing and of shrinking, so that full and empty pools occur. */
            const bool grow = draw(&seed) % 8 < (step / 500 % 2 == 0 ? 6u : 2u);

            if (t.nlive == 0 || (grow && t.nlive < LIVE)) {
                trial_alloc(&t, draw(&seed) % t.naive.levels);
            } else {
                trial_free(&t, draw(&seed) % t.nlive);
            }
        }
        while (t.nlive > 0) {
            trial_free(&t, draw(&seed) % t.nlive);
        }
        for (uint32_t block = 0; block < shapes[i][1]; block++) {
            trial_alloc(&t, 0);
        }
        assert_int_equal(t.nlive, shapes[i][1]);
    }
    printf("exact: %llu calls in random sequences, seed 20160401\n", (unsigned long long)calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_short_sequence_succeeds_iff_a_free_block_exists, port_reset),
        cmocka_unit_test_setup(long_random_sequences_succeed_iff_a_free_block_exists, port_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
