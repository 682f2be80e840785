/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_STREAM_H
#define FIRMWARE_STREAM_H

/* Replays a pack straight from the host's file, record by record: no program is ever held in
 * memory. */

#include <stdbool.h>

#include "port.h"
#include "replay.h"

struct stream_job {
    const char *path;
    const struct subject *subject;
    void (*begin)(const char *name); /* before each program that fits; may be NULL */
    int want;                        /* handle of the digests to expect, or negative: none */
};

struct stream_totals {
    uint32_t programs, replayed, does_not_fit, differ, unsound;
};

/*
 * Prints one line per program: "<digest> <name>", or "does-not-fit <name> ..." with the reason.
 * Behind the first there is "DIFFERS <name> ..." when another digest was expected, and before it
 * "UNSOUND <name> ..." when the heap is damaged or reported misuse: both are counted and end
 * nothing. False, with a line that says why: the pack cannot be read or is damaged.
 *
 * The file of expected digests has two little-endian u32 for each program, in the packs' order: 1
 * and the digest, or 0 and 0 where none is known.
 */
bool stream_replay(const struct stream_job *job, struct stream_totals *totals);

/*
 * Prints "programs 12 replayed 10 does-not-fit 2 differ 0 unsound 0"; returns the exit status that
 * these counts deserve.
 */
int stream_verdict(bool whole, const struct stream_totals *totals);

#endif
