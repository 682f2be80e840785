/* SPDX-License-Identifier: Apache-2.0 */
#include "shrink_job.h"

#include <stdlib.h>
#include <string.h>

bool shrink_try_op(struct shrink_job *job, size_t index, const struct op *op)
{
    if (memcmp(op, &job->best->ops[index], sizeof *op) == 0) {
        return false;
    }
    shrink_copy(&job->candidate, job->best);
    job->candidate.ops[index] = *op;
    return shrink_holds(job);
}

static void simplify_value(struct shrink_job *job, size_t index)
{
    static const uint32_t simple[] = {0,   1,   8,   16,  24,  32,   48,   64,   100,
                                      128, 200, 256, 500, 512, 1000, 1024, 2000, 4096};
    const uint32_t value = job->best->ops[index].value;
    uint32_t low = 0; /* the smallest value that fails is in (low, value], if failing is monotone */

    for (size_t i = 0; i < sizeof simple / sizeof simple[0] && simple[i] < value; i++) {
        struct op op = job->best->ops[index];
        op.value = simple[i];
        if (shrink_try_op(job, index, &op)) {
            return;
        }
        low = simple[i];
    }
    while (job->best->ops[index].value - low > 1) {
        struct op op = job->best->ops[index];
        op.value = low + (op.value - low) / 2;
        if (!shrink_try_op(job, index, &op)) {
            low = op.value;
        }
    }
}

static void simplify_op(struct shrink_job *job, size_t index)
{
    struct op op = job->best->ops[index];
    const uint32_t fields = op_table[op.kind].fields;

    if (op.expect != EXPECT_ANY && job->wanted.oracle != ORACLE_EXPECT) {
        op.expect = EXPECT_ANY;
        (void)shrink_try_op(job, index, &op);
    }
    op = job->best->ops[index];
    if ((fields & (OP_FILLS | OP_RESIZES)) != 0 && op.kind != OP_ALLOC && op.kind != OP_REALLOC) {
        /* A calloc of count * value bytes is an alloc of so many. */
        op.value = (fields & OP_HAS_COUNT) != 0 ? op.value * op.count : op.value;
        op.kind = (fields & OP_RESIZES) != 0 ? OP_REALLOC : OP_ALLOC;
        op.align = 0;
        op.count = 0;
        (void)shrink_try_op(job, index, &op);
    }
    op = job->best->ops[index];
    if (op.form != SIZE_PLAIN) {
        op.form = SIZE_PLAIN;
        (void)shrink_try_op(job, index, &op);
    }
    for (uint32_t align = 8; (fields & OP_HAS_ALIGN) != 0 && align < job->best->ops[index].align;
         align *= 2) {
        op = job->best->ops[index];
        op.align = align;
        if (shrink_try_op(job, index, &op)) {
            break;
        }
    }
    if ((fields & OP_HAS_SIZE) != 0) {
        simplify_value(job, index);
    }
    if ((fields & OP_HAS_VALUE) != 0) {
        shrink_number(job, index);
    }
    if ((fields & OP_SCHEDULES) != 0) {
        shrink_choices(job, index);
    }
    shrink_wait(job, index);
}

/* Slots in the order in which they are first used, so that p0 comes before p1. */
static void rename_slots(struct shrink_job *job)
{
    const size_t nslots = (size_t)1 << job->best->header.slots_log2;
    uint32_t *names = calloc(nslots, sizeof *names);
    uint32_t used = 0;

    if (names == NULL) {
        return;
    }
    shrink_copy(&job->candidate, job->best);
    for (size_t i = 0; i < job->best->nops; i++) {
        struct op *op = &job->candidate.ops[i];
        if ((op_table[op->kind].fields & OP_HAS_SLOT) != 0) {
            if (names[op->slot] == 0) {
                names[op->slot] = ++used;
            }
            op->slot = (uint16_t)(names[op->slot] - 1);
        }
    }
    free(names);
    if (used <= 16) {
        job->candidate.header.slots_log2 = PROGRAM_SLOTS_LOG2_DEFAULT;
        if (shrink_holds(job)) {
            return;
        }
        job->candidate.header.slots_log2 = job->best->header.slots_log2;
    }
    (void)shrink_holds(job);
}

/* No round one fails: smaller ones that keep the bytes behind the last unit, since these may
 * matter.
 */
static void smaller_region(struct shrink_job *job)
{
    for (uint32_t less = 1u << 20; less >= 8; less /= 2) {
        while (job->best->header.region > less) {
            shrink_copy(&job->candidate, job->best);
            job->candidate.header.region -= less;
            if (!shrink_holds(job)) {
                break;
            }
        }
    }
}

static void simplify_header(struct shrink_job *job)
{
    static const uint32_t regions[] = {128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};

    shrink_copy(&job->candidate, job->best);
    job->candidate.header.swarm_off = 0;
    job->candidate.header.fill = 0;
    (void)shrink_holds(job);
    for (uint8_t offset = 0; offset < job->best->header.offset; offset++) {
        shrink_copy(&job->candidate, job->best);
        job->candidate.header.offset = offset;
        if (shrink_holds(job)) {
            break;
        }
    }
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (regions[i] == job->best->header.region) {
            return;
        }
        if (regions[i] > job->best->header.region) {
            break;
        }
        shrink_copy(&job->candidate, job->best);
        job->candidate.header.region = regions[i];
        if (shrink_holds(job)) {
            return;
        }
    }
    smaller_region(job);
}

void shrink_simplify(struct shrink_job *job)
{
    simplify_header(job);
    shrink_fewer_threads(job);
    rename_slots(job);
    for (size_t i = 0; i < job->best->nops; i++) {
        simplify_op(job, i);
    }
}
