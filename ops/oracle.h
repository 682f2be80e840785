/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_ORACLE_H
#define OPS_ORACLE_H

/*
 * The oracles: name, and what it means when it fires. Each has a counter of how often it was
 * evaluated and a control in tests/ that it reports first. docs/ORACLES.md says which cover each
 * other.
 */

#include <stdint.h>

#define ORACLE_TABLE(X)                                                                            \
    X(ALIGN, "align", "a block's address is not a multiple of what was asked")                     \
    X(INSIDE, "inside", "a block, or a write, lies outside the region")                            \
    X(OVERLAP, "overlap", "a block shares bytes with a live one")                                  \
    X(PAYLOAD, "payload", "the bytes of a live block changed")                                     \
    X(NULLS, "null", "a call failed that must succeed, or succeeded where it must fail")           \
    X(USABLE, "usable", "the usable size is not what the size rule says")                          \
    X(PICK, "pick", "a block came from a bucket the search may not take it from")                  \
    X(INPLACE, "inplace", "a realloc moved that must not, or stayed where it must not")            \
    X(UNTOUCHED, "untouched", "a failed call changed the region")                                  \
    X(DRAIN, "drain", "after freeing everything the heap is not what it was after init")           \
    X(STATS, "stats", "the statistics are not the sums over the live blocks and free extents")     \
    X(LARGEST, "largest", "largest_free is not what the next allocation could get")                \
    X(CHECK, "check", "the subject's own checker finds the heap damaged")                          \
    X(FAULT, "fault", "the subject reported misuse though there was none")                         \
    X(DETERMINISM, "determinism", "a second run gave other offsets")                               \
    X(STEPS, "steps", "a call probed more chunks than ALLOC_LOOPS")                                \
    X(EXPECT, "expect", "the program's own expectation does not hold")                             \
    X(EVENTS, "events", "the listener's events are not what was allocated and freed")              \
    X(DEADLINE, "deadline", "a call gave up before its deadline, or did not when it had come")     \
    X(WAKEUP, "wakeup", "a waiter sleeps on whose request must succeed")                           \
    X(ORDER, "order", "a waiter was served before one that comes first")                           \
    X(ISR, "isr", "an interrupt slept, or was kept from what it may do")                           \
    X(LOCK, "lock", "a heap or a wait queue was touched without its lock")                         \
    X(DEADLOCK, "deadlock", "all sleep, nothing will wake them, and a request must succeed")       \
    X(PRINT, "print", "what the heap prints of itself is not what it holds")                       \
    X(API, "api", "a call at the edge of the interface did not do what it says")                   \
    X(MISUSE, "misuse", "misuse was not reported, or had an effect")

enum oracle {
#define ORACLE_ENUM(name, word, text) ORACLE_##name,
    ORACLE_TABLE(ORACLE_ENUM)
#undef ORACLE_ENUM
        ORACLES
};
#define ORACLE_NONE   ORACLES
#define ORACLES_ALL   ((1u << ORACLES) - 1u)
#define ORACLE_BIT(o) (1u << (o))
/* Those that only the simulation of threads can evaluate; their controls are in tests/sim. */
#define ORACLES_THREADED                                                                           \
    (ORACLE_BIT(ORACLE_DEADLINE) | ORACLE_BIT(ORACLE_WAKEUP) | ORACLE_BIT(ORACLE_ORDER) |          \
     ORACLE_BIT(ORACLE_ISR) | ORACLE_BIT(ORACLE_LOCK) | ORACLE_BIT(ORACLE_DEADLOCK))

extern const char *const oracle_names[ORACLES];
extern const char *const oracle_texts[ORACLES];

/* Those that can apply to a subject at all, by its promises and functions. */
struct subject;
uint32_t oracles_for(const struct subject *subject);

#endif
