/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "shrink.h"

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

/* Exit status of a child whose sanitizer found something, chosen where shells and tools use none.
 */
#define CHILD_CRASHED     99

/* Written by the child, read by the parent. */
struct shared {
    enum run_status status;
    struct run_failure failure;
    bool done;
};

struct job {
    struct program *best; /* fails; smallest so far */
    struct program candidate;
    const struct subject *subject;
    struct space *space;
    const struct run_options *options;
    shrink_progress_t progress;
    void *context;
    struct shrink_outcome wanted;
    size_t tries;
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
    shared->status = run_program(program, subject, space, options, NULL, NULL, &shared->failure);
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

static void program_copy(struct program *to, const struct program *from)
{
    to->header = from->header;
    to->nops = from->nops;
    memcpy(to->ops, from->ops, from->nops * sizeof *to->ops);
}

/* Keeps the candidate when it still fails by the same oracle. */
static bool candidate_holds(struct job *job)
{
    struct shrink_outcome outcome;

    job->tries++;
    shrink_try(&job->candidate, job->subject, job->space, job->options, shrink_seconds,
               &outcome);
    if (!same_failure(&outcome, &job->wanted)) {
        return false;
    }
    program_copy(job->best, &job->candidate);
    if (job->progress != NULL) {
        job->progress(job->best->nops, job->tries, job->context);
    }
    return true;
}

/* The candidate: the best without ops [from, from + n). */
static void candidate_without(struct job *job, size_t from, size_t n)
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
static void cut_tail(struct job *job, size_t failed_at)
{
    size_t low = 0;
    size_t high = failed_at < job->best->nops ? failed_at + 1 : job->best->nops;

    if (high < job->best->nops) {
        candidate_without(job, high, job->best->nops - high);
        (void)candidate_holds(job);
    }
    if (job->wanted.oracle != ORACLE_NONE) {
        return;
    }
    for (high = job->best->nops; low < high;) {
        const size_t middle = low + (high - low) / 2;
        candidate_without(job, middle, job->best->nops - middle);
        if (candidate_holds(job)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
}

/* All ops on one slot go at once: an alloc and its free alone can seldom be taken apart. */
static bool drop_slots(struct job *job)
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
            dropped |= candidate_holds(job);
        }
    }
    return dropped;
}

/* Runs of n ops, from the end, where most ops matter to nobody. */
static bool drop_runs(struct job *job, size_t n)
{
    bool dropped = false;
    size_t end = job->best->nops;

    while (end > 0) {
        const size_t from = end > n ? end - n : 0;
        candidate_without(job, from, end - from);
        dropped |= candidate_holds(job);
        end = from;
    }
    return dropped;
}

/* Until not one op can be taken away. */
static void drop_ops(struct job *job)
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

/* Tries the best with one op exchanged. */
static bool try_op(struct job *job, size_t index, const struct op *op)
{
    if (memcmp(op, &job->best->ops[index], sizeof *op) == 0) {
        return false;
    }
    program_copy(&job->candidate, job->best);
    job->candidate.ops[index] = *op;
    return candidate_holds(job);
}

static void simplify_value(struct job *job, size_t index)
{
    static const uint32_t simple[] = {0, 1, 8, 16, 32, 64, 100, 128, 256, 512, 1000, 1024, 4096};
    const uint32_t value = job->best->ops[index].value;
    uint32_t low = 0; /* the smallest value that fails is in (low, value], if failing is monotone */

    for (size_t i = 0; i < sizeof simple / sizeof simple[0] && simple[i] < value; i++) {
        struct op op = job->best->ops[index];
        op.value = simple[i];
        if (try_op(job, index, &op)) {
            return;
        }
        low = simple[i];
    }
    while (job->best->ops[index].value - low > 1) {
        struct op op = job->best->ops[index];
        op.value = low + (op.value - low) / 2;
        if (!try_op(job, index, &op)) {
            low = op.value;
        }
    }
}

static void simplify_op(struct job *job, size_t index)
{
    struct op op = job->best->ops[index];
    const uint32_t fields = op_table[op.kind].fields;

    if (op.expect != EXPECT_ANY && job->wanted.oracle != ORACLE_EXPECT) {
        op.expect = EXPECT_ANY;
        (void)try_op(job, index, &op);
    }
    op = job->best->ops[index];
    if ((fields & (OP_FILLS | OP_RESIZES)) != 0 && op.kind != OP_ALLOC && op.kind != OP_REALLOC) {
        /* A calloc of count * value bytes is an alloc of so many. */
        op.value = (fields & OP_HAS_COUNT) != 0 ? op.value * op.count : op.value;
        op.kind = (fields & OP_RESIZES) != 0 ? OP_REALLOC : OP_ALLOC;
        op.align = 0;
        op.count = 0;
        (void)try_op(job, index, &op);
    }
    op = job->best->ops[index];
    if (op.form != SIZE_PLAIN) {
        op.form = SIZE_PLAIN;
        (void)try_op(job, index, &op);
    }
    for (uint32_t align = 8; (fields & OP_HAS_ALIGN) != 0 && align < job->best->ops[index].align;
         align *= 2) {
        op = job->best->ops[index];
        op.align = align;
        if (try_op(job, index, &op)) {
            break;
        }
    }
    if ((fields & OP_HAS_SIZE) != 0) {
        simplify_value(job, index);
    }
}

/* Slots in the order in which they are first used, so that p0 comes before p1. */
static void rename_slots(struct job *job)
{
    const size_t nslots = (size_t)1 << job->best->header.slots_log2;
    uint32_t *names = calloc(nslots, sizeof *names);
    uint32_t used = 0;

    if (names == NULL) {
        return;
    }
    program_copy(&job->candidate, job->best);
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
        if (candidate_holds(job)) {
            return;
        }
        job->candidate.header.slots_log2 = job->best->header.slots_log2;
    }
    (void)candidate_holds(job);
}

static void simplify_header(struct job *job)
{
    static const uint32_t regions[] = {128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};

    program_copy(&job->candidate, job->best);
    job->candidate.header.swarm_off = 0;
    job->candidate.header.fill = 0;
    (void)candidate_holds(job);
    program_copy(&job->candidate, job->best);
    job->candidate.header.offset = 0;
    (void)candidate_holds(job);
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (regions[i] >= job->best->header.region) {
            break;
        }
        program_copy(&job->candidate, job->best);
        job->candidate.header.region = regions[i];
        if (candidate_holds(job)) {
            break;
        }
    }
}

bool shrink_program(struct program *program, const struct subject *subject, struct space *space,
                    const struct run_options *options, shrink_progress_t progress, void *context,
                    struct shrink_outcome *outcome)
{
    struct job job = {
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
    drop_ops(&job);
    simplify_header(&job);
    rename_slots(&job);
    for (size_t i = 0; i < program->nops; i++) {
        simplify_op(&job, i);
    }
    drop_ops(&job); /* simpler sizes may have made some needless */
    free(job.candidate.ops);
    return true;
}
