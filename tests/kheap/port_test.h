/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PORT_TEST_H
#define TESTS_PORT_TEST_H

/*
 * A port without luck for the tests: one thread, a clock that stands still, and a script of what
 * others do. A call that sleeps runs the script on its own stack, step by step, until it is woken
 * or the next step is later than its deadline; then the clock shows the deadline. Every use of the
 * port is logged as a letter, and a lock that is taken twice or slept on without being held fails
 * the test.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kheap/k_heap.h"

struct port_test {
    int64_t now;
    int priority;
    bool in_isr;
    bool early;        /* sleeps return after each step, woken or not */
    unsigned sleeps;   /* calls of sleep */
    const void *held;  /* the lock that is held; NULL: none */
    unsigned unlocked; /* copies and fills above 64 bytes, none of them with a lock held */
    size_t copied;     /* bytes of the last copy above 64 */
    char log[256];     /* c clock, l lock, u unlock, s sleep, w wake */
    size_t logged;
};

extern struct port_test port;

/* What the fault hook was told last, how often it was called, and whether a lock was held. */
struct fault_seen {
    struct kheap_fault fault;
    unsigned count;
    bool locked;
};

extern struct fault_seen fault_seen;

void port_reset(void);

/* In some sleep, when the clock has come to `tick` (or is beyond), somebody else does this. */
typedef void (*port_step_t)(void);
void port_at(int64_t tick, port_step_t step);

/* How many steps nobody has run yet. */
size_t port_steps_left(void);

#endif
