/* SPDX-License-Identifier: Apache-2.0 */
#include "generate_plan.h"

/* What a block takes from the heap: its bytes in whole units, with the larger header. */
static uint32_t cost_of(uint32_t bytes, uint32_t align)
{
    uint32_t most = bytes > 0x7fffffffu ? 0x7fffffffu : bytes;
    return (most + 8 + 7) / 8 * 8 + (align > 8 && align < 0x10000000u ? align : 0);
}

static void list_remove(uint16_t *list, uint32_t *length, uint32_t slot)
{
    uint32_t i = 0;
    while (list[i] != slot) {
        i++;
    }
    (*length)--;
    for (; i < *length; i++) {
        list[i] = list[i + 1];
    }
}

/* cost 0 empties the slot. */
static void slot_becomes(struct generator *g, uint32_t slot, uint32_t cost)
{
    uint32_t before = g->bytes[slot];
    g->live_bytes = g->live_bytes - before + cost;
    g->bytes[slot] = cost;
    if (before == 0 && cost != 0) {
        list_remove(g->empty, &g->nempty, slot);
        g->live[g->nlive++] = (uint16_t)slot;
    } else if (before != 0 && cost == 0) {
        list_remove(g->live, &g->nlive, slot);
        g->empty[g->nempty++] = (uint16_t)slot;
    }
}

/* Strays now and then: into a live slot, out of an empty one. */
static bool strays(struct generator *g)
{
    return !g->options->effective && generator_chance(g, 12);
}

static uint16_t any_slot(struct generator *g)
{
    return (uint16_t)rng_below(&g->rng, 1u << g->program->header.slots_log2);
}

static uint16_t draw_empty(struct generator *g)
{
    if (g->nempty == 0 || strays(g)) {
        return any_slot(g);
    }
    return g->empty[rng_below(&g->rng, g->nempty)];
}

static uint16_t draw_live(struct generator *g)
{
    if (g->nlive == 0 || strays(g)) {
        return any_slot(g);
    }
    switch (g->order) {
    case ORDER_FIFO:
        return g->live[0];
    case ORDER_LIFO:
        return g->live[g->nlive - 1];
    default:
        return g->live[rng_below(&g->rng, g->nlive)];
    }
}

static uint32_t draw_size(struct generator *g)
{
    if (g->plan->contended && generator_chance(g, 80)) {
        /* What two cannot have at once. */
        return rng_log_uniform(&g->rng, g->program->header.region / 4, g->program->header.region);
    }
    if (g->program->header.kind == KIND_POOL && generator_chance(g, 128)) {
        return generator_pool_size(g);
    }
    if (g->plan->sizes == SIZES_LOG_UNIFORM) {
        return rng_log_uniform(&g->rng, g->low, g->high);
    }
    return rng_size(&g->rng, g->high);
}

/* Half are new sizes, half grow or shrink the block a little or a lot. */
static uint32_t draw_resize(struct generator *g, uint32_t slot)
{
    uint32_t now = g->bytes[slot];
    uint64_t most = g->options->effective ? g->high : (uint64_t)4 * g->high;
    uint32_t choice = rng_below(&g->rng, 4);
    if (now == 0 || choice >= 2) {
        return draw_size(g);
    }
    if (choice == 0 && g->live_bytes < g->target) {
        uint64_t grown = (uint64_t)now + rng_log_uniform(&g->rng, 1, g->high);
        most = most < UINT32_MAX ? most : UINT32_MAX;
        return (uint32_t)(grown < most ? grown : most);
    }
    uint32_t size = rng_log_uniform(&g->rng, 1, now);
    return size < most ? size : (uint32_t)most;
}

static uint32_t draw_align(struct generator *g)
{
    uint32_t choice = rng_below(&g->rng, 16);
    if (choice == 0) {
        return 0;
    }
    if (g->options->effective) {
        /* Much padding would make allocations fail in small regions. */
        uint32_t log2 = rng_below(&g->rng, 8);
        return 16u << log2 <= g->program->header.region ? 1u << log2 : 1;
    }
    if (choice == 1) {
        uint32_t log2 = 0;
        while (log2 < 30 && g->program->header.region >> log2 > 1) {
            log2++;
        }
        return 1u << rng_below(&g->rng, log2 + 1);
    }
    if (choice == 2 && generator_chance(g, 64)) {
        return 3u << rng_below(&g->rng, 12);
    }
    return 1u << rng_below(&g->rng, 8);
}

