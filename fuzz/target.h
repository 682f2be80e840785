/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

/*
 * What the targets share: the memory of a run (static, set up once), the bounds that make an
 * arbitrary program safe to run unattended, and the counters that the fuzz stage reads.
 */

#include "runner.h"
#include "record.h"

/* 512 ops are sixteen times what a typical input holds; longer tails only cost time. */
#define FUZZ_MAX_OPS          512u
/* Two records for a calloc, one for anything else, and the header. */
#define FUZZ_MAX_RECORD_BYTES (RECORD_BYTES * (1u + 2u * FUZZ_MAX_OPS))

/* Up to here a region is taken as it stands; a larger one means a typical one. */
#define FUZZ_REGION_MAX       16384u
/* Most inputs should fight for memory: 32 ops fill 4 KiB, never 64. */
#define FUZZ_REGION_TYPICAL   4096u
/* Threads only wait for memory that is scarce. */
#define FUZZ_REGION_THREADS   1024u
/*
 * The format AUTO takes changes at 0x7fff units of 8 bytes. Only fuzz_edge goes there: filling so
 * large a region costs as much as thirty ordinary runs, and corpora would fill up with such inputs.
 */
#define FUZZ_EDGE             (0x7fffu * 8u)
#define FUZZ_EDGE_SPAN        2048u
#define FUZZ_CAPACITY         (FUZZ_EDGE + FUZZ_EDGE_SPAN)

#define FUZZ_STRESS_ROUNDS    64u

/* 256 slots: more live blocks than FUZZ_MAX_OPS can make useful. */
#define FUZZ_SLOTS_LOG2       8u

extern const struct subject *const fuzz_subject; /* the one kheap variant this binary holds */
extern const enum program_kind fuzz_kind;        /* of its programs; each target defines it */
extern const bool fuzz_misuse; /* so each does with this: may its programs misuse the heap? */

/* One-off: memory, die hooks, counters. Later calls do nothing. */
void fuzz_setup(void);

/* Which regions a program may have. */
enum fuzz_reach { FUZZ_SMALL_REGIONS, FUZZ_FORMAT_EDGE, FUZZ_FOR_THREADS };

/* Bounds region, slots and ops; drops expectations. The result is a program that text can carry. */
void fuzz_limit(struct program *program, enum fuzz_reach reach);

/* Programs of this kind are bounded like this, but for fuzz_edge's. */
static inline enum fuzz_reach fuzz_reach_of(enum program_kind kind)
{
    const struct program_header header = {.kind = (uint8_t)kind};

    return program_threaded(&header) ? FUZZ_FOR_THREADS : FUZZ_SMALL_REGIONS;
}

/* Limits the program and runs it with every oracle; dies by the first that does not hold. */
void fuzz_run(struct program *program, enum fuzz_reach reach);

/* The same on another subject of the same kind; only where there are threads. */
void fuzz_run_on(struct program *program, const struct subject *subject, enum fuzz_reach reach);

/* fuzz_run of the program that the bytes are in record form, taken for one of this target's kind.
 */
void fuzz_run_records(const uint8_t *data, size_t size, enum fuzz_reach reach);

/* The same program without oracles: what their cost is measured against. */
enum run_status fuzz_run_bare(struct program *program);

/* What has been counted so far. */
const struct run_counts *fuzz_counts(void);

/* Storage for one program, FUZZ_MAX_OPS ops; the same every time. */
struct program *fuzz_program(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
