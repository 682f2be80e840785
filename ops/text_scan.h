/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_TEXT_SCAN_H
#define OPS_TEXT_SCAN_H

/* Lines, words and numbers of the text form, and the messages about them. Only text*.c use it. */

#include "text.h"

/* A piece of the text; never NUL-terminated. No length: the end of the line. */
struct token {
    const char *start;
    size_t length;
};

struct scanner {
    const char *next, *end; /* what is left of the text */
    struct token line;      /* what is left of the current line */
    uint32_t line_number;
    struct text_error *error;
};

/* Takes the next line off the text, without its end and its comment. False: no line is left. */
bool scan_line(struct scanner *scanner);

/* Takes one word off the current line. */
struct token scan_word(struct scanner *scanner);

bool token_is(struct token token, const char *word);
struct token token_behind(struct token token, size_t skip);

/* Decimal digits that make a number of 32 bits, and nothing else. */
bool token_number(struct token token, uint32_t *number);

/* Eight hexadecimal digits in lower case; the first becomes the lowest four bits. */
bool token_choices(struct token token, uint32_t *choices);

/* Writes the digits, without NUL; returns how many. */
size_t number_digits(uint32_t number, char out[10]);

/* Sets the error "expected <expected>, have <have>" at the current line. Always false. */
bool scan_fail(struct scanner *scanner, const char *expected, struct token have);
/* The same at the end of the text. */
bool scan_fail_at_end(struct scanner *scanner, const char *expected);

#endif
