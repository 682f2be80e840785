/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_RUNNER_MISUSE_H
#define OPS_RUNNER_MISUSE_H

/* What runner_misuse.c (pointers that are no block's) and runner_damage.c (words that are not what
 * the heap has written) share. */

#include "runner_internal.h"

/* Where unit 0 of the region lies, and the numbers of the first chunk's unit and the end marker's.
 */
struct area {
    const uint8_t *base;
    uint32_t first, end;
    uint32_t width; /* bytes of a header's field */
};

struct area misuse_area(const struct run *run);

/* A field of 2 or 4 bytes as the heap would read it, also where nobody else may read. */
uint32_t misuse_load(const uint8_t *at, uint32_t bytes);

/* Reports since the last look, which were ours to provoke. */
uint32_t misuse_reports(struct run *run);

/* The invariant of the newest report is counted, for a corpus must have met all there are. */
void misuse_count_report(struct run *run);
void misuse_count(struct run *run, const char *invariant);

/* The oracle fires. Always false. */
bool misuse_fail(struct run *run, const char *what, uint64_t have, uint64_t want);

/* An op with a pointer that is no block's. False: failed. */
bool misuse_hand_in(struct run *run);

#endif
