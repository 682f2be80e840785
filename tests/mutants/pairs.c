/* SPDX-License-Identifier: Apache-2.0 */
#include "pairs.h"

#include <stdlib.h>
#include <string.h>

unsigned kheap_mutant;

static void *checked(void *memory)
{
    if (memory == NULL) {
        host_bad_input("mutants_replay", 0, "expected memory, have none left");
    }
    return memory;
}

static void add(struct pairs *pairs, const struct program *program, const struct subject *subject)
{
    pairs->first = checked(realloc(pairs->first, (pairs->count + 1) * sizeof(pairs->first[0])));
    pairs->first[pairs->count++] = (struct pair){.program = program, .subject = subject};
    if (!program_threaded(&program->header)) {
        host_space_for(&pairs->space, program, subject);
    }
}

void pairs_load(struct pairs *pairs, const struct configuration *configuration, char *const *paths,
                size_t npaths)
{
    char **files;

    *pairs = (struct pairs){0};
    host_expand_paths(paths, npaths, &files, &pairs->nlists);
    pairs->lists = checked(calloc(pairs->nlists + 1, sizeof(pairs->lists[0])));
    host_space_open(&pairs->space, 65536, 256, 4096);
    for (size_t i = 0; i < pairs->nlists; i++) {
        host_load_programs(files[i], &pairs->lists[i]);
        for (size_t k = 0; k < pairs->lists[i].count; k++) {
            const struct program *program = &pairs->lists[i].programs[k];

            for (const struct subject *const *s = configuration->subjects; *s != NULL; s++) {
                if ((*s)->kind == program->header.kind) {
                    add(pairs, program, *s);
                }
            }
        }
    }
    /* The programs keep their names in it, so the list of files stays. */
}

/* Threads: what each op came to, and how many steps it took. */
static uint32_t threads_digest(const struct sim_counts *counts)
{
    const struct sim_view *view = sim_last_view();
    uint64_t sum = counts->steps * 31 + counts->waits * 37 + counts->timeouts * 41 +
                   counts->grants * 43 + (uint64_t)view->now;

    for (size_t i = 0; i < SIM_ACTORS; i++) {
        sum = (sum ^ view->actors[i].results) * 0x9e3779b97f4a7c15u;
    }
    return (uint32_t)(sum >> 32);
}

static enum run_status threads_run(const struct program *program, const struct subject *subject,
                                   uint32_t *digest, struct run_failure *failure)
{
    /* Expectations are written for blocks without a descriptor. */
    const bool described = subject->pool != NULL && strstr(subject->name, "malloc") != NULL;
    const struct sim_options options = {
        .oracles = described ? ORACLES_ALL & ~ORACLE_BIT(ORACLE_EXPECT) : ORACLES_ALL};
    struct sim_counts counts = {0};
    const enum sim_end end = sim_run(program, subject, &options, &counts, failure);

    /* What does not fit was not run, and leaves no view. */
    if (end == SIM_NOT_FIT) {
        return RUN_DOES_NOT_FIT;
    }
    *digest = threads_digest(&counts);
    return end == SIM_FAILED ? RUN_FAILED : RUN_OK;
}

static uint32_t reports_of(const struct run_counts *counts)
{
    uint64_t sum = counts->ops * 31 + counts->skipped;

    for (size_t i = 0; i < sizeof counts->reported / sizeof counts->reported[0]; i++) {
        sum = (sum ^ counts->reported[i]) * 0x9e3779b97f4a7c15u;
    }
    return (uint32_t)(sum >> 32);
}

bool traits_equal(struct traits a, struct traits b)
{
    return a.digest == b.digest && a.reports == b.reports;
}

enum run_status pair_run(struct pairs *pairs, const struct program *program,
                         const struct subject *subject, struct traits *traits,
                         struct run_failure *failure)
{
    struct run_counts counts = {0};
    enum run_status status;

    *traits = (struct traits){0};
    if (program_threaded(&program->header)) {
        status = threads_run(program, subject, &traits->digest, failure);
    } else {
        status = run_program(program, subject, &pairs->space, &run_options_default, &counts,
                             &traits->digest, failure);
        traits->reports = reports_of(&counts);
    }
    /* That a region does not fit is a result like any other. */
    if (status == RUN_DOES_NOT_FIT) {
        traits->digest = 1;
    }
    return status;
}
