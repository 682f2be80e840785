/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define SLOTS      (1u << PROGRAM_SLOTS_LOG2_MAX)
#define TABLE_LOG2 18u /* four times the slots: probes stay short */
#define TABLE      (1u << TABLE_LOG2)

struct block {
    uint64_t address; /* 0: empty */
    uint32_t slot;
    uint32_t bytes;
};

struct tracer {
    struct program *program;
    struct trace_facts *facts;
    size_t max_ops;
    struct block *table; /* open addressing, linear probes */
    uint64_t used[SLOTS / 64];
    uint32_t top; /* slots ever used */
    uint32_t live;
    uint64_t live_bytes;
};

static uint32_t home(uint64_t address)
{
    return (uint32_t)((address * 0x9e3779b97f4a7c15ull) >> (64 - TABLE_LOG2));
}

static uint32_t find(const struct tracer *tracer, uint64_t address)
{
    uint32_t at = home(address);
    while (tracer->table[at].address && tracer->table[at].address != address) {
        at = (at + 1) % TABLE;
    }
    return at;
}

/* Closes the gap, so that probes never have to step over deleted entries. */
static void erase(struct tracer *tracer, uint32_t gap)
{
    struct block *table = tracer->table;
    table[gap].address = 0;
    for (uint32_t at = (gap + 1) % TABLE; table[at].address; at = (at + 1) % TABLE) {
        uint32_t want = home(table[at].address);
        if ((at - want) % TABLE >= (at - gap) % TABLE) {
            table[gap] = table[at];
            table[at].address = 0;
            gap = at;
        }
    }
}

static uint32_t lowest_free_slot(const struct tracer *tracer)
{
    for (uint32_t word = 0; word < SLOTS / 64; word++) {
        if (~tracer->used[word]) {
            return word * 64 + (uint32_t)__builtin_ctzll(~tracer->used[word]);
        }
    }
    return SLOTS;
}

static struct op *add_op(struct tracer *tracer, enum op_kind kind, uint32_t slot, uint64_t bytes)
{
    struct program *program = tracer->program;
    if (program->nops == program->capacity) {
        program->capacity = program->capacity ? 2 * program->capacity : 4096;
        program->ops = cli_memory(program->ops, program->capacity * sizeof(struct op));
    }
    struct op *op = &program->ops[program->nops++];
    memset(op, 0, sizeof(*op));
    op->kind = (uint8_t)kind;
    op->slot = (uint16_t)slot;
    op->value = (uint32_t)bytes;
    return op;
}

static void note_live(struct tracer *tracer, uint32_t slot, uint64_t address, uint64_t bytes)
{
    struct trace_facts *facts = tracer->facts;
    uint32_t at = find(tracer, address);
    tracer->table[at] = (struct block){address, slot, (uint32_t)bytes};
    tracer->used[slot / 64] |= 1ull << (slot % 64);
    tracer->top = slot + 1 > tracer->top ? slot + 1 : tracer->top;
    tracer->live++;
    tracer->live_bytes += bytes;
    facts->peak_live = tracer->live > facts->peak_live ? tracer->live : facts->peak_live;
    facts->peak_bytes =
        tracer->live_bytes > facts->peak_bytes ? tracer->live_bytes : facts->peak_bytes;
    facts->largest = bytes > facts->largest ? (uint32_t)bytes : facts->largest;
    facts->smallest = bytes < facts->smallest ? (uint32_t)bytes : facts->smallest;
}

static void note_gone(struct tracer *tracer, uint32_t at)
{
    const struct block *block = &tracer->table[at];
    tracer->used[block->slot / 64] &= ~(1ull << (block->slot % 64));
    tracer->live--;
    tracer->live_bytes -= block->bytes;
    erase(tracer, at);
}

static void freed(struct tracer *tracer, uint64_t address)
{
    uint32_t at = find(tracer, address);
    if (!tracer->table[at].address) {
        tracer->facts->unseen++;
        return;
    }
    add_op(tracer, OP_FREE, tracer->table[at].slot, 0);
    note_gone(tracer, at);
}

/* An address that comes a second time was freed where the recorder could not see it. */
static void freed_unseen(struct tracer *tracer, uint64_t address)
{
    if (tracer->table[find(tracer, address)].address) {
        tracer->facts->missed++;
        freed(tracer, address);
    }
}

