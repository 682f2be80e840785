/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The model against cases worked out by hand from the contract, and against brute force over
 * random states of small heaps. controls.py plants wrong rules in the model and sees this test
 * fail.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "brute.h"

#define BLOCKS 64u

static struct model_block storage[BLOCKS];

/* A heap of `units` whose first header lies at `base`. */
static struct model model_of(uint32_t header, uint32_t loops, uint32_t units, uintptr_t base)
{
    const struct subject_info info = {
        .header = header, .loops = loops, .units = units, .first = (const uint8_t *)base};
    struct model model;

    model_init(&model, storage, BLOCKS, &info);
    return model;
}

/* Usable bytes of so many units: a request that takes exactly them. */
static size_t bytes_of(const struct model *model, uint32_t units)
{
    return model_usable(model, units);
}

/* Lays out a row of lengths: positive a block, negative free units. Blocks are numbered from 1. */
static void lay_out(struct model *model, const int *row)
{
    uint32_t unit = 0;
    uint32_t id = 1;

    for (; *row != 0; row++) {
        if (*row > 0) {
            assert_int_equal(model_take(model, unit, bytes_of(model, (uint32_t)*row), id++),
                             TAKE_OK);
        }
        unit += (uint32_t)abs(*row);
    }
    assert_int_equal(unit, model->units);
}

