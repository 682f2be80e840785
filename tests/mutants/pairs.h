/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MUTANTS_PAIRS_H
#define MUTANTS_PAIRS_H

/*
 * What a configuration runs: each program with each of the configuration's subjects that runs
 * programs of its kind. The mutated library is linked in, once a configuration.
 */

#include "host.h"
#include "sim.h"

/* Number of the mutant that is on; 0: none. Every configuration's library looks at this one. */
extern unsigned kheap_mutant;

struct configuration {
    const char *name;
    const struct subject *subjects[4]; /* up to the first NULL */
};
/* Up to the one whose name is NULL. */
extern const struct configuration configurations[];

/* What a run came to, oracles aside. */
struct traits {
    uint32_t digest; /* as heapvet run --digest has it */
    uint32_t
        reports; /* of how many ops were performed, and which invariants were reported broken */
};

struct pair {
    const struct program *program;
    const struct subject *subject;
    uint64_t micros;      /* processor time of a run of the library as it stands */
    struct traits traits; /* of the same */
};

struct pairs {
    struct program_list *lists;
    size_t nlists;
    struct pair *first;
    size_t count;
    struct space space; /* for the largest of them */
};

/* Bad input ends the process as host_bad_input. */
void pairs_load(struct pairs *pairs, const struct configuration *configuration, char *const *paths,
                size_t npaths);

/* With all oracles. The traits are good for RUN_OK. */
enum run_status pair_run(struct pairs *pairs, const struct program *program,
                         const struct subject *subject, struct traits *traits,
                         struct run_failure *failure);

bool traits_equal(struct traits a, struct traits b);

#endif
