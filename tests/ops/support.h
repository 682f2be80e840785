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

static inline void must_generate(struct owned_program *owned, enum profile profile, uint64_t seed,
                                 uint32_t ops)
{
    struct generate_options options = {.profile = profile, .seed = seed, .ops = ops};
    owned_init(owned);
    assert_true(generate_program(&owned->program, &options));
}

#endif
