/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MODEL_BRUTE_H
#define TESTS_MODEL_BRUTE_H

/*
 * An even more naive heap than the model: one byte a unit says who owns it. What may happen is
 * found by trying everything: every unit as a place, and every set of chunks that the bounded
 * search could meet.
 */

#include "model.h"
#include "subject.h"

#define BRUTE_UNITS 24u

struct brute {
    uint32_t header, loops, units;
    uint64_t base;
    uint8_t owner[BRUTE_UNITS]; /* 0 free, else the block's id */
};

struct brute_run {
    uint32_t unit, units;
};

/* ceil((bytes + header) / 8), found by counting up; BRUTE_UNITS + 1 when the area is too small. */
uint32_t brute_units(const struct brute *brute, size_t bytes);
/* Maximal runs of free units; returns their number. */
uint32_t brute_runs(const struct brute *brute, struct brute_run runs[BRUTE_UNITS]);

enum verdict brute_verdict(const struct brute *brute, size_t align, size_t bytes);
bool brute_pick(const struct brute *brute, size_t bytes, uint32_t unit);
bool brute_largest(const struct brute *brute, size_t bytes);
uint64_t brute_free_bytes(const struct brute *brute);
uint64_t brute_allocated(const struct brute *brute);
/* Realloc of the block that starts at unit: is it served in place, and if not, what may happen? */
enum verdict brute_realloc(const struct brute *brute, uint32_t unit, size_t align, size_t bytes,
                           bool *in_place);

#endif
