/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TIMED_H
#define BENCH_TIMED_H

/*
 * A subject around another one: each call reads the clock, calls the other, reads the clock. So the
 * measured time begins behind the replay's choice of function, which a branch predictor gets wrong
 * now and then, and holds one call through a pointer and nothing else of ours.
 */

#include <stdint.h>

struct subject;

/* The wrapper; until the next timed_begin it stands for `inner`. There is one, since there is one
 * clock. */
const struct subject *timed_begin(const struct subject *inner);

/* Ticks of the last call, the timer's own cost included. */
uint64_t timed_ticks(void);

/* What an empty measurement costs. */
uint64_t timed_nothing(void);

#endif
