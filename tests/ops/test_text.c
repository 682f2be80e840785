/* SPDX-License-Identifier: Apache-2.0 */
/* The text form: every error by line and message, what is accepted, and how it is printed. */
#include "support.h"

#include <string.h>

struct error_case {
    const char *name, *text;
    uint32_t line;
    const char *message;
};

static const struct error_case error_cases[] = {
    {"empty text", "", 0, "expected a kind line ('heap BYTES'), have the end of the text"},
    {"comments only", "# nothing\n\n", 2,
     "expected a kind line ('heap BYTES'), have the end of the text"},
    {"no kind line", "slots 4\nfill 10\n", 2,
     "expected a kind line ('heap BYTES'), have the end of the text"},
    {"op before the kind line", "slots 4\nalloc p0 8\n", 2,
     "expected a kind line ('heap BYTES') in front of the first op, have 'alloc'"},
    {"unknown first word", "hoop 1024\n", 1, "expected an op or a header line, have 'hoop'"},
    {"unknown word behind ops", "heap 64\ncheck\nmalloc p0 8\n", 3,
     "expected an op, have 'malloc'"},
    {"word in capitals", "heap 64\nALLOC p0 8\n", 2,
     "expected an op or a header line, have 'ALLOC'"},
    {"kind line twice", "heap 64\nheap 64\n", 2, "expected each header line once, have 'heap'"},
    {"print of more than chunks", "heap 64\nprint 2\n", 2, "expected a number 0 to 1, have '2'"},
    {"stress without percent", "heap 64\nstress 10 4\n", 2,
     "expected a number 0 to 255, have the end of the line"},
    {"stress of too many rounds", "heap 64\nstress 4096 4 50\n", 2,
     "expected a number 0 to 4095, have '4096'"},
    {"registry of nothing", "heap 64\nregistry\n", 2,
     "expected a number 0 to 4, have the end of the line"},
    {"api of too much", "heap 64\napi 256\n", 2, "expected a number 0 to 255, have '256'"},
    {"flip of bit 32", "heap 64\nflip 3 32\n", 2, "expected a number 0 to 31, have '32'"},
    {"overflow of 5 bytes", "heap 64\noverflow p0 5 0\n", 2, "expected a number 0 to 4, have '5'"},
    {"field behind double", "heap 64\ndouble p0 3\n", 2, "expected the end of the line, have '3'"},
    {"expectation of misuse", "heap 64\nbadrealloc p0 8 -> null\n", 2,
     "expected the end of the line, have '->'"},
    {"slots twice", "heap 64\nslots 4\nslots 4\n", 3,
     "expected each header line once, have 'slots'"},
    {"fill twice", "heap 64\nfill 4\nfill 4\n", 3, "expected each header line once, have 'fill'"},
    {"swarm twice", "heap 64\nswarm -free\nswarm -alloc\n", 3,
     "expected each header line once, have 'swarm'"},
    {"header behind an op", "heap 64\ncheck\nslots 4\n", 3,
     "expected an op, for header lines come first, have 'slots'"},
    {"region missing", "heap\n", 1,
     "expected the region's bytes, a number below 2^32, have the end of the line"},
    {"region not a number", "heap 1k\n", 1,
     "expected the region's bytes, a number below 2^32, have '1k'"},
    {"region above 32 bits", "heap 4294967296\n", 1,
     "expected the region's bytes, a number below 2^32, have '4294967296'"},
    {"region far above 64 bits", "heap 99999999999999999999999999999999999999\n", 1,
     "expected the region's bytes, a number below 2^32, have "
     "'99999999999999999999999999999999...'"},
    {"region negative", "heap -1\n", 1,
     "expected the region's bytes, a number below 2^32, have '-1'"},
    {"word behind the region", "heap 64 at 4\n", 1,
     "expected 'offset' or the end of the line, have 'at'"},
    {"offset missing", "heap 64 offset\n", 1,
     "expected an offset 0 to 7, have the end of the line"},
    {"offset too large", "heap 64 offset 8\n", 1, "expected an offset 0 to 7, have '8'"},
    {"offset not a number", "heap 64 offset x\n", 1, "expected an offset 0 to 7, have 'x'"},
    {"field behind the offset", "heap 64 offset 4 4\n", 1,
     "expected the end of the line, have '4'"},
    {"slots missing", "heap 64\nslots\n", 2,
     "expected a power of two from 1 to 65536, have the end of the line"},
    {"slots 0", "heap 64\nslots 0\n", 2, "expected a power of two from 1 to 65536, have '0'"},
    {"slots no power of two", "heap 64\nslots 24\n", 2,
     "expected a power of two from 1 to 65536, have '24'"},
    {"slots too many", "heap 64\nslots 131072\n", 2,
     "expected a power of two from 1 to 65536, have '131072'"},
    {"field behind slots", "heap 64\nslots 4 4\n", 2, "expected the end of the line, have '4'"},
    {"fill missing", "heap 64\nfill\n", 2,
     "expected a percentage 1 to 100, have the end of the line"},
    {"fill 0", "heap 64\nfill 0\n", 2, "expected a percentage 1 to 100, have '0'"},
    {"fill above 100", "heap 64\nfill 101\n", 2, "expected a percentage 1 to 100, have '101'"},
    {"fill with a sign", "heap 64\nfill 60%\n", 2, "expected a percentage 1 to 100, have '60%'"},
    {"field behind fill", "heap 64\nfill 60 %\n", 2, "expected the end of the line, have '%'"},
    {"swarm of nothing", "heap 64\nswarm\n", 2,
     "expected '-' and one of alloc ... noalign, or -other, have the end of the line"},
    {"swarm without minus", "heap 64\nswarm free\n", 2,
     "expected '-' and one of alloc ... noalign, or -other, have 'free'"},
    {"swarm of a kind that has no bit", "heap 64\nswarm -free -check\n", 2,
     "expected '-' and one of alloc ... noalign, or -other, have '-check'"},
    {"swarm kind twice", "heap 64\nswarm -free -free\n", 2,
     "expected each kind once, have '-free'"},
    {"slot missing", "heap 64\nfree\n", 2, "expected a slot p0 to p15, have the end of the line"},
    {"slot without p", "heap 64\nfree 3\n", 2, "expected a slot p0 to p15, have '3'"},
    {"slot without number", "heap 64\nfree p\n", 2, "expected a slot p0 to p15, have 'p'"},
    {"slot with letters", "heap 64\nfree px\n", 2, "expected a slot p0 to p15, have 'px'"},
    {"slot out of range", "heap 64\nfree p16\n", 2, "expected a slot p0 to p15, have 'p16'"},
    {"slot out of 65536", "heap 64\nslots 65536\nfree p65536\n", 3,
     "expected a slot p0 to p65535, have 'p65536'"},
    {"slot of one out of range", "heap 64\nslots 1\nfree p1\n", 3,
     "expected a slot p0 to p0, have 'p1'"},
    {"size missing", "heap 64\nalloc p0\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have the end of the line"},
    {"size not a number", "heap 64\nalloc p0 ten\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have 'ten'"},
    {"size hexadecimal", "heap 64\nalloc p0 0x10\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have '0x10'"},
    {"size above 32 bits", "heap 64\nalloc p0 4294967296\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have '4294967296'"},
    {"size of a lone tilde", "heap 64\nalloc p0 ~\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have '~'"},
    {"size 4G alone", "heap 64\nalloc p0 4G\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have '4G'"},
    {"size 4G+ alone", "heap 64\nalloc p0 4G+\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have '4G+'"},
    {"size below the top too far", "heap 64\nalloc p0 ~4294967296\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have '~4294967296'"},
    {"size above 4G too far", "heap 64\nalloc p0 4G+4294967296\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have '4G+4294967296'"},
    {"count missing", "heap 64\ncalloc p0\n", 2,
     "expected a count below 2^32, have the end of the line"},
    {"count with a form", "heap 64\ncalloc p0 ~1 8\n", 2, "expected a count below 2^32, have '~1'"},
    {"size behind the count missing", "heap 64\ncalloc p0 4\n", 2,
     "expected a size N, ~N or 4G+N with N below 2^32, have the end of the line"},
    {"alignment missing", "heap 64\naligned p0\n", 2,
     "expected an alignment 0, 2^k or 3*2^k with k at most 30, have the end of the line"},
    {"alignment without a record form", "heap 64\naligned p0 20 8\n", 2,
     "expected an alignment 0, 2^k or 3*2^k with k at most 30, have '20'"},
    {"alignment 2^31", "heap 64\narealloc p0 2147483648 8\n", 2,
     "expected an alignment 0, 2^k or 3*2^k with k at most 30, have '2147483648'"},
    {"alignment with a form", "heap 64\nnoalign p0 ~7 8\n", 2,
     "expected an alignment 0, 2^k or 3*2^k with k at most 30, have '~7'"},
    {"surplus field behind an alloc", "heap 64\nalloc p0 8 8\n", 2,
     "expected the end of the line or '->', have '8'"},
    {"surplus field behind a free", "heap 64\nfree p0 p1\n", 2,
     "expected the end of the line, have 'p1'"},
    {"surplus field behind a check", "heap 64\ncheck all\n", 2,
     "expected the end of the line, have 'all'"},
    {"expectation of a free", "heap 64\nfree p0 -> ok\n", 2,
     "expected the end of the line, have '->'"},
    {"expectation missing", "heap 64\nalloc p0 8 ->\n", 2,
     "expected 'null' or 'ok', have the end of the line"},
    {"expectation unknown", "heap 64\nalloc p0 8 -> NULL\n", 2,
     "expected 'null' or 'ok', have 'NULL'"},
    {"same behind an alloc", "heap 64\nalloc p0 8 -> same\n", 2,
     "expected 'null' or 'ok', have 'same'"},
    {"expectation of a realloc unknown", "heap 64\nrealloc p0 8 -> moved\n", 2,
     "expected 'null', 'ok' or 'same', have 'moved'"},
    {"expectation without blank", "heap 64\nalloc p0 8 ->ok\n", 2,
     "expected the end of the line or '->', have '->ok'"},
    {"surplus field behind an expectation", "heap 64\nalloc p0 8 -> ok ok\n", 2,
     "expected the end of the line, have 'ok'"},
    {"bytes that are no text", "heap 64\n\x01\xff\n", 2,
     "expected an op or a header line, have '?\?'"},
    {"carriage return in a line", "heap 64\nalloc p0\r8\n", 2,
     "expected a slot p0 to p15, have 'p0?8'"},
    {"error on the last line without its end", "heap 64\n\n# x\nfree", 4,
     "expected a slot p0 to p15, have the end of the line"},
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

static void test_one_op_more_than_room(void **state)
{
    (void)state;
    struct op ops[2];
    struct program program = {.capacity = 2, .ops = ops, .name = ""};
    struct text_error error = {0, ""};
    const char full[] = "heap 64\ncheck\ncheck\n";
    const char over[] = "heap 64\ncheck\ncheck\nlargest\n";
    assert_true(text_parse(&program, full, sizeof full - 1, &error));
    assert_false(text_parse(&program, over, sizeof over - 1, &error));
    assert_int_equal(error.line, 4);
    assert_string_equal(error.message,
                        "expected no more ops than there is room for, have 'largest'");
}

static void test_nul_byte(void **state)
{
    (void)state;
    static struct owned_program owned;
    struct text_error error = {0, ""};
    owned_init(&owned);
    assert_false(text_parse(&owned.program, "heap 64\nfree p0\0\n", 17, &error));
    assert_string_equal(error.message, "expected a slot p0 to p15, have 'p0?'");
}

static void assert_prints(const char *text, const char *canonical)
{
    static struct owned_program owned;
    char out[1000];
    must_parse(&owned, text, strlen(text));
    assert_int_equal(text_print(&owned.program, out, sizeof out), strlen(canonical));
    assert_string_equal(out, canonical);
}

static void test_accepts_and_prints(void **state)
{
    (void)state;
    assert_prints("heap 1024 offset 0\n", "heap 1024\n");
    assert_prints("  heap\t1024\toffset 4 # here\r\n\r\nslots 16\r\n", "heap 1024 offset 4\n");
    assert_prints("swarm -other -free\nfill 60\nslots 1\nheap 64",
                  "heap 64\nslots 1\nfill 60\nswarm -free -other\n");
    assert_prints("heap 0\nalloc p0 0008# a comment may touch a word", "heap 0\nalloc p0 8\n");
}

static void test_every_op(void **state)
{
    (void)state;
    static const char text[] =
        "heap 4096 offset 7\nslots 32\nfill 100\n"
        "swarm -alloc -free -realloc -aligned -arealloc -calloc -noalign -other\n"
        "alloc p0 522\nfree p31\nrealloc p0 ~15 -> same\naligned p1 64 100 -> ok\n"
        "arealloc p1 3221225472 4G+0 -> null\ncalloc p2 4294967295 4294967295\n"
        "noalign p3 0 1\nusable p3\nstats\nresetmax\nlargest\ncheck\n";
    assert_prints(text, text);
}

static void test_fields_arrive(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "# one\nheap 2048 offset 3\n\ncalloc p7 4 ~25 -> null\n";
    must_parse(&owned, text, sizeof text - 1);
    const struct op *op = &owned.ops[0];
    assert_int_equal(owned.program.header.region, 2048);
    assert_int_equal(owned.program.header.offset, 3);
    assert_int_equal(owned.program.nops, 1);
    assert_int_equal(op->kind, OP_CALLOC);
    assert_int_equal(op->slot, 7);
    assert_int_equal(op->count, 4);
    assert_int_equal(op->form, SIZE_TOP);
    assert_int_equal(op->value, 25);
    assert_int_equal(op->expect, EXPECT_NULL);
    assert_int_equal(op->line, 4);
}

/* As snprintf: the length needed is always told, and what is there is cut and terminated. */
static void test_prints_into_too_little(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "heap 64\nalloc p0 8\n";
    must_parse(&owned, text, sizeof text - 1);
    for (size_t size = 0; size <= sizeof text + 1; size++) {
        char out[sizeof text + 2];
        memset(out, '!', sizeof out);
        assert_int_equal(text_print(&owned.program, out, size), sizeof text - 1);
        size_t length = size < sizeof text ? size : sizeof text;
        if (size > 0) {
            assert_memory_equal(out, text, length - 1);
            assert_int_equal(out[length - 1], '\0');
        }
        for (size_t i = length; i < sizeof out; i++) {
            assert_int_equal(out[i], '!');
        }
    }
}

static void test_prints_one_op(void **state)
{
    (void)state;
    struct op op = {.kind = OP_REALLOC, .slot = 9, .value = 1, .form = SIZE_ABOVE_4G};
    char out[40];
    assert_int_equal(text_print_op(&op, out, sizeof out), 15);
    assert_string_equal(out, "realloc p9 4G+1");
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
        cmocka_unit_test(test_one_op_more_than_room), cmocka_unit_test(test_nul_byte),
        cmocka_unit_test(test_accepts_and_prints),    cmocka_unit_test(test_every_op),
        cmocka_unit_test(test_fields_arrive),         cmocka_unit_test(test_prints_into_too_little),
        cmocka_unit_test(test_prints_one_op),
    };
    int failed = cmocka_run_group_tests_name("parser errors", errors, NULL, NULL);
    return failed + cmocka_run_group_tests_name("text form", tests, NULL, NULL);
}
