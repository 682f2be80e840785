/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The pool's model against an explicit quad tree: every state that a pool of three block sizes can
 * be in (1 + (1 + 2^4)^4 = 83522), every question in each of them. The tree here keeps its nodes;
 * the model keeps only what is live.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "shadow.h"

#define MIN    64u
#define LEVELS 3u
#define NODES  21u /* 1 + 4 + 16 */
#define MAX    (MIN << 2 * (LEVELS - 1))

enum node_state { ABSENT, FREE, USED, SPLIT };

struct tree {
    uint8_t node[NODES];
};

/* Nodes of level 0 first: level l has 4^l, of MAX / 4^l bytes. */
static const uint32_t first_of[LEVELS + 1] = {0, 1, 5, NODES};

static struct subject_pool shape = {(const uint8_t *)0x100000, MIN, MAX, 1, 16};
static _Alignas(16) uint8_t memory[SHADOW_STATE_BYTES];

static void describe(void *state, struct subject_pool *pool)
{
    (void)state;
    *pool = shape;
}

static const struct subject subject = {.pool = describe};

/* States of a node: used, or split, of which four free children are the same as free. */
static uint32_t states_of(uint32_t level)
{
    uint32_t states = 2;

    for (uint32_t i = level + 1; i < LEVELS; i++) {
        states = 1 + states * states * states * states;
    }
    return states;
}

/* The node from the number of its state: 0 free, 1 used, else split. */
static void plant(struct tree *tree, uint32_t level, uint32_t index, uint32_t number)
{
    uint8_t *node = &tree->node[first_of[level] + index];

    *node = number == 0 ? FREE : number == 1 ? USED : SPLIT;
    if (level + 1 == LEVELS) {
        return;
    }
    const uint32_t child_states = states_of(level + 1);
    uint32_t digits = number < 2 ? 0 : number - 1; /* 0 would be: all four free */
    for (uint32_t i = 0; i < 4; i++) {
        plant(tree, level + 1, 4 * index + i, digits % child_states);
        digits /= child_states;
    }
}

/* What lies below a node that is not split is not there. */
static void hide_below(struct tree *tree, uint32_t level, uint32_t index, bool hidden)
{
    uint8_t *node = &tree->node[first_of[level] + index];

    if (hidden) {
        *node = ABSENT;
    }
    for (uint32_t i = 0; i < 4 && level + 1 < LEVELS; i++) {
        hide_below(tree, level + 1, 4 * index + i, hidden || *node != SPLIT);
    }
}

static uint32_t bytes_of(uint32_t level)
{
    return MAX >> 2 * level;
}

static const uint8_t *user_of(uint32_t level, uint32_t index)
{
    return shape.buffer + (size_t)index * bytes_of(level) + shape.descriptor;
}

/* The most that a user can ask of a block of this level. */
static size_t room_of(uint32_t level)
{
    return bytes_of(level) - shape.descriptor;
}

static void fill_model(const struct tree *tree)
{
    shadow_pool.begin(memory, &subject, NULL);
    for (uint32_t level = 0; level < LEVELS; level++) {
        for (uint32_t i = 0; i < first_of[level + 1] - first_of[level]; i++) {
            if (tree->node[first_of[level] + i] == USED) {
                assert_null(shadow_pool.take(memory, user_of(level, i), 0, room_of(level)));
            }
        }
    }
}

/* The deepest level, not below `level`, that has a free node; LEVELS: none. */
static uint32_t level_to_cut(const struct tree *tree, uint32_t level)
{
    for (uint32_t from = level + 1; from-- > 0;) {
        for (uint32_t i = first_of[from]; i < first_of[from + 1]; i++) {
            if (tree->node[i] == FREE) {
                return from;
            }
        }
    }
    return LEVELS;
}

/* The level of the free node that this place is or is a part of; LEVELS: it is not free. */
static uint32_t free_above(const struct tree *tree, uint32_t level, uint32_t index)
{
    for (uint32_t up = level + 1; up-- > 0; index /= 4) {
        if (tree->node[first_of[up] + index] == FREE) {
            return up;
        }
    }
    return LEVELS;
}

