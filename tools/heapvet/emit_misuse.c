/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What no user may do (ops/op.h): pointers that are no block's, and words that are not what the
 * heap has written. The runner has said that the sound heap keeps its promises; here is written
 * down what it did: how often it reported, and whether anything changed.
 */

#include <stdlib.h>
#include <string.h>

#include "emit_trace.h"
#include "text.h"

#define WORD 4u

/* What was done to it, in a line of its own. */
static void put_line(const struct trace *trace)
{
    char line[128];
    text_print_op(trace->op, line, sizeof(line));
    fprintf(trace->emit->out, "\n    op(%zu, ",
            (size_t)(trace->op - trace->emit->program->ops) + 1);
    emit_quoted(trace->emit->out, line);
    fputs(");\n", trace->emit->out);
}

static void put_skipped(const struct trace *trace)
{
    char line[128];
    text_print_op(trace->op, line, sizeof(line));
    fprintf(trace->emit->out, "\n    /* %zu: %s: nothing is called */\n",
            (size_t)(trace->op - trace->emit->program->ops) + 1, line);
}

static uint32_t reports(const struct trace *trace)
{
    return trace->emit->subject->faults(trace->replay.heap.state);
}

/* ---- pointers ---- */

/* Does the runner hand it in? It says so by counting it: the program up to here is run for that. */
static bool handed_in(const struct trace *trace)
{
    struct program program = *trace->emit->program;
    struct run_counts before = {0};
    struct run_counts after = {0};
    struct run_failure failure;
    struct space space;
    program.nops = (size_t)(trace->op - program.ops);
    host_space_open(&space, 4096, 16, 64);
    host_space_for(&space, &program, trace->emit->subject);
    run_program(&program, trace->emit->subject, &space, &run_options_default, &before, NULL,
                &failure);
    program.nops++;
    run_program(&program, trace->emit->subject, &space, &run_options_default, &after, NULL,
                &failure);
    host_space_close(&space);
    return after.skipped == before.skipped;
}

static const uint8_t *address(const struct trace *trace)
{
    const struct slot *slot = &trace->replay.heap.slots[trace->op->slot];
    size_t distance = 0;
    if (trace->op->kind == OP_DOUBLE) {
        return slot->last;
    }
    (void)op_bytes(trace->op, &distance);
    return (slot->p ? slot->p : trace->replay.heap.region) + distance;
}

/* What would be its header are bytes of a user, and those of the test are others than the runner's.
 */
static bool among_user_bytes(const struct trace *trace, const uint8_t *p)
{
    const struct heap_under_test *heap = &trace->replay.heap;
    for (size_t i = 0; i < (size_t)1 << heap->header.slots_log2; i++) {
        const uint8_t *b = heap->slots[i].p;
        if (b && p > b && p < b + trace->shadow->usable(trace->state, b) + 8) {
            return (size_t)(p - b) % 8u == 0;
        }
    }
    return false;
}

static void put_address(const struct trace *trace)
{
    fprintf(trace->emit->out, "region + %td", address(trace) - trace->replay.heap.region);
}

/* The heap reports it, once, and nothing else happens. */
static void hand_in(const struct trace *trace)
{
    FILE *out = trace->emit->out;
    if (!handed_in(trace) || among_user_bytes(trace, address(trace))) {
        put_skipped(trace);
        return;
    }
    put_line(trace);
    fputs("    reports_expected = 1;\n", out);
    if (trace->op->kind == OP_BADREALLOC) {
        fputs("    none(sys_heap_realloc(&heap, ", out);
        put_address(trace);
        fputs(", 24));\n", out);
    } else if (trace->op->kind == OP_BADUSABLE) {
        fputs("    equals(\"the answer\", sys_heap_usable_size(&heap, ", out);
        put_address(trace);
        fputs("), 0);\n    none(NULL);\n", out);
    } else {
        fputs("    sys_heap_free(&heap, ", out);
        put_address(trace);
        fputs(");\n    none(NULL);\n", out);
    }
    fputs("    reported();\n", out);
    emit_statistics(trace);
}

/* ---- damage ---- */

static int by_unit(const void *a, const void *b)
{
    const struct model_block *left = a;
    const struct model_block *right = b;
    return left->unit < right->unit ? -1 : left->unit > right->unit;
}

/* Words of metadata of the chunk at `unit`; a free one that is listed has links, too. */
static uint32_t words_of(const struct subject_info *info, bool used, uint32_t units)
{
    const bool links = !used && (info->header == 4 || units > 1);
    return info->header / WORD * (links ? 2u : 1u);
}

