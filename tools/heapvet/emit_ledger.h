/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_EMIT_LEDGER_H
#define TOOLS_HEAPVET_EMIT_LEDGER_H

/* A program with threads while it is written down: emit_threads.c the whole, emit_acts.c its ops.
 */

#include "emit.h"

#include "apply.h"
#include "emit_calls.h"

/* What an op came to; ops that did not end on a sound heap never do. */
struct outcome {
    bool ended, refused, live; /* live: a block is in the slot behind it */
    struct applied_result result;
    size_t usable;
};

struct ledger {
    struct emit *emit;
    const struct emit_calls *calls;
    struct outcome *outcomes; /* by op */
    const uint8_t *region;
    size_t in_time; /* ops that ended before the cleaning */
    FILE *ends, *tells;
    size_t nends, ntells;
};

/* Do the tests demand the places of blocks? */
bool emit_shows_places(const struct ledger *ledger);
/* Is it the environment's? */
bool emit_is_environments(const struct op *op);
/* One op of a thread, or of an interrupt. */
void emit_act(const struct ledger *ledger, size_t index, bool interrupt);

#endif
