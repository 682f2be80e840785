/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_POOL_SYSTEM_H
#define TESTS_POOL_SYSTEM_H

/* What holds for the system heap in both of its builds: one list of tests, for two programs. */

#include "port.h"

/* Takes blocks of `size` bytes until there is none; returns how many. They are in system_blocks. */
#define SYSTEM_BLOCKS 1024u
extern void *system_blocks[SYSTEM_BLOCKS];
unsigned system_fill(size_t size);
void system_drain(unsigned n);

/* The largest k_malloc() that succeeds now. */
size_t system_largest(void);

extern const struct CMUnitTest system_tests[];
extern const size_t system_test_count;

/* Runs these and `more`. */
int system_run(const struct CMUnitTest *more, size_t n);

#endif