static void ask_level(const struct tree *tree, uint32_t level)
{
    const size_t bytes = room_of(level);
    const uint32_t from = level_to_cut(tree, level);

    assert_int_equal(shadow_pool.alloc(memory, 0, bytes),
                     from == LEVELS ? MUST_FAIL : MUST_SUCCEED);
    for (uint32_t i = 0; i < first_of[level + 1] - first_of[level]; i++) {
        const uint8_t *p = user_of(level, i);
        const uint32_t above = free_above(tree, level, i);
        const char *refused = shadow_pool.take(memory, p, 0, bytes);
        assert_int_equal(refused == NULL, above != LEVELS);
        if (refused == NULL) {
            assert_null(shadow_pool.drop(memory, p));
            assert_int_equal(shadow_pool.pick(memory, p, 0, bytes) == NULL, above == from);
        } else {
            assert_int_equal(refused[0], 'o'); /* overlap */
        }
    }
}

static void ask_used(const struct tree *tree)
{
    for (uint32_t level = 0; level < LEVELS; level++) {
        for (uint32_t i = 0; i < first_of[level + 1] - first_of[level]; i++) {
            if (tree->node[first_of[level] + i] != USED) {
                continue;
            }
            for (uint32_t to = 0; to < LEVELS; to++) {
                bool stays = false;
                const enum verdict verdict =
                    shadow_pool.realloc(memory, user_of(level, i), 0, room_of(to), &stays);
                assert_int_equal(stays, to == level);
                assert_int_equal(verdict, stays || level_to_cut(tree, to) != LEVELS ? MUST_SUCCEED
                                                                                    : MUST_FAIL);
            }
            assert_int_equal(shadow_pool.usable(memory, user_of(level, i)), room_of(level));
        }
    }
}

static void test_every_state(void **state)
{
    const uint32_t states = states_of(0);
    uint32_t live = 0;

    (void)state;
    assert_int_equal(states, 83522);
    for (uint32_t number = 0; number < states; number++) {
        struct tree tree = {{0}};
        plant(&tree, 0, 0, number);
        hide_below(&tree, 0, 0, false);
        fill_model(&tree);
        for (uint32_t level = 0; level < LEVELS; level++) {
            ask_level(&tree, level);
        }
        ask_used(&tree);
        live += shadow_pool.live(memory);
    }
    printf("%u states, %u live blocks in all\n", (unsigned)states, (unsigned)live);
    assert_true(live > states);
}

/* n + 16 bytes, in the smallest of 64, 256, 1024: counted up, for every n. */
static void test_the_size_rule(void **state)
{
    const uint8_t *first = user_of(0, 0);

    (void)state;
    for (size_t n = 0; n <= MAX + 1; n++) {
        const size_t want = n == 0              ? 0
                            : n + 16 <= MIN     ? MIN
                            : n + 16 <= 4 * MIN ? 4 * MIN
                            : n + 16 <= MAX     ? MAX
                                                : 0;
        shadow_pool.begin(memory, &subject, NULL);
        assert_int_equal(shadow_pool.alloc(memory, 0, n), want == 0 ? MUST_FAIL : MUST_SUCCEED);
        assert_int_equal(shadow_pool.ever(memory, 0, n), want == 0 ? MUST_FAIL : MUST_SUCCEED);
        if (want != 0) {
            assert_null(shadow_pool.take(memory, first, 0, n));
            assert_int_equal(shadow_pool.usable(memory, first), want - 16);
        }
    }
    assert_int_equal(shadow_pool.alloc(memory, 0, SIZE_MAX), MUST_FAIL);
    assert_int_equal(shadow_pool.alloc(memory, 0, SIZE_MAX - 15), MUST_FAIL);
}

/* The documents' examples: 200 bytes take 256, 75 take 256, 48 take 64. */
static void test_the_documented_sizes(void **state)
{
    static const size_t cases[][2] = {{200, 256}, {75, 256}, {48, 64}, {49, 256}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shadow_pool.begin(memory, &subject, NULL);
        assert_null(shadow_pool.take(memory, user_of(0, 0), 0, cases[i][0]));
        assert_int_equal(shadow_pool.usable(memory, user_of(0, 0)), cases[i][1] - 16);
    }
}

