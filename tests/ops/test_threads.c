/* SPDX-License-Identifier: Apache-2.0 */
/* Programs with threads in all three forms, and programs without any, which stay what they were. */
#include "support.h"

#include "mutate.h"

#include <string.h>

static void test_generated_and_mutated(void **state)
{
    (void)state;
    static struct owned_program owned, other;
    for (uint32_t seed = 0; seed < 2000; seed++) {
        enum program_kind kind = (enum program_kind)(seed % PROGRAM_KINDS);
        enum profile profile = (enum profile)(seed / PROGRAM_KINDS % PROFILES_ALL);
        struct rng rng;
        if (profile == PROFILE_THREADS && kind != KIND_KHEAP && kind != KIND_POOL) {
            continue; /* that profile makes a kheap of it */
        }
        must_generate_kind(&owned, kind, profile, seed, 60);
        assert_int_equal(owned.program.header.kind, kind);
        assert_converts(&owned.program);
        must_generate_kind(&other, (enum program_kind)(seed % 7 % PROGRAM_KINDS), PROFILE_MIXED,
                           seed + 1, 40);
        rng_seed(&rng, seed);
        for (int round = 0; round < 4; round++) {
            mutate_program(&owned.program, 200, false, &other.program, &rng);
            assert_int_equal(owned.program.header.kind, kind);
            assert_converts(&owned.program);
        }
    }
}

struct error_case {
    const char *name, *text;
    uint32_t line;
    const char *message;
};

static const struct error_case error_cases[] = {
    {"thread in a heap", "heap 64\nt1 alloc p0 8\n", 2,
     "expected an op without threads, which only kheap and pool have, have 't1'"},
    {"interrupt in a multi heap", "multi 64\nisr free p0\n", 2,
     "expected an op without threads, which only kheap and pool have, have 'isr'"},
    {"tick in a heap", "heap 64\ntick 3\n", 2,
     "expected an op without threads, which only kheap and pool have, have 'tick'"},
    {"sched in a system heap", "system 64\nsched 00000000\n", 2,
     "expected an op without threads, which only kheap and pool have, have 'sched'"},
    {"prio in a heap", "heap 64\nprio 1\n", 2,
     "expected an op without threads, which only kheap and pool have, have 'prio'"},
    {"wait in a heap", "heap 64\nalloc p0 8 wait 3\n", 2,
     "expected the end of the line or '->', have 'wait'"},
    {"thread in front of the kind line", "t1 alloc p0 8\n", 1,
     "expected a kind line ('heap BYTES') in front of the first op, have 'alloc'"},
    {"two kinds", "kheap 64\npool 64\n", 2, "expected each header line once, have 'pool'"},
    {"kind behind an op", "kheap 64\ncheck\nkheap 64\n", 3,
     "expected each header line once, have 'kheap'"},
    {"thread 8", "kheap 64\nt8 check\n", 2, "expected an op or a header line, have 't8'"},
    {"thread 10", "kheap 64\ncheck\nt10 check\n", 3, "expected an op, have 't10'"},
    {"thread without number", "kheap 64\nt check\n", 2,
     "expected an op or a header line, have 't'"},
    {"thread alone", "kheap 64\nt1\n", 2, "expected an op, have the end of the line"},
    {"two threads", "kheap 64\nt1 t2 check\n", 2, "expected an op, have 't2'"},
    {"header line of a thread", "kheap 64\nt1 slots 4\n", 2, "expected an op, have 'slots'"},
    {"tick of a thread", "kheap 64\nt0 tick 3\n", 2,
     "expected a thread's op, for 'tick' and 'sched' belong to none, have 'tick'"},
    {"sched of an interrupt", "pool 64\nisr sched 00000000\n", 2,
     "expected a thread's op, for 'tick' and 'sched' belong to none, have 'sched'"},
    {"priority of an interrupt", "kheap 64\nisr prio 1\n", 2,
     "expected a thread t0 to t7 in front of 'prio', have 'isr'"},
    {"priority missing", "kheap 64\nt1 prio\n", 2,
     "expected a priority 0 to 7, have the end of the line"},
    {"priority 8", "kheap 64\nt1 prio 8\n", 2, "expected a priority 0 to 7, have '8'"},
    {"priority negative", "kheap 64\nt1 prio -1\n", 2, "expected a priority 0 to 7, have '-1'"},
    {"ticks missing", "kheap 64\ntick\n", 2, "expected 0 to 255 ticks, have the end of the line"},
    {"ticks 256", "kheap 64\ntick 256\n", 2, "expected 0 to 255 ticks, have '256'"},
    {"field behind the ticks", "kheap 64\ntick 3 3\n", 2, "expected the end of the line, have '3'"},
    {"expectation of a tick", "kheap 64\ntick 3 -> ok\n", 2,
     "expected the end of the line, have '->'"},
    {"choices missing", "kheap 64\nsched\n", 2,
     "expected eight choices, each a digit 0 to 9 or a to f, have the end of the line"},
    {"seven choices", "kheap 64\nsched 0120000\n", 2,
     "expected eight choices, each a digit 0 to 9 or a to f, have '0120000'"},
    {"nine choices", "kheap 64\nsched 012000000\n", 2,
     "expected eight choices, each a digit 0 to 9 or a to f, have '012000000'"},
    {"choice in capitals", "kheap 64\nsched 0000000A\n", 2,
     "expected eight choices, each a digit 0 to 9 or a to f, have '0000000A'"},
    {"choice g", "kheap 64\nsched g0000000\n", 2,
     "expected eight choices, each a digit 0 to 9 or a to f, have 'g0000000'"},
    {"wait of how long", "kheap 64\nalloc p0 8 wait\n", 2,
     "expected 1 to 14 ticks or 'forever', have the end of the line"},
    {"wait 0", "kheap 64\nalloc p0 8 wait 0\n", 2, "expected 1 to 14 ticks or 'forever', have '0'"},
    {"wait 15", "kheap 64\nalloc p0 8 wait 15\n", 2,
     "expected 1 to 14 ticks or 'forever', have '15'"},
    {"wait for a word", "pool 64\nrealloc p0 8 wait long\n", 2,
     "expected 1 to 14 ticks or 'forever', have 'long'"},
    {"wait of a free", "kheap 64\nfree p0 wait 3\n", 2,
     "expected the end of the line, have 'wait'"},
    {"wait twice", "kheap 64\nalloc p0 8 wait 3 wait 3\n", 2,
     "expected the end of the line or '->', have 'wait'"},
    {"wait behind the expectation", "kheap 64\nalloc p0 8 -> ok wait 3\n", 2,
     "expected the end of the line, have 'wait'"},
    {"word behind an alloc", "kheap 64\nalloc p0 8 8\n", 2,
     "expected the end of the line, 'wait' or '->', have '8'"},
    {"too many slots", "kheap 64\nslots 512\n", 2,
     "expected a power of two from 1 to 256, have '512'"},
    {"too many slots in front", "slots 512\npool 64\n", 2,
     "expected a kind without threads, for there are more than 256 slots, have 'pool'"},
    {"swarm of what never is switched off", "kheap 64\nswarm -tick\n", 2,
     "expected '-' and one of alloc ... noalign, or -other, have '-tick'"},
};

