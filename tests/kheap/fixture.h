/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

/* A heap for each test on the scripted port, and what the tests ask it. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "port_test.h"

enum { REGION = 1024 };

extern uint8_t region[REGION];
extern struct k_heap heap;

/* Blocks that a test and its script's steps share. */
extern void *a, *b, *c, *got;

int fresh(void **state);

/* cmocka's list entry of a test that starts with an empty heap and an empty script. */
#define TEST(name) cmocka_unit_test_setup(name, fresh)

/* All that one alloc can have now. */
void *rest(void);

/* [ a 200 ][ b 200 ][ c the rest ]: nothing is free. */
void fill(void);

bool heap_empty(void);
size_t usable(void *p);

void free_a(void);
void free_b(void);
void free_c(void);
void nothing(void);

#endif