/* The documents' table: how many blocks of each size a heap can hold. */
static void test_the_documented_counts(void **state)
{
    static const uint32_t counts[4][5] = {
        {4, 1, 0, 0, 0}, {16, 4, 1, 0, 0}, {64, 16, 4, 1, 0}, {256, 64, 16, 4, 1}};
    const struct subject_pool kept = shape;

    (void)state;
    for (uint32_t heap = 0; heap < 4; heap++) {
        shape.max = 256u << 2 * heap;
        for (uint32_t size = 0; size < 5; size++) {
            const uint32_t bytes = 64u << 2 * size;
            uint32_t count = 0;
            shadow_pool.begin(memory, &subject, NULL);
            while (shadow_pool.alloc(memory, 0, bytes - 16) == MUST_SUCCEED) {
                const uint8_t *p = shape.buffer + (size_t)count * bytes + 16;
                assert_null(shadow_pool.take(memory, p, 0, bytes - 16));
                count++;
            }
            assert_int_equal(count, counts[heap][size]);
            assert_int_equal(shadow_pool.live(memory), count);
        }
    }
    shape = kept;
}

/* An alignment above the descriptor moves the user's bytes, and takes a larger block for it. */
static void test_alignments(void **state)
{
    bool stays = false;

    (void)state;
    shadow_pool.begin(memory, &subject, NULL);
    assert_int_equal(shadow_pool.alloc(memory, 3, 10), MUST_FAIL);
    assert_int_equal(shadow_pool.alloc(memory, 2048, 10), MUST_FAIL);
    assert_int_equal(shadow_pool.alloc(memory, 512, 512), MUST_SUCCEED);
    assert_int_equal(shadow_pool.alloc(memory, 512, 513), MUST_FAIL);
    assert_int_equal(shadow_pool.alloc(memory, 1024, 1), MUST_FAIL);
    assert_null(shadow_pool.take(memory, shape.buffer + 64, 64, 192));
    assert_int_equal(shadow_pool.usable(memory, shape.buffer + 64), 192);
    assert_non_null(shadow_pool.take(memory, shape.buffer + 256 + 64, 64, 193));
    assert_int_equal(shadow_pool.realloc(memory, shape.buffer + 64, 0, 192, &stays), MUST_SUCCEED);
    assert_true(stays);
    assert_int_equal(shadow_pool.realloc(memory, shape.buffer + 64, 0, 193, &stays), MUST_SUCCEED);
    assert_false(stays); /* 193 + 16 bytes are 256, but not behind these 64 */
}

static void test_the_largest_alignment(void **state)
{
    const struct subject_pool kept = shape;

    (void)state;
    shape.max = 16384;
    shadow_pool.begin(memory, &subject, NULL);
    assert_int_equal(shadow_pool.alloc(memory, 1024, 10), MUST_SUCCEED);
    assert_int_equal(shadow_pool.alloc(memory, 2048, 10), MUST_FAIL);
    assert_int_equal(shadow_pool.ever(memory, 2048, 10), MUST_FAIL);
    shape = kept;
}

static void test_misplaced_blocks(void **state)
{
    (void)state;
    shadow_pool.begin(memory, &subject, NULL);
    assert_int_equal(shadow_pool.take(memory, shape.buffer + 8, 0, 10)[0], 'a');
    assert_int_equal(shadow_pool.take(memory, shape.buffer + 32, 0, 200)[0], 'a');
    assert_int_equal(shadow_pool.take(memory, shape.buffer - 48, 0, 10)[0], 'i');
    assert_int_equal(shadow_pool.take(memory, shape.buffer + MAX + 16, 0, 10)[0], 'i');
    assert_int_equal(shadow_pool.take(memory, shape.buffer + 16, 0, MAX)[0], 'n');
    assert_int_equal(shadow_pool.drop(memory, shape.buffer + 16)[0], 'e');
    assert_int_equal(shadow_pool.resize(memory, shape.buffer + 16, 10)[0], 'e');
    assert_int_equal(shadow_pool.live(memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state),          cmocka_unit_test(test_the_size_rule),
        cmocka_unit_test(test_the_documented_sizes), cmocka_unit_test(test_the_documented_counts),
        cmocka_unit_test(test_alignments),           cmocka_unit_test(test_the_largest_alignment),
        cmocka_unit_test(test_misplaced_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
