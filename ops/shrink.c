/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "shrink_job.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "poison.h"

/* How long one candidate may take, when the caller sets no limit: a loop is a finding as well. */
unsigned shrink_seconds = 10;

static enum run_status run_plain(const struct program *program, const struct subject *subject,
                                 struct space *space, const struct run_options *options,
                                 struct run_failure *failure)
{
    return run_program(program, subject, space, options, NULL, NULL, failure);
}

shrink_run_t shrink_run = run_plain;

/* Exit status of a child whose sanitizer found something, chosen where shells and tools use none.
 */
#define CHILD_CRASHED 99

/* Written by the child, read by the parent. */
struct shared {
    enum run_status status;
    struct run_failure failure;
    bool done;
};

static struct shared *shared;
static bool in_child;

#if POISON_ASAN
void __asan_on_error(void);

/* ASan calls this in front of its report. A child's report goes nowhere and takes a second to make.
 */
void __asan_on_error(void)
{
    if (in_child) {
        _exit(CHILD_CRASHED);
    }
}
#endif

static _Noreturn void child(const struct program *program, const struct subject *subject,
                            struct space *space, const struct run_options *options,
                            unsigned seconds)
{
    const int nowhere = open("/dev/null", O_WRONLY);

    in_child = true;
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
    }
    (void)signal(SIGALRM, SIG_DFL);
    (void)alarm(seconds);
    shared->status = shrink_run(program, subject, space, options, &shared->failure);
    shared->done = true;
    _exit(0);
}

/* The op at which an oracle's failure was seen is left in shared->failure. */
void shrink_try(const struct program *program, const struct subject *subject, struct space *space,
                const struct run_options *options, unsigned seconds, struct shrink_outcome *outcome)
{
    int status = 0;

    if (shared == NULL) {
        shared =
            mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED) {
            host_bad_input("shrink", 0, "expected shared memory, have none");
        }
    }
    memset(shared, 0, sizeof *shared);
    (void)fflush(NULL); /* or the child's copies of the buffers are written twice */
    const pid_t pid = fork();
    if (pid < 0) {
        host_bad_input("shrink", 0, "expected a child process, have none");
    }
    if (pid == 0) {
        child(program, subject, space, options, seconds);
    }
    (void)waitpid(pid, &status, 0);
    outcome->failed = !shared->done || shared->status == RUN_FAILED;
    outcome->oracle = shared->done && outcome->failed ? shared->failure.oracle : ORACLE_NONE;
    outcome->signal = 0;
    if (!shared->done) {
        outcome->signal = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
}

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

    job->tries++;
    shrink_try(&job->candidate, job->subject, job->space, job->options, shrink_seconds, &outcome);
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

/* Until not one op can be taken away. */
static void drop_ops(struct shrink_job *job)
{
    for (size_t n = job->best->nops / 2; n > 1; n /= 2) {
        (void)drop_runs(job, n);
        if (n > 16 && n <= 64) {
            (void)drop_slots(job); /* once, when there are few enough ops left to be quick */
        }
    }
    while (drop_runs(job, 1)) {
    }
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

    shrink_try(program, subject, space, options, shrink_seconds, &job.wanted);
    *outcome = job.wanted;
    if (!job.wanted.failed) {
        return false;
    }
    const size_t failed_at = shared->done ? shared->failure.op_index : program->nops;
    job.candidate = *program;
    job.candidate.capacity = program->nops;
    job.candidate.ops = malloc((program->nops + 1) * sizeof *program->ops);
    if (job.candidate.ops == NULL) {
        host_bad_input("shrink", 0, "expected memory for %zu ops, have none", program->nops);
    }
    cut_tail(&job, failed_at);
    shrink_free_order(&job);
    drop_ops(&job);
    shrink_simplify(&job);
    drop_ops(&job); /* simpler sizes may have made some needless */
    free(job.candidate.ops);
    return true;
}
