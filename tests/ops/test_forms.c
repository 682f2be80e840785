/* SPDX-License-Identifier: Apache-2.0 */
/* The three forms convert without loss, every byte string is a program, and packs are read
 * strictly. */
#include "support.h"

#include "pack.h"

#include <stdlib.h>
#include <string.h>

static void test_generated_programs(void **state)
{
    (void)state;
    static struct owned_program owned;
    for (uint32_t seed = 0; seed < 400; seed++) {
        must_generate(&owned, (enum profile)(seed % PROFILES), seed, 100);
        assert_converts(&owned.program);
    }
}

/* Without threads there are none; with threads all is in the ranges that op.h gives. */
static void assert_thread_fields(const struct program_header *header, const struct op *op)
{
    uint32_t fields = op_table[op->kind].fields;
    if (!program_threaded(header)) {
        assert_true((fields & OP_THREADED) == 0 && op->thread == 0 && op->wait == 0);
        return;
    }
    assert_true(header->slots_log2 <= PROGRAM_SLOTS_LOG2_THREADED);
    assert_true(op->thread < PROGRAM_THREADS || (op->thread == THREAD_ISR && op->kind != OP_PRIO));
    assert_true(op->wait <= WAIT_FOREVER);
    assert_true(op->wait == 0 || (fields & (OP_FILLS | OP_RESIZES)) != 0);
    assert_true(op->thread == 0 || (fields & OP_UNTHREADED) == 0);
    assert_true(op->kind != OP_TICK || op->value <= PROGRAM_TICK_MAX);
    assert_true(op->kind != OP_PRIO || op->value <= PROGRAM_PRIO_MAX);
}

/* Any bytes, any length: a program within the limits, whose canonical records decode to itself. */
static void test_random_bytes(void **state)
{
    (void)state;
    static struct owned_program owned;
    uint8_t bytes[600];
    struct rng rng;
    rng_seed(&rng, 77);
    for (int round = 0; round < 3000; round++) {
        size_t size = rng_below(&rng, sizeof bytes + 1);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)rng_next(&rng);
        }
        owned_init(&owned);
        size_t used = record_decode(&owned.program, bytes, size);
        assert_int_equal(used, size / 8 * 8);
        const struct program_header *header = &owned.program.header;
        assert_true(header->kind < PROGRAM_KINDS && header->offset < 8);
        assert_true(header->slots_log2 <= PROGRAM_SLOTS_LOG2_MAX && header->fill <= 100);
        for (size_t i = 0; i < owned.program.nops; i++) {
            assert_true(owned.ops[i].kind < OP_KINDS && owned.ops[i].form <= SIZE_ABOVE_4G);
            assert_true(owned.ops[i].slot < 1u << header->slots_log2);
            assert_thread_fields(header, &owned.ops[i]);
        }
        assert_converts(&owned.program);
    }
}

static void test_short_input(void **state)
{
    (void)state;
    static struct owned_program owned;
    struct program_header header;
    const uint8_t bytes[7] = {1, 2, 3, 4, 5, 6, 7};
    program_header_default(&header);
    for (size_t size = 0; size < 8; size++) {
        owned_init(&owned);
        assert_int_equal(record_decode(&owned.program, bytes, size), 0);
        assert_int_equal(owned.program.nops, 0);
        assert_int_equal(owned.program.header.region, header.region);
        assert_int_equal(owned.program.header.slots_log2, PROGRAM_SLOTS_LOG2_DEFAULT);
    }
}

/* Field by field against bytes written by hand. */
static void test_known_records(void **state)
{
    (void)state;
    static struct owned_program owned;
    const uint8_t bytes[] = {
        0,           5 | 3 << 3, 60,   0x81,
        0x00,        0x08,       0x01, 0x00, /* 0x10800 bytes, offset 5, 8 slots, 60 % */
        63,          0,          0,    0,
        9,           0,          0,    0, /* a continuation of nothing */
        0,           1 << 5,     9,    0,
        15,          0,          0,    0, /* alloc p1 ~15: slot 9 of 8 */
        3 | 1 << 6,  0x80 | 4,   2,    0,
        100,         0,          0,    0, /* aligned p2 48 100 -> null */
        4 | 3 << 6,  31,         2,    0,
        1,           0,          0,    0, /* arealloc p2 0 1 -> same */
        5,           2 << 5,     3,    0,
        7,           0,          0,    0, /* calloc p3 ? 4G+7 ... */
        63 | 64,     9,          9,    9,
        4,           0,          0,    0, /* ... its count is 4 */
        5,           0,          4,    0,
        7,           0,          0,    0, /* calloc p4 1 7, without a count */
        1,           255,        5,    0,
        1,           2,          3,    4, /* free p5: the rest is ignored */
        63,          0,          0,    0,
        9,           0,          0,    0, /* a continuation of a free */
        12 | 2 << 6, 3 << 5,     6,    255,
        1,           0,          0,    1, /* kind 12 is 0: alloc p6 16777217 -> ok */
        11 | 3 << 6, 255,        255,  255,
        255,         255,        255,  255, /* check */
        0 | 3 << 6,  0,          0,    0,
        1,           0,          0,    0, /* alloc p0 1: same means nothing there */
    };
    static const char text[] = "heap 67584 offset 5\nslots 8\nfill 60\nswarm -alloc -other\n"
                               "alloc p1 ~15\naligned p2 48 100 -> null\narealloc p2 0 1 -> same\n"
                               "calloc p3 4 4G+7\ncalloc p4 1 7\nfree p5\nalloc p6 16777217 -> ok\n"
                               "check\nalloc p0 1\n";
    char out[1000];
    owned_init(&owned);
    assert_int_equal(record_decode(&owned.program, bytes, sizeof bytes), sizeof bytes);
    text_print(&owned.program, out, sizeof out);
    assert_string_equal(out, text);
}

