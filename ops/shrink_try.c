/* SPDX-License-Identifier: Apache-2.0 */

/* One candidate: a child process runs it, and it is never run again. */
#define _GNU_SOURCE
#include "shrink_job.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "poison.h"

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

/* Somebody who sleeps takes no processor time: he is given this many times as much of the clock. */
#define CLOCK_SHARE   20u

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

/* A sanitizer's report of a candidate is noise: the child only has to end, and quickly. */
__attribute__((visibility("default"))) void __asan_on_error(void)
{
    if (in_child) {
        _exit(CHILD_CRASHED);
    }
}
#endif

static void set_timer(int which, uint64_t ms)
{
    const struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)},
    };

    (void)setitimer((__itimer_which_t)which, &timer, NULL);
}

/* In the child: no output, no core, and an end. */
static _Noreturn void child(const struct program *program, const struct subject *subject,
                            struct space *space, const struct run_options *options,
                            uint32_t limit_ms)
{
    const int nowhere = open("/dev/null", O_WRONLY);

    in_child = true;
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
    }
    (void)signal(SIGPROF, SIG_DFL);
    (void)signal(SIGALRM, SIG_DFL);
    set_timer(ITIMER_PROF, limit_ms);
    set_timer(ITIMER_REAL, (uint64_t)limit_ms * CLOCK_SHARE);
    shared->status = shrink_run(program, subject, space, options, &shared->failure);
    shared->done = true;
    _exit(0);
}

/* The op at which an oracle's failure was seen is left in shared->failure. */
void shrink_try_ms(const struct program *program, const struct subject *subject,
                   struct space *space, const struct run_options *options, uint32_t limit_ms,
                   struct shrink_outcome *outcome)
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
    memset(outcome, 0, sizeof *outcome);
    (void)fflush(NULL); /* or the child's copies of the buffers are written twice */
    const pid_t pid = fork();
    if (pid < 0) {
        host_bad_input("shrink", 0, "expected a child process, have none");
    }
    if (pid == 0) {
        child(program, subject, space, options, limit_ms);
    }
    (void)waitpid(pid, &status, 0);
    outcome->failed = !shared->done || shared->status == RUN_FAILED;
    outcome->oracle = shared->done && outcome->failed ? shared->failure.oracle : ORACLE_NONE;
    if (!shared->done) {
        const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
        outcome->hung = signal == SIGPROF || signal == SIGALRM;
        outcome->signal = outcome->hung ? SIGALRM : signal;
    }
}

void shrink_try(const struct program *program, const struct subject *subject, struct space *space,
                const struct run_options *options, unsigned seconds, struct shrink_outcome *outcome)
{
    shrink_try_ms(program, subject, space, options, seconds * 1000u, outcome);
}

size_t shrink_failed_at(const struct program *program)
{
    return shared->done ? shared->failure.op_index : program->nops;
}

uint64_t shrink_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* ---- what was tried ---- */

#define TRIED_LOG2 16u

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* Of all that makes a program what it does. */
static uint64_t hash_of(const struct program *program)
{
    const struct program_header *header = &program->header;
    uint64_t hash =
        mix(header->region, header->kind | (uint64_t)header->offset << 8 |
                                (uint64_t)header->slots_log2 << 16 | (uint64_t)header->fill << 24 |
                                (uint64_t)header->swarm_off << 32);

    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        hash = mix(hash, op->kind | (uint64_t)op->form << 8 | (uint64_t)op->expect << 16 |
                             (uint64_t)op->thread << 24 | (uint64_t)op->slot << 32 |
                             (uint64_t)op->wait << 48);
        hash = mix(hash, op->align | (uint64_t)op->value << 32);
        hash = mix(hash, op->count);
    }
    return hash == 0 ? 1 : hash;
}

bool shrink_tried(struct shrink_job *job)
{
    const uint64_t hash = hash_of(&job->candidate);
    const size_t mask = ((size_t)1 << TRIED_LOG2) - 1;

    if (job->tried == NULL) {
        job->tried = calloc((size_t)1 << TRIED_LOG2, sizeof *job->tried);
        if (job->tried == NULL) {
            return false;
        }
    }
    /* Four places: what falls out of them is only run again. */
    for (size_t i = 0; i < 4; i++) {
        uint64_t *place = &job->tried[(hash + i) & mask];
        if (*place == hash) {
            return true;
        }
        if (*place == 0) {
            *place = hash;
            return false;
        }
    }
    job->tried[hash & mask] = hash;
    return false;
}
