/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_EMIT_TRACE_H
#define TOOLS_HEAPVET_EMIT_TRACE_H

/* A program without threads while it is written down: emit_plain.c the whole, emit_ops.c its ops,
 * emit_ask.c words that ask more than one call, emit_misuse.c what no user may do. */

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
    FILE *printing; /* what the heap prints */
    char *printed;
    size_t printed_bytes;
};

/* Op `index`: performed, and written down. */
void emit_op(struct trace *trace, size_t index);
/* The call of the op as C. */
void emit_op_call(const struct trace *trace, const char *block);
/* "sums(...)": what every op leaves. */
void emit_statistics(const struct trace *trace);

/* print, stress, registry or api, already performed. */
void emit_asked(const struct trace *trace);
/* What such words of the program need. */
void emit_ask_parts(const struct emit *emit);

/* True when it was an op of misuse, or one while something is damaged. */
bool emit_misuse(struct trace *trace);
/* The end of a program puts back what lies there. */
void emit_mend(struct trace *trace);

#endif
