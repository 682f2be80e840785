/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PROGRAMS_H
#define BENCH_PROGRAMS_H

/* What is replayed: one generated program a profile, and every program of the trace files named. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct program;

struct bench_program {
    struct program *program;
    const char *name; /* profile word, or the trace's name: part of the benchmarks' names */
};

struct bench_programs {
    struct bench_program *list;
    size_t count;
};

/* profile: a word of PROFILE_TABLE, else bad input (exit status 2). */
void programs_add_profile(struct bench_programs *programs, const char *profile, uint64_t seed,
                          uint32_t ops);
void programs_add_all_profiles(struct bench_programs *programs, uint64_t seed, uint32_t ops);

/* A file or a folder. A file that cannot be read or is no program is bad input. */
void programs_add_traces(struct bench_programs *programs, char *path);

size_t program_ops(const struct program *program);
uint32_t program_region(const struct program *program);

#ifdef __cplusplus
}
#endif

#endif