static void test_header_defaults_in_records(void **state)
{
    (void)state;
    struct program_header header;
    const uint8_t bytes[8] = {200, 17 << 3, 101, 0, 1, 0, 0, 0};
    record_decode_header(&header, bytes);
    assert_int_equal(header.kind, 200 % PROGRAM_KINDS);
    assert_int_equal(header.slots_log2, PROGRAM_SLOTS_LOG2_DEFAULT);
    assert_int_equal(header.fill, 0);
}

/* A full program keeps the count that belongs to its last op, and tells what it did not read. */
static void test_capacity(void **state)
{
    (void)state;
    struct op ops[1];
    struct program program = {.capacity = 1, .ops = ops, .name = ""};
    const uint8_t bytes[32] = {[8] = OP_CALLOC, [12] = 5, [16] = 63, [20] = 6, [24] = OP_CHECK};
    assert_int_equal(record_decode(&program, bytes, sizeof bytes), 24);
    assert_int_equal(program.nops, 1);
    assert_int_equal(ops[0].count, 6);
}

static void test_encode_into_too_little(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "heap 64\ncalloc p0 2 3\n";
    uint8_t bytes[24];
    must_parse(&owned, text, sizeof text - 1);
    assert_int_equal(record_size(&owned.program), 24);
    memset(bytes, 0xee, sizeof bytes);
    assert_int_equal(record_encode(&owned.program, bytes, 23), 0);
    assert_int_equal(bytes[0], 0xee);
    assert_int_equal(record_encode(&owned.program, bytes, 24), 24);
}

/* Totality: with any ops taken out, what is left is a program in every form. */
static void test_every_sublist(void **state)
{
    (void)state;
    static struct owned_program whole, part;
    must_generate(&whole, PROFILE_HOSTILE, 5, 10);
    for (uint32_t mask = 0; mask < 1u << 10; mask++) {
        owned_init(&part);
        part.program.header = whole.program.header;
        for (uint32_t i = 0; i < 10; i++) {
            if ((mask >> i & 1u) != 0) {
                part.ops[part.program.nops++] = whole.ops[i];
            }
        }
        assert_converts(&part.program);
    }
}

/* The control of every comparison above: a change of any one field is seen. */
static void test_equal_sees_every_field(void **state)
{
    (void)state;
    struct op ops[2] = {{.kind = OP_ALLOC}, {.kind = OP_CHECK}};
    struct op copy[2];
    struct program a = {.nops = 2, .capacity = 2, .ops = ops, .name = "a"};
    program_header_default(&a.header);
#define CHANGED(change)                                                                            \
    do {                                                                                           \
        struct program b = a;                                                                      \
        memcpy(copy, ops, sizeof copy);                                                            \
        b.ops = copy;                                                                              \
        assert_true(program_equal(&a, &b));                                                        \
        change;                                                                                    \
        assert_false(program_equal(&a, &b));                                                       \
        assert_false(program_equal(&b, &a));                                                       \
    } while (0)
    CHANGED(b.header.kind ^= 1);
    CHANGED(b.header.offset ^= 1);
    CHANGED(b.header.slots_log2 ^= 1);
    CHANGED(b.header.fill ^= 1);
    CHANGED(b.header.swarm_off ^= 1);
    CHANGED(b.header.region ^= 0x10000);
    CHANGED(b.nops--);
    for (int i = 0; i < 2; i++) {
        CHANGED(copy[i].kind ^= 1);
        CHANGED(copy[i].form ^= 1);
        CHANGED(copy[i].expect ^= 1);
        CHANGED(copy[i].thread ^= 1);
        CHANGED(copy[i].wait ^= 8);
        CHANGED(copy[i].slot ^= 0x100);
        CHANGED(copy[i].align ^= 1);
        CHANGED(copy[i].value ^= 0x10000);
        CHANGED(copy[i].count ^= 0x10000);
    }
#undef CHANGED
    struct program same = a;
    memcpy(copy, ops, sizeof copy);
    copy[1].line = 7;
    same.ops = copy;
    same.name = "b";
    assert_true(program_equal(&a, &same));
}

