/* SPDX-License-Identifier: Apache-2.0 */
#include "text_scan.h"

#include <string.h>

/* A message shows this many characters of what was found: enough to recognise it. */
#define SHOWN_MAX 32u

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

/* Messages go to terminals: what cannot be printed becomes a question mark. */
static void message_add(struct text_error *error, const char *text, size_t length)
{
    size_t used = length_of(error->message);
    for (size_t i = 0; i < length && used + 1 < sizeof error->message; i++) {
        char c = text[i];
        error->message[used++] = c >= ' ' && c <= '~' ? c : '?';
    }
    error->message[used] = '\0';
}

static void message_begin(struct scanner *scanner, const char *expected)
{
    struct text_error *error = scanner->error;
    error->line = scanner->line_number;
    error->message[0] = '\0';
    message_add(error, "expected ", 9);
    message_add(error, expected, length_of(expected));
    message_add(error, ", have ", 7);
}

bool scan_fail(struct scanner *scanner, const char *expected, struct token have)
{
    struct text_error *error = scanner->error;
    bool cut = have.length > SHOWN_MAX;
    message_begin(scanner, expected);
    if (have.length == 0) {
        message_add(error, "the end of the line", 19);
        return false;
    }
    message_add(error, "'", 1);
    message_add(error, have.start, cut ? SHOWN_MAX : have.length);
    message_add(error, cut ? "...'" : "'", cut ? 4 : 1);
    return false;
}

bool scan_fail_at_end(struct scanner *scanner, const char *expected)
{
    message_begin(scanner, expected);
    message_add(scanner->error, "the end of the text", 19);
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool scan_line(struct scanner *scanner)
{
    if (scanner->next == scanner->end) {
        return false;
    }
    const char *start = scanner->next;
    const char *stop = start;
    while (stop < scanner->end && *stop != '\n') {
        stop++;
    }
    scanner->next = stop < scanner->end ? stop + 1 : stop;
    if (stop > start && stop[-1] == '\r') {
        stop--;
    }
    size_t length = 0;
    while (start + length < stop && start[length] != '#') {
        length++;
    }
    scanner->line.start = start;
    scanner->line.length = length;
    scanner->line_number++;
    return true;
}

struct token scan_word(struct scanner *scanner)
{
    struct token *line = &scanner->line;
    while (line->length > 0 && is_blank(*line->start)) {
        *line = token_behind(*line, 1);
    }
    struct token word = {line->start, 0};
    while (line->length > 0 && !is_blank(*line->start)) {
        *line = token_behind(*line, 1);
        word.length++;
    }
    return word;
}

bool token_is(struct token token, const char *word)
{
    return token.length == length_of(word) && memcmp(token.start, word, token.length) == 0;
}

struct token token_behind(struct token token, size_t skip)
{
    struct token rest = {token.start + skip, token.length - skip};
    return rest;
}

bool token_number(struct token token, uint32_t *number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < token.length; i++) {
        char c = token.start[i];
        if (c < '0' || c > '9') {
            return false;
        }
        /* sum is below 2^32 here, so that ten times it and nine more cannot wrap. */
        sum = sum * 10 + (uint64_t)(c - '0');
        if (sum > UINT32_MAX) {
            return false;
        }
    }
    *number = (uint32_t)sum;
    return token.length > 0;
}

bool token_choices(struct token token, uint32_t *choices)
{
    *choices = 0;
    for (size_t i = 0; i < token.length && i < 8; i++) {
        char c = token.start[i];
        uint32_t choice = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : (uint32_t)(c - 'a') + 10u;
        if (choice > 15) {
            return false;
        }
        *choices |= choice << 4 * i;
    }
    return token.length == 8;
}

size_t number_digits(uint32_t number, char out[10])
{
    char reversed[10];
    size_t length = 0;
    do {
        reversed[length++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    for (size_t i = 0; i < length; i++) {
        out[i] = reversed[length - 1 - i];
    }
    return length;
}
