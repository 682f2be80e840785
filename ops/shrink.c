/* SPDX-License-Identifier: Apache-2.0 */
/* Takes ops away. */
#include "shrink_job.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"

unsigned shrink_seconds = 10;
unsigned shrink_total_seconds;

/* Of so few ops any two are tried, too: an alloc and its free, what fills a hole and what made it.
 */
#define PAIRS_OPS   24u
/* Simpler ops may make others needless, and fewer ops others simpler. */
#define ROUNDS      4u
/* What a candidate is given of the processor, in milliseconds: at least so much. */
#define LEAST_MS    250u
#define HANG_MS     50u
#define TIMES_OF_IT 10u

static bool same_failure(const struct shrink_outcome *a, const struct shrink_outcome *b)
{
    return a->failed && b->failed && a->oracle == b->oracle && a->signal == b->signal;
}

void shrink_copy(struct program *to, const struct program *from)
{
    to->header = from->header;
    to->nops = from->nops;
    memcpy(to->ops, from->ops, from->nops * sizeof *to->ops);
}

bool shrink_holds(struct shrink_job *job)
{
    struct shrink_outcome outcome;

    job->cut = job->cut || (job->end_ms != 0 && shrink_now_ms() >= job->end_ms);
    if (job->cut || shrink_tried(job)) {
        return false;
    }
    job->tries++;
    shrink_try_ms(&job->candidate, job->subject, job->space, job->options, job->limit_ms, &outcome);
    if (!same_failure(&outcome, &job->wanted)) {
        return false;
    }
    shrink_copy(job->best, &job->candidate);
    if (job->progress != NULL) {
        job->progress(job->best->nops, job->tries, job->context);
    }
    return true;
}

/* The candidate: the best without ops [from, from + n). */
static void candidate_without(struct shrink_job *job, size_t from, size_t n)
{
    const struct program *best = job->best;
    struct program *candidate = &job->candidate;

    candidate->header = best->header;
    candidate->nops = best->nops - n;
    memcpy(candidate->ops, best->ops, from * sizeof *best->ops);
    memcpy(candidate->ops + from, best->ops + from + n,
           (best->nops - from - n) * sizeof *best->ops);
}

/* Nothing behind the op that failed matters; a crash names no op, so its place is searched. */
static void cut_tail(struct shrink_job *job, size_t failed_at)
{
    size_t low = 0;
    size_t high = failed_at < job->best->nops ? failed_at + 1 : job->best->nops;

    if (high < job->best->nops) {
        candidate_without(job, high, job->best->nops - high);
        (void)shrink_holds(job);
    }
    if (job->wanted.oracle != ORACLE_NONE) {
        return;
    }
    for (high = job->best->nops; low < high;) {
        const size_t middle = low + (high - low) / 2;
        candidate_without(job, middle, job->best->nops - middle);
        if (shrink_holds(job)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
}

/* All ops on one slot go at once: an alloc and its free alone can seldom be taken apart. */
static bool drop_slots(struct shrink_job *job)
{
    const uint32_t nslots = (uint32_t)1 << job->best->header.slots_log2;
    bool dropped = false;

    for (uint32_t slot = 0; slot < nslots; slot++) {
        struct program *candidate = &job->candidate;
        candidate->header = job->best->header;
        candidate->nops = 0;
        for (size_t i = 0; i < job->best->nops; i++) {
            const struct op *op = &job->best->ops[i];
            if ((op_table[op->kind].fields & OP_HAS_SLOT) == 0 || op->slot != slot) {
                candidate->ops[candidate->nops++] = *op;
            }
        }
        if (candidate->nops < job->best->nops) {
            dropped |= shrink_holds(job);
        }
    }
    return dropped;
}

/* Runs of n ops, from the end, where most ops matter to nobody. */
static bool drop_runs(struct shrink_job *job, size_t n)
{
    bool dropped = false;
    size_t end = job->best->nops;

    while (end > 0) {
        const size_t from = end > n ? end - n : 0;
        candidate_without(job, from, end - from);
        dropped |= shrink_holds(job);
        end = from;
    }
    return dropped;
}

/* Any two ops, if there are few. False: all are needed. */
static bool drop_pairs(struct shrink_job *job)
{
    struct program *candidate = &job->candidate;

    for (size_t i = 0; job->best->nops <= PAIRS_OPS && i < job->best->nops; i++) {
        for (size_t j = i + 1; j < job->best->nops; j++) {
            candidate->header = job->best->header;
            candidate->nops = 0;
            for (size_t k = 0; k < job->best->nops; k++) {
                if (k != i && k != j) {
                    candidate->ops[candidate->nops++] = job->best->ops[k];
                }
            }
            if (shrink_holds(job)) {
                return true;
            }
        }
    }
    return false;
}

void shrink_drop_ops(struct shrink_job *job)
{
    for (size_t n = job->best->nops / 2; n > 1; n /= 2) {
        (void)drop_runs(job, n);
        if (n > 16 && n <= 64) {
            (void)drop_slots(job); /* once, when there are few enough ops left to be quick */
        }
    }
    do {
        while (drop_runs(job, 1)) {
        }
    } while (drop_pairs(job));
}

/* How the program fails, how long a candidate may take, and where its end is. */
static bool job_begin(struct shrink_job *job, struct program *program)
{
    const uint64_t start = shrink_now_ms();

    shrink_try_ms(program, job->subject, job->space, job->options, shrink_seconds * 1000u,
                  &job->wanted);
    const uint64_t took = shrink_now_ms() - start;
    job->limit_ms = (uint32_t)(took * TIMES_OF_IT < LEAST_MS ? LEAST_MS : took * TIMES_OF_IT);
    if (job->wanted.hung) {
        job->limit_ms = HANG_MS + (uint32_t)(program->nops / 100u);
    }
    if (shrink_total_seconds != 0) {
        job->end_ms = start + shrink_total_seconds * 1000u;
    }
    return job->wanted.failed;
}

bool shrink_program(struct program *program, const struct subject *subject, struct space *space,
                    const struct run_options *options, shrink_progress_t progress, void *context,
                    struct shrink_outcome *outcome)
{
    struct shrink_job job = {
        .best = program,
        .subject = subject,
        .space = space,
        .options = options,
        .progress = progress,
        .context = context,
    };

    const bool failed = job_begin(&job, program);
    *outcome = job.wanted;
    if (!failed) {
        return false;
    }
    const size_t failed_at = shrink_failed_at(program);
    size_t before;
    job.candidate = *program;
    job.candidate.capacity = program->nops;
    job.candidate.ops = malloc((program->nops + 1) * sizeof *program->ops);
    if (job.candidate.ops == NULL) {
        host_bad_input("shrink", 0, "expected memory for %zu ops, have none", program->nops);
    }
    cut_tail(&job, failed_at);
    shrink_free_order(&job);
    shrink_drop_ops(&job);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        before = job.tries;
        shrink_simplify(&job);
        shrink_drop_ops(&job);
        if (job.tries == before) {
            break; /* nothing that was not tried before */
        }
    }
    outcome->cut = job.cut;
    outcome->tries = job.tries;
    free(job.candidate.ops);
    free(job.tried);
    return true;
}
