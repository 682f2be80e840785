/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_TRACE_H
#define TOOLS_HEAPVET_TRACE_H

/* Turns the log of a real program's calls into an op program. */

#include "../record/log.h"
#include "cli.h"

struct trace_facts {
    uint64_t unseen; /* blocks freed or resized that the log never saw given out */
    uint64_t missed; /* blocks handed out again though the log saw no free of them */
    uint64_t
        raised; /* requests of 0 bytes, written as 1: malloc(0) is a block, an op of 0 is not */
    uint64_t peak_bytes; /* requested bytes of live blocks */
    uint32_t peak_live;
    uint32_t smallest, largest; /* sizes asked for */
    bool full;                  /* cut short: more blocks live than there are slots */
};

/*
 * Fills the program's slots and ops (fresh memory in program->ops): the events from `skip` on, at
 * most max_ops ops, a block keeping the lowest slot that was free when it appeared. Returns NULL,
 * or what in the log no op can express. The region is left to region_search.
 */
const char *trace_convert(struct program *program, const struct record_log *log, uint64_t skip,
                          size_t max_ops, struct trace_facts *facts);

/*
 * Sets program->header.region to the smallest multiple of 8, at least `low`, in which every
 * allocation succeeds on the subject: found by bisection, then by trying TRACE_BELOW regions under
 * it, since "succeeds" is not quite monotone. False: none up to 1 GiB.
 */
#define TRACE_BELOW 64u
bool region_search(struct program *program, const struct subject *subject, uint64_t low);

#endif
