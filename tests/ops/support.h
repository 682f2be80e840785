/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPS_SUPPORT_H
#define TESTS_OPS_SUPPORT_H

/* cmocka wants these four in front of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "generate.h"
#include "op.h"
#include "record.h"
#include "text.h"

#define OPS_MAX 4096u
enum { BYTES_MAX = (2 * OPS_MAX + 1) * 8, TEXT_MAX = OPS_MAX * 64 };

/* A program with room of its own. */
struct owned_program {
    struct op ops[OPS_MAX];
    struct program program;
};

static inline void owned_init(struct owned_program *owned)
{
    owned->program.ops = owned->ops;
    owned->program.capacity = OPS_MAX;
    owned->program.nops = 0;
    owned->program.name = "";
}

/* Parses text that is known to be good. */
static inline void must_parse(struct owned_program *owned, const char *text, size_t size)
{
    struct text_error error = {0, ""};
    owned_init(owned);
    if (!text_parse(&owned->program, text, size, &error)) {
        fail_msg("line %u: %s", (unsigned)error.line, error.message);
    }
}

static inline void must_generate_kind(struct owned_program *owned, enum program_kind kind,
                                      enum profile profile, uint64_t seed, uint32_t ops)
{
    struct generate_options options = {.kind = kind, .profile = profile, .seed = seed, .ops = ops};
    owned_init(owned);
    assert_true(generate_program(&owned->program, &options));
}

static inline void must_generate(struct owned_program *owned, enum profile profile, uint64_t seed,
                                 uint32_t ops)
{
    must_generate_kind(owned, KIND_HEAP, profile, seed, ops);
}

/* Text and back, records and back: the same program each time. */
static inline void assert_converts(const struct program *program)
{
    static struct owned_program again;
    static char text[TEXT_MAX];
    static uint8_t records[BYTES_MAX];
    size_t length = text_print(program, text, sizeof text);
    assert_true(length < sizeof text);
    must_parse(&again, text, length);
    assert_true(program_equal(program, &again.program));

    size_t size = record_encode(program, records, sizeof records);
    assert_int_equal(size, record_size(program));
    owned_init(&again);
    assert_int_equal(record_decode(&again.program, records, size), size);
    assert_true(program_equal(program, &again.program));
}

#endif
