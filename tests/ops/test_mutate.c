/* SPDX-License-Identifier: Apache-2.0 */
/* The mutator: pure, within its bounds, canonical in and out, and able to reach every kind of
 * change. */
#include "support.h"

#include "mutate.h"

#include <string.h>

enum { MAX_SIZE = 1200 };

static size_t generated_records(uint8_t *data, uint64_t seed, uint32_t ops)
{
    static struct owned_program owned;
    must_generate(&owned, PROFILE_MIXED, seed, ops);
    return record_encode(&owned.program, data, MAX_SIZE);
}

static void test_same_seed_same_result(void **state)
{
    (void)state;
    static uint8_t a[MAX_SIZE], b[MAX_SIZE], other[MAX_SIZE], other_before[MAX_SIZE];
    for (uint64_t seed = 0; seed < 2000; seed++) {
        size_t size = generated_records(a, seed, 32);
        memcpy(b, a, sizeof a);
        size_t other_size = generated_records(other, seed + 1, 20);
        memcpy(other_before, other, sizeof other);
        size_t na = mutate_records(a, size, MAX_SIZE, other, other_size, seed);
        size_t nb = mutate_records(b, size, MAX_SIZE, other, other_size, seed);
        assert_int_equal(na, nb);
        assert_memory_equal(a, b, na);
        assert_memory_equal(other, other_before, sizeof other);
    }
}

/* Bytes behind max_size are not the mutator's, whatever it is given. */
static void test_bounds(void **state)
{
    (void)state;
    uint8_t data[MAX_SIZE + 16];
    struct rng rng;
    rng_seed(&rng, 3);
    for (uint64_t seed = 0; seed < 5000; seed++) {
        size_t max_size = rng_below(&rng, rng_below(&rng, 2) == 0 ? 40 : MAX_SIZE);
        size_t size = rng_below(&rng, (uint32_t)max_size + 1);
        for (size_t i = 0; i < sizeof data; i++) {
            data[i] = i < size ? (uint8_t)rng_next(&rng) : 0xee;
        }
        size_t mutated = mutate_records(data, size, max_size, seed % 2 != 0 ? data + 8 : NULL,
                                        seed % 2 != 0 && size > 8 ? size - 8 : 0, seed);
        assert_true(mutated <= max_size);
        for (size_t i = max_size; i < sizeof data; i++) {
            assert_int_equal(data[i], 0xee);
        }
    }
}

static void test_program_bounds(void **state)
{
    (void)state;
    static struct owned_program owned, other, again;
    static uint8_t records[16 * OPS_MAX];
    struct rng rng;
    rng_seed(&rng, 9);
    must_generate(&other, PROFILE_HOSTILE, 1, 50);
    must_generate(&owned, PROFILE_MIXED, 2, 40);
    for (int round = 0; round < 5000; round++) {
        size_t max_ops = rng_below(&rng, 60);
        mutate_program(&owned.program, max_ops, round % 2 == 0,
                       round % 3 == 0 ? NULL : &other.program, &rng);
        assert_true(owned.program.nops <= max_ops);
        /* Canonical: records and back give the same program, so that nothing is out of range. */
        size_t size = record_encode(&owned.program, records, sizeof records);
        owned_init(&again);
        record_decode(&again.program, records, size);
        assert_true(program_equal(&owned.program, &again.program));
    }
}

static uint32_t misuses(const struct program *program)
{
    uint32_t n = 0;
    for (size_t i = 0; i < program->nops; i++) {
        n += (op_table[program->ops[i].kind].fields & OP_MISUSES) != 0;
    }
    return n;
}

/* Who does not ask for misuse gets none, not even from a program that is full of it. */
static void test_misuse_is_asked_for(void **state)
{
    (void)state;
    static struct owned_program owned, other;
    struct rng rng;
    uint32_t asked = 0;
    rng_seed(&rng, 11);
    must_generate(&other, PROFILE_MISUSE, 3, 60);
    must_generate(&owned, PROFILE_MIXED, 4, 40);
    assert_true(misuses(&other.program) > 5 && misuses(&owned.program) == 0);
    for (int round = 0; round < 3000; round++) {
        mutate_program(&owned.program, 60, false, &other.program, &rng);
        assert_int_equal(misuses(&owned.program), 0);
    }
    for (int round = 0; round < 100; round++) {
        mutate_program(&owned.program, 60, true, NULL, &rng);
        asked += misuses(&owned.program);
    }
    assert_true(asked > 100);
}

/* From one program, each field of it and its length both ways are changed by some seed. */
static void test_reaches_everything(void **state)
{
    (void)state;
    static struct owned_program before, after;
    bool longer = false, shorter = false, kind = false, form = false, slot = false, align = false;
    bool count = false, region = false, offset = false, slots = false, fill = false, swarm = false;
    must_generate(&before, PROFILE_MIXED, 4, 24);
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct rng rng;
        after = before;
        after.program.ops = after.ops;
        rng_seed(&rng, seed);
        mutate_program(&after.program, 64, false, NULL, &rng);
        const struct program_header *h = &after.program.header, *was = &before.program.header;
        longer |= after.program.nops > before.program.nops;
        shorter |= after.program.nops < before.program.nops;
        region |= h->region != was->region;
        offset |= h->offset != was->offset;
        slots |= h->slots_log2 != was->slots_log2;
        fill |= h->fill != was->fill;
        swarm |= h->swarm_off != was->swarm_off;
        for (size_t i = 0; i < 24 && after.program.nops == 24; i++) {
            const struct op *a = &after.ops[i], *b = &before.ops[i];
            kind |= a->kind != b->kind;
            form |= a->kind == b->kind && a->form != b->form;
            slot |= a->kind == b->kind && a->slot != b->slot;
            align |= a->kind == b->kind && a->align != b->align;
            count |= a->kind == OP_CALLOC && a->count > 1;
        }
    }
    assert_true(longer && shorter && kind && form && slot && align && count);
    assert_true(region && offset && slots && fill && swarm);
}

/* A splice brings ops of the other program in. */
static void test_splices(void **state)
{
    (void)state;
    static struct owned_program owned, other;
    static const char text[] = "heap 64\nalloc p0 1\n";
    static const char mark[] = "heap 64\nalloc p9 123456789\n";
    bool spliced = false;
    must_parse(&other, mark, sizeof mark - 1);
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct rng rng;
        rng_seed(&rng, seed);
        must_parse(&owned, text, sizeof text - 1);
        mutate_program(&owned.program, 8, false, &other.program, &rng);
        for (size_t i = 0; i < owned.program.nops; i++) {
            spliced |= owned.ops[i].value == 123456789;
        }
    }
    assert_true(spliced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_result), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_program_bounds),        cmocka_unit_test(test_misuse_is_asked_for),
        cmocka_unit_test(test_reaches_everything),    cmocka_unit_test(test_splices),
    };
    return cmocka_run_group_tests_name("mutator", tests, NULL, NULL);
}
