/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EXHAUSTIVE_EXHAUST_H
#define TESTS_EXHAUSTIVE_EXHAUST_H

/*
 * All sequences of at most `depth` ops over an alphabet, on one heap. The alphabet is an op
 * program: each of its lines is a letter, and what stands in for its slot is every block that is
 * live, and one empty slot. Two sequences that leave the same heap behind are gone on with once.
 */

#include "host.h"
#include "runner.h"

#define EXHAUST_DEPTH_MAX  16u
#define EXHAUST_SLOTS_LOG2 3u
#define EXHAUST_SLOTS      (1u << EXHAUST_SLOTS_LOG2)

/* state.c: which states were seen. A state is its hash: see heap_state(). */
struct states {
    uint64_t *table; /* 0: empty; a power of two places */
    size_t places, count;
};
void states_open(struct states *states);
void states_close(struct states *states);
/* True when it was not there before. */
bool states_add(struct states *states, uint64_t hash);

/*
 * The hash of everything in a heap that can matter later, as a held run left it: metadata with
 * bitmap and heads, the headers of all chunks, the links of free ones, the end marker, and how the
 * model sees the same units. Not the bytes of users, nor those that free chunks have behind their
 * links, nor which slot holds a block, nor the highest number of bytes ever allocated (which is
 * reset to what is allocated now).
 */
uint64_t heap_state(const struct space *space, const struct program_header *header,
                    const struct subject *subject);

/* One heap to explore, and what came of it. */
struct explored {
    const struct subject *subject;
    const struct program *alphabet;
    struct program_header header;
    uint32_t depth;
    bool unmerged; /* goes on from every sequence, also from those that lead to a known state */

    bool refused;     /* init said no: nothing to explore */
    uint32_t units;   /* of the chunk area */
    uint32_t base;    /* the first chunk's address modulo 64 */
    uint64_t states;  /* distinct ones, the empty heap included */
    uint64_t sequels; /* transitions: pairs of a state and an op that were performed */
    uint32_t deepest; /* the fewest ops that lead to the last new state */
    bool closed;      /* no state was left to go on with before the depth was reached */
    uint64_t sum;     /* of all states' hashes, to compare two heaps by */
    struct run_counts counts;
};

/* walk.c: false: an oracle fired; found_write() has been called. */
bool explore_heap(struct explored *explored, struct space *space);

/* found.c: what goes wrong becomes a program in a file. */
void found_begin(const char *folder, const char *subject_path, const char *alphabet_path);
/* Judges the program as heapvet run does, prints the failure and writes the file. */
void found_write(const struct explored *explored, struct space *space, struct program *program);
/* From here on a crash, or no progress for some seconds, is written down as this program's. */
void found_watch(const struct explored *explored, const struct program *program);
void found_progress(void); /* one more run has come back */

#endif
