/* SPDX-License-Identifier: Apache-2.0 */

/* Programs without threads: they run once, followed by a shadow, and each op becomes a few lines.
 */

#include "emit.h"

#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "digest.h"
#include "emit_calls.h"
#include "replay.h"
#include "text.h"

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
    struct applied_result result;
};

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

/* ---- lines ---- */

static void put_statistics(const struct trace *trace)
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

static void put_call(const struct trace *trace, const char *call, const char *block)
{
    emit_call(trace->emit->out, call, trace->op, block, trace->bytes);
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
    const char *call = trace->calls->call[trace->op->kind];
    FILE *out = trace->emit->out;
    const unsigned slot = trace->op->slot;
    fprintf(out, "    %s(", verb);
    if (sized) {
        fprintf(out, "&p%u, ", slot);
    }
    put_call(trace, call, block);
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
        put_call(trace, call_of(trace), block);
        fprintf(out, ", %zu);\n", result->value);
        break;
    case OP_RESETMAX:
        fputs("    equals(\"status\", (unsigned long long)", out);
        put_call(trace, call_of(trace), block);
        fputs(", 0);\n", out);
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
    put_call(trace, call_of(trace), block);
    fputs(";\n", trace->emit->out);
}

static void put_op(struct trace *trace, size_t index)
{
    const struct apply_hooks hooks = {.before_call = hook_before, .context = trace};
    FILE *out = trace->emit->out;
    char line[128];
    trace->op = &trace->emit->program->ops[index];
    trace->called = false;
    text_print_op(trace->op, line, sizeof(line));
    apply_op(&trace->replay.heap, trace->op, &hooks, &trace->result);
    trace->replay.digest =
        digest_result(trace->replay.digest, (uint32_t)index, &trace->replay.heap, &trace->result);
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
    put_statistics(trace);
}

/* ---- the end: everything is freed ---- */

/* The slots in the order in which the runner frees what is left; then the others. */
static size_t drain_order(const struct trace *trace, uint16_t *order)
{
    const struct heap_under_test *heap = &trace->replay.heap;
    const struct program *program = trace->emit->program;
    const size_t nslots = (size_t)1 << heap->header.slots_log2;
    const uint32_t start = trace->replay.digest >> 16;
    const uint32_t stride = trace->replay.digest | 1u;
    uint8_t *listed = cli_memory(NULL, nslots);
    uint32_t range = 1;
    uint32_t used = 0;
    size_t n = 0;
    memset(listed, 0, nslots);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        const bool slotted = (op_table[op->kind].fields & OP_HAS_SLOT) != 0;
        used = slotted && op->slot >= used ? op->slot + 1u : used;
    }
    while (range < used) {
        range *= 2;
    }
    for (uint32_t i = 0; i < range; i++) {
        const uint32_t slot = (start + i * stride) & (range - 1);
        if (slot < used && heap->slots[slot].p) {
            order[n++] = (uint16_t)slot;
            listed[slot] = 1;
        }
    }
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if ((op_table[op->kind].fields & OP_HAS_SLOT) != 0 && !listed[op->slot]) {
            order[n++] = op->slot;
            listed[op->slot] = 1;
        }
    }
    free(listed);
    if (n == 0) {
        order[n++] = 0;
    }
    return n;
}

/* The most bytes that must be had at once now. */
static size_t most_to_be_had(const struct trace *trace)
{
    size_t least = 0;
    size_t most = trace->replay.heap.region_bytes;
    while (least < most) {
        const size_t middle = least + (most - least + 1) / 2;
        if (trace->shadow->alloc(trace->state, 0, middle) == MUST_SUCCEED) {
            least = middle;
        } else {
            most = middle - 1;
        }
    }
    return least;
}

/* What an empty heap has: in one piece, or in several that must be had one after the other. */
static void put_end(struct trace *trace, const struct subject_stats *first, size_t largest)
{
    FILE *out = trace->emit->out;
    const struct subject *subject = trace->emit->subject;
    uint8_t *taken[64];
    size_t n = 0;
    fputs("\n    drain();\n", out);
    if (subject->largest) {
        fprintf(out, "    equals(\"largest free\", sys_heap_largest_free(%s), %zu);\n",
                trace->calls->heap, largest);
        fprintf(out, "    empty(0, %zu);\n", first->free_bytes);
        return;
    }
    fputs("    has_again((const size_t[]){", out);
    for (size_t bytes = 0; n < 64 && (bytes = most_to_be_had(trace)) > 0; n++) {
        taken[n] = subject->alloc(trace->replay.heap.state, bytes);
        if (!taken[n] || trace->shadow->take(trace->state, taken[n], 0, bytes)) {
            break;
        }
        fprintf(out, "%zu, ", bytes);
    }
    fprintf(out, "0}, %zu);\n", n);
}

static void free_all(struct trace *trace)
{
    struct heap_under_test *heap = &trace->replay.heap;
    for (size_t i = 0; i < (size_t)1 << heap->header.slots_log2; i++) {
        if (heap->slots[i].p) {
            trace->shadow->drop(trace->state, heap->slots[i].p);
            heap->subject->free(heap->state, heap->slots[i].p);
        }
    }
}

