/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_GENERATE_PLAN_H
#define OPS_GENERATE_PLAN_H

/* What generate_plan.c (profiles, what a whole program is like) and generate.c (its ops) share. */

#include "generate.h"

/* The bookkeeping is on the stack: 16 KiB, enough for 700 KiB live of sizes 8..2048. */
#define SLOTS_LOG2_MAX 11u
#define SLOTS_MAX      (1u << SLOTS_LOG2_MAX)

enum order { ORDER_RANDOM, ORDER_FIFO, ORDER_LIFO };
enum sizes { SIZES_LOG_UNIFORM, SIZES_CLASS_EDGES };

/* What a profile is made of. */
struct plan {
    uint8_t weight[OP_KINDS];
    enum sizes sizes;
    enum order order;
    uint32_t region;    /* 0: drawn per program */
    uint32_t low, high; /* bytes; high 0: a share of the region, drawn per program */
    uint8_t live;       /* percent of the region to keep live; 0: drawn per program */
    bool runs;          /* fill and drain runs instead of a steady mix */
    bool drawn_header;  /* misalignment, swarm mask, fill target and slots drawn per program */
    bool contended;     /* a small region, and more asked of it than it has */
    uint8_t hostile;    /* of 256 ops with a size */
};

struct generator {
    struct rng rng;
    struct program *program;
    const struct generate_options *options;
    const struct plan *plan;
    uint32_t weight[OP_KINDS], weights;
    uint32_t low, high;
    bool runs, draining;
    enum order order;
    uint64_t target, goal; /* live bytes to stay below; where the current run ends */
    /*
     * The slots as they are when every call succeeds. live[] is in order of allocation. A block's
     * bytes count with a header and rounding, so that load means what the heap means.
     */
    uint64_t live_bytes;
    uint32_t nlive, nempty;
    uint16_t live[SLOTS_MAX], empty[SLOTS_MAX];
    uint32_t bytes[SLOTS_MAX]; /* 0: empty */
    /* Kinds with threads. */
    bool threaded;
    uint32_t threads, thread; /* how many; whose turn it was */
    uint32_t priorities;      /* so many ops at the start give each thread its priority */
};

/* True so many times of 256. */
bool generator_chance(struct generator *g, uint32_t of_256);

/* Draws the program's header and sets the generator up for its ops. */
void generator_begin(struct generator *g, struct program *program,
                     const struct generate_options *options);

/* In kinds with threads: draws how many there are; what comes between their ops (false: nothing);
 * who does an op and how long it may wait. */
void generator_begin_threads(struct generator *g);
bool generator_environment(struct generator *g, struct op *op);
void generator_assign(struct generator *g, struct op *op);

/* A size at the edge of a memory pool's block. */
uint32_t generator_pool_size(struct generator *g);

#endif
