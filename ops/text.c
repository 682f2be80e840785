/* SPDX-License-Identifier: Apache-2.0 */
#include "text_scan.h"

#include <string.h>

struct parser {
    struct scanner scanner;
    bool seen_kind, seen_slots, seen_fill, seen_swarm;
    struct program *program;
};

static struct token next_word(struct parser *parser)
{
    return scan_word(&parser->scanner);
}

static bool fail(struct parser *parser, const char *expected, struct token have)
{
    return scan_fail(&parser->scanner, expected, have);
}

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

static bool parse_expectation(struct parser *parser, uint32_t fields, struct op *op)
{
    struct token word = next_word(parser);
    bool fills = (fields & OP_FILLS) != 0;
    bool resizes = (fields & OP_RESIZES) != 0;
    op->expect = EXPECT_ANY;
    if (word.length == 0) {
        return true;
    }
    if (!(fills || resizes) || !token_is(word, "->")) {
        return fail(parser,
                    fills || resizes ? "the end of the line or '->'" : "the end of the line", word);
    }
    word = next_word(parser);
    if (token_is(word, "null")) {
        op->expect = EXPECT_NULL;
    } else if (token_is(word, "ok")) {
        op->expect = EXPECT_OK;
    } else if (resizes && token_is(word, "same")) {
        op->expect = EXPECT_SAME;
    } else {
        return fail(parser, resizes ? "'null', 'ok' or 'same'" : "'null' or 'ok'", word);
    }
    word = next_word(parser);
    return word.length == 0 || fail(parser, "the end of the line", word);
}

static bool parse_op(struct parser *parser, uint8_t kind)
{
    static const struct op empty;
    uint32_t fields = op_table[kind].fields;
    struct op op = empty;
    op.kind = kind;
    op.line = parser->scanner.line_number;
    if (((fields & OP_HAS_SLOT) != 0 && !parse_slot(parser, &op)) ||
        ((fields & OP_HAS_ALIGN) != 0 && !parse_align(parser, &op)) ||
        ((fields & OP_HAS_COUNT) != 0 && !parse_count(parser, &op)) ||
        ((fields & OP_HAS_SIZE) != 0 && !parse_size(parser, &op)) ||
        !parse_expectation(parser, fields, &op)) {
        return false;
    }
    parser->program->ops[parser->program->nops++] = op;
    return true;
}

static bool end_of_line(struct parser *parser)
{
    struct token word = next_word(parser);
    return word.length == 0 || fail(parser, "the end of the line", word);
}

static bool parse_heap(struct parser *parser)
{
    struct program_header *header = &parser->program->header;
    struct token word = next_word(parser);
    if (!token_number(word, &header->region)) {
        return fail(parser, "the region's bytes, a number below 2^32", word);
    }
    word = next_word(parser);
    if (word.length == 0) {
        return true;
    }
    if (!token_is(word, "offset")) {
        return fail(parser, "'offset' or the end of the line", word);
    }
    uint32_t offset;
    word = next_word(parser);
    if (!token_number(word, &offset) || offset > 7) {
        return fail(parser, "an offset 0 to 7", word);
    }
    header->offset = (uint8_t)offset;
    return end_of_line(parser);
}

static bool parse_slots(struct parser *parser)
{
    struct token word = next_word(parser);
    uint32_t slots;
    if (token_number(word, &slots)) {
        for (uint8_t log2 = 0; log2 <= PROGRAM_SLOTS_LOG2_MAX; log2++) {
            if (slots == 1u << log2) {
                parser->program->header.slots_log2 = log2;
                return end_of_line(parser);
            }
        }
    }
    return fail(parser, "a power of two from 1 to 65536", word);
}

static bool parse_fill(struct parser *parser)
{
    struct token word = next_word(parser);
    uint32_t percent;
    if (!token_number(word, &percent) || percent < 1 || percent > 100) {
        return fail(parser, "a percentage 1 to 100", word);
    }
    parser->program->header.fill = (uint8_t)percent;
    return end_of_line(parser);
}

/* The bit that a word of the swarm line stands for; 0 for none. */
static uint8_t swarm_bit(struct token word)
{
    if (word.length < 2 || word.start[0] != '-') {
        return 0;
    }
    struct token kind = token_behind(word, 1);
    for (uint32_t k = 0; k < 7; k++) {
        if (token_is(kind, op_table[k].word)) {
            return (uint8_t)(1u << k);
        }
    }
    return token_is(kind, "other") ? 0x80 : 0;
}

static bool parse_swarm(struct parser *parser)
{
    uint8_t *off = &parser->program->header.swarm_off;
    struct token word = next_word(parser);
    do {
        uint8_t bit = swarm_bit(word);
        if (bit == 0) {
            return fail(parser, "'-' and one of alloc ... noalign, or -other", word);
        }
        if ((*off & bit) != 0) {
            return fail(parser, "each kind once", word);
        }
        *off |= bit;
        word = next_word(parser);
    } while (word.length != 0);
    return true;
}

/* One header line, if word begins one: *is_header says so. */
static bool parse_header(struct parser *parser, struct token word, bool *is_header)
{
    bool *seen = NULL;
    bool (*parse)(struct parser *) = NULL;
    if (token_is(word, kind_words[KIND_HEAP])) {
        seen = &parser->seen_kind;
        parse = parse_heap;
    } else if (token_is(word, "slots")) {
        seen = &parser->seen_slots;
        parse = parse_slots;
    } else if (token_is(word, "fill")) {
        seen = &parser->seen_fill;
        parse = parse_fill;
    } else if (token_is(word, "swarm")) {
        seen = &parser->seen_swarm;
        parse = parse_swarm;
    }
    *is_header = parse != NULL;
    if (parse == NULL) {
        return true;
    }
    if (*seen) {
        return fail(parser, "each header line once", word);
    }
    if (parser->program->nops > 0) {
        return fail(parser, "an op, for header lines come first", word);
    }
    *seen = true;
    return parse(parser);
}

static bool parse_line(struct parser *parser)
{
    struct token word = next_word(parser);
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
    for (uint8_t kind = 0; kind < OP_KINDS; kind++) {
        if (!token_is(word, op_table[kind].word)) {
            continue;
        }
        if (!parser->seen_kind) {
            return fail(parser, "a kind line ('heap BYTES') in front of the first op", word);
        }
        if (parser->program->nops == parser->program->capacity) {
            return fail(parser, "no more ops than there is room for", word);
        }
        return parse_op(parser, kind);
    }
    return fail(parser, parser->program->nops > 0 ? "an op" : "an op or a header line", word);
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
        return scan_fail_at_end(&parser.scanner, "a kind line ('heap BYTES')");
    }
    return true;
}
