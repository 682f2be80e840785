/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_EMIT_TRACE_H
#define TOOLS_HEAPVET_EMIT_TRACE_H

/* A program without threads while it is written down: emit_plain.c the whole, emit_ops.c its ops,
 * emit_misuse.c what no user may do. */

#include "emit.h"

#include "apply.h"
#include "emit_calls.h"
#include "replay.h"

/* Bytes that lie there and are not what the heap has written. */
#define EMIT_LIES 8u
struct emit_damage {
    struct {
        uint8_t *at;
        uint8_t was[4], now[4];
        uint32_t bytes;
    } lies[EMIT_LIES];
    uint32_t n;
    bool scattered; /* not in one word, or the heap does not promise to bear one */
    bool abandoned; /* a call has changed something: nobody goes on */
    bool ever;
};

struct trace {
    struct emit *emit;
    const struct emit_calls *calls;
    const struct shadow *shadow;
    void *state; /* the shadow's */
    struct replay replay;
    const struct op *op;
    bool called;
    bool in_place;
    size_t bytes, align; /* as the heap is asked for them */
    struct emit_damage damage;
    struct applied_result result;
};

/* Op `index`: performed, and written down. */
void emit_op(struct trace *trace, size_t index);
/* The call of the op as C. */
void emit_op_call(const struct trace *trace, const char *block);
/* "sums(...)": what every op leaves. */
void emit_statistics(const struct trace *trace);

/* True when it was an op of misuse, or one while something is damaged. */
bool emit_misuse(struct trace *trace);
/* The end of a program puts back what lies there. */
void emit_mend(struct trace *trace);

#endif
