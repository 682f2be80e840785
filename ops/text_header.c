/* SPDX-License-Identifier: Apache-2.0 */
#include "text_parser.h"

static bool parse_region(struct parser *parser)
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
    struct program_header *header = &parser->program->header;
    uint8_t most = program_slots_log2_max(header);
    struct token word = next_word(parser);
    uint32_t slots;
    if (token_number(word, &slots)) {
        for (uint8_t log2 = 0; log2 <= most; log2++) {
            if (slots == 1u << log2) {
                header->slots_log2 = log2;
                return end_of_line(parser);
            }
        }
    }
    return fail(parser,
                most == PROGRAM_SLOTS_LOG2_MAX ? "a power of two from 1 to 65536"
                                               : "a power of two from 1 to 256",
                word);
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

/* PROGRAM_KINDS: no kind's word. */
static uint8_t kind_named(struct token word)
{
    uint8_t kind = 0;
    while (kind < PROGRAM_KINDS && !token_is(word, kind_words[kind])) {
        kind++;
    }
    return kind;
}

bool parse_header(struct parser *parser, struct token word, bool *is_header)
{
    bool *seen = NULL;
    bool (*parse)(struct parser *) = NULL;
    uint8_t kind = kind_named(word);
    if (kind < PROGRAM_KINDS) {
        seen = &parser->seen_kind;
        parse = parse_region;
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
    if (kind < PROGRAM_KINDS) {
        struct program_header *header = &parser->program->header;
        header->kind = kind;
        if (header->slots_log2 > program_slots_log2_max(header)) {
            return fail(parser, "a kind without threads, for there are more than 256 slots", word);
        }
    }
    return parse(parser);
}
