/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_GENERATE_H
#define OPS_GENERATE_H

/* Seeded generator. The same options give the same program on every machine: integer arithmetic
 * only. */

#include "op.h"

/*
 * - mixed: all op kinds, class-edge and log-uniform sizes, swarm masks and fill targets drawn per
 *   program (the default)
 * - steady: 64 KiB, sizes log-uniform 8..2048, allocs with random frees kept at 50 % live
 * - random: sizes log-uniform 8..2048
 * - fifo: packets 64..1500, first in first out
 * - small: sizes log-uniform 8..128
 * - edges: sizes at 2^k * 8 - header - 1 .. + 1 for both headers
 * - aligned: aligned and arealloc
 * - resize: realloc up and down
 * - phases: fill and drain runs
 * - hostile: zero, huge, wrapping sizes and bad alignments mixed in
 * - corners: as mixed, and the heap's own words: print, stress, registry, api
 * - misuse: as mixed, and what no user may do
 * - threads: a small region that two to four threads fight for; only for kinds with threads
 *
 * In kinds with threads every profile's ops are dealt to threads and interrupts, with waits, ticks,
 * priorities and a schedule.
 */
#define PROFILE_TABLE(X)                                                                           \
    X(MIXED, "mixed")                                                                              \
    X(STEADY, "steady")                                                                            \
    X(RANDOM, "random")                                                                            \
    X(FIFO, "fifo")                                                                                \
    X(SMALL, "small")                                                                              \
    X(EDGES, "edges")                                                                              \
    X(ALIGNED, "aligned")                                                                          \
    X(RESIZE, "resize")                                                                            \
    X(PHASES, "phases")                                                                            \
    X(HOSTILE, "hostile")                                                                          \
    X(CORNERS, "corners")                                                                          \
    X(MISUSE, "misuse")
enum profile {
#define PROFILE_ENUM(name, word) PROFILE_##name,
    PROFILE_TABLE(PROFILE_ENUM)
#undef PROFILE_ENUM
        PROFILES, /* those for every kind */
    PROFILE_THREADS = PROFILES,
    PROFILES_ALL
};
extern const char *const profile_words[PROFILES_ALL];

struct generate_options {
    enum program_kind
        kind; /* default heap; PROFILE_THREADS makes kheap of a kind without threads */
    enum profile profile;
    uint64_t seed;
    uint32_t ops;    /* exactly so many; for steady: so many allocs */
    uint32_t region; /* 0: the profile's own */
    bool effective; /* every op acts: no alloc into a live slot, no free or realloc of an empty one,
                       unless an allocation failed; with threads, if they ran in the text's order */
};

/* splitmix64; shared by the generator, the mutator and drivers. */
struct rng {
    uint64_t state;
};
void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
uint32_t rng_below(struct rng *rng, uint32_t bound); /* 0 .. bound-1; bound 0 gives 0 */
uint32_t rng_log_uniform(struct rng *rng, uint32_t low, uint32_t high); /* inclusive */
/* A size as the profiles draw it: class edge +-1 or log-uniform, at most `high`. */
uint32_t rng_size(struct rng *rng, uint32_t high);

/* Fills program (storage and capacity are the caller's). False: capacity too small. */
bool generate_program(struct program *program, const struct generate_options *options);

#endif
