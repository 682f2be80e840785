/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_EMIT_H
#define TOOLS_HEAPVET_EMIT_H

/*
 * heapvet emit-c: a program as a C test that needs nothing of this testbed. What the test demands
 * is what the models say of the program when it runs on a sound subject, written down as literals.
 */

#include <stdio.h>

#include "cli.h"
#include "shadow.h"

/* The fixed parts of a test: files of emit/, as text (made by embed.cmake). */
extern const char emit_text_block[], emit_text_common[], emit_text_sequence[], emit_text_listen[],
    emit_text_misuse[];
extern const char emit_text_ask_needs[], emit_text_ask_judged[], emit_text_ask_helpers[],
    emit_text_ask_edge[];
/* Of subjects/. */
extern const char emit_text_verdict[], emit_text_kheap_ask[];
extern const char emit_text_kheap_api_base[], emit_text_kheap_api_stress[], emit_text_kheap_api[];
extern const char emit_text_heap[], emit_text_system[], emit_text_legacy[], emit_text_multi[];
extern const char emit_text_threads[], emit_text_ledger[];
extern const char emit_text_kheap[], emit_text_pool[];

#define EMIT_DEFINES 16u

struct emit {
    const struct program *program;
    const struct subject *subject;
    const char *name;                  /* the program's, for comments */
    const char *output;                /* the test's file name, for its compile line */
    const char *defines[EMIT_DEFINES]; /* NAME=VALUE, from the command line */
    size_t ndefines;
    bool placement; /* demands the very places, which no contract promises */
    FILE *out;
};

/* Ends the process with a line of this file when there is no C for the heap, or for a word. */
void emit_refuse(const struct emit *emit, const char *file);

/* Without threads. The space fits the program. */
void emit_plain(struct emit *emit, struct space *space);

/* With threads: the program runs under its own schedule. */
void emit_threads(struct emit *emit);

/* ---- emit_text.c: what both write ---- */

/* The first comment, with the compile line; the includes; the check of the configuration. */
void emit_head(const struct emit *emit, const char *const *includes, const char *sources,
               const char *more_defines);
/* A fixed part without its first comment. */
void emit_part(const struct emit *emit, const char *text);
/*
 * A call as C: $p the slot's block, $n bytes, $m bytes in all of a calloc, $c its count, $a the
 * alignment, $w the timeout.
 */
void emit_call(FILE *out, const char *call, const struct op *op, const char *block, size_t bytes);
/* The variables of all slots that the program names, in this order: pNN. */
void emit_slots(const struct emit *emit, const uint16_t *order, size_t count);
/* A C string literal. */
void emit_quoted(FILE *out, const char *text);
/* How a test is configured: header format, ALLOC_LOOPS, listener, size of the system heap. */
bool emit_defined(const struct emit *emit, const char *name);

#endif
