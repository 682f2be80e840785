/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_MUTATE_H
#define OPS_MUTATE_H

/*
 * The op-level mutator core, used by the libFuzzer and the AFL++ shell: insert, delete, duplicate,
 * swap, splice, size to a class edge +-1, slot, alignment, kind, header, fill and drain runs. Pure:
 * a function of program, other and rng.
 */

#include "generate.h"

/* Applies one to four edits in place; nops never exceeds max_ops (<= capacity). other may be NULL
 * (no splice). */
void mutate_program(struct program *program, size_t max_ops, const struct program *other,
                    struct rng *rng);

/* The same on record bytes. Returns the new size, at most max_size. */
size_t mutate_records(uint8_t *data, size_t size, size_t max_size, const uint8_t *other,
                      size_t other_size, uint64_t seed);

#endif
