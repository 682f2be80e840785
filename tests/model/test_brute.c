/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The model against brute force: random walks over small heaps; after every step every question
 * the model answers is asked of both. The seed is an argument and is printed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "brute.h"

#define WALKS 2000u
#define STEPS 40u

static uint64_t seed = 1;

struct pair {
    struct model model;
    struct brute brute;
    struct model_block storage[BRUTE_UNITS];
    uint64_t max;
};

/* A multiplicative generator's upper bits are random enough for drawing states. */
static uint32_t draw(uint32_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

static void pair_begin(struct pair *pair)
{
    const uint32_t header = draw(2) == 0 ? 4 : 8;
    const uint32_t base = (uint32_t)(0x1000 + 8 * draw(64)) + (header == 4 ? 4u : 0u);
    const struct subject_info info = {.header = header,
                                      .loops = 1 + draw(4),
                                      .units = 8 + draw(BRUTE_UNITS - 7),
                                      .first = (const uint8_t *)(uintptr_t)base};

    model_init(&pair->model, pair->storage, BRUTE_UNITS, &info);
    pair->brute =
        (struct brute){.header = header, .loops = info.loops, .units = info.units, .base = base};
    pair->max = 0;
}

static void compare_questions(const struct pair *pair, size_t bytes)
{
    static const size_t aligns[] = {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 3, 6, 12, 24, 48, 7};
    const struct model *const model = &pair->model;

    for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++) {
        assert_int_equal(model_alloc_verdict(model, aligns[i], bytes),
                         brute_verdict(&pair->brute, aligns[i], bytes));
    }
    for (uint32_t unit = 0; unit < pair->brute.units; unit++) {
        assert_int_equal(model_pick_allowed(model, bytes, unit),
                         brute_pick(&pair->brute, bytes, unit));
    }
    assert_int_equal(model_largest_allowed(model, bytes), brute_largest(&pair->brute, bytes));
    for (uint32_t index = 0; index < model->nblocks && bytes > 0; index++) {
        const uint32_t unit = model->blocks[index].unit;
        const size_t align = aligns[draw(10)];
        bool have = false;
        bool want = false;
        assert_int_equal(model_realloc_verdict(model, index, align, bytes, &have),
                         brute_realloc(&pair->brute, unit, align, bytes, &want));
        assert_int_equal(have, want);
    }
}

static void compare_sums(struct pair *pair)
{
    const uint64_t allocated = brute_allocated(&pair->brute);

    pair->max = allocated > pair->max ? allocated : pair->max;
    assert_int_equal(pair->model.allocated, allocated);
    assert_int_equal(pair->model.max_allocated, pair->max);
    assert_int_equal(model_free_bytes(&pair->model), brute_free_bytes(&pair->brute));
}

/* The extents that the model walks over are the brute force's runs. */
static void compare_extents(const struct pair *pair, uint32_t hide)
{
    struct brute brute = pair->brute;
    struct brute_run runs[BRUTE_UNITS];
    struct model_extent extent;
    uint32_t cursor = 0;
    uint32_t seen = 0;

    for (uint32_t unit = 0; unit < brute.units && hide != UINT32_MAX; unit++) {
        if (brute.owner[unit] == pair->brute.owner[pair->model.blocks[hide].unit]) {
            brute.owner[unit] = 0;
        }
    }
    const uint32_t count = brute_runs(&brute, runs);
    while (model_extent_next(&pair->model, &cursor, hide, &extent)) {
        assert_true(seen < count);
        assert_int_equal(extent.unit, runs[seen].unit);
        assert_int_equal(extent.units, runs[seen].units);
        seen++;
    }
    assert_int_equal(seen, count);
}

static void step_take(struct pair *pair, uint8_t id)
{
    const uint32_t unit = draw(pair->brute.units + 2);
    const size_t bytes = 1 + draw(pair->brute.units * (draw(2) == 0 ? 3 : 8));
    const uint32_t units = brute_units(&pair->brute, bytes);
    enum model_take want = TAKE_OK;

    if (unit + units > pair->brute.units) {
        want = TAKE_OUTSIDE;
    } else {
        for (uint32_t i = unit; i < unit + units; i++) {
            want = pair->brute.owner[i] != 0 ? TAKE_OVERLAP : want;
        }
    }
    assert_int_equal(model_take(&pair->model, unit, bytes, id), want);
    for (uint32_t i = unit; want == TAKE_OK && i < unit + units; i++) {
        pair->brute.owner[i] = id;
    }
}

static void step_drop_or_resize(struct pair *pair)
{
    const uint32_t index = draw(pair->model.nblocks);
    const uint32_t unit = pair->model.blocks[index].unit;
    const uint8_t id = pair->brute.owner[unit];
    const size_t bytes = 1 + draw(80);
    const uint32_t units = brute_units(&pair->brute, bytes);
    const bool drop = draw(2) == 0;
    bool in_place = false;

    assert_int_equal(model_find(&pair->model, unit), index);
    if (!drop) {
        (void)brute_realloc(&pair->brute, unit, 0, bytes, &in_place);
        assert_int_equal(model_resize(&pair->model, index, bytes) == TAKE_OK, in_place);
        if (!in_place) {
            return;
        }
    } else {
        model_drop(&pair->model, index);
    }
    for (uint32_t i = 0; i < pair->brute.units; i++) {
        if (pair->brute.owner[i] == id) {
            pair->brute.owner[i] = 0;
        }
        if (!drop && i >= unit && i < unit + units) {
            pair->brute.owner[i] = id;
        }
    }
}

static void model_equals_brute_force(void **state)
{
    (void)state;
    for (uint32_t walk = 0; walk < WALKS; walk++) {
        struct pair pair;
        pair_begin(&pair);
        for (uint32_t step = 0; step < STEPS; step++) {
            if (pair.model.nblocks > 0 && draw(5) < 2) {
                step_drop_or_resize(&pair);
            } else {
                step_take(&pair, (uint8_t)(step + 1));
            }
            compare_sums(&pair);
            compare_extents(&pair, UINT32_MAX);
            compare_extents(&pair, pair.model.nblocks > 0 ? draw(pair.model.nblocks) : UINT32_MAX);
            compare_questions(&pair, draw(pair.brute.units * 8 + 10));
            compare_questions(&pair, model_usable(&pair.model, 2 + draw(pair.brute.units - 2)));
            if (draw(16) == 0) {
                model_reset_max(&pair.model);
                pair.max = pair.model.allocated;
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && (seed = strtoull(argv[1], NULL, 0)) == 0)) {
        (void)fprintf(stderr, "usage: %s [seed, not 0]\n", argv[0]);
        return 2;
    }
    printf("seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {cmocka_unit_test(model_equals_brute_force)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