static const char *given_out(struct tracer *tracer, const struct record_event *event)
{
    uint32_t slot = SLOTS;
    freed_unseen(tracer, event->now);
    slot = lowest_free_slot(tracer);
    if (slot == SLOTS) {
        tracer->facts->full = true;
        return NULL;
    }
    uint64_t bytes = event->size;
    struct op *op = NULL;
    if (event->kind == RECORD_CALLOC && bytes * event->extra != 0) {
        op = add_op(tracer, OP_CALLOC, slot, bytes);
        op->count = (uint32_t)event->extra;
        note_live(tracer, slot, event->now, bytes * event->extra);
        return event->extra > UINT32_MAX ? "calloc of more than 2^32 - 1 elements" : NULL;
    }
    tracer->facts->raised += bytes == 0;
    bytes = bytes ? bytes : 1;
    if (event->kind == RECORD_ALIGNED) {
        uint64_t align = 1;
        while (align < event->extra && align < (1ull << 31)) {
            align *= 2; /* memalign rounds up to a power of two */
        }
        op = add_op(tracer, OP_ALIGNED, slot, bytes);
        op->align = (uint32_t)align;
        note_live(tracer, slot, event->now, bytes);
        return align > (1ull << 30) ? "an alignment above 2^30" : NULL;
    }
    op = add_op(tracer, OP_ALLOC, slot, bytes);
    op->kind = event->kind == RECORD_REALLOC ? OP_REALLOC : op->kind;
    op->kind = event->kind == RECORD_CALLOC ? OP_CALLOC : op->kind;
    op->count = event->kind == RECORD_CALLOC ? 1 : 0;
    note_live(tracer, slot, event->now, bytes);
    return NULL;
}

static const char *resized(struct tracer *tracer, const struct record_event *event)
{
    uint32_t at = event->old ? find(tracer, event->old) : TABLE;
    if (at == TABLE || !tracer->table[at].address) {
        tracer->facts->unseen += event->old != 0;
        return given_out(tracer, event);
    }
    if (event->now != event->old) {
        freed_unseen(tracer, event->now);
        at = find(tracer, event->old); /* erasing moves entries */
    }
    uint32_t slot = tracer->table[at].slot;
    tracer->facts->raised += event->size == 0;
    uint64_t bytes = event->size ? event->size : 1;
    add_op(tracer, OP_REALLOC, slot, bytes);
    note_gone(tracer, at);
    note_live(tracer, slot, event->now, bytes);
    return NULL;
}

static const char *convert_event(struct tracer *tracer, const struct record_event *event)
{
    uint64_t total = 0;
    uint64_t count = event->kind == RECORD_CALLOC ? event->extra : 1;
    if (__builtin_mul_overflow(event->size, count, &total) || total > UINT32_MAX) {
        return "a block of more than 2^32 - 1 bytes";
    }
    switch (event->kind) {
    case RECORD_FREE:
        freed(tracer, event->old);
        return NULL;
    case RECORD_REALLOC:
        return resized(tracer, event);
    case RECORD_ALLOC:
    case RECORD_CALLOC:
    case RECORD_ALIGNED:
        return given_out(tracer, event);
    default:
        return "an event of unknown kind";
    }
}

const char *trace_convert(struct program *program, const struct record_log *log, uint64_t skip,
                          size_t max_ops, struct trace_facts *facts)
{
    struct tracer *tracer = cli_memory(NULL, sizeof(*tracer));
    memset(tracer, 0, sizeof(*tracer));
    memset(program, 0, sizeof(*program));
    memset(facts, 0, sizeof(*facts));
    facts->smallest = UINT32_MAX;
    program_header_default(&program->header);
    program->name = "";
    tracer->program = program;
    tracer->facts = facts;
    tracer->table = cli_memory(NULL, TABLE * sizeof(struct block));
    memset(tracer->table, 0, TABLE * sizeof(struct block));

    const char *problem = NULL;
    for (uint64_t i = skip; i < log->events && !problem && !facts->full; i++) {
        if (program->nops >= max_ops) {
            break;
        }
        problem = convert_event(tracer, &log->event[i]);
    }
    /* One event may have added the free of a block that was missed as well. */
    program->nops = program->nops > max_ops ? max_ops : program->nops;
    program->header.slots_log2 = 0;
    while ((1u << program->header.slots_log2) < tracer->top) {
        program->header.slots_log2++;
    }
    free(tracer->table);
    free(tracer);
    return problem;
}