static void test_error(void **state)
{
    const struct error_case *c = *state;
    static struct owned_program owned;
    struct text_error error = {0, ""};
    owned_init(&owned);
    assert_false(text_parse(&owned.program, c->text, strlen(c->text), &error));
    assert_string_equal(error.message, c->message);
    assert_int_equal(error.line, c->line);
}

static void assert_prints(const char *text, const char *canonical)
{
    static struct owned_program owned;
    char out[1000];
    must_parse(&owned, text, strlen(text));
    assert_int_equal(text_print(&owned.program, out, sizeof out), strlen(canonical));
    assert_string_equal(out, canonical);
    assert_converts(&owned.program);
}

static void test_every_word(void **state)
{
    (void)state;
    static const char text[] =
        "kheap 4096 offset 7\nslots 256\nswarm -free -other\n"
        "t1 prio 7\nprio 0\ntick 255\ntick 0\nsched 01234567\nsched 89abcdef\nsched 00000000\n"
        "alloc p0 8\nt1 alloc p255 8 wait 1\nt7 aligned p1 64 100 wait 14 -> ok\n"
        "isr calloc p2 4 25\nisr alloc p3 8 wait forever -> null\n"
        "t2 realloc p2 ~0 wait forever -> same\nt3 arealloc p4 3 4G+1 wait 2\nt4 noalign p5 8 8\n"
        "isr free p0\nt5 usable p0\nt6 stats\nt1 resetmax\nisr largest\nt7 check\n";
    assert_prints(text, text);
    assert_prints("system 100\nslots 512\nfree p511\n", "system 100\nslots 512\nfree p511\n");
    assert_prints("multi 100\nalloc p0 8\n", "multi 100\nalloc p0 8\n");
    assert_prints("slots 256\npool 100\nt0 free p1 # his\nt0 alloc p1 8 wait 003\n",
                  "pool 100\nslots 256\nfree p1\nalloc p1 8 wait 3\n");
}