/* ---- the whole ---- */

static void put_fixed(const struct emit *emit, uint32_t probes)
{
    const struct program_header *header = &emit->program->header;
    size_t boundary = 4096;
    while (boundary < header->region + 8u) {
        boundary *= 2;
    }
    fprintf(emit->out,
            "#define REGION   %uu /* bytes */\n"
            "#define OFFSET   %uu /* the region starts so far behind a multiple of BOUNDARY */\n"
            "#define BOUNDARY %zuu\n"
            "#define CHILDREN %uu /* sys_heaps, at most */\n"
            "#define PROBES   %uu /* chunks a search may look at; 0: nobody counts */\n"
            "#define LISTENED %s\n\n",
            (unsigned)header->region, (unsigned)header->offset, boundary, SUBJECT_PARTS,
            (unsigned)probes, emit->subject->events ? "true" : "false");
    emit_part(emit, emit_text_block);
}

/* Everything that stands in front of the program's own lines. */
static void put_front(struct trace *trace, const uint16_t *order, size_t nslots)
{
    struct emit *emit = trace->emit;
    char defines[200];
    const uint32_t loops = emit_config(emit, trace->replay.heap.state, defines, sizeof(defines));
    emit_head(emit, trace->calls->includes, trace->calls->sources, defines);
    put_fixed(emit, emit->subject->steps ? loops : 0);
    emit_slots(emit, order, nslots);
    emit_part(emit, trace->calls->part);
    emit_part(emit, emit_text_common);
    emit_part(emit, emit_text_plain);
    if (emit->subject->events) {
        emit_part(emit, emit_text_listen);
    }
}

static void put_main(const struct emit *emit)
{
    fputs("int main(void)\n{\n"
          "    for (int i = 0; i < 3; i++) {\n"
          "        memory_begin(i);\n        program();\n    }\n",
          emit->out);
    fprintf(emit->out, "    puts(\"ok: %zu ops\");\n    return 0;\n}\n", emit->program->nops);
}

static void put_program(struct trace *trace)
{
    const struct subject *subject = trace->emit->subject;
    FILE *out = trace->emit->out;
    struct subject_stats first = {0, 0, 0};
    size_t largest = subject->largest ? subject->largest(trace->replay.heap.state) : 0;
    if (subject->stats) {
        subject->stats(trace->replay.heap.state, &first);
    }
    fputs("\n/* ---- the program ---- */\n\nstatic void program(void)\n{\n"
          "    equals(\"init\", (unsigned long long)heap_init(region, REGION), 0);\n"
          "    inside();\n",
          out);
    if (subject->events) {
        fputs("    listen();\n", out);
    }
    if (subject->largest) {
        fprintf(out, "    equals(\"largest free\", sys_heap_largest_free(%s), %zu);\n",
                trace->calls->heap, largest);
    }
    for (size_t i = 0; i < trace->emit->program->nops; i++) {
        put_op(trace, i);
    }
    free_all(trace);
    put_end(trace, &first, largest);
    fputs("}\n\n", out);
}

/* A region that the heap refuses. */
static void put_refused(struct trace *trace, int status)
{
    fprintf(trace->emit->out,
            "\n/* ---- the program ---- */\n\nstatic void program(void)\n{\n"
            "    equals(\"init\", (unsigned long long)(long long)heap_init(region, REGION),\n"
            "           (unsigned long long)%dLL);\n"
            "}\n\n",
            status);
}

void emit_plain(struct emit *emit, struct space *space)
{
    const struct program_header *header = &emit->program->header;
    uint8_t *region = space->arena + header->offset;
    struct trace trace = {.emit = emit, .calls = emit_calls_for(emit->subject)};
    FILE *out = emit->out;
    char *text = NULL;
    size_t size = 0;
    uint16_t *order = cli_memory(NULL, (((size_t)1 << header->slots_log2) + 1) * sizeof(*order));
    memset(region, 0xa5, header->region);
    int status =
        replay_begin(&trace.replay, emit->subject, space->state, header, region, space->slots);
    trace.shadow = shadow_for(emit->subject);
    trace.shadow = trace.shadow ? trace.shadow : &shadow_heap;
    trace.state = space->shadow_state;
    /* In which order is freed what is left is known at the end, and stands in front. */
    emit->out = open_memstream(&text, &size);
    size_t nslots = 1;
    order[0] = 0;
    if (status == 0) {
        trace.shadow->begin(trace.state, emit->subject, space->state);
        put_program(&trace);
    } else {
        put_refused(&trace, status);
    }
    fclose(emit->out);
    emit->out = out;
    nslots = drain_order(&trace, order);
    put_front(&trace, order, nslots);
    fputs(text, out);
    put_main(emit);
    free(text);
    free(order);
    if (emit->subject->fini) {
        emit->subject->fini(space->state);
    }
}
