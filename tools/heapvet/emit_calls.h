/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_EMIT_CALLS_H
#define TOOLS_HEAPVET_EMIT_CALLS_H

/* How the calls of each kind of heap are written in C, and how such a test is compiled. */

#include "emit.h"
#include "op.h"

struct emit_calls {
    /* By op kind, as emit_call() takes them; NULL: there is none. */
    const char *call[OP_KINDS];
    const char *const *includes;
    const char *sources; /* for the compile line */
    const char *part;    /* fixed text: how the heap is made and asked */
    const char *heap;    /* the sys_heap in it, as C; NULL: several, or none */
};

/* Ends the process with a line when the subject is no heap of kheap's. */
const struct emit_calls *emit_calls_for(const struct subject *subject);

/*
 * Writes the defines that make the subject's configuration, "NAME=VALUE NAME=VALUE", but for those
 * given on the command line. Returns ALLOC_LOOPS; 0: the subject does not say.
 */
uint32_t emit_config(const struct emit *emit, void *state, char *out, size_t size);

#endif
