/* SPDX-License-Identifier: Apache-2.0 */
/* What only programs with threads have to become simpler. */
#include "shrink_job.h"

/* Of a number the values below this are tried one after the other. */
#define ALL_TRIED 16u

/* Not at all, then longer and longer; for ever comes last. */
void shrink_wait(struct shrink_job *job, size_t index)
{
    const uint8_t wait = job->best->ops[index].wait;

    for (uint8_t shorter = 0; shorter < wait; shorter++) {
        struct op op = job->best->ops[index];
        op.wait = shorter;
        if (shrink_try_op(job, index, &op)) {
            return;
        }
    }
}

/* One of an op's numbers: the first few are all tried, then halves. */
static void number_simpler(struct shrink_job *job, size_t index, uint32_t i)
{
    uint32_t low = 0;

    while (low < op_number(&job->best->ops[index], i)) {
        const uint32_t number = op_number(&job->best->ops[index], i);
        const uint32_t value = low < ALL_TRIED ? low : low + (number - low) / 2;
        struct op op = job->best->ops[index];
        op.value = op_number_put(op.value, i, value);
        if (!shrink_try_op(job, index, &op)) {
            low = value + 1;
        } else if (low < ALL_TRIED) {
            return;
        }
    }
}

/* The fewest ticks, the lowest priority. */
void shrink_number(struct shrink_job *job, size_t index)
{
    for (uint32_t i = 0; i < OP_NUMBERS; i++) {
        number_simpler(job, index, i);
    }
}

/* Choice by choice: 0 lets who runs go on, and is what stands there when nothing matters. */
void shrink_choices(struct shrink_job *job, size_t index)
{
    for (uint32_t shift = 0; shift < 32; shift += 4) {
        const uint32_t choice = job->best->ops[index].value >> shift & 15u;
        for (uint32_t simpler = 0; simpler < choice; simpler++) {
            struct op op = job->best->ops[index];
            op.value = (op.value & ~(15u << shift)) | simpler << shift;
            if (shrink_try_op(job, index, &op)) {
                break;
            }
        }
    }
}

/* All ops of one thread become another's. False: there are none, or the failure is gone. */
static bool rename_thread(struct shrink_job *job, uint8_t from, uint8_t to)
{
    bool any = false;

    shrink_copy(&job->candidate, job->best);
    for (size_t i = 0; i < job->candidate.nops; i++) {
        struct op *op = &job->candidate.ops[i];
        if (op->thread == from && (op_table[op->kind].fields & OP_UNTHREADED) == 0) {
            op->thread = to;
            any = true;
        }
    }
    return any && shrink_holds(job);
}

/* Fewer threads, by giving one's ops to another; those that are left have the lowest names. */
void shrink_fewer_threads(struct shrink_job *job)
{
    if (!program_threaded(&job->best->header)) {
        return;
    }
    for (uint8_t from = PROGRAM_THREADS - 1; from > 0; from--) {
        for (uint8_t to = 0; to < from && !rename_thread(job, from, to); to++) {
        }
    }
}

/* The candidate: the best without the ops of one kind, or (kind OP_KINDS) of one thread. */
static bool drop_all(struct shrink_job *job, uint32_t kind, uint32_t thread)
{
    struct program *candidate = &job->candidate;

    candidate->header = job->best->header;
    candidate->nops = 0;
    for (size_t i = 0; i < job->best->nops; i++) {
        const struct op *op = &job->best->ops[i];
        const bool theirs =
            op->thread == thread && (op_table[op->kind].fields & OP_UNTHREADED) == 0;
        if (kind != OP_KINDS ? op->kind != kind : !theirs) {
            candidate->ops[candidate->nops++] = *op;
        }
    }
    return candidate->nops < job->best->nops && shrink_holds(job);
}

/*
 * An op that is taken out moves all choices behind it to other steps. So it is first tried without
 * any, without time and priorities, and with nobody who gives up: then less depends on when.
 */
void shrink_free_order(struct shrink_job *job)
{
    if (!program_threaded(&job->best->header)) {
        return;
    }
    shrink_copy(&job->candidate, job->best);
    for (size_t i = 0; i < job->candidate.nops; i++) {
        struct op *op = &job->candidate.ops[i];
        op->wait = op->wait == 0 ? 0 : WAIT_FOREVER;
    }
    (void)shrink_holds(job);
    (void)drop_all(job, OP_SCHED, 0);
    (void)drop_all(job, OP_PRIO, 0);
    (void)drop_all(job, OP_TICK, 0);
    for (uint32_t thread = 0; thread <= THREAD_ISR; thread++) {
        (void)drop_all(job, OP_KINDS, thread);
    }
}