/* Splits the size into elements. */
static void draw_count(struct generator *g, struct op *op)
{
    op->count = rng_log_uniform(&g->rng, 1, op->value == 0 ? 1 : op->value);
    op->value /= op->count;
}

/* Values that must fail on every heap, or nearly: nothing, too much, and sums that wrap. */
static void make_hostile(struct generator *g, struct op *op)
{
    uint32_t fields = op_table[op->kind].fields;
    uint32_t region = g->program->header.region;
    switch (rng_below(&g->rng, 8)) {
    case 0:
        op->value = 0;
        break;
    case 1:
        op->form = SIZE_TOP;
        op->value = rng_log_uniform(&g->rng, 0, 4096);
        break;
    case 2:
        op->form = SIZE_ABOVE_4G;
        op->value = rng_log_uniform(&g->rng, 0, 4096);
        break;
    case 3:
        op->value = region - (region < 64 ? region : 64) + rng_below(&g->rng, 129);
        break;
    case 4:
        op->value = rng_log_uniform(&g->rng, region, UINT32_MAX);
        break;
    case 5:
        op->form = SIZE_TOP;
        op->value = rng_log_uniform(&g->rng, 0, UINT32_MAX);
        break;
    default:
        if ((fields & OP_HAS_ALIGN) != 0) {
            op->align = rng_below(&g->rng, 2) == 0 ? 3u : 1u;
            op->align <<= rng_below(&g->rng, 31);
        } else if ((fields & OP_HAS_COUNT) != 0) {
            op->count = 1u << rng_below(&g->rng, 32);
            op->value = 1u << rng_below(&g->rng, 32);
            op->value += rng_below(&g->rng, 3);
        } else {
            op->form = SIZE_TOP;
            op->value = rng_below(&g->rng, 32);
        }
        break;
    }
}

static bool bad_align(const struct op *op)
{
    return (op->align & (op->align - 1)) != 0;
}

static void draw_fill(struct generator *g, struct op *op)
{
    uint32_t fields = op_table[op->kind].fields;
    op->slot = draw_empty(g);
    op->value = draw_size(g);
    if ((fields & OP_HAS_ALIGN) != 0) {
        op->align = draw_align(g);
    }
    uint32_t cost = cost_of(op->value, op->align);
    if ((fields & OP_HAS_COUNT) != 0) {
        draw_count(g, op);
    }
    if (!g->options->effective && generator_chance(g, g->plan->hostile)) {
        make_hostile(g, op);
        return;
    }
    if (g->bytes[op->slot] == 0 && !bad_align(op)) {
        slot_becomes(g, op->slot, cost);
    }
}

static void draw_resizing(struct generator *g, struct op *op)
{
    op->slot = draw_live(g);
    op->value = draw_resize(g, op->slot);
    if ((op_table[op->kind].fields & OP_HAS_ALIGN) != 0) {
        op->align = draw_align(g);
    }
    if (!g->options->effective && generator_chance(g, g->plan->hostile)) {
        make_hostile(g, op);
        if (op->form != SIZE_PLAIN || op->value != 0) {
            return;
        }
    }
    if (!bad_align(op)) {
        slot_becomes(g, op->slot, op->value == 0 ? 0 : cost_of(op->value, op->align));
    }
}

static enum op_kind weighted_kind(struct generator *g)
{
    uint32_t drawn = rng_below(&g->rng, g->weights);
    uint32_t kind = 0;
    while (drawn >= g->weight[kind]) {
        drawn -= g->weight[kind];
        kind++;
    }
    return (enum op_kind)kind;
}

/* Keeps to the current run; at its end begins the other one. True: this op is a free. */
static bool run_drains(struct generator *g)
{
    if (g->draining && (g->live_bytes <= g->goal || g->nlive == 0)) {
        g->draining = false;
        g->goal = g->target * (64 + rng_below(&g->rng, 193)) / 256;
    } else if (!g->draining && (g->live_bytes >= g->goal || g->nempty == 0)) {
        uint32_t share = rng_below(&g->rng, 256);
        g->draining = true;
        g->goal = share < 64 ? 0 : g->live_bytes * share / 256;
        g->order = (enum order)rng_below(&g->rng, 3);
    }
    return g->draining && generator_chance(g, 240);
}

