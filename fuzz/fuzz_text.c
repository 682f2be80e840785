/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: the text parser takes any bytes, and what it accepts is a program that survives
 * printing and parsing, and encoding and decoding, unchanged, and that runs with every oracle
 * holding. A refusal names a line and says something.
 */
#include "target.h"

#include <stdio.h>
#include <string.h>

#include "die.h"
#include "text.h"

/* The longest line is an arealloc with an expectation, under 64 characters; the header has five
 * lines. */
#define TEXT_BYTES (64u * (FUZZ_MAX_OPS + 8u))

const enum program_kind fuzz_kind = KIND_HEAP;
const bool fuzz_misuse = false;

static struct op again_ops[FUZZ_MAX_OPS];
static char text[TEXT_BYTES], text_again[TEXT_BYTES];
static uint8_t records[FUZZ_MAX_RECORD_BYTES];

static void must(bool held, const char *what)
{
    if (!held) {
        fprintf(stderr, "FAIL fuzz_text: %s\n", what);
        die();
    }
}

static uint32_t lines_in(const uint8_t *data, size_t size)
{
    uint32_t lines = size > 0 && data[size - 1u] != '\n';

    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    return lines;
}

static void check_refusal(const struct text_error *error, const uint8_t *data, size_t size)
{
    /* An empty text has no line to name. */
    must(error->line >= 1u || size == 0, "a refused text names a line, counted from 1");
    must(error->line <= lines_in(data, size), "a refused text names a line that it has");
    must(memchr(error->message, '\0', sizeof(error->message)) != NULL, "the message ends");
    must(error->message[0] != '\0', "a refused text says what was expected");
    must(strchr(error->message, '\n') == NULL, "the message is one line");
}

static void check_text_round_trip(const struct program *program, struct program *again)
{
    struct text_error error;
    const size_t length = text_print(program, text, sizeof(text));

    must(length < sizeof(text), "printed text has the length a line can have");
    must(text_parse(again, text, length, &error), "printed text parses");
    must(program_equal(program, again), "print and parse give the same program");
    must(text_print(again, text_again, sizeof(text_again)) == length &&
             memcmp(text, text_again, length) == 0,
         "printed text is canonical");
}

static void check_record_round_trip(const struct program *program, struct program *again)
{
    const size_t size = record_size(program);

    must(size <= sizeof(records), "records have the size an op can have");
    must(record_encode(program, records, sizeof(records)) == size, "encoding gives record_size");
    must(record_decode(again, records, size) == size, "decoding takes every byte");
    must(program_equal(program, again), "encode and decode give the same program");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program *program = fuzz_program();
    struct program again = {.capacity = FUZZ_MAX_OPS, .ops = again_ops, .name = ""};
    struct text_error error;

    fuzz_setup();
    memset(&error, 0, sizeof(error));
    if (!text_parse(program, (const char *)data, size, &error)) {
        check_refusal(&error, data, size);
        return 0;
    }
    check_text_round_trip(program, &again);
    check_record_round_trip(program, &again);
    if (!program_threaded(&program->header)) {
        /* Without threads all kinds have the same ops: the one heap in here can run them. */
        program->header.kind = (uint8_t)fuzz_kind;
        fuzz_run(program, FUZZ_SMALL_REGIONS);
    }
    return 0;
}