static void sizes_follow_the_rule(void **state)
{
    (void)state;
    const struct model small = model_of(4, 3, 100, 0x1004);
    const struct model big = model_of(8, 3, 100, 0x1000);

    /* bytes, units in the small format, units in the big one; by hand from ceil((n + h) / 8) */
    static const uint32_t rows[][3] = {
        {1, 1, 2},  {4, 1, 2},      {5, 2, 2},       {8, 2, 2},     {9, 2, 3},     {12, 2, 3},
        {13, 3, 3}, {16, 3, 3},     {17, 3, 4},      {20, 3, 4},    {21, 4, 4},    {24, 4, 4},
        {25, 4, 5}, {788, 99, 100}, {792, 100, 100}, {793, 100, 0}, {796, 100, 0}, {797, 0, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(model_units(&small, rows[i][0]), rows[i][1]);
        assert_int_equal(model_units(&big, rows[i][0]), rows[i][2]);
    }
    assert_int_equal(model_usable(&small, 1), 4);
    assert_int_equal(model_usable(&small, 2), 12);
    assert_int_equal(model_usable(&small, 3), 20);
    assert_int_equal(model_usable(&big, 2), 8);
    assert_int_equal(model_usable(&big, 3), 16);
    assert_int_equal(model_usable(&big, 4), 24);
    for (size_t back = 0; back < 40; back++) {
        assert_int_equal(model_units(&small, SIZE_MAX - back), 0);
        assert_int_equal(model_units(&big, SIZE_MAX - back), 0);
    }
    assert_int_equal(model_units(&small, 0), 0);
}

static void buckets_are_powers_of_two(void **state)
{
    (void)state;
    static const uint32_t rows[][2] = {
        {1, 0},  {2, 1},  {3, 2},       {4, 2},       {5, 3},       {8, 3},          {9, 4},
        {16, 4}, {17, 5}, {0x7fff, 15}, {0x8000, 15}, {0x8001, 16}, {0x7fffffff, 31}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(model_bucket(rows[i][0]), rows[i][1]);
    }
}

static void one_unit_is_unlisted_in_the_big_format(void **state)
{
    (void)state;
    struct model big = model_of(8, 3, 8, 0x1000);
    struct model small = model_of(4, 3, 8, 0x1004);

    lay_out(&big, (const int[]){3, -1, 4, 0});
    assert_false(model_listed(&big, 1));
    assert_int_equal(model_free_bytes(&big), 0);
    assert_true(model_largest_allowed(&big, 0));
    assert_false(model_largest_allowed(&big, 8));
    assert_int_equal(model_alloc_verdict(&big, 0, 1), MUST_FAIL);
    /* It counts for growing in place: 3 + 1 units hold 24 bytes. */
    bool in_place = false;
    assert_int_equal(model_realloc_verdict(&big, 0, 0, 24, &in_place), MUST_SUCCEED);
    assert_true(in_place);
    assert_int_equal(model_realloc_verdict(&big, 0, 0, 25, &in_place), MUST_FAIL);
    assert_false(in_place);

    lay_out(&small, (const int[]){3, -1, 4, 0});
    assert_true(model_listed(&small, 1));
    assert_int_equal(model_free_bytes(&small), 4);
    assert_true(model_largest_allowed(&small, 4));
    assert_int_equal(model_alloc_verdict(&small, 0, 4), MUST_SUCCEED);
    assert_int_equal(model_alloc_verdict(&small, 0, 5), MUST_FAIL);
}

/* Bucket 3-4 holds three chunks of 3 units and one of 4; 4 units are asked for. */
static void verdicts_depend_on_the_probes(void **state)
{
    (void)state;
    static const int row[] = {-3, 1, -3, 1, -3, 1, -4, 1, 0};
    static const enum verdict want[] = {0, MAY_SUCCEED, MAY_SUCCEED, MAY_SUCCEED, MUST_SUCCEED};

    for (uint32_t loops = 1; loops <= 4; loops++) {
        struct model model = model_of(4, loops, 17, 0x1004);
        lay_out(&model, row);
        assert_int_equal(model_alloc_verdict(&model, 0, bytes_of(&model, 4)), want[loops]);
        assert_int_equal(model_alloc_verdict(&model, 0, bytes_of(&model, 3)), MUST_SUCCEED);
        assert_int_equal(model_alloc_verdict(&model, 0, bytes_of(&model, 5)), MUST_FAIL);
        /* Only the fit may be picked. */
        assert_true(model_pick_allowed(&model, bytes_of(&model, 4), 12));
        assert_false(model_pick_allowed(&model, bytes_of(&model, 4), 0));
        assert_true(model_pick_allowed(&model, bytes_of(&model, 3), 4));
        assert_false(model_pick_allowed(&model, bytes_of(&model, 3), 3)); /* a live block */
        /* Smaller ones come from bucket 3-4, too: it is the lowest above. */
        assert_true(model_pick_allowed(&model, bytes_of(&model, 2), 0));
        /* The largest of any `loops` members of four. */
        assert_int_equal(model_largest_allowed(&model, bytes_of(&model, 3)), loops <= 3);
        assert_true(model_largest_allowed(&model, bytes_of(&model, 4)));
    }
}

static void pick_is_the_lowest_bucket_above(void **state)
{
    (void)state;
    /* one miss of 3, a chunk of 5, one of 16 */
    static const int row[] = {-3, 1, -5, 1, -16, 1, 0};

    for (uint32_t loops = 1; loops <= 3; loops += 2) {
        struct model model = model_of(4, loops, 27, 0x1004);
        lay_out(&model, row);
        assert_int_equal(model_alloc_verdict(&model, 0, bytes_of(&model, 4)), MUST_SUCCEED);
        assert_true(model_pick_allowed(&model, bytes_of(&model, 4), 4));
        assert_true(model_pick_allowed(&model, bytes_of(&model, 4), 6));
        assert_false(model_pick_allowed(&model, bytes_of(&model, 4), 10));
        assert_false(model_pick_allowed(&model, bytes_of(&model, 4), 99));
        assert_true(model_pick_allowed(&model, bytes_of(&model, 6), 10));
    }
}

static void alignment_rules(void **state)
{
    (void)state;
    /* Headers at 4 mod 8: unit 0's user bytes lie at 0x1008, so units 7, 15, 23 are 64-aligned. */
    struct model model = model_of(4, 3, 24, 0x1004);
    bool in_place = true;

    assert_int_equal(model_alloc_verdict(&model, 64, bytes_of(&model, 9)),
                     MUST_SUCCEED); /* 9 + 7 */
    assert_int_equal(model_alloc_verdict(&model, 64, bytes_of(&model, 17)), MUST_SUCCEED);
    assert_int_equal(model_alloc_verdict(&model, 64, bytes_of(&model, 18)), MUST_FAIL);
    assert_int_equal(model_alloc_verdict(&model, 128, bytes_of(&model, 9)), MUST_SUCCEED);
    assert_int_equal(model_alloc_verdict(&model, 128, bytes_of(&model, 10)), MUST_FAIL);
    assert_int_equal(model_alloc_verdict(&model, 256, 4), MUST_FAIL); /* 0x1100 is unit 31 */
    assert_int_equal(model_alloc_verdict(&model, 4096, 4), MUST_FAIL);
    for (size_t bad = 3; bad < 64; bad++) {
        if ((bad & (bad - 1)) != 0) {
            assert_int_equal(model_alloc_verdict(&model, bad, 4), MUST_FAIL);
        }
    }
    /* A live block at unit 7 is 64-aligned and stays; one at unit 6 is not and must move. */
    struct model model2 = model;
    lay_out(&model, (const int[]){-7, 3, -14, 0});
    assert_int_equal(model_realloc_verdict(&model, 0, 64, 4, &in_place), MUST_SUCCEED);
    assert_true(in_place);
    assert_int_equal(model_realloc_verdict(&model, 0, 64, bytes_of(&model, 17), &in_place),
                     MUST_SUCCEED);
    assert_true(in_place);
    assert_int_equal(model_realloc_verdict(&model, 0, 12, 4, &in_place), MUST_FAIL);
    lay_out(&model2, (const int[]){-6, 3, -15, 0});
    assert_int_equal(model_realloc_verdict(&model2, 0, 64, 4, &in_place), MUST_SUCCEED);
    assert_false(in_place);
    assert_int_equal(model_realloc_verdict(&model2, 0, 64, bytes_of(&model2, 10), &in_place),
                     MUST_FAIL);
    assert_int_equal(model_realloc_verdict(&model2, 0, 16, 4, &in_place), MUST_SUCCEED);
    assert_false(in_place); /* 0x1038 is not a multiple of 16 */
    assert_int_equal(model_realloc_verdict(&model2, 0, 8, 4, &in_place), MUST_SUCCEED);
    assert_true(in_place);
}

static void statistics_follow(void **state)
{
    (void)state;
    struct model model = model_of(8, 3, 20, 0x1000);

    assert_int_equal(model_free_bytes(&model), 152);
    assert_int_equal(model_take(&model, 0, 16, 1), TAKE_OK); /* 3 units */
    assert_int_equal(model_take(&model, 3, 17, 2), TAKE_OK); /* 4 units */
    assert_int_equal(model.allocated, 16 + 24);
    assert_int_equal(model_free_bytes(&model), 13 * 8 - 8);
    /* A moving realloc counts old and new together. */
    assert_int_equal(model_take(&model, 7, 40, 1), TAKE_OK);
    model_drop(&model, model_find(&model, 0));
    assert_int_equal(model.allocated, 24 + 40);
    assert_int_equal(model.max_allocated, 16 + 24 + 40);
    model_reset_max(&model);
    assert_int_equal(model.max_allocated, 24 + 40);
    assert_int_equal(model_resize(&model, model_find(&model, 3), 8), TAKE_OK);
    assert_int_equal(model.allocated, 8 + 40);
    assert_int_equal(model.max_allocated, 24 + 40);
    assert_int_equal(model_find(&model, 4), UINT32_MAX);
    assert_int_equal(model.blocks[model_find(&model, 7)].id, 1);
}

static void wrong_places_are_refused(void **state)
{
    (void)state;
    struct model model = model_of(4, 3, 10, 0x1004);

    model.capacity = 2;
    assert_int_equal(model_take(&model, 4, 12, 1), TAKE_OK); /* 4, 5 */
    assert_int_equal(model_take(&model, 4, 4, 2), TAKE_OVERLAP);
    assert_int_equal(model_take(&model, 5, 4, 2), TAKE_OVERLAP);
    assert_int_equal(model_take(&model, 3, 12, 2), TAKE_OVERLAP);
    assert_int_equal(model_take(&model, 9, 12, 2), TAKE_OUTSIDE);
    assert_int_equal(model_take(&model, 10, 4, 2), TAKE_OUTSIDE);
    assert_int_equal(model_take(&model, UINT32_MAX, 4, 2), TAKE_OUTSIDE);
    assert_int_equal(model_take(&model, 3, 4, 2), TAKE_OK);
    assert_int_equal(model_take(&model, 6, 4, 3), TAKE_FULL);
    assert_int_equal(model_resize(&model, 0, 5), TAKE_OVERLAP);
    assert_int_equal(model_resize(&model, 1, 44), TAKE_OK);
    assert_int_equal(model_resize(&model, 1, 45), TAKE_OUTSIDE);
}

static void hidden_block_joins_its_gaps(void **state)
{
    (void)state;
    struct model model = model_of(4, 3, 12, 0x1004);
    struct model_extent extent;
    uint32_t cursor = 0;

    lay_out(&model, (const int[]){1, -2, 3, -1, 2, -3, 0});
    assert_true(model_extent_next(&model, &cursor, 1, &extent));
    assert_int_equal(extent.unit, 1);
    assert_int_equal(extent.units, 6);
    assert_true(model_extent_next(&model, &cursor, 1, &extent));
    assert_int_equal(extent.unit, 9);
    assert_int_equal(extent.units, 3);
    assert_false(model_extent_next(&model, &cursor, 1, &extent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_follow_the_rule),
        cmocka_unit_test(buckets_are_powers_of_two),
        cmocka_unit_test(one_unit_is_unlisted_in_the_big_format),
        cmocka_unit_test(verdicts_depend_on_the_probes),
        cmocka_unit_test(pick_is_the_lowest_bucket_above),
        cmocka_unit_test(alignment_rules),
        cmocka_unit_test(statistics_follow),
        cmocka_unit_test(wrong_places_are_refused),
        cmocka_unit_test(hidden_block_joins_its_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
