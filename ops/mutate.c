/* SPDX-License-Identifier: Apache-2.0 */
#include "mutation.h"

#include <string.h>

/* An edit adds or takes away at most so many ops. */
#define RUN_MAX 16u

uint32_t mutation_below(struct mutation *m, size_t bound)
{
    return rng_below(m->rng, bound > UINT32_MAX ? UINT32_MAX : (uint32_t)bound);
}

struct op *mutation_any_op(struct mutation *m)
{
    return &m->program->ops[mutation_below(m, m->program->nops)];
}

static uint16_t draw_slot(struct mutation *m)
{
    return (uint16_t)rng_below(m->rng, 1u << m->program->header.slots_log2);
}

static uint32_t draw_align(struct mutation *m)
{
    uint32_t choice = rng_below(m->rng, 16);
    if (choice == 0) {
        return 0;
    }
    uint32_t log2 = rng_below(m->rng, choice == 1 ? 31 : 9);
    return (choice == 2 ? 3u : 1u) << log2;
}

/* A quarter of the region is the largest size that leaves room for much to happen. */
static uint32_t draw_size(struct mutation *m)
{
    uint32_t region = m->program->header.region;
    uint32_t shift = rng_below(m->rng, 6);
    return rng_size(m->rng, region >> shift > 16 ? region >> shift : 16);
}

static void tidy_threaded(struct op *op)
{
    uint32_t fields = op_table[op->kind].fields;
    if (op->thread >= PROGRAM_THREADS && (op->thread != THREAD_ISR || op->kind == OP_PRIO)) {
        op->thread %= PROGRAM_THREADS;
    }
    op->thread = (fields & OP_UNTHREADED) != 0 ? 0 : op->thread;
    op->wait = (fields & (OP_FILLS | OP_RESIZES)) != 0 ? op->wait : 0;
}

/* A splice may bring what such a program does not have. */
static bool foreign_kind(const struct mutation *m, uint32_t fields)
{
    return (!m->threaded && (fields & OP_THREADED) != 0) ||
           (!m->misuse && (fields & OP_MISUSES) != 0);
}

void mutation_tidy(struct mutation *m, struct op *op)
{
    op->kind = foreign_kind(m, op_table[op->kind].fields) ? OP_CHECK : op->kind;
    if (!m->threaded) {
        op->thread = op->wait = 0;
    }
    uint32_t fields = op_table[op->kind].fields;
    uint16_t slots_mask = (uint16_t)((1u << m->program->header.slots_log2) - 1u);
    op->slot = (fields & OP_HAS_SLOT) != 0 ? op->slot & slots_mask : 0;
    op->align = (fields & OP_HAS_ALIGN) != 0 ? op->align : 0;
    op->count = (fields & OP_HAS_COUNT) != 0 ? op->count : 0;
    if ((fields & (OP_HAS_SIZE | OP_HAS_VALUE | OP_SCHEDULES)) == 0) {
        op->value = 0;
    }
    if ((fields & OP_HAS_VALUE) != 0) {
        op->value = op_numbers_tidy((enum op_kind)op->kind, op->value);
    }
    if ((fields & OP_HAS_SIZE) == 0) {
        op->form = SIZE_PLAIN;
    }
    if ((fields & (OP_FILLS | OP_RESIZES)) == 0 ||
        (op->expect == EXPECT_SAME && (fields & OP_RESIZES) == 0)) {
        op->expect = EXPECT_ANY;
    }
    if (m->threaded) {
        tidy_threaded(op);
    }
}

static void make_kind(struct mutation *m, struct op *op, enum op_kind kind)
{
    uint32_t before = op_table[op->kind].fields;
    uint32_t fields = op_table[kind].fields;
    uint32_t gained = fields & ~before;
    op->kind = (uint8_t)kind;
    op->expect = EXPECT_ANY;
    if ((gained & OP_HAS_SLOT) != 0) {
        op->slot = draw_slot(m);
    }
    if ((gained & OP_HAS_ALIGN) != 0) {
        op->align = draw_align(m);
    }
    if ((gained & OP_HAS_SIZE) != 0) {
        op->value = draw_size(m);
    }
    if ((gained & OP_HAS_COUNT) != 0) {
        op->count = rng_log_uniform(m->rng, 1, 16);
    }
    if ((gained & OP_HAS_VALUE) != 0) {
        op->value = mutation_draw_numbers(m, kind);
    }
    if ((fields & OP_THREADED) != 0) {
        mutation_draw_threaded(m, op);
    }
    mutation_tidy(m, op);
}

