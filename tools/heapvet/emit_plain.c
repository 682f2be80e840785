/* SPDX-License-Identifier: Apache-2.0 */

/* Programs without threads: they run once, followed by a shadow, and are written down. */

#include <stdlib.h>
#include <string.h>

#include "emit_trace.h"

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
    emit_part(emit, emit_text_sequence);
    if (trace->damage.ever) {
        emit_part(emit, emit_text_misuse);
    }
    if (emit->subject->events) {
        emit_part(emit, emit_text_listen);
    }
    emit_ask_parts(emit);
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
        emit_op(trace, i);
    }
    emit_mend(trace);
    if (trace->damage.abandoned) {
        fputs("\n    /* The damage may be anywhere now: nobody goes on. */\n    "
              "surroundings();\n    nlies = 0;\n}\n\n",
              out);
        return;
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