/* The live blocks in address order; the caller frees them. */
static struct model_block *blocks_of(const struct trace *trace, const struct subject_info *info,
                                     uint32_t *count)
{
    const struct heap_under_test *heap = &trace->replay.heap;
    const size_t nslots = (size_t)1 << heap->header.slots_log2;
    struct model_block *blocks = cli_memory(NULL, (nslots + 1) * sizeof(*blocks));
    *count = 0;
    for (size_t i = 0; i < nslots; i++) {
        const uint8_t *p = heap->slots[i].p;
        if (p) {
            const size_t bytes = trace->shadow->usable(trace->state, p) + info->header;
            blocks[*count].unit = (uint32_t)((size_t)(p - info->header - info->first) / 8u);
            blocks[(*count)++].units = (uint32_t)(bytes / 8u);
        }
    }
    qsort(blocks, *count, sizeof(*blocks), by_unit);
    return blocks;
}

/* As runner_damage.c counts them: in front of the first chunk, each chunk's, the end marker's. */
static uint8_t *metadata_word(const struct trace *trace, uint32_t n)
{
    struct subject_info info;
    uint32_t count = 0;
    uint32_t total = 0;
    uint8_t *found = NULL;
    trace->emit->subject->info(trace->replay.heap.state, &info);
    uint8_t *region = trace->replay.heap.region;
    uint8_t *base = region + (0u - (uintptr_t)region) % 8u;
    uint8_t *first = region + (info.first - region);
    const uint32_t front = (uint32_t)((size_t)(first - base) / WORD);
    struct model_block *blocks = blocks_of(trace, &info, &count);
    for (int pass = 0; pass < 2; pass++) {
        uint32_t seen = front;
        uint32_t block = 0;
        for (uint32_t unit = 0; unit < info.units;) {
            const bool used = block < count && blocks[block].unit == unit;
            const uint32_t end = block < count ? blocks[block].unit : info.units;
            const uint32_t units = used ? blocks[block].units : end - unit;
            const uint32_t words = words_of(&info, used, units);
            if (pass == 1 && n >= seen && n < seen + words) {
                found = first + (size_t)unit * 8u + (size_t)(n - seen) * WORD;
            }
            seen += words;
            unit += units;
            block += used;
        }
        total = seen + info.header / WORD;
        n %= total;
    }
    free(blocks);
    if (found) {
        return found;
    }
    return n < front ? base + (size_t)n * WORD
                     : first + (size_t)info.units * 8u +
                           (size_t)(n - (total - info.header / WORD)) * WORD;
}

/* Writes the bytes, here and in the test. */
static void pokes(struct trace *trace, uint8_t *at, const uint8_t *bytes, uint32_t n)
{
    struct emit_damage *damage = &trace->damage;
    FILE *out = trace->emit->out;
    for (uint32_t i = 0; i < damage->n; i++) {
        damage->scattered |= ((uintptr_t)damage->lies[i].at ^ (uintptr_t)at) / WORD != 0;
    }
    damage->scattered |= trace->emit->subject->hardening < 2;
    damage->lies[damage->n].at = at;
    damage->lies[damage->n].bytes = n;
    memcpy(damage->lies[damage->n].was, at, n);
    memcpy(damage->lies[damage->n++].now, bytes, n);
    memcpy(at, bytes, n);
    damage->ever = true;
    put_line(trace);
    fprintf(out, "    pokes(%zd, (const uint8_t[]){", (ssize_t)(at - trace->replay.heap.region));
    for (uint32_t i = 0; i < n; i++) {
        fprintf(out, i ? ", %u" : "%u", bytes[i]);
    }
    fprintf(out, "}, %u);\n", (unsigned)n);
}

static void flips(struct trace *trace)
{
    uint8_t *at = metadata_word(trace, op_number(trace->op, 0));
    uint32_t word;
    uint8_t bytes[WORD];
    memcpy(&word, at, WORD);
    word ^= 1u << op_number(trace->op, 1);
    memcpy(bytes, &word, WORD);
    pokes(trace, at, bytes, WORD);
}

static void runs_over(struct trace *trace)
{
    const struct slot *slot = &trace->replay.heap.slots[trace->op->slot];
    const uint32_t n = op_number(trace->op, 0);
    uint8_t bytes[WORD];
    memset(bytes, (int)op_number(trace->op, 1), sizeof(bytes));
    if (n == 0 || n > WORD || !slot->p) {
        put_skipped(trace);
        return;
    }
    const size_t usable = trace->shadow->usable(trace->state, slot->p);
    pokes(trace, trace->op->kind == OP_OVERFLOW ? slot->p + usable : slot->p - n, bytes, n);
}