/* Field by field, and byte by byte: the first choice lies in the lowest bits. */
static void test_known_records(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "pool 512\nslots 8\nt3 alloc p5 7 wait 14\nisr free p6\ntick 9\n"
                               "t2 prio 4\nsched 1200000f\nisr realloc p7 1 wait forever\n";
    static const uint8_t want[] = {
        KIND_POOL,  3 << 3, 0, 0,         0,    2, 0, 0,    /* pool 512, 8 slots */
        OP_ALLOC,   0,      5, 3 | 0xe0,  7,    0, 0, 0,    /* */
        OP_FREE,    0,      6, 15,        0,    0, 0, 0,    /* */
        OP_TICK,    0,      0, 0,         9,    0, 0, 0,    /* */
        OP_PRIO,    0,      0, 2,         4,    0, 0, 0,    /* */
        OP_SCHED,   0,      0, 0,         0x21, 0, 0, 0xf0, /* */
        OP_REALLOC, 0,      7, 15 | 0xf0, 1,    0, 0, 0,
    };
    uint8_t bytes[sizeof want];
    must_parse(&owned, text, sizeof text - 1);
    assert_int_equal(record_encode(&owned.program, bytes, sizeof bytes), sizeof want);
    assert_memory_equal(bytes, want, sizeof want);
    assert_int_equal(owned.ops[4].value, 0xf0000021);
}

/* What a kind has no room for is dropped, and what is out of range comes back into it. */
static void test_records_are_total(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const uint8_t bytes[] = {
        KIND_KHEAP, 9 << 3, 0,   0,    0,    1,    0,    0,    /* 512 slots: the default, 16 */
        OP_FREE,    255,    250, 0xfe, 255,  255,  255,  255,  /* t6 (14), slot 10, no wait */
        OP_PRIO,    255,    255, 0xff, 0x0b, 255,  255,  255,  /* t7, never an interrupt: 3 */
        OP_TICK,    255,    255, 0xff, 0x02, 0x01, 0x00, 0x00, /* 258 % 256 */
        OP_SCHED,   255,    255, 0xff, 0x10, 0x32, 0x54, 0x76, /* no thread */
        45,         1,      1,   0x48, 8,    0,    0,    0,    /* as kind 0: t0 (8), wait 4 */
        OP_PRINT,   255,    255, 0xff, 0x03, 255,  255,  255,  /* 3 % 2 */
        OP_STRESS,  255,    255, 0x02, 0x01, 0x10, 7,    200,  /* 4097 % 4096 */
    };
    char out[300];
    owned_init(&owned);
    assert_int_equal(record_decode(&owned.program, bytes, sizeof bytes), sizeof bytes);
    text_print(&owned.program, out, sizeof out);
    assert_string_equal(out, "kheap 256\nt6 free p10\nt7 prio 3\ntick 2\nsched 01234567\n"
                             "alloc p1 8 wait 4\nisr print 1\nt2 stress 1 7 200\n");
}

/* The bytes are what a target of one kind says they are. */
static void test_decode_as(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const uint8_t bytes[] = {KIND_HEAP, 0, 0, 0,    0, 1, 0, 0,
                                    OP_TICK,   0, 0, 0x21, 5, 0, 0, 0};
    owned_init(&owned);
    record_decode(&owned.program, bytes, sizeof bytes);
    assert_int_equal(owned.program.header.kind, KIND_HEAP);
    assert_int_equal(owned.ops[0].kind, OP_TICK % OP_KINDS_PLAIN);
    assert_int_equal(record_decode_as(&owned.program, KIND_POOL, false, bytes, sizeof bytes), 16);
    assert_int_equal(owned.program.header.kind, KIND_POOL);
    assert_int_equal(owned.ops[0].kind, OP_TICK);
    assert_int_equal(record_decode_as(&owned.program, KIND_POOL, false, bytes, 7), 0);
    assert_int_equal(owned.program.header.kind, KIND_POOL);
    assert_int_equal(owned.program.header.region, 1024);
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 1099511628211u;
    }
    return hash;
}

