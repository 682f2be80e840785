/* SPDX-License-Identifier: Apache-2.0 */
#include "mutation.h"

/* Small numbers choose, large ones only take longer. */
uint32_t mutation_draw_numbers(struct mutation *m, enum op_kind kind)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < OP_NUMBERS; i++) {
        uint32_t most = op_number_most(kind, i);
        uint32_t number = rng_below(m->rng, 4) == 0 ? rng_log_uniform(m->rng, 0, most)
                                                    : rng_below(m->rng, most < 64 ? most + 1 : 64);
        value = op_number_put(value, i, number);
    }
    return value;
}

/* Words that look into corners: seldom, for most of them do the same every time. Misuse, where it
 * is looked for, is what a program is about. */
static bool draw_rare(struct mutation *m, enum op_kind *kind)
{
    if (m->misuse && rng_below(m->rng, 4) == 0) {
        *kind = (enum op_kind)(OP_DOUBLE + rng_below(m->rng, OP_KINDS - OP_DOUBLE));
        return true;
    }
    if (rng_below(m->rng, 64) == 0) {
        *kind = (enum op_kind)(OP_PRINT + rng_below(m->rng, OP_DOUBLE - OP_PRINT));
        return true;
    }
    return false;
}

enum op_kind mutation_draw_kind(struct mutation *m)
{
    enum op_kind rare;
    if (draw_rare(m, &rare)) {
        return rare;
    }
    if (m->program->header.kind == KIND_POOL && rng_below(m->rng, 8) != 0) {
        return mutation_pool_kind(m);
    }
    if (m->threaded && rng_below(m->rng, 4) == 0) {
        return (enum op_kind)rng_below(m->rng, OP_KINDS_THREADED);
    }
    /* The first seven change the heap; the rest only ask, and rarely find anything new. */
    return (enum op_kind)rng_below(m->rng, rng_below(m->rng, 4) == 0 ? OP_KINDS_PLAIN : 7);
}