void emit_mend(struct trace *trace)
{
    struct emit_damage *damage = &trace->damage;
    if (damage->n == 0 || damage->abandoned) {
        return;
    }
    for (uint32_t i = damage->n; i-- > 0;) {
        if (memcmp(damage->lies[i].at, damage->lies[i].now, damage->lies[i].bytes) != 0) {
            damage->abandoned = true;
            return;
        }
        memcpy(damage->lies[i].at, damage->lies[i].was, damage->lies[i].bytes);
    }
    damage->n = 0;
    damage->scattered = false;
    fputs("    mends();\n", trace->emit->out);
    emit_statistics(trace);
}

/* ---- calls while something is damaged ---- */

static bool bears_damage(const struct trace *trace)
{
    const uint8_t kind = trace->op->kind;
    return trace->damage.scattered ? kind == OP_CHECK || kind == OP_PRINT
                                   : kind != OP_STRESS && kind != OP_REGISTRY && kind != OP_API;
}

/* The call with the very pointer: the slot is as it was, whatever comes of it. */
static void put_endured(const struct trace *trace, const uint8_t *before)
{
    FILE *out = trace->emit->out;
    char block[40];
    const uint32_t fields = op_table[trace->op->kind].fields;
    snprintf(block, sizeof(block), before ? "region + %td" : "NULL",
             before - trace->replay.heap.region);
    if (!before) {
        snprintf(block, sizeof(block), "NULL");
    }
    if (trace->op->kind == OP_CHECK) {
        fprintf(out, "    equals(\"sound\", sys_heap_validate(&heap), %d);\n", trace->result.sound);
    } else if (trace->op->kind == OP_PRINT) {
        fprintf(out, "    sys_heap_print_info(&heap, %s);\n",
                op_number(trace->op, 0) ? "true" : "false");
    } else if (trace->op->kind == OP_STATS) {
        fputs("    (void)sys_heap_runtime_stats_get(&heap, &(struct sys_memory_stats){0});\n", out);
    } else if ((fields & (OP_FILLS | OP_RESIZES)) != 0) {
        fputs("    endured(", out);
        emit_op_call(trace, block);
        fprintf(out, ", %zd);\n",
                trace->result.p ? (ssize_t)(trace->result.p - trace->replay.heap.region) : -1);
    } else if (trace->op->kind == OP_USABLE || trace->op->kind == OP_LARGEST) {
        fputs("    equals(\"the answer\", ", out);
        emit_op_call(trace, block);
        fprintf(out, ", %zuu);\n", trace->result.value);
    } else {
        fputs("    (void)", out);
        emit_op_call(trace, block);
        fputs(";\n", out);
    }
}

static void endures(struct trace *trace)
{
    struct heap_under_test *heap = &trace->replay.heap;
    struct slot *slot = &heap->slots[trace->op->slot];
    const struct slot kept = *slot;
    const uint64_t live = heap->live_bytes;
    const uint32_t before = reports(trace);
    uint8_t *copy = cli_memory(NULL, heap->region_bytes + 1);
    memcpy(copy, heap->region, heap->region_bytes);
    if (bears_damage(trace)) {
        apply_op(heap, trace->op, NULL, &trace->result);
        *slot = kept;
        heap->live_bytes = live;
    }
    if (!bears_damage(trace) || trace->result.how == SKIPPED ||
        (!trace->calls->call[trace->op->kind] && trace->op->kind != OP_CHECK)) {
        put_skipped(trace);
    } else {
        put_line(trace);
        fprintf(trace->emit->out, "    reports_expected = %u;\n",
                (unsigned)(reports(trace) - before));
        const bool same = memcmp(copy, heap->region, heap->region_bytes) == 0;
        put_endured(trace, kept.p);
        fprintf(trace->emit->out, "    endured_all(%s);\n", same ? "true" : "false");
        trace->damage.abandoned = !same;
    }
    free(copy);
}

bool emit_misuse(struct trace *trace)
{
    const struct subject *subject = trace->emit->subject;
    const bool misuses = (op_table[trace->op->kind].fields & OP_MISUSES) != 0;
    if (trace->damage.abandoned) {
        put_skipped(trace);
        return true;
    }
    if (!misuses && trace->damage.n == 0) {
        return false;
    }
    if (!misuses) {
        endures(trace);
    } else if (!subject->faults || !subject->info || subject->hardening == 0 ||
               !trace->calls->heap ||
               (trace->op->kind != OP_MEND && trace->damage.n == EMIT_LIES)) {
        put_skipped(trace);
    } else if (trace->op->kind == OP_FLIP) {
        flips(trace);
    } else if (trace->op->kind == OP_OVERFLOW || trace->op->kind == OP_UNDERFLOW) {
        runs_over(trace);
    } else if (trace->op->kind == OP_MEND) {
        put_line(trace);
        emit_mend(trace);
    } else if (trace->damage.n != 0) {
        put_skipped(trace);
    } else {
        hand_in(trace);
    }
    return true;
}
