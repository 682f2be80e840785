/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The multi heap's model against brute force: random walks over three small heaps in a ring; after
 * every step the ring is asked child by child. The seed is an argument and is printed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "brute.h"
#include "shadow.h"

#define WALKS    800u
#define STEPS    40u
#define CHILDREN 3u
#define SPAN     0x400u /* from one child's area to the next one's */

static uint64_t seed = 1;
static struct brute brutes[CHILDREN];
static _Alignas(16) uint8_t memory[SHADOW_STATE_BYTES];

static uint32_t draw(uint32_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

static uint32_t describe(void *state, struct subject_info *infos)
{
    (void)state;
    for (uint32_t i = 0; i < CHILDREN; i++) {
        infos[i] = (struct subject_info){.header = brutes[i].header,
                                         .loops = brutes[i].loops,
                                         .units = brutes[i].units,
                                         .first = (const uint8_t *)(uintptr_t)brutes[i].base};
    }
    return CHILDREN;
}

static const struct subject subject = {.parts = describe};

static void begin(void)
{
    const uint32_t header = draw(2) == 0 ? 4 : 8;

    for (uint32_t i = 0; i < CHILDREN; i++) {
        brutes[i] = (struct brute){.header = header,
                                   .loops = 1 + draw(3),
                                   .units = 8 + draw(BRUTE_UNITS - 7),
                                   .base = 0x1000 + (uint64_t)i * SPAN + 8 * draw(16) +
                                           (header == 4 ? 4u : 0u)};
    }
    shadow_multi.begin(memory, &subject, NULL);
}

static const uint8_t *user_of(uint32_t child, uint32_t unit)
{
    const struct brute *brute = &brutes[child];

    return (const uint8_t *)(uintptr_t)(brute->base + (uint64_t)unit * 8 + brute->header);
}

static uint32_t in_ring(size_t bytes, uint32_t i)
{
    return (uint32_t)((bytes / 8 + i) % CHILDREN);
}

/* Must if one must, must not if all must not; pick: nobody before it had to. */
static void ask_ring(size_t align, size_t bytes)
{
    bool somebody_must = false;
    bool somebody_may = false;

    for (uint32_t i = 0; i < CHILDREN; i++) {
        const uint32_t child = in_ring(bytes, i);
        const enum verdict verdict = brute_verdict(&brutes[child], align, bytes);
        for (uint32_t unit = 0; unit < brutes[child].units && bytes > 0; unit++) {
            const bool plain = align <= 8;
            const bool want = !somebody_must && (!plain || brute_pick(&brutes[child], bytes, unit));
            const char *have = shadow_multi.pick(memory, user_of(child, unit), align, bytes);
            assert_int_equal(have == NULL, want);
        }
        somebody_must |= verdict == MUST_SUCCEED;
        somebody_may |= verdict == MAY_SUCCEED;
    }
    assert_int_equal(shadow_multi.alloc(memory, align, bytes), somebody_must  ? MUST_SUCCEED
                                                               : somebody_may ? MAY_SUCCEED
                                                                              : MUST_FAIL);
}

/* A block that starts in this unit: the one in front is another's, or nobody's. */
static bool starts_at(const struct brute *brute, uint32_t unit)
{
    return brute->owner[unit] != 0 && (unit == 0 || brute->owner[unit - 1] != brute->owner[unit]);
}

static void ask_blocks(size_t bytes)
{
    for (uint32_t child = 0; child < CHILDREN; child++) {
        for (uint32_t unit = 0; unit < brutes[child].units; unit++) {
            bool have = false;
            bool want = false;
            if (!starts_at(&brutes[child], unit) || bytes == 0) {
                continue;
            }
            (void)brute_realloc(&brutes[child], unit, 0, bytes, &want);
            const enum verdict verdict =
                shadow_multi.realloc(memory, user_of(child, unit), 0, bytes, &have);
            assert_int_equal(have, want);
            assert_int_equal(verdict, want ? MUST_SUCCEED : shadow_multi.alloc(memory, 0, bytes));
        }
    }
}

static uint32_t length_at(const struct brute *brute, uint32_t unit)
{
    uint32_t units = 0;

    while (unit + units < brute->units && brute->owner[unit + units] == brute->owner[unit]) {
        units++;
    }
    return units;
}

static void step_drop(void)
{
    struct brute *brute = &brutes[draw(CHILDREN)];
    const uint32_t child = (uint32_t)(brute - brutes);
    const uint32_t unit = draw(brute->units);

    if (!starts_at(brute, unit)) {
        assert_non_null(shadow_multi.drop(memory, user_of(child, unit)));
        return;
    }
    const uint32_t units = length_at(brute, unit);
    assert_int_equal(shadow_multi.usable(memory, user_of(child, unit)), units * 8 - brute->header);
    assert_null(shadow_multi.drop(memory, user_of(child, unit)));
    for (uint32_t i = unit; i < unit + units; i++) {
        brute->owner[i] = 0;
    }
}

static void step_take(uint8_t id)
{
    const uint32_t child = draw(CHILDREN);
    struct brute *brute = &brutes[child];
    const uint32_t unit = draw(brute->units);
    const size_t bytes = 1 + draw(60);
    const uint32_t units = brute_units(brute, bytes);
    bool fits = unit + units <= brute->units;

    for (uint32_t i = unit; fits && i < unit + units; i++) {
        fits = brute->owner[i] == 0;
    }
    const char *refused = shadow_multi.take(memory, user_of(child, unit), 0, bytes);
    assert_int_equal(refused == NULL, fits);
    for (uint32_t i = unit; fits && i < unit + units; i++) {
        brute->owner[i] = id;
    }
}

static void model_equals_brute_force(void **state)
{
    static const size_t aligns[] = {0, 1, 8, 16, 32, 64, 3, 24};

    (void)state;
    for (uint32_t walk = 0; walk < WALKS; walk++) {
        begin();
        for (uint32_t step = 0; step < STEPS; step++) {
            const size_t bytes = draw(80);
            if (draw(3) == 0) {
                step_drop();
            } else {
                step_take((uint8_t)(step + 1));
            }
            ask_ring(aligns[draw(8)], bytes);
            ask_blocks(bytes);
        }
    }
}

static void outside_of_all_children(void **state)
{
    (void)state;
    begin();
    const uint8_t *between = user_of(0, BRUTE_UNITS + 2);
    assert_int_equal(shadow_multi.take(memory, between, 0, 8)[0], 'i');
    assert_int_equal(shadow_multi.take(memory, user_of(0, 1) + 4, 0, 8)[0], 'i');
    assert_int_equal(shadow_multi.drop(memory, between)[0], 'e');
    assert_int_equal(shadow_multi.resize(memory, between, 8)[0], 'e');
    assert_int_equal(shadow_multi.ever(memory, 0, BRUTE_UNITS * 8 + 1), MUST_FAIL);
    assert_int_equal(shadow_multi.live(memory), 0);
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && (seed = strtoull(argv[1], NULL, 0)) == 0)) {
        (void)fprintf(stderr, "usage: %s [seed, not 0]\n", argv[0]);
        return 2;
    }
    printf("seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_equals_brute_force),
        cmocka_unit_test(outside_of_all_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