static void test_limit(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "heap 5000\nalloc p0 0 -> null\nrealloc p0 8 -> ok\nfree p0\n";
    must_parse(&owned, text, sizeof text - 1);
    program_limit(&owned.program, 4096, 2);
    assert_int_equal(owned.program.nops, 2);
    assert_int_equal(owned.program.header.region, 5000 - 4096);
    assert_int_equal(owned.ops[0].expect, EXPECT_ANY);
    assert_int_equal(owned.ops[1].expect, EXPECT_ANY);
    program_limit(&owned.program, 904, 2);
    assert_int_equal(owned.program.header.region, 904);
    program_limit(&owned.program, 0, 0);
    assert_int_equal(owned.program.header.region, 0);
    assert_int_equal(owned.program.nops, 0);
}

static void test_op_bytes(void **state)
{
    (void)state;
    struct op op = {.value = 15};
    size_t bytes = 0;
    assert_true(op_bytes(&op, &bytes));
    assert_int_equal(bytes, 15);
    op.form = SIZE_TOP;
    assert_true(op_bytes(&op, &bytes));
    assert_true(bytes == SIZE_MAX - 15);
    op.form = SIZE_ABOVE_4G;
    assert_int_equal(op_bytes(&op, &bytes), sizeof(size_t) > 4);
    if (sizeof(size_t) > 4) {
        assert_true((uint64_t)bytes == 0x10000000full);
    }
}

static void test_pack_round_trip(void **state)
{
    (void)state;
    uint8_t header[PACK_HEADER_BYTES], bytes[PACK_ENTRY_BYTES];
    static const uint8_t want[PACK_HEADER_BYTES] = {'h', 'e', 'a', 'p', 'v', 'e',
                                                    't', 1,   4,   3,   2,   1};
    struct pack_entry entry;
    uint32_t programs = 0;
    pack_encode_header(header, 0x01020304);
    assert_memory_equal(header, want, sizeof want);
    assert_true(pack_decode_header(header, &programs));
    assert_int_equal(programs, 0x01020304);
    memset(bytes, 0xee, sizeof bytes);
    pack_encode_entry(bytes, "seeds/split.ops", 0x00010002);
    assert_int_equal(bytes[15], 0);
    assert_int_equal(bytes[31], 0);
    assert_int_equal(bytes[32], 2);
    assert_int_equal(bytes[34], 1);
    assert_int_equal(bytes[39], 0);
    assert_true(pack_decode_entry(bytes, &entry));
    assert_string_equal(entry.name, "seeds/split.ops");
    assert_int_equal(entry.records, 0x00010002);
}

static void test_pack_long_name_is_cut(void **state)
{
    (void)state;
    uint8_t bytes[PACK_ENTRY_BYTES];
    struct pack_entry entry;
    pack_encode_entry(bytes, "0123456789012345678901234567890123456789", 1);
    assert_true(pack_decode_entry(bytes, &entry));
    assert_string_equal(entry.name, "0123456789012345678901234567890");
}

static void test_pack_errors(void **state)
{
    (void)state;
    uint8_t header[PACK_HEADER_BYTES], bytes[PACK_ENTRY_BYTES];
    struct pack_entry entry;
    uint32_t programs;
    for (size_t i = 0; i < 8; i++) {
        pack_encode_header(header, 1);
        header[i] ^= 1;
        assert_false(pack_decode_header(header, &programs));
    }
    pack_encode_entry(bytes, "", 1);
    memset(bytes, 'x', PACK_NAME_BYTES);
    assert_false(pack_decode_entry(bytes, &entry));
    bytes[PACK_NAME_BYTES - 1] = 0;
    assert_true(pack_decode_entry(bytes, &entry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_programs),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_short_input),
        cmocka_unit_test(test_known_records),
        cmocka_unit_test(test_header_defaults_in_records),
        cmocka_unit_test(test_capacity),
        cmocka_unit_test(test_encode_into_too_little),
        cmocka_unit_test(test_every_sublist),
        cmocka_unit_test(test_equal_sees_every_field),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_op_bytes),
        cmocka_unit_test(test_pack_round_trip),
        cmocka_unit_test(test_pack_long_name_is_cut),
        cmocka_unit_test(test_pack_errors),
    };
    return cmocka_run_group_tests_name("forms", tests, NULL, NULL);
}
