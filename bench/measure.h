/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/*
 * One cell of the table: one program replayed on one subject, every call timed in every replay.
 *
 *   replay 1..2   warm-up: caches, page tables, branch predictors, and what kind of call each op is
 *   replay 3..n+2 before each: the timer's own cost and the add chain; then every call's ticks
 *   per op        slowest tenth of its n samples dropped, mean of the rest, timer cost subtracted,
 *                 divided by the ticks that one add takes
 *
 * An interrupted call is one slow sample of many and falls into the dropped tenth. A replay in
 * which the process was switched out is done again, as long as that happens to less than half of
 * them.
 */

#include <stdbool.h>

#include "stats.h"

#ifdef __cplusplus
extern "C" {
#endif

struct program;
struct subject;
struct space;

/* An op counts only with at least so many samples; the default replays leave room for ops that now
 * and then turn into another kind of call (glibc's realloc does that). */
#define MEASURE_SAMPLES_MIN     101u
#define MEASURE_REPLAYS_DEFAULT 121u

/* What is told apart. gated: the budget applies. */
#define CALL_TABLE(X)                                                                              \
    X(ALLOC, "alloc", true)                                                                        \
    X(FREE, "free", true)                                                                          \
    X(ALIGNED, "aligned", true)                                                                    \
    X(REALLOC_INPLACE, "realloc_inplace", true)                                                    \
    X(REALLOC_MOVING, "realloc_moving", false)                                                     \
    X(REALLOC_FAILED, "realloc_failed", true)                                                      \
    X(CALLOC, "calloc", true)                                                                      \
    X(QUERY, "query", true)
enum call {
#define CALL_ENUM(name, word, gated) CALL_##name,
    CALL_TABLE(CALL_ENUM)
#undef CALL_ENUM
        CALLS
};
extern const char *const call_words[CALLS];
extern const bool call_gated[CALLS];

struct cell {
    bool fits; /* false: the subject's init refused the region; nothing else is set */
    uint32_t replays;
    double ticks_per_cycle; /* from the add chain, during this cell */
    double timer_ticks;     /* subtracted */
    double tick_ns;         /* nanoseconds a tick */
    uint32_t repeated;      /* replays done again because the process was switched out */
    size_t failed;          /* allocating calls that returned NULL */
    size_t unsteady;        /* ops left out: too few samples of one kind of call */
    double *cycles[CALLS];  /* of every op of that kind of call, sorted */
    struct stats_summary calls[CALLS];
    double *storage;
    size_t storage_count;
};

/* Memory apart from malloc's: the harness must not share an arena with the libc subject. Ends the
 * process when there is none. */
void *measure_map(size_t bytes);
void measure_unmap(void *memory, size_t bytes);

/* Does the system let us run before other programs? */
bool measure_preferred(void);

/* space must have been opened; it is grown as needed. */
void measure_cell(const struct program *program, const struct subject *subject, struct space *space,
                  uint32_t replays, struct cell *cell);
void measure_release(struct cell *cell);

/* How many calls of each kind the program makes on this subject; false when it does not fit. */
bool measure_kinds(const struct program *program, const struct subject *subject,
                   struct space *space, size_t counts[CALLS]);

/* One replay, nothing timed. False when it does not fit. */
bool measure_replay(const struct program *program, const struct subject *subject,
                    struct space *space);

#ifdef __cplusplus
}
#endif

#endif
