/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The words print, stress, registry and api. The test makes the calls that the subject makes, for
 * it carries the same text (subjects/kheap_ask.h, subjects/kheap_api*.h).
 */

#include <stdlib.h>
#include <string.h>

#include "emit_trace.h"

static bool has_kind(const struct program *program, enum op_kind kind)
{
    for (size_t i = 0; i < program->nops; i++) {
        if (program->ops[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* Without its first comment, and without what it includes beside kheap's own headers. */
static void put_header(const struct emit *emit, const char *text)
{
    static const char include[] = "#include \"";
    const char *line = strstr(text, "*/") + 3;
    while (*line != '\0') {
        const size_t length = strcspn(line, "\n") + 1;
        const bool drops = strncmp(line, include, sizeof(include) - 1) == 0 &&
                           strncmp(line + sizeof(include) - 1, "kheap/", 6) != 0;
        if (!drops) {
            fwrite(line, 1, length, emit->out);
        }
        line += length;
    }
}

void emit_ask_parts(const struct emit *emit)
{
    const struct program *program = emit->program;
    const bool asks = has_kind(program, OP_PRINT) || has_kind(program, OP_STRESS) ||
                      has_kind(program, OP_REGISTRY);
    const bool edges = has_kind(program, OP_API);
    if (!asks && !edges) {
        return;
    }
    emit_part(emit, emit_text_ask_needs);
    put_header(emit, emit_text_verdict);
    emit_part(emit, emit_text_ask_judged);
    put_header(emit, emit_text_kheap_ask);
    if (asks) {
        emit_part(emit, emit_text_ask_helpers);
    }
    if (edges) {
        put_header(emit, emit_text_kheap_api_base);
        put_header(emit, emit_text_kheap_api_stress);
        put_header(emit, emit_text_kheap_api);
        emit_part(emit, emit_text_ask_edge);
    }
}

void emit_refuse(const struct emit *emit, const char *file)
{
    const struct program *program = emit->program;
    const struct emit_calls *calls = emit_calls_for(emit->subject);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if (op->kind == OP_API && emit->subject->api && !calls->call[OP_API]) {
            host_bad_input(file, op->line, "expected no api of %s: emit-c has C for a sys_heap's",
                           kind_words[program->header.kind]);
        }
    }
}

/* Every line as the sound heap prints it: also where the contract leaves it a choice of places. */
static void put_printed(const struct trace *trace)
{
    FILE *out = trace->emit->out;
    const char *line = trace->printed;
    fprintf(out, "    prints(%s, %s,", trace->calls->heap,
            op_number(trace->op, 0) ? "true" : "false");
    while (*line != '\0') {
        const size_t length = strcspn(line, "\n");
        fprintf(out, "\n           \"%.*s\\n\"", (int)length, line);
        line += length + (line[length] == '\n');
    }
    fputs(");\n", out);
}

void emit_asked(const struct trace *trace)
{
    FILE *out = trace->emit->out;
    const struct op *op = trace->op;
    const char *heap = trace->calls->heap;
    switch ((enum op_kind)op->kind) {
    case OP_PRINT:
        put_printed(trace);
        break;
    case OP_STRESS:
        fprintf(out, "    stresses(%s, %u, %u, %u);\n", heap, (unsigned)op_number(op, 0),
                (unsigned)op_number(op, 1), (unsigned)op_number(op, 2));
        break;
    case OP_REGISTRY:
        fprintf(out, "    registers(%s, %u);\n", heap, (unsigned)op_number(op, 0));
        break;
    default:
        fprintf(out, "    edge(%s, %u);\n", heap,
                (unsigned)(op_number(op, 0) % trace->emit->subject->api_items));
    }
}
