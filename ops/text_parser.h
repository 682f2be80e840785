/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_TEXT_PARSER_H
#define OPS_TEXT_PARSER_H

/* What text.c (lines and ops) and text_header.c (header lines) share. */

#include "text_scan.h"

struct parser {
    struct scanner scanner;
    bool seen_kind, seen_slots, seen_fill, seen_swarm;
    struct program *program;
};

#define PARSER_KIND_LINE "a kind line ('heap BYTES')"

static inline struct token next_word(struct parser *parser)
{
    return scan_word(&parser->scanner);
}

/* Always false. */
static inline bool fail(struct parser *parser, const char *expected, struct token have)
{
    return scan_fail(&parser->scanner, expected, have);
}

static inline bool end_of_line(struct parser *parser)
{
    struct token word = next_word(parser);
    return word.length == 0 || fail(parser, "the end of the line", word);
}

/* One header line, if word begins one: *is_header says so. */
bool parse_header(struct parser *parser, struct token word, bool *is_header);

#endif