static void draw_op(struct mutation *m, struct op *op)
{
    static const struct op nothing = {.kind = OP_CHECK};
    *op = nothing;
    make_kind(m, op, mutation_draw_kind(m));
    if (m->threaded) {
        mutation_draw_threaded(m, op);
        mutation_tidy(m, op);
    }
}

size_t mutation_open_gap(struct mutation *m, size_t at, size_t want)
{
    struct program *program = m->program;
    size_t room = program->nops < m->max_ops ? m->max_ops - program->nops : 0;
    size_t length = want < room ? want : room;
    memmove(program->ops + at + length, program->ops + at,
            (program->nops - at) * sizeof program->ops[0]);
    program->nops += length;
    return length;
}

static void close_gap(struct mutation *m, size_t at, size_t length)
{
    struct program *program = m->program;
    program->nops -= length;
    memmove(program->ops + at, program->ops + at + length,
            (program->nops - at) * sizeof program->ops[0]);
}

static void edit_insert(struct mutation *m)
{
    size_t at = mutation_below(m, m->program->nops + 1);
    size_t length = mutation_open_gap(m, at, 1 + mutation_below(m, 3));
    for (size_t i = 0; i < length; i++) {
        draw_op(m, &m->program->ops[at + i]);
    }
}

static void edit_delete(struct mutation *m)
{
    size_t at = mutation_below(m, m->program->nops);
    size_t rest = m->program->nops - at;
    size_t length = 1 + mutation_below(m, mutation_below(m, 4) == 0 ? RUN_MAX : 2);
    close_gap(m, at, length < rest ? length : rest);
}

static void edit_duplicate(struct mutation *m)
{
    struct op run[RUN_MAX];
    size_t from = mutation_below(m, m->program->nops);
    size_t rest = m->program->nops - from;
    size_t length = 1 + mutation_below(m, rest < RUN_MAX ? rest : RUN_MAX);
    memcpy(run, m->program->ops + from, length * sizeof run[0]);
    size_t at = mutation_below(m, m->program->nops + 1);
    length = mutation_open_gap(m, at, length);
    memcpy(m->program->ops + at, run, length * sizeof run[0]);
}

static void edit_swap(struct mutation *m)
{
    struct op *a = mutation_any_op(m);
    struct op *b = mutation_any_op(m);
    struct op kept = *a;
    *a = *b;
    *b = kept;
}

/* A run of the other program, put in or laid over what is there. */
static void edit_splice(struct mutation *m)
{
    struct program *program = m->program;
    if (m->other == NULL || m->other->nops == 0) {
        edit_insert(m);
        return;
    }
    size_t from = mutation_below(m, m->other->nops);
    size_t rest = m->other->nops - from;
    size_t length =
        1 + mutation_below(m, mutation_below(m, 2) == 0 || rest < RUN_MAX ? rest : RUN_MAX);
    size_t at = mutation_below(m, program->nops + 1);
    if (mutation_below(m, 2) == 0 && program->nops > at) {
        size_t over = program->nops - at;
        length = length < over ? length : over;
    } else {
        length = mutation_open_gap(m, at, length);
    }
    for (size_t i = 0; i < length; i++) {
        program->ops[at + i] = m->other->ops[from + i];
        mutation_tidy(m, &program->ops[at + i]);
    }
}

static void edit_size(struct mutation *m)
{
    struct op *op = mutation_any_op(m);
    if ((op_table[op->kind].fields & OP_THREADED) != 0) {
        mutation_edit_number(m, op);
        return;
    }
    if ((op_table[op->kind].fields & OP_HAS_VALUE) != 0) {
        op->value = mutation_draw_numbers(m, (enum op_kind)op->kind);
        return;
    }
    if ((op_table[op->kind].fields & OP_HAS_SIZE) == 0) {
        make_kind(m, op, mutation_draw_kind(m));
        return;
    }
    switch (rng_below(m->rng, 8)) {
    case 0:
        op->value += 1 + rng_below(m->rng, 8);
        break;
    case 1:
        op->value -= 1 + rng_below(m->rng, 8);
        break;
    case 2:
        op->form = (uint8_t)rng_below(m->rng, 3);
        op->value = rng_log_uniform(m->rng, 0, 64);
        break;
    case 3:
        /* The size that another op asks for: exact fits and near misses are made of those. */
        op->value = mutation_any_op(m)->value;
        op->value += rng_below(m->rng, 3) - 1;
        op->form = SIZE_PLAIN;
        break;
    default:
        op->value = draw_size(m);
        op->form = SIZE_PLAIN;
        break;
    }
}

static void edit_slot(struct mutation *m)
{
    struct op *op = mutation_any_op(m);
    op->slot = rng_below(m->rng, 2) == 0 ? draw_slot(m) : mutation_any_op(m)->slot;
    mutation_tidy(m, op);
}

