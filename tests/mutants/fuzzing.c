/* SPDX-License-Identifier: Apache-2.0 */

/* Random programs for one mutant: half of them generated, half edited from the corpus. */

#include "replay.h"

#include <stdio.h>
#include <stdlib.h>

#include "mutate.h"
#include "record.h"
#include "text.h"

#define REGION          4096u
#define REGION_THREADS  512u
#define SLOTS_LOG2      8u
#define PROGRAM_SECONDS 2u
#define PER_OP          128u /* characters of its line, at most */

static void generate(struct program *program, const struct subject *subject, struct rng *rng)
{
    const bool threaded =
        program_threaded(&(struct program_header){.kind = (uint8_t)subject->kind});
    const uint32_t profiles = threaded ? (uint32_t)PROFILES_ALL : (uint32_t)PROFILES;
    const struct generate_options options = {
        .kind = (enum program_kind)subject->kind,
        .profile = (enum profile)rng_below(rng, profiles),
        .seed = rng_next(rng),
        .ops = 4 + rng_below(rng, DRAWN_OPS / 2),
    };

    (void)generate_program(program, &options);
}

/* False: no program of the corpus is of the subject's kind. */
static bool edit(struct program *program, const struct pairs *pairs, const struct subject *subject,
                 struct rng *rng)
{
    for (size_t tries = 0; tries < 64; tries++) {
        const struct pair *pair = &pairs->first[rng_below(rng, (uint32_t)pairs->count)];

        if (pair->subject == subject && pair->program->nops <= DRAWN_OPS) {
            program->header = pair->program->header;
            program->nops = pair->program->nops;
            for (size_t i = 0; i < program->nops; i++) {
                program->ops[i] = pair->program->ops[i];
            }
            mutate_program(program, DRAWN_OPS, true, NULL, rng);
            return true;
        }
    }
    return false;
}

/* As a fuzzer's bytes are read: no slot beyond the program's, no field that its kind has not. */
static void normalise(struct program *program)
{
    static uint8_t bytes[RECORD_BYTES * (2 * DRAWN_OPS + 1)];
    const size_t size = record_encode(program, bytes, sizeof bytes);

    (void)record_decode_as(program, (enum program_kind)program->header.kind, true, bytes, size);
}

static void draw(struct program *program, const struct pairs *pairs, const struct subject *subject,
                 struct rng *rng)
{
    if (rng_below(rng, 2) == 0 || pairs->count == 0 || !edit(program, pairs, subject, rng)) {
        generate(program, subject, rng);
    }
    program_limit(program, program_threaded(&program->header) ? REGION_THREADS : REGION, DRAWN_OPS);
    if (program->header.slots_log2 > SLOTS_LOG2) {
        program->header.slots_log2 = SLOTS_LOG2;
    }
    normalise(program);
}

static uint32_t subjects_of(const struct configuration *configuration)
{
    uint32_t count = 0;

    while (configuration->subjects[count] != NULL) {
        count++;
    }
    return count;
}

/* The library as it stands, then the mutant: a failure of its own, or another digest. */
static enum run_status run_both(struct pairs *pairs, const struct program *program,
                                const struct subject *subject, bool *differs,
                                struct run_failure *failure)
{
    const unsigned number = kheap_mutant;
    struct traits clean, changed;

    *differs = false;
    kheap_mutant = 0;
    const enum run_status sound = pair_run(pairs, program, subject, &clean, failure);

    kheap_mutant = number;
    if (sound == RUN_FAILED) {
        return RUN_OK; /* a fault of the library or of an oracle: the mutant is not to blame */
    }
    const enum run_status status = pair_run(pairs, program, subject, &changed, failure);

    *differs = !traits_equal(changed, clean);
    return status;
}

void fuzz_all(struct pairs *pairs, const struct configuration *configuration,
              struct outcome *outcome, double seconds, uint64_t seed)
{
    static struct op other[DRAWN_OPS];
    const uint64_t end = replay_micros() + (uint64_t)(seconds * 1e6);
    const uint32_t subjects = subjects_of(configuration);
    struct rng rng;

    rng_seed(&rng, seed);
    outcome->at = outcome->differs = "random";
    while (replay_micros() < end) {
        const struct subject *subject = configuration->subjects[rng_below(&rng, subjects)];
        struct program program = {.capacity = DRAWN_OPS,
                                  .ops = outcome->fate == BY_DIGEST ? other : outcome->ops,
                                  .name = "random"};
        struct run_failure failure;
        bool differs;

        draw(&program, pairs, subject, &rng);
        if (outcome->fate != BY_DIGEST) {
            outcome->subject = subject;
            outcome->header = program.header;
            outcome->nops = program.nops;
        }
        replay_limit(PROGRAM_SECONDS * 1000000u);
        if (run_both(pairs, &program, subject, &differs, &failure) == RUN_FAILED) {
            outcome->fate = BY_ORACLE;
            outcome->oracle = failure.oracle;
            outcome->subject = subject;
            outcome->header = program.header;
            outcome->nops = program.nops;
            for (size_t i = 0; i < program.nops; i++) {
                outcome->ops[i] = program.ops[i];
            }
            return;
        }
        outcome->programs++;
        if (differs) {
            outcome->fate = BY_DIGEST;
        }
    }
}

static struct pairs *shrinking;

/* To shrink, another digest is a failure like any other. */
static enum run_status shrink_step(const struct program *program, const struct subject *subject,
                                   struct space *space, const struct run_options *options,
                                   struct run_failure *failure)
{
    bool differs;

    (void)space;
    (void)options;
    if (run_both(shrinking, program, subject, &differs, failure) == RUN_FAILED) {
        return RUN_FAILED;
    }
    *failure = (struct run_failure){.oracle = ORACLE_DETERMINISM};
    return differs ? RUN_FAILED : RUN_OK;
}

void fuzz_keep(struct pairs *pairs, const struct outcome *outcome, const char *path)
{
    static struct op ops[DRAWN_OPS];
    static char text[PER_OP * (DRAWN_OPS + 8)];
    struct program program = {.header = outcome->header,
                              .nops = outcome->nops,
                              .capacity = DRAWN_OPS,
                              .ops = ops,
                              .name = "random"};
    struct shrink_outcome end;

    for (size_t i = 0; i < program.nops; i++) {
        ops[i] = outcome->ops[i];
    }
    shrinking = pairs;
    shrink_run = shrink_step;
    shrink_seconds = PROGRAM_SECONDS;
    if (shrink_program(&program, outcome->subject, &pairs->space, &run_options_default, NULL, NULL,
                       &end)) {
        host_write_file(path, text, text_print(&program, text, sizeof text));
    }
}
