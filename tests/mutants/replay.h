/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MUTANTS_REPLAY_H
#define MUTANTS_REPLAY_H

/* What a child process that runs one mutant tells its parent, through shared memory. */

#include "pairs.h"

enum fate { ALIVE, BY_ORACLE, BY_DIGEST };

/* Ops of a random program. */
#define DRAWN_OPS 256u

struct outcome {
    enum fate fate;
    enum oracle oracle;
    uint64_t programs;
    const char *at, *differs; /* names of programs, which parent and child have at one address */
    char said[200]; /* of a failure of the library as it stands */
    /* The random program that ran last, or the one whose digest differs. */
    const struct subject *subject;
    struct program_header header;
    size_t nops;
    struct op ops[DRAWN_OPS];
};

/* Processor time of this process. */
uint64_t replay_micros(void);
/* SIGPROF ends the process after so much more processor time. */
void replay_limit(uint64_t micros);

/* Random programs, and random edits of the corpus, until an oracle reports or time is up. */
void fuzz_all(struct pairs *pairs, const struct configuration *configuration,
              struct outcome *outcome, double seconds, uint64_t seed);

/* The program that killed the mutant that is on, shrunk, as a file of text. */
void fuzz_keep(struct pairs *pairs, const struct outcome *outcome, const char *path);

#endif