static void edit_align(struct mutation *m)
{
    struct op *op = mutation_any_op(m);
    if ((op_table[op->kind].fields & OP_HAS_ALIGN) == 0) {
        make_kind(m, op, (op_table[op->kind].fields & OP_RESIZES) != 0 ? OP_AREALLOC : OP_ALIGNED);
    }
    op->align = draw_align(m);
}

static void edit_kind(struct mutation *m)
{
    /* One draw behind the other: compilers differ in which argument they make first. */
    enum op_kind kind = mutation_draw_kind(m);
    make_kind(m, mutation_any_op(m), kind);
}

static void edit_header(struct mutation *m)
{
    struct program_header *header = &m->program->header;
    switch (rng_below(m->rng, 8)) {
    case 0:
        header->region = rng_log_uniform(m->rng, 1, 65536);
        break;
    case 1:
    case 2:
        /* Byte by byte: the ends of a region are where its last chunk changes. */
        header->region += rng_below(m->rng, 17) - 8;
        break;
    case 3:
        header->fill = (uint8_t)rng_below(m->rng, 101);
        break;
    case 4:
        header->swarm_off ^= (uint8_t)(1u << rng_below(m->rng, 8));
        break;
    case 5:
        header->swarm_off = 0;
        header->fill = 0;
        break;
    case 6:
        header->slots_log2 = (uint8_t)rng_below(m->rng, 8);
        for (size_t i = 0; i < m->program->nops; i++) {
            mutation_tidy(m, &m->program->ops[i]);
        }
        break;
    default:
        header->offset = (uint8_t)rng_below(m->rng, 8);
        break;
    }
}

/* Blocks in slots one behind the other, equal or each of its own size. */
static void edit_fill_run(struct mutation *m)
{
    static const struct op empty;
    size_t at = mutation_below(m, m->program->nops + 1);
    size_t length = mutation_open_gap(m, at, 2 + mutation_below(m, RUN_MAX - 1));
    uint16_t slot = draw_slot(m);
    uint32_t size = draw_size(m);
    bool equal = mutation_below(m, 2) == 0;
    for (size_t i = 0; i < length; i++) {
        struct op *op = &m->program->ops[at + i];
        *op = empty;
        op->kind = OP_ALLOC;
        op->slot = (uint16_t)(slot + i);
        op->value = equal ? size : draw_size(m);
        mutation_tidy(m, op);
    }
}

/* Frees slots one behind the other, forwards or backwards, each or every second. */
static void edit_drain_run(struct mutation *m)
{
    static const struct op empty;
    size_t at = mutation_below(m, m->program->nops + 1);
    size_t length = mutation_open_gap(m, at, 2 + mutation_below(m, RUN_MAX - 1));
    uint16_t slot = draw_slot(m);
    uint16_t step = (uint16_t)(1 + mutation_below(m, 2));
    bool backwards = mutation_below(m, 2) == 0;
    for (size_t i = 0; i < length; i++) {
        struct op *op = &m->program->ops[at + i];
        uint16_t distance = (uint16_t)(i * step);
        *op = empty;
        op->kind = OP_FREE;
        op->slot = (uint16_t)(backwards ? slot - distance : slot + distance);
        mutation_tidy(m, op);
    }
}

static void edit(struct mutation *m)
{
    /* Edits of an op stand more than once: they are what turns a near miss into a hit. */
    static void (*const edits[])(struct mutation *) = {
        edit_insert, edit_fill_run,  edit_splice, edit_header, /* these four work on no op, too */
        edit_delete, edit_duplicate, edit_swap,   edit_size,   edit_size,   edit_size,
        edit_slot,   edit_slot,      edit_align,  edit_kind,   edit_insert, edit_drain_run,
    };
    if (m->threaded && mutation_below(m, 2) == 0) {
        mutation_edit_threads(m);
        return;
    }
    size_t choices = m->program->nops == 0 ? 4 : sizeof edits / sizeof edits[0];
    edits[mutation_below(m, choices)](m);
}

void mutate_program(struct program *program, size_t max_ops, bool misuse,
                    const struct program *other, struct rng *rng)
{
    struct mutation m = {program, max_ops, other, rng, program_threaded(&program->header), misuse};
    if (m.max_ops > program->capacity) {
        m.max_ops = program->capacity;
    }
    if (program->nops > m.max_ops) {
        program->nops = m.max_ops;
    }
    for (uint32_t edits = 1 + rng_below(rng, 4); edits > 0; edits--) {
        edit(&m);
    }
}
