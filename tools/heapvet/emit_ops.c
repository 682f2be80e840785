/* SPDX-License-Identifier: Apache-2.0 */

/* The ops of a program without threads: each is performed, and becomes a few lines of C. */

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "emit_trace.h"
#include "text.h"

/* Where a block may begin, of the free places: what oracle pick demands. */
struct allowed {
    size_t from[64], to[64];
    size_t n;
    bool choice; /* there are other free places */
};

static const struct slot *slot_of(const struct trace *trace)
{
    return &trace->replay.heap.slots[trace->op->slot];
}

/* Is this place free, as far as live blocks say? */
static bool free_at(const struct trace *trace, const uint8_t *p)
{
    const struct heap_under_test *heap = &trace->replay.heap;
    for (size_t i = 0; i < (size_t)1 << heap->header.slots_log2; i++) {
        const uint8_t *b = heap->slots[i].p;
        if (b && p >= b - 8 && p < b + trace->shadow->usable(trace->state, b)) {
            return false;
        }
    }
    return true;
}

/* Asked right before the shadow takes the block. */
static void find_allowed(const struct trace *trace, const uint8_t *p, struct allowed *allowed)
{
    const struct heap_under_test *heap = &trace->replay.heap;
    uint8_t *at = heap->region + (size_t)(p - heap->region) % 8;
    size_t last = SIZE_MAX;
    allowed->n = 0;
    allowed->choice = false;
    for (; at < heap->region + heap->region_bytes; at += 8) {
        const size_t place = (size_t)(at - heap->region);
        const bool may = !trace->shadow->pick(trace->state, at, trace->align, trace->bytes);
        allowed->choice = allowed->choice || (!may && free_at(trace, at));
        if (!may || allowed->n == 64) {
            continue;
        }
        if (last != SIZE_MAX && place == last + 8) {
            allowed->to[allowed->n - 1] = place;
        } else {
            allowed->from[allowed->n] = allowed->to[allowed->n] = place;
            allowed->n++;
        }
        last = place;
    }
}

static void hook_before(void *context, const struct op *op)
{
    struct trace *trace = context;
    const uint32_t fields = op_table[op->kind].fields;
    const bool one = (trace->emit->subject->promises & SUBJECT_ZERO_IS_ONE) != 0 &&
                     (op->kind == OP_ALLOC || op->kind == OP_CALLOC);
    trace->called = true;
    if ((fields & (OP_FILLS | OP_RESIZES)) == 0) {
        return;
    }
    trace->bytes = trace->result.bytes == 0 && one ? 1 : trace->result.bytes;
    trace->align = op->kind == OP_NOALIGN ? 0 : op->align;
}

static void hook_printed(void *context, const char *text)
{
    struct trace *trace = context;
    fputs(text, trace->printing);
}

/* ---- lines ---- */

void emit_statistics(const struct trace *trace)
{
    const struct subject *subject = trace->emit->subject;
    struct subject_stats stats;
    if (subject->stats && subject->stats(trace->replay.heap.state, &stats) == 0) {
        fprintf(trace->emit->out, "    sums(%zu, %zu, %zu);\n", stats.allocated_bytes,
                stats.free_bytes, stats.max_allocated_bytes);
    } else {
        fputs("    sound();\n", trace->emit->out);
    }
}

void emit_op_call(const struct trace *trace, const char *block)
{
    emit_call(trace->emit->out, trace->calls->call[trace->op->kind], trace->op, block,
              trace->bytes);
}

/* The heap zeroes what it gives. */
static bool zeroed(const struct trace *trace)
{
    return trace->op->kind == OP_CALLOC && trace->emit->subject->calloc != NULL;
}

static size_t demanded_align(const struct trace *trace)
{
    const size_t own = trace->emit->subject->align;
    return trace->align > own ? trace->align : own;
}

/* "takes(&p1, CALL, 8, 100);", with the verb for what happened: alignment, usable bytes, and where
 * it matters those asked for. */
static void put_judged(struct trace *trace, const char *verb, const char *block, bool sized)
{
    FILE *out = trace->emit->out;
    const unsigned slot = trace->op->slot;
    fprintf(out, "    %s(", verb);
    if (sized) {
        fprintf(out, "&p%u, ", slot);
    }
    emit_op_call(trace, block);
    if (sized) {
        fprintf(out, ", %zu, %zu", demanded_align(trace),
                trace->shadow->usable(trace->state, trace->result.p));
    }
    if (sized && (zeroed(trace) || trace->result.before)) {
        fprintf(out, ", %zu", trace->result.bytes);
    }
    fputs(");\n", out);
}

