/* SPDX-License-Identifier: Apache-2.0 */
/* Who does an op, how long it may wait, and what the environment does in between. */
#include "generate_plan.h"

void generator_begin_threads(struct generator *g)
{
    /* Two threads and an interrupt make most races, three a queue with an order. */
    g->threads = 2 + rng_below(&g->rng, 3);
    if (generator_chance(g, 12)) {
        g->threads = 2 + rng_below(&g->rng, PROGRAM_THREADS - 1);
    }
    g->thread = 0;
    g->priorities = generator_chance(g, 128) ? g->threads : 0;
}

/* Half of the choices let the running one go on: switches everywhere hide what one switch does. */
static uint32_t draw_choices(struct generator *g)
{
    uint32_t choices = 0;
    for (uint32_t i = 0; i < 8; i++) {
        if (generator_chance(g, 128)) {
            choices |= rng_below(&g->rng, generator_chance(g, 16) ? 16 : 4) << 4 * i;
        }
    }
    return choices;
}

static void set_priority(struct generator *g, struct op *op, uint32_t thread)
{
    op->kind = OP_PRIO;
    op->thread = (uint8_t)thread;
    /* Few values, so that some are equal. */
    op->value = rng_below(&g->rng, generator_chance(g, 32) ? PROGRAM_PRIO_MAX + 1u : 3);
}

bool generator_environment(struct generator *g, struct op *op)
{
    static const struct op empty;
    *op = empty;
    if (g->program->nops < g->priorities) {
        set_priority(g, op, (uint32_t)g->program->nops);
        return true;
    }
    uint32_t choice = rng_below(&g->rng, 256);
    if (choice < 48) {
        op->kind = OP_SCHED;
        op->value = draw_choices(g);
    } else if (choice < 72) {
        op->kind = OP_TICK;
        op->value = rng_log_uniform(&g->rng, 1, generator_chance(g, 32) ? 20 : 3);
    } else if (choice < 76) {
        set_priority(g, op, rng_below(&g->rng, g->threads));
    } else {
        return false;
    }
    return true;
}

static uint8_t draw_wait(struct generator *g)
{
    uint32_t choice = rng_below(&g->rng, 8);
    if (choice < 3) {
        return 0;
    }
    if (choice < 5) {
        return WAIT_FOREVER;
    }
    return (uint8_t)rng_log_uniform(&g->rng, 1, WAIT_FOREVER - 1);
}

void generator_assign(struct generator *g, struct op *op)
{
    if (generator_chance(g, 20)) {
        op->thread = THREAD_ISR; /* and it does not wait: an interrupt may not */
        return;
    }
    if (!generator_chance(g, 80)) {
        g->thread = rng_below(&g->rng, g->threads);
    }
    op->thread = (uint8_t)g->thread;
    if ((op_table[op->kind].fields & (OP_FILLS | OP_RESIZES)) != 0) {
        op->wait = draw_wait(g);
    }
}

uint32_t generator_pool_size(struct generator *g)
{
    /* Blocks are a power of four apart, and from some a descriptor of 16 bytes is taken. */
    uint32_t log2 = 3;
    while (1u << (log2 + 1) <= g->high && log2 < 30) {
        log2++;
    }
    uint32_t block = 8u << rng_below(&g->rng, log2 - 2);
    uint32_t taken = block > 16 && generator_chance(g, 128) ? 16 : 0;
    return block - taken + rng_below(&g->rng, 3) - 1;
}
