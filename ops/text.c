/* SPDX-License-Identifier: Apache-2.0 */
#include "text_parser.h"

#include <string.h>

static bool parse_size(struct parser *parser, struct op *op)
{
    struct token word = next_word(parser);
    struct token digits = word;
    op->form = SIZE_PLAIN;
    if (word.length > 1 && word.start[0] == '~') {
        op->form = SIZE_TOP;
        digits = token_behind(word, 1);
    } else if (word.length > 3 && memcmp(word.start, "4G+", 3) == 0) {
        op->form = SIZE_ABOVE_4G;
        digits = token_behind(word, 3);
    }
    if (!token_number(digits, &op->value)) {
        return fail(parser, "a size N, ~N or 4G+N with N below 2^32", word);
    }
    return true;
}

static bool parse_count(struct parser *parser, struct op *op)
{
    struct token word = next_word(parser);
    if (!token_number(word, &op->count)) {
        return fail(parser, "a count below 2^32", word);
    }
    return true;
}

static bool parse_align(struct parser *parser, struct op *op)
{
    struct token word = next_word(parser);
    if (token_number(word, &op->align)) {
        uint32_t odd = op->align;
        while (odd != 0 && (odd & 1u) == 0) {
            odd >>= 1;
        }
        /* 2^31 has no record form. */
        if (odd <= 1 ? op->align <= 1u << 30 : odd == 3) {
            return true;
        }
    }
    return fail(parser, "an alignment 0, 2^k or 3*2^k with k at most 30", word);
}

static bool parse_slot(struct parser *parser, struct op *op)
{
    uint32_t slots = 1u << parser->program->header.slots_log2;
    struct token word = next_word(parser);
    uint32_t number;
    if (word.length > 1 && word.start[0] == 'p' && token_number(token_behind(word, 1), &number) &&
        number < slots) {
        op->slot = (uint16_t)number;
        return true;
    }
    char expected[32] = "a slot p0 to p";
    expected[14 + number_digits(slots - 1, expected + 14)] = '\0';
    return fail(parser, expected, word);
}

/* What stands behind the fields of an op that returns a pointer; word is its first one. */
static bool parse_expectation(struct parser *parser, bool resizes, struct token word, struct op *op)
{
    if (token_is(word, "null")) {
        op->expect = EXPECT_NULL;
    } else if (token_is(word, "ok")) {
        op->expect = EXPECT_OK;
    } else if (resizes && token_is(word, "same")) {
        op->expect = EXPECT_SAME;
    } else {
        return fail(parser, resizes ? "'null', 'ok' or 'same'" : "'null' or 'ok'", word);
    }
    return end_of_line(parser);
}

static bool parse_wait(struct parser *parser, struct op *op)
{
    struct token word = next_word(parser);
    uint32_t ticks;
    if (token_is(word, "forever")) {
        op->wait = WAIT_FOREVER;
        return true;
    }
    if (!token_number(word, &ticks) || ticks < 1 || ticks >= WAIT_FOREVER) {
        return fail(parser, "1 to 14 ticks or 'forever'", word);
    }
    op->wait = (uint8_t)ticks;
    return true;
}

/* The rest of an op's line: for how long it may wait, and what is expected of it. */
static bool parse_rest(struct parser *parser, uint32_t fields, struct op *op)
{
    bool threaded = program_threaded(&parser->program->header);
    struct token word = next_word(parser);
    if (word.length == 0) {
        return true;
    }
    if ((fields & (OP_FILLS | OP_RESIZES)) == 0) {
        return fail(parser, "the end of the line", word);
    }
    if (threaded && token_is(word, "wait")) {
        if (!parse_wait(parser, op)) {
            return false;
        }
        word = next_word(parser);
        if (word.length == 0) {
            return true;
        }
        threaded = false;
    }
    if (!token_is(word, "->")) {
        return fail(
            parser,
            threaded ? "the end of the line, 'wait' or '->'" : "the end of the line or '->'", word);
    }
    return parse_expectation(parser, (fields & OP_RESIZES) != 0, next_word(parser), op);
}

/* Digits of a number behind some text; returns the text's new length. */
static size_t append_number(char *text, size_t length, uint32_t number)
{
    return length + number_digits(number, text + length);
}

static bool fail_number(struct parser *parser, enum op_kind kind, uint32_t most, struct token word)
{
    char expected[32] = "a number 0 to ";
    if (kind == OP_PRIO || kind == OP_TICK) {
        return fail(parser, kind == OP_PRIO ? "a priority 0 to 7" : "0 to 255 ticks", word);
    }
    expected[append_number(expected, 14, most)] = '\0';
    return fail(parser, expected, word);
}

