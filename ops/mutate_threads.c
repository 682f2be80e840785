/* SPDX-License-Identifier: Apache-2.0 */
#include "mutation.h"

#include <string.h>

/* Four threads are enough for every order of two that wait and one that gives back; more only make
 * the choices longer. */
#define THREADS_OFTEN 4u

static uint8_t draw_thread(struct mutation *m)
{
    uint32_t choice = mutation_below(m, 16);
    if (choice == 0) {
        return (uint8_t)mutation_below(m, PROGRAM_THREADS);
    }
    return choice == 1 ? THREAD_ISR : (uint8_t)mutation_below(m, THREADS_OFTEN);
}

static uint8_t draw_wait(struct mutation *m)
{
    switch (mutation_below(m, 4)) {
    case 0:
        return 0;
    case 1:
        return WAIT_FOREVER;
    case 2:
        return (uint8_t)(1 + mutation_below(m, 3));
    default:
        return (uint8_t)(1 + mutation_below(m, WAIT_FOREVER - 1));
    }
}

/* Among two or three that could run, the higher choices mean the same as the lower ones. */
static uint32_t draw_choice(struct mutation *m)
{
    return mutation_below(m, mutation_below(m, 8) == 0 ? 16 : 4);
}

static uint32_t with_choice(uint32_t choices, uint32_t place, uint32_t choice)
{
    uint32_t shift = 4 * place;
    return (choices & ~(15u << shift)) | choice << shift;
}

static uint32_t draw_choices(struct mutation *m)
{
    uint32_t choices = 0;
    for (uint32_t i = 0; i < 8; i++) {
        choices = with_choice(choices, i, mutation_below(m, 2) == 0 ? 0 : draw_choice(m));
    }
    return choices;
}

enum op_kind mutation_pool_kind(struct mutation *m)
{
    static const uint8_t kinds[] = {OP_ALLOC, OP_ALLOC, OP_ALLOC,  OP_FREE,
                                    OP_FREE,  OP_FREE,  OP_CALLOC, OP_TICK};
    return (enum op_kind)kinds[mutation_below(m, sizeof kinds)];
}

void mutation_draw_threaded(struct mutation *m, struct op *op)
{
    op->thread = draw_thread(m);
    op->wait = draw_wait(m);
    if (op->kind == OP_SCHED) {
        op->value = draw_choices(m);
    } else if (op->kind == OP_PRIO) {
        op->value = mutation_below(m, 4);
    } else if (op->kind == OP_TICK) {
        op->value = 1 + mutation_below(m, 4);
    }
}

/* One choice another one; or one more or one less, which moves all that come behind. */
static void edit_choices(struct mutation *m, struct op *op)
{
    uint32_t place = mutation_below(m, 8);
    uint32_t shift = 4 * place;
    uint32_t front = op->value & ((1u << shift) - 1u);
    uint32_t back = op->value >> shift;
    switch (mutation_below(m, 8)) {
    case 0:
        op->value = draw_choices(m);
        break;
    case 1:
        op->value = front | (place == 7 ? 0 : back << 4 << shift) | draw_choice(m) << shift;
        break;
    case 2:
        op->value = front | back >> 4 << shift;
        break;
    default:
        op->value = with_choice(op->value, place, draw_choice(m));
        break;
    }
}

void mutation_edit_number(struct mutation *m, struct op *op)
{
    if (op->kind == OP_SCHED) {
        edit_choices(m, op);
    } else if (op->kind == OP_TICK) {
        op->value = mutation_below(m, mutation_below(m, 4) == 0 ? PROGRAM_TICK_MAX + 1u : 6);
    } else {
        op->value = mutation_below(m, PROGRAM_PRIO_MAX + 1u);
    }
}

/* An op of this kind, if there is one; the search starts anywhere. */
static struct op *any_of(struct mutation *m, enum op_kind kind)
{
    struct program *program = m->program;
    size_t start = mutation_below(m, program->nops);
    for (size_t i = 0; i < program->nops; i++) {
        struct op *op = &program->ops[(start + i) % program->nops];
        if (op->kind == kind) {
            return op;
        }
    }
    return NULL;
}

/* A new op of this kind: priorities and schedules do most from early on. */
static void insert(struct mutation *m, enum op_kind kind)
{
    static const struct op empty;
    size_t nops = m->program->nops;
    size_t at = mutation_below(m, mutation_below(m, 2) == 0 ? nops + 1 : nops / 4 + 1);
    if (mutation_open_gap(m, at, 1) == 0) {
        return;
    }
    struct op *op = &m->program->ops[at];
    *op = empty;
    op->kind = (uint8_t)kind;
    mutation_draw_threaded(m, op);
    mutation_tidy(m, op);
}

static void edit_or_insert(struct mutation *m, enum op_kind kind)
{
    struct op *op = m->program->nops == 0 ? NULL : any_of(m, kind);
    if (op == NULL || mutation_below(m, 4) == 0) {
        insert(m, kind);
    } else {
        mutation_edit_number(m, op);
        mutation_tidy(m, op);
    }
}

/* To the thread of another op as often as to any: it lands where it is in somebody's way. */
static void edit_thread(struct mutation *m)
{
    struct op *op = mutation_any_op(m);
    op->thread = mutation_below(m, 2) == 0 ? draw_thread(m) : mutation_any_op(m)->thread;
    mutation_tidy(m, op);
}

static void edit_wait(struct mutation *m)
{
    struct program *program = m->program;
    size_t start = mutation_below(m, program->nops);
    for (size_t i = 0; i < program->nops; i++) {
        struct op *op = &program->ops[(start + i) % program->nops];
        if ((op_table[op->kind].fields & (OP_FILLS | OP_RESIZES)) != 0) {
            op->wait = draw_wait(m);
            return;
        }
    }
}

/* An op to another place, and half the time to another thread. */
static void edit_move(struct mutation *m)
{
    struct op *ops = m->program->ops;
    size_t from = mutation_below(m, m->program->nops);
    size_t to = mutation_below(m, m->program->nops);
    struct op op = ops[from];
    if (from < to) {
        memmove(ops + from, ops + from + 1, (to - from) * sizeof *ops);
    } else {
        memmove(ops + to + 1, ops + to, (from - to) * sizeof *ops);
    }
    if (mutation_below(m, 2) == 0) {
        op.thread = draw_thread(m);
        mutation_tidy(m, &op);
    }
    ops[to] = op;
}

void mutation_edit_threads(struct mutation *m)
{
    uint32_t choice = m->program->nops == 0 ? 0 : mutation_below(m, 16);
    if (choice < 6) {
        edit_or_insert(m, OP_SCHED);
    } else if (choice < 8) {
        edit_or_insert(m, OP_TICK);
    } else if (choice < 9) {
        edit_or_insert(m, OP_PRIO);
    } else if (choice < 12) {
        edit_thread(m);
    } else if (choice < 14) {
        edit_wait(m);
    } else {
        edit_move(m);
    }
}
