/* SPDX-License-Identifier: Apache-2.0 */
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "host.h"

static void *must(void *memory)
{
    if (memory == NULL) {
        host_bad_input("bench_heap", 0, "expected memory for the programs, have none");
    }
    return memory;
}

/* Names are what measurements are compared by later, so two programs of one name are an error. */
static void add(struct bench_programs *programs, struct program *program, const char *name)
{
    for (size_t i = 0; i < programs->count; i++) {
        if (strcmp(programs->list[i].name, name) == 0) {
            host_bad_input(name, 0, "expected a name of its own, another program has it");
        }
    }
    const size_t bytes = (programs->count + 1) * sizeof(*programs->list);
    programs->list = must(realloc(programs->list, bytes));
    programs->list[programs->count++] = (struct bench_program){program, name};
}

static void generate(struct bench_programs *programs, enum profile profile, uint64_t seed,
                     uint32_t ops)
{
    const struct generate_options options = {
        .profile = profile, .seed = seed, .ops = ops, .effective = true};
    struct program *program = must(calloc(1, sizeof(*program)));

    /* steady counts its allocations only; each brings at most about one free. */
    program->capacity = (size_t)ops * 4 + 64;
    program->ops = must(calloc(program->capacity, sizeof(*program->ops)));
    program->name = profile_words[profile];
    if (!generate_program(program, &options)) {
        host_bad_input(program->name, 0, "expected a program of %u ops, it has no room", ops);
    }
    add(programs, program, profile_words[profile]);
}

void programs_add_profile(struct bench_programs *programs, const char *profile, uint64_t seed,
                          uint32_t ops)
{
    for (unsigned i = 0; i < PROFILES; i++) {
        if (strcmp(profile_words[i], profile) == 0) {
            generate(programs, (enum profile)i, seed, ops);
            return;
        }
    }
    host_bad_input("bench_heap", 0, "expected a profile (mixed, steady, random, ...), have \"%s\"",
                   profile);
}

void programs_add_all_profiles(struct bench_programs *programs, uint64_t seed, uint32_t ops)
{
    for (unsigned i = 0; i < PROFILES; i++) {
        generate(programs, (enum profile)i, seed, ops);
    }
}

/* "corpus/traces/lua.pack" is named "lua"; the second program of that pack "lua.1". */
static char *trace_name(const char *file, size_t index)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash == NULL ? file : slash + 1;
    const char *dot = strrchr(base, '.');
    const size_t length = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
    char *name = must(malloc(length + 24));

    if (index == 0) {
        snprintf(name, length + 24, "%.*s", (int)length, base);
    } else {
        snprintf(name, length + 24, "%.*s.%zu", (int)length, base, index);
    }
    return name;
}

void programs_add_traces(struct bench_programs *programs, char *path)
{
    char *const paths[] = {path};
    char **files;
    size_t nfiles;

    host_expand_paths(paths, 1, &files, &nfiles);
    for (size_t i = 0; i < nfiles; i++) {
        struct program_list list; /* never freed: the programs live as long as the process */

        host_load_programs(files[i], &list);
        for (size_t k = 0; k < list.count; k++) {
            add(programs, &list.programs[k], trace_name(files[i], k));
        }
    }
    host_free_paths(files, nfiles);
}

size_t program_ops(const struct program *program)
{
    return program->nops;
}

uint32_t program_region(const struct program *program)
{
    return program->header.region;
}