/* What is drawn by weight, but where it would not act or leave the load aimed at. */
static enum op_kind draw_kind(struct generator *g)
{
    if (g->runs && g->weight[OP_FREE] != 0 && run_drains(g)) {
        return OP_FREE;
    }
    enum op_kind kind = weighted_kind(g);
    bool fills = (op_table[kind].fields & OP_FILLS) != 0;
    bool needs_block = !fills && (op_table[kind].fields & OP_HAS_SLOT) != 0;
    if (fills && (g->nempty == 0 || g->live_bytes >= g->target) && g->weight[OP_FREE] != 0) {
        return g->nlive != 0 ? OP_FREE : kind;
    }
    if (needs_block && g->nlive == 0 && !strays(g)) {
        do {
            kind = weighted_kind(g);
        } while ((op_table[kind].fields & OP_FILLS) == 0);
    }
    return kind;
}

/* Small numbers choose, large ones only take longer. */
static void draw_numbers(struct generator *g, struct op *op)
{
    for (uint32_t i = 0; i < OP_NUMBERS; i++) {
        uint32_t most = op_number_most((enum op_kind)op->kind, i);
        uint32_t bound = op->kind == OP_FLIP || most < 64 ? most : 64;
        op->value = op_number_put(op->value, i, rng_below(&g->rng, bound + 1));
    }
}

/* Addresses near a block: its links, its neighbours' headers, places between two units. */
static void draw_distance(struct generator *g, struct op *op)
{
    op->form = rng_below(&g->rng, 3) == 0 ? SIZE_TOP : SIZE_PLAIN;
    op->value = rng_log_uniform(&g->rng, 1, 256);
    if (rng_below(&g->rng, 2) == 0) {
        /* A multiple of 8, counted from the block in either direction. */
        op->value = (op->value + 7) / 8 * 8 - (op->form == SIZE_TOP ? 1 : 0);
    }
}

static void emit(struct generator *g, const struct op *op)
{
    struct op *next = &g->program->ops[g->program->nops++];
    *next = *op;
    if (g->threaded) {
        generator_assign(g, next);
    }
}

static void draw_op(struct generator *g)
{
    static const struct op empty;
    struct op op = empty;
    op.kind = (uint8_t)draw_kind(g);
    uint32_t fields = op_table[op.kind].fields;
    if ((fields & OP_FILLS) != 0) {
        draw_fill(g, &op);
    } else if ((fields & OP_RESIZES) != 0) {
        draw_resizing(g, &op);
    } else if ((fields & OP_HAS_SLOT) != 0) {
        op.slot = draw_live(g);
        if (op.kind == OP_FREE) {
            slot_becomes(g, op.slot, 0);
        } else if (op.kind == OP_DOUBLE) {
            op.slot = any_slot(g);
        }
        if ((fields & OP_HAS_SIZE) != 0) {
            draw_distance(g, &op);
        }
    }
    if ((fields & OP_HAS_VALUE) != 0) {
        draw_numbers(g, &op);
    }
    emit(g, &op);
}

/*
 * The trace that allocators are compared by: so many allocs; before each, random blocks are freed
 * until it fits under the target. Here load is the bytes asked for, nothing added.
 */
static bool draw_steady(struct generator *g)
{
    static const struct op empty;
    for (uint32_t i = 0; i < g->options->ops; i++) {
        uint32_t size = draw_size(g);
        while (g->nlive != 0 && (g->nempty == 0 || g->live_bytes + size > g->target)) {
            struct op op = empty;
            op.kind = OP_FREE;
            op.slot = g->live[rng_below(&g->rng, g->nlive)];
            if (g->program->nops == g->program->capacity) {
                return false;
            }
            slot_becomes(g, op.slot, 0);
            emit(g, &op);
        }
        struct op op = empty;
        op.kind = OP_ALLOC;
        op.slot = g->empty[rng_below(&g->rng, g->nempty)];
        op.value = size;
        if (g->program->nops == g->program->capacity) {
            return false;
        }
        slot_becomes(g, op.slot, size);
        emit(g, &op);
    }
    return true;
}

bool generate_program(struct program *program, const struct generate_options *options)
{
    struct generator g;
    generator_begin(&g, program, options);
    if (options->profile == PROFILE_STEADY) {
        return draw_steady(&g);
    }
    if (program->capacity < options->ops) {
        return false;
    }
    while (program->nops < options->ops) {
        if (g.threaded && generator_environment(&g, &program->ops[program->nops])) {
            program->nops++;
        } else {
            draw_op(&g);
        }
    }
    return true;
}