/* The numbers of words that came later are the ones that used to be folded onto the first. */
static void fold_newer_kinds(uint8_t *bytes, size_t size)
{
    for (size_t at = 8; at < size; at += 8) {
        const uint8_t code = bytes[at] & 63u;
        if (code >= OP_KINDS_THREADED && code < OP_KINDS) {
            bytes[at] = (uint8_t)((bytes[at] & 0xc0u) | code % OP_KINDS_PLAIN);
        }
    }
}

/*
 * Heaps without threads mean what they meant before there were any: the two hashes are those of
 * the vocabulary that had twelve ops and one kind, over random records and generated programs.
 */
static void test_unthreaded_is_unchanged(void **state)
{
    (void)state;
    enum { OPS = 200, BYTES = 8 * OPS };
    static struct op ops[OPS];
    static char text[OPS * 64];
    uint8_t bytes[BYTES];
    struct program program = {.capacity = OPS, .ops = ops, .name = ""};
    uint64_t decoded = 14695981039346656037u, generated = decoded;
    struct rng rng;
    rng_seed(&rng, 2024);
    for (uint32_t round = 0; round < 2000; round++) {
        size_t size = 8 + rng_below(&rng, BYTES - 8 + 1);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)rng_next(&rng);
        }
        bytes[0] = KIND_HEAP;
        fold_newer_kinds(bytes, size);
        record_decode(&program, bytes, size);
        decoded = hash_bytes(decoded, text, text_print(&program, text, sizeof text));
        struct generate_options options = {.profile = (enum profile)(round % 10),
                                           .seed = round,
                                           .ops = round % 10 == PROFILE_STEADY ? 80 : 150};
        assert_true(generate_program(&program, &options));
        generated = hash_bytes(generated, text, text_print(&program, text, sizeof text));
    }
    assert_true(decoded == 0xed05d12ba248010fu);
    assert_true(generated == 0x383cb93da0d18e53u);
}

/* 32 random bits would ask for more than there ever is: a share of the region is what is left. */
static void test_limit_makes_sizes_that_may_fit(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "kheap 512\nalloc p0 512\nalloc p0 4294967295\nalloc p0 3000000000\n"
                               "alloc p0 513\nalloc p0 ~5\nrealloc p0 600 -> ok\nsched ffffffff\n"
                               "tick 255\nalloc p0 ~65535\nalloc p0 4G+65536\n";
    must_parse(&owned, text, sizeof text - 1);
    program_limit(&owned.program, 4096, 100);
    assert_int_equal(owned.ops[0].value, 512);
    assert_int_equal(owned.ops[1].value, 4294967295u % 5);
    assert_int_equal(owned.ops[2].value, 3000000000u % 17);
    assert_int_equal(owned.ops[3].value, 0);
    assert_int_equal(owned.ops[4].value, 5);
    assert_int_equal(owned.ops[5].value, 600 % 513);
    assert_int_equal(owned.ops[5].expect, EXPECT_ANY);
    assert_true(owned.ops[6].value == 0xffffffffu);
    assert_int_equal(owned.ops[7].value, 255);
    assert_int_equal(owned.ops[8].form, SIZE_TOP);
    assert_int_equal(owned.ops[8].value, 65535);
    assert_int_equal(owned.ops[9].form, SIZE_PLAIN);
    assert_int_equal(owned.ops[9].value, 65536 % 513);
    assert_converts(&owned.program);
    must_parse(&owned, "multi 512\nalloc p0 513\n", 23);
    program_limit(&owned.program, 4096, 100);
    assert_int_equal(owned.ops[0].value, 513);
}

int main(void)
{
    enum { ERRORS = sizeof error_cases / sizeof error_cases[0] };
    static struct CMUnitTest errors[ERRORS];
    for (size_t i = 0; i < ERRORS; i++) {
        errors[i].name = error_cases[i].name;
        errors[i].test_func = test_error;
        errors[i].initial_state = (void *)(uintptr_t)&error_cases[i];
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_and_mutated),
        cmocka_unit_test(test_every_word),
        cmocka_unit_test(test_known_records),
        cmocka_unit_test(test_records_are_total),
        cmocka_unit_test(test_decode_as),
        cmocka_unit_test(test_unthreaded_is_unchanged),
        cmocka_unit_test(test_limit_makes_sizes_that_may_fit),
    };
    int failed = cmocka_run_group_tests_name("parser errors with threads", errors, NULL, NULL);
    return failed + cmocka_run_group_tests_name("programs with threads", tests, NULL, NULL);
}
