/* SPDX-License-Identifier: Apache-2.0 */

#include "plain.h"

#include "kheap/sys_heap.h"

#define DIGITS 21u /* 2^64 has 20, and a NUL */

static const char *number_text(uint64_t value, char out[DIGITS])
{
    char *digit = out + DIGITS - 1;

    *digit = '\0';
    do {
        *--digit = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return digit;
}

void plain_say(struct plain *plain, const char *text, uint64_t number, const char *behind)
{
    char out[DIGITS];

    plain->write(text);
    plain->write(number_text(number, out));
    plain->write(behind);
}

static bool count(struct plain *plain, const char *file, int line, bool ok)
{
    if (ok) {
        plain->passed++;
    } else {
        plain->failed++;
        plain->write(file);
        plain_say(plain, ":", (uint64_t)line, ": ");
    }
    return ok;
}

bool plain_check(struct plain *plain, const char *file, int line, const char *what, uint64_t have,
                 uint64_t want)
{
    if (!count(plain, file, line, have == want)) {
        plain->write(what);
        plain_say(plain, ": have ", have, ", ");
        plain_say(plain, "want ", want, "\n");
    }
    return have == want;
}

bool plain_note(struct plain *plain, const char *file, int line, bool ok, const char *text,
                const char *detail, uint64_t number)
{
    if (!count(plain, file, line, ok)) {
        plain->write(text);
        plain->write(": ");
        plain->write(detail);
        plain_say(plain, ", at ", number, "\n");
    }
    return ok;
}

bool plain_begins(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

static bool space_serves(const struct plain *plain, const struct program *program)
{
    return program->header.region <= plain->space->capacity &&
           (size_t)1 << program->header.slots_log2 <= plain->space->nslots;
}

void plain_program(struct plain *plain, const struct program *program)
{
    struct run_failure failure;

    if (program->header.kind != plain->subject->kind) {
        return; /* a folder has programs of all kinds */
    }
    if (!space_serves(plain, program)) {
        plain->too_large++;
        return;
    }
    const enum run_status status = run_program(program, plain->subject, plain->space,
                                               &run_options_default, NULL, NULL, &failure);
    if (status == RUN_DOES_NOT_FIT) {
        plain->too_large++;
    } else {
        (void)NOTE(plain, status == RUN_OK, program->name, failure.have_want, failure.op_index);
    }
}

void plain_walk(struct plain *plain, const struct program *program)
{
    struct program walked = *program;
    struct run_options options = run_options_default;
    const uint32_t most =
        program->header.region < PLAIN_REGION_MAX ? program->header.region : PLAIN_REGION_MAX;
    /* Rounding up the start and down the end may cost 7 bytes each. */
    const uint32_t always = (uint32_t)SYS_HEAP_REGION_SIZE_FOR(1) + 14;
    uint32_t step = 1;

    if (!space_serves(plain, program)) {
        return;
    }
    options.oracles &= ~ORACLE_BIT(ORACLE_EXPECT);
    for (uint32_t bytes = 0; bytes <= most; bytes += step) {
        struct run_failure failure = {.have_want = "did not run"};
        walked.header.region = bytes;
        const enum run_status status =
            run_program(&walked, plain->subject, plain->space, &options, NULL, NULL, &failure);
        const bool refusal = status == RUN_DOES_NOT_FIT && bytes < always;
        const bool pass = status == RUN_OK && bytes >= SYS_HEAP_REGION_SIZE_FOR(1);
        (void)NOTE(plain, refusal || pass, program->name, failure.have_want, bytes);
        step = bytes < 256 ? 1 : 61; /* every size where the layout is decided, then a sample */
    }
}

/* Programs that draw on every profile; the seed names them. */
static void generated_programs(struct plain *plain)
{
    static struct op ops[PLAIN_OPS];
    struct program program = {.capacity = PLAIN_OPS, .ops = ops};

    plain_say(plain, "seed ", plain->seed, "\n");
    for (uint32_t i = 0; i < 10 * PROFILES; i++) {
        struct generate_options options = {
            .profile = (enum profile)(i % PROFILES),
            .seed = plain->seed + i,
            .ops = i % PROFILES == PROFILE_STEADY ? PLAIN_OPS / 4 : PLAIN_OPS,
            .region = 64 + (i * 397) % (PLAIN_REGION_MAX - 64),
        };
        bool made = generate_program(&program, &options);

        /* Many small blocks in a large region want more slots than a target has. */
        while (made && !space_serves(plain, &program) && options.region > 256) {
            options.region /= 2;
            made = generate_program(&program, &options);
        }
        if (!CHECK(plain, made, true) || !CHECK(plain, space_serves(plain, &program), true)) {
            continue;
        }
        program.name = profile_words[options.profile];
        plain_program(plain, &program);
        if (i < PROFILES) {
            plain_walk(plain, &program);
        }
    }
}

void plain_errors(struct plain *plain)
{
    const struct subject *const subject = plain->subject;
    void *const state = plain->space->state;
    uint8_t *const mem = plain->space->arena;
    const size_t least = SYS_HEAP_REGION_SIZE_FOR(1);

    CHECK(plain, subject->init(state, mem, least), 0);
    CHECK(plain, subject->alloc(state, 1) != NULL, true);
    CHECK(plain, subject->alloc(state, 1) == NULL, true);
    for (size_t bytes = 0; bytes < least; bytes++) {
        CHECK(plain, subject->init(state, mem, bytes) != 0, true);
        CHECK(plain, subject->alloc(state, 1) == NULL, true);
        CHECK(plain, subject->aligned(state, 16, 1) == NULL, true);
        CHECK(plain, subject->realloc(state, NULL, 1) == NULL, true);
        CHECK(plain, subject->largest(state), 0);
        subject->free(state, NULL);
    }
    CHECK(plain, subject->init(state, NULL, 1024) != 0, true);
    CHECK(plain, subject->alloc(state, 1) == NULL, true);
    CHECK(plain, subject->init(state, mem, SIZE_MAX - 4) != 0, true);
    CHECK(plain, subject->alloc(state, 1) == NULL, true);
    CHECK(plain, subject->faults(state), 0);
}

/* Runs one part and says how much it checked: a part that checks nothing must be seen. */
static void part(struct plain *plain, const char *name, void (*run)(struct plain *plain))
{
    const uint32_t before = plain->passed + plain->failed;

    run(plain);
    plain->write(name);
    plain_say(plain, ": ", plain->passed + plain->failed - before, " checks\n");
}

void plain_all(struct plain *plain)
{
    part(plain, "errors", plain_errors);
    part(plain, "misuse", plain_misuse);
    part(plain, "damage", plain_damage);
    part(plain, "sweep", plain_sweep);
    if (plain->generated) {
        part(plain, "generated programs", generated_programs);
    }
}

int plain_end(struct plain *plain)
{
    if (plain->too_large > 0) {
        plain_say(plain, "", plain->too_large, " programs do not fit\n");
    }
    plain_say(plain, "", plain->passed, " passed, ");
    plain_say(plain, "", plain->failed, " failed\n");
    return plain->failed == 0 && plain->passed > 0 ? 0 : 1;
}