static void put_places(const struct trace *trace, const struct allowed *allowed)
{
    FILE *out = trace->emit->out;
    const unsigned slot = trace->op->slot;
    const size_t place = (size_t)(trace->result.p - trace->replay.heap.region);
    if (trace->emit->placement) {
        fprintf(out, "    begins_in(&p%u, (const struct range[]){{%zu, %zu}}, 1);\n", slot, place,
                place);
    } else if (allowed->choice && allowed->n > 0 && allowed->n < 64) {
        fprintf(out, "    begins_in(&p%u, (const struct range[]){", slot);
        for (size_t i = 0; i < allowed->n; i++) {
            fprintf(out, i ? ", {%zu, %zu}" : "{%zu, %zu}", allowed->from[i], allowed->to[i]);
        }
        fprintf(out, "}, %zu);\n", allowed->n);
    }
}

/* ---- ops ---- */

static const char *call_of(const struct trace *trace)
{
    return trace->calls->call[trace->op->kind];
}

/* A block that was not there before: of an op that fills, or a realloc that moved. */
static void new_block(struct trace *trace, const char *verb, const char *block)
{
    struct allowed allowed;
    const uint8_t *p = trace->result.p;
    find_allowed(trace, p, &allowed);
    trace->shadow->take(trace->state, p, trace->align, trace->bytes);
    put_judged(trace, verb, block, true);
    put_places(trace, &allowed);
}

static void allocation(struct trace *trace)
{
    char block[32];
    const struct applied_result *result = &trace->result;
    const bool resizes = (op_table[trace->op->kind].fields & OP_RESIZES) != 0;
    const bool live = resizes && result->before;
    snprintf(block, sizeof(block), live ? "resized(&p%u)" : "NULL", (unsigned)trace->op->slot);
    if (live && !slot_of(trace)->p) {
        snprintf(block, sizeof(block), "leaves(&p%u)", (unsigned)trace->op->slot);
        trace->shadow->drop(trace->state, result->before);
        put_judged(trace, "gone", block, false);
    } else if (!result->p) {
        put_judged(trace, "none", block, false);
    } else if (live && result->p == result->before) {
        trace->shadow->resize(trace->state, result->p, trace->bytes);
        put_judged(trace, "stays", block, true);
    } else {
        new_block(trace, live ? "moves" : zeroed(trace) ? "takes_zeroes" : "takes", block);
        if (live) {
            trace->shadow->drop(trace->state, result->before);
        }
    }
}

static void asking(struct trace *trace)
{
    FILE *out = trace->emit->out;
    const struct applied_result *result = &trace->result;
    char block[32];
    snprintf(block, sizeof(block), "p%u.at", (unsigned)trace->op->slot);
    switch ((enum op_kind)trace->op->kind) {
    case OP_USABLE:
    case OP_LARGEST:
        fputs("    equals(\"the answer\", ", out);
        emit_op_call(trace, block);
        fprintf(out, ", %zu);\n", result->value);
        break;
    case OP_RESETMAX:
        fputs("    equals(\"status\", (unsigned long long)", out);
        emit_op_call(trace, block);
        fputs(", 0);\n", out);
        break;
    case OP_PRINT:
    case OP_STRESS:
    case OP_REGISTRY:
    case OP_API:
        emit_asked(trace);
        break;
    default: /* what is asked is asked behind every op */
        break;
    }
}

static void free_block(struct trace *trace)
{
    char block[32];
    snprintf(block, sizeof(block), trace->result.before ? "leaves(&p%u)" : "NULL",
             (unsigned)trace->op->slot);
    if (trace->result.before) {
        trace->shadow->drop(trace->state, trace->result.before);
    }
    fputs("    ", trace->emit->out);
    emit_op_call(trace, block);
    fputs(";\n", trace->emit->out);
}

static void perform(struct trace *trace, size_t index)
{
    const struct apply_hooks hooks = {
        .before_call = hook_before, .printed = hook_printed, .context = trace};
    trace->printing = open_memstream(&trace->printed, &trace->printed_bytes);
    apply_op(&trace->replay.heap, trace->op, &hooks, &trace->result);
    fclose(trace->printing);
    trace->replay.digest =
        digest_result(trace->replay.digest, (uint32_t)index, &trace->replay.heap, &trace->result);
}

static void put_op(struct trace *trace, size_t index, const char *line)
{
    FILE *out = trace->emit->out;
    if (!trace->called || !call_of(trace)) {
        fprintf(out, "\n    /* %zu: %s: nothing is called */\n", index + 1, line);
        return;
    }
    fprintf(out, "\n    op(%zu, ", index + 1);
    emit_quoted(out, line);
    fputs(");\n", out);
    if (trace->op->kind == OP_FREE) {
        free_block(trace);
    } else if (trace->result.gives_pointer) {
        allocation(trace);
    } else {
        asking(trace);
    }
    emit_statistics(trace);
}

void emit_op(struct trace *trace, size_t index)
{
    char line[128];
    trace->op = &trace->emit->program->ops[index];
    trace->called = false;
    text_print_op(trace->op, line, sizeof(line));
    if (!emit_misuse(trace)) {
        perform(trace, index);
        put_op(trace, index, line);
        free(trace->printed);
    }
}