static bool parse_numbers(struct parser *parser, struct op *op)
{
    const enum op_kind kind = (enum op_kind)op->kind;
    for (uint32_t i = 0; i < OP_NUMBERS && op_number_most(kind, i) != 0; i++) {
        struct token word = next_word(parser);
        uint32_t number;
        if (!token_number(word, &number) || number > op_number_most(kind, i)) {
            return fail_number(parser, kind, op_number_most(kind, i), word);
        }
        op->value = op_number_put(op->value, i, number);
    }
    return true;
}

static bool parse_schedule(struct parser *parser, struct op *op)
{
    struct token word = next_word(parser);
    if (!token_choices(word, &op->value)) {
        return fail(parser, "eight choices, each a digit 0 to 9 or a to f", word);
    }
    return true;
}

static bool parse_op(struct parser *parser, uint8_t kind, uint8_t thread)
{
    static const struct op empty;
    uint32_t fields = op_table[kind].fields;
    struct op op = empty;
    op.kind = kind;
    op.thread = thread;
    op.line = parser->scanner.line_number;
    if (((fields & OP_HAS_SLOT) != 0 && !parse_slot(parser, &op)) ||
        ((fields & OP_HAS_ALIGN) != 0 && !parse_align(parser, &op)) ||
        ((fields & OP_HAS_COUNT) != 0 && !parse_count(parser, &op)) ||
        ((fields & OP_HAS_SIZE) != 0 && !parse_size(parser, &op)) ||
        ((fields & OP_HAS_VALUE) != 0 && !parse_numbers(parser, &op)) ||
        ((fields & OP_SCHEDULES) != 0 && !parse_schedule(parser, &op)) ||
        !parse_rest(parser, fields, &op)) {
        return false;
    }
    parser->program->ops[parser->program->nops++] = op;
    return true;
}

/* "t0" to "t7" or "isr" in front of an op. False: another word. */
static bool thread_named(struct token word, uint8_t *thread)
{
    uint32_t number;
    if (token_is(word, "isr")) {
        *thread = THREAD_ISR;
        return true;
    }
    if (word.length != 2 || word.start[0] != 't' || !token_number(token_behind(word, 1), &number) ||
        number >= PROGRAM_THREADS) {
        return false;
    }
    *thread = (uint8_t)number;
    return true;
}

/* OP_KINDS: no kind's word. */
static uint8_t op_named(struct token word)
{
    uint8_t kind = 0;
    while (kind < OP_KINDS && !token_is(word, op_table[kind].word)) {
        kind++;
    }
    return kind;
}

/* An op behind its thread; prefix has no length when the line names none. */
static bool parse_op_line(struct parser *parser, struct token prefix, uint8_t thread,
                          struct token word)
{
    uint8_t kind = op_named(word);
    if (kind == OP_KINDS) {
        bool first = prefix.length == 0 && parser->program->nops == 0;
        return fail(parser, first ? "an op or a header line" : "an op", word);
    }
    if (!parser->seen_kind) {
        return fail(parser, PARSER_KIND_LINE " in front of the first op", word);
    }
    bool threaded = program_threaded(&parser->program->header);
    if (!threaded && (prefix.length != 0 || (op_table[kind].fields & OP_THREADED) != 0)) {
        return fail(parser, "an op without threads, which only kheap and pool have",
                    prefix.length != 0 ? prefix : word);
    }
    if (prefix.length != 0 && (op_table[kind].fields & OP_UNTHREADED) != 0) {
        return fail(parser, "a thread's op, for 'tick' and 'sched' belong to none", word);
    }
    if (kind == OP_PRIO && thread == THREAD_ISR) {
        return fail(parser, "a thread t0 to t7 in front of 'prio'", prefix);
    }
    if (parser->program->nops == parser->program->capacity) {
        return fail(parser, "no more ops than there is room for", word);
    }
    return parse_op(parser, kind, thread);
}

static bool parse_line(struct parser *parser)
{
    struct token word = next_word(parser);
    struct token prefix = {word.start, 0};
    uint8_t thread = 0;
    bool is_header;
    if (word.length == 0) {
        return true;
    }
    if (!parse_header(parser, word, &is_header)) {
        return false;
    }
    if (is_header) {
        return true;
    }
    if (thread_named(word, &thread)) {
        prefix = word;
        word = next_word(parser);
    }
    return parse_op_line(parser, prefix, thread, word);
}

bool text_parse(struct program *program, const char *text, size_t size, struct text_error *error)
{
    struct parser parser = {
        .scanner = {.next = text, .end = size == 0 ? text : text + size, .error = error},
        .program = program,
    };
    program_header_default(&program->header);
    program->nops = 0;
    while (scan_line(&parser.scanner)) {
        if (!parse_line(&parser)) {
            return false;
        }
    }
    if (!parser.seen_kind) {
        return scan_fail_at_end(&parser.scanner, PARSER_KIND_LINE);
    }
    return true;
}
