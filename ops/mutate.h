/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_MUTATE_H
#define OPS_MUTATE_H

/*
 * The op-level mutator core, used by the libFuzzer and the AFL++ shell: insert, delete, duplicate,
 * swap, splice, size to a class edge +-1, slot, alignment, kind, header, fill and drain runs; in
 * programs with threads also who does an op, where, how long it waits, ticks, priorities and single
 * choices of the schedule. Pure: a function of program, other and rng. The program's kind stays.
 */

#include "generate.h"

/* Applies one to four edits in place; nops never exceeds max_ops (<= capacity). misuse: may words
 * that OP_MISUSES come in? other may be NULL (no splice). */
void mutate_program(struct program *program, size_t max_ops, bool misuse,
                    const struct program *other, struct rng *rng);

/* The same on record bytes. Returns the new size, at most max_size. `as`: the bytes are taken for a
 * program of this kind, and the result is one (record_decode_as). */
size_t mutate_records(uint8_t *data, size_t size, size_t max_size, const uint8_t *other,
                      size_t other_size, uint64_t seed);
size_t mutate_records_as(enum program_kind kind, bool misuse, uint8_t *data, size_t size,
                         size_t max_size, const uint8_t *other, size_t other_size, uint64_t seed);

#endif
