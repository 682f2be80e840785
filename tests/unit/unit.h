/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

/*
 * What the unit tests share: a region with guard bytes, the size rule in the test's own words, and
 * a fault hook that records instead of stopping.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include <kheap/sys_heap.h>

#define ARENA_BYTES 524288u /* room for regions on both sides of the AUTO limit */
#define GUARD       64u

/* The last fault reported, and how many there were. */
extern struct kheap_fault unit_fault;
extern unsigned unit_faults;

/* Aligned to its own size, GUARD bytes of room on both sides. */
uint8_t *unit_arena(void);

/* A heap over `bytes` at `offset` behind an aligned boundary; old contents are noise. Fails the
 * test on error. */
void unit_open(struct sys_heap *heap, size_t bytes, size_t offset);

/* 4 or 8, as the heap says. */
size_t unit_header(const struct sys_heap *heap);
/* The size rule, written out: usable bytes of a block asked for with `bytes`. */
size_t unit_usable(const struct sys_heap *heap, size_t bytes);
/* Bytes, header included, that a block of this request takes. */
size_t unit_span(const struct sys_heap *heap, size_t bytes);
/* Bytes of a request that takes exactly `units` units. */
size_t unit_bytes(const struct sys_heap *heap, size_t units);

struct sys_memory_stats unit_stats(struct sys_heap *heap);
/* No block is live and nothing was lost. */
void unit_expect_empty(struct sys_heap *heap, size_t largest_after_init);
/* Fills the heap with blocks of `bytes`; returns how many. */
size_t unit_fill(struct sys_heap *heap, size_t bytes, void **blocks, size_t most);

int unit_reset(void **state); /* cmocka set-up: forgets recorded faults */

#endif
