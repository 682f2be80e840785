/* SPDX-License-Identifier: Apache-2.0 */

/* Random programs for one mutant: half of them generated, half edited from the corpus. */

#include "replay.h"

#include "mutate.h"

#define MAX_OPS         256u
#define REGION          4096u
#define REGION_THREADS  512u
#define PROGRAM_SECONDS 2u

static struct op ops[MAX_OPS];

static void generate(struct program *program, const struct subject *subject, struct rng *rng)
{
    const bool threaded =
        program_threaded(&(struct program_header){.kind = (uint8_t)subject->kind});
    const uint32_t profiles = threaded ? (uint32_t)PROFILES_ALL : (uint32_t)PROFILES;
    const struct generate_options options = {
        .kind = (enum program_kind)subject->kind,
        .profile = (enum profile)rng_below(rng, profiles),
        .seed = rng_next(rng),
        .ops = 4 + rng_below(rng, MAX_OPS / 2),
    };

    (void)generate_program(program, &options);
}

/* False: no program of the corpus is of the subject's kind. */
static bool edit(struct program *program, const struct pairs *pairs, const struct subject *subject,
                 struct rng *rng)
{
    for (size_t tries = 0; tries < 64; tries++) {
        const struct pair *pair = &pairs->first[rng_below(rng, (uint32_t)pairs->count)];

        if (pair->subject == subject && pair->program->nops <= MAX_OPS) {
            program->header = pair->program->header;
            program->nops = pair->program->nops;
            for (size_t i = 0; i < program->nops; i++) {
                program->ops[i] = pair->program->ops[i];
            }
            mutate_program(program, MAX_OPS, true, NULL, rng);
            return true;
        }
    }
    return false;
}

static uint32_t subjects_of(const struct configuration *configuration)
{
    uint32_t count = 0;

    while (configuration->subjects[count] != NULL) {
        count++;
    }
    return count;
}

void fuzz_all(struct pairs *pairs, const struct configuration *configuration,
              struct outcome *outcome, double seconds, uint64_t seed)
{
    const uint64_t end = replay_micros() + (uint64_t)(seconds * 1e6);
    const uint32_t subjects = subjects_of(configuration);
    struct rng rng;

    rng_seed(&rng, seed);
    outcome->at = "random";
    while (replay_micros() < end) {
        const struct subject *subject = configuration->subjects[rng_below(&rng, subjects)];
        struct program program = {.capacity = MAX_OPS, .ops = ops, .name = "random"};
        struct run_failure failure;
        uint32_t digest;

        if (rng_below(&rng, 2) == 0 || pairs->count == 0 || !edit(&program, pairs, subject, &rng)) {
            generate(&program, subject, &rng);
        }
        program_limit(&program, program_threaded(&program.header) ? REGION_THREADS : REGION,
                      MAX_OPS);
        if (program.header.slots_log2 > 8) {
            program.header.slots_log2 = 8;
        }
        replay_limit(PROGRAM_SECONDS * 1000000u);
        if (pair_run(pairs, &program, subject, &digest, &failure) == RUN_FAILED) {
            outcome->fate = BY_ORACLE;
            outcome->oracle = failure.oracle;
            return;
        }
        outcome->programs++;
    }
}
