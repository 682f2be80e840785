/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A library with one planted fault: the oracle that is for it must report first.
 *
 *     sim_control_<fault> PROGRAM.ops SUBJECT ORACLE FAILING.ops
 *
 * Draws schedules until one fails; writes the program with that schedule to FAILING.ops; reads it
 * back, and runs it with nobody to choose: the same failure, of the same op. ORACLE "none": every
 * schedule that is drawn must pass, and FAILING.ops is not written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "host.h"
#include "sim.h"
#include "text.h"

#define SCHEDULES 400u
#define TEXT_ROOM 20000u

static uint32_t draw(void *context, const struct sim_view *view, const struct sim_enabled *enabled,
                     uint32_t n)
{
    (void)view;
    (void)enabled;
    return rng_below(context, n);
}

static const struct subject *subject_named(const char *name)
{
    const struct subject *const subjects[] = {&sim_kheap, &sim_pool, &sim_poolmalloc};

    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        if (strcmp(subjects[i]->name, name) == 0) {
            return subjects[i];
        }
    }
    host_bad_input("sim_control", 0, "expected a subject of the simulation, have \"%s\"", name);
}

/* The first schedule that fails; 0: none does. */
static uint32_t find(const struct program *program, const struct subject *subject,
                     struct run_failure *failure)
{
    for (uint32_t seed = 1; seed <= SCHEDULES; seed++) {
        struct rng rng;
        struct sim_scheduler scheduler = {draw, &rng};
        const struct sim_options options = {
            .oracles = ORACLES_ALL, .scheduler = &scheduler, .free_ticks = 2, .record = true};
        rng_seed(&rng, seed);
        if (sim_run(program, subject, &options, NULL, failure) == SIM_FAILED) {
            return seed;
        }
    }
    return 0;
}

static void complain(const char *what, const struct run_failure *failure, const char *want)
{
    fprintf(stderr, "%s: have oracle %s, op %zu: %s; want %s\n", what,
            failure->oracle < ORACLES ? oracle_names[failure->oracle] : "none", failure->op_index,
            failure->have_want, want);
    exit(1);
}

static void op_line(const struct program *program, const struct run_failure *failure, char *line,
                    size_t size)
{
    line[0] = '\0';
    if (failure->op_index < program->nops) {
        (void)text_print_op(&program->ops[failure->op_index], line, size);
    }
}

/* From the file alone. */
static void replay(const char *path, const struct program *found, const struct subject *subject,
                   const struct run_failure *want)
{
    const struct sim_options options = {.oracles = ORACLES_ALL};
    struct run_failure have = {.oracle = ORACLE_NONE};
    struct program_list list;
    char lines[2][128];

    host_load_programs(path, &list);
    (void)sim_run(&list.programs[0], subject, &options, NULL, &have);
    op_line(&list.programs[0], &have, lines[0], sizeof lines[0]);
    op_line(found, want, lines[1], sizeof lines[1]);
    if (have.oracle != want->oracle || strcmp(have.have_want, want->have_want) != 0 ||
        strcmp(lines[0], lines[1]) != 0) {
        complain("replay", &have, want->have_want);
    }
    host_free_programs(&list);
}

int main(int argc, char **argv)
{
    static char text[TEXT_ROOM];
    static struct op ops[4096];
    struct run_failure failure = {.oracle = ORACLE_NONE};
    struct program_list list;

    if (argc != 5) {
        host_bad_input("sim_control", 0, "expected PROGRAM SUBJECT ORACLE FAILING, have %d words",
                       argc - 1);
    }
    const struct subject *subject = subject_named(argv[2]);
    host_load_programs(argv[1], &list);
    struct program program = list.programs[0];
    memcpy(ops, program.ops, program.nops * sizeof ops[0]);
    program.ops = ops;
    program.capacity = sizeof ops / sizeof ops[0];
    const struct program found = list.programs[0];
    const uint32_t seed = find(&program, subject, &failure);
    if (strcmp(argv[3], "none") == 0) {
        if (seed != 0) {
            complain("a sound library", &failure, "no failure");
        }
        printf("%u schedules pass\n", SCHEDULES);
        return 0;
    }
    if (seed == 0 || strcmp(oracle_names[failure.oracle], argv[3]) != 0) {
        complain("first report", &failure, argv[3]);
    }
    printf("schedule %u: oracle %s: %s\n", seed, argv[3], failure.have_want);
    if (!sim_schedule_append(&program)) {
        complain("the schedule does not fit", &failure, argv[3]);
    }
    host_write_file(argv[4], text, text_print(&program, text, sizeof text));
    replay(argv[4], &found, subject, &failure);
    host_free_programs(&list);
    return 0;
}
