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
    const struct apply_hooks *hooks; /* may be NULL */
    void (*begin)(const char *name); /* before each program that fits; may be NULL */
};

struct stream_totals {
    uint32_t programs, replayed, does_not_fit;
};

/*
 * Prints one line per program: "<digest> <name>", or "does-not-fit <name> ..." with the reason.
 * False, with a line that says why: the pack cannot be read or is damaged, or the subject reported
 * misuse.
 */
bool stream_replay(const struct stream_job *job, struct stream_totals *totals);

/* "programs 12 replayed 10 does-not-fit 2", and the exit status these counts deserve. */
int stream_verdict(bool whole, const struct stream_totals *totals);

#endif
