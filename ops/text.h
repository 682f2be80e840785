/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_TEXT_H
#define OPS_TEXT_H

/*
 * Text form, one line an op; '#' starts a comment; header lines come first:
 *
 * - heap 1024 offset 4: kind (heap, kheap, system, multi or pool), region bytes, start misalignment
 *   (default 0)
 * - slots 16: a power of two up to 65536, in programs with threads up to 256 (default 16)
 * - fill 60: percent (default none)
 * - swarm -free -other: kinds that are switched off (default none); "-other" is bit 7: all from
 *   usable on
 *
 * Ops:
 *
 * - alloc p0 522
 * - aligned p1 64 100: slot, alignment, bytes
 * - calloc p2 4 25: slot, count, bytes
 * - realloc p0 ~15: SIZE_MAX - 15
 * - alloc p4 4G+1 -> null: 2^32 + 1, and an expectation: null or ok, behind a realloc also same
 * - free p1
 * - check
 * - print 1: with the heap's chunks, 0: without
 * - stress 200 16 60: rounds (up to 4095), room for blocks and percent (both up to 255)
 * - registry 1 (0 to 4), api 7 (0 to 255): op.h says what they do
 *
 * Misuse, which only heaps that promise to notice it are treated to:
 *
 * - double p0, and badfree p0 4, badrealloc p0 4, badusable p0 ~7: 4 bytes behind, 8 in front
 * - flip 12 0: word and bit (0 to 31)
 * - overflow p0 4 255, underflow p0 1 0: bytes (0 to 4), and what is written
 * - mend
 *
 * In programs with threads (kheap and pool) also:
 *
 * - t1 free p0: the thread that does it, t0 to t7 (t0 when none is named), or isr: an interrupt
 * - t2 alloc p0 100 wait 5 -> ok: at most so many ticks, 1 to 14, or "wait forever"
 * - t1 prio 3: 0 to 7; a thread's, never an interrupt's
 * - tick 3: 0 to 255; names no thread, for time is the environment's
 * - sched 01200000: eight choices in the order in which they are made, each 0 to 9 or a to f
 *
 * The parser is strict: an unknown word, a missing or surplus field, a slot out of range, a number
 * that does not fit 32 bits, a header line behind an op or given twice, or a program without a kind
 * line are errors. So is an alignment that is not 0, 2^k or 3*2^k with k at most 30: the record
 * form has no room for it.
 */

#include "op.h"

struct text_error {
    uint32_t line;
    char message[120]; /* "expected ..., have ..." without file and line */
};

/* Parses size bytes into program (ops up to capacity: one more is an error). False: error is set.
 */
bool text_parse(struct program *program, const char *text, size_t size, struct text_error *error);

/* Canonical text; returns the length the full text needs (without NUL), like snprintf. */
size_t text_print(const struct program *program, char *out, size_t size);

/* One op as in text_print, without newline: for messages. Returns the length needed. */
size_t text_print_op(const struct op *op, char *out, size_t size);

#endif
