/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

/*
 * Slices are done by processes that take the next one when they are free. What they count is in
 * memory that all share, so the parent shows progress while it waits for them.
 */

#define JOBS_MAX       64u
#define PROGRESS_NS    100000000L
#define PROGRESS_EVERY 20u /* two seconds */

struct shared {
    atomic_uint next;
    atomic_bool stop;
};

struct worker {
    const struct explore_options *options;
    const struct task *task;
    struct shared *shared;
    struct slice_result *result;
    uint32_t slice;
    struct walk walk;
    struct explored explored;
    struct state_set seen, outcomes, ends;
    uint64_t written; /* mask of oracles whose first failure is on file */
};

static void note(struct worker *worker)
{
    worker->result->walks = worker->walk.counts;
    worker->result->sim = worker->walk.sim;
    worker->result->states = worker->seen.count;
    worker->result->outcomes = worker->outcomes.count;
    worker->result->ends = worker->ends.count;
}

/* All schedules; of a sampled program that has too many, the first ones and as many at random. */
static bool walk(struct worker *worker, uint64_t seed, struct run_failure *failure)
{
    const uint64_t cut = worker->walk.counts.cut;
    bool good = walk_program(&worker->walk, &worker->explored, failure);
    if (good && worker->walk.counts.cut != cut) {
        good = walk_random(&worker->walk, &worker->explored, worker->options->runs, seed, failure);
    }
    return good;
}

static void do_program(struct worker *worker, uint64_t seed)
{
    struct run_failure failure;
    const struct explore_options *options = worker->options;
    worker->result->programs++;
    if (!walk(worker, seed, &failure)) {
        worker->result->failures++;
        if ((worker->written >> failure.oracle & 1u) == 0) {
            char name[64];
            snprintf(name, sizeof name, "%s-%c%u", worker->task->space.alphabet->name,
                     worker->task->space.family->id, worker->slice);
            failure_write(options, name, &worker->walk, &worker->explored, &failure);
            worker->written |= (uint64_t)1 << failure.oracle;
        }
        if (options->stop_at_first) {
            atomic_store(&worker->shared->stop, true);
        }
    }
    note(worker);
}

static bool visit(void *context, const struct choice_of_program *choice)
{
    struct worker *worker = context;
    if (choice->slice != worker->slice) {
        return true;
    }
    explored_build(&worker->explored, &worker->task->space, choice);
    do_program(worker, 0);
    return !atomic_load(&worker->shared->stop);
}

/* Each program has a seed of its own, so a slice draws the same whatever the others do. */
static void sample(struct worker *worker)
{
    const struct explore_options *options = worker->options;
    worker->walk.runs_max = options->runs;
    for (uint64_t i = worker->slice; i < options->sample; i += worker->task->nslices) {
        uint64_t seed = (options->seed + i) * 0x9e3779b97f4a7c15u;
        explored_random(&worker->explored, worker->task->space.alphabet, (uint8_t)options->threads,
                        (uint8_t)options->nops, &seed);
        do_program(worker, seed);
        if (atomic_load(&worker->shared->stop)) {
            return;
        }
    }
}

static void sum_of(const struct state_set *set, uint64_t sum[2])
{
    for (size_t i = 0; set->cells != NULL && i <= set->mask; i++) {
        sum[0] += set->cells[i].a;
        sum[1] += set->cells[i].b;
    }
}

static void do_slice(struct worker *worker)
{
    memset(&worker->walk, 0, offsetof(struct walk, frames));
    *worker->result = (struct slice_result){0};
    state_set_clear(&worker->seen);
    worker->walk.mode = worker->options->mode;
    worker->walk.subject = worker->task->space.alphabet->subject;
    worker->walk.seen = &worker->seen;
    worker->written = 0;
    if (worker->options->outcomes) {
        state_set_clear(&worker->outcomes);
        state_set_clear(&worker->ends);
        worker->walk.outcomes = &worker->outcomes;
        worker->walk.ends = &worker->ends;
    }
    if (worker->options->sample != 0) {
        sample(worker);
    } else {
        space_each(&worker->task->space, visit, worker);
    }
    note(worker);
    sum_of(&worker->outcomes, worker->result->outcomes_sum);
    sum_of(&worker->ends, worker->result->ends_sum);
    state_set_free(&worker->seen);
    state_set_free(&worker->outcomes);
    state_set_free(&worker->ends);
    worker->result->done = !atomic_load(&worker->shared->stop);
}

struct jobs {
    const struct explore_options *options;
    struct task *tasks;
    size_t ntasks;
    uint32_t nslices;
    struct shared *shared;
    struct slice_result *results; /* shared */
    uint8_t *kept;                /* by slice: in the resume file */
};

static const struct task *task_of(const struct jobs *jobs, uint32_t slice)
{
    size_t t = 0;
    while (slice >= jobs->tasks[t].first + jobs->tasks[t].nslices) {
        t++;
    }
    return &jobs->tasks[t];
}

static _Noreturn void work(const struct jobs *jobs)
{
    static struct worker worker;
    worker.options = jobs->options;
    worker.shared = jobs->shared;
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would read what it counts */
#endif
    failure_watch(jobs->options, &worker.explored);
    for (;;) {
        uint32_t slice = atomic_fetch_add(&jobs->shared->next, 1u);
        if (slice >= jobs->nslices || atomic_load(&jobs->shared->stop)) {
            _exit(0);
        }
        if (jobs->results[slice].done) {
            continue;
        }
        worker.task = task_of(jobs, slice);
        worker.slice = slice - worker.task->first;
        worker.result = &jobs->results[slice];
        do_slice(&worker);
    }
}

/* ---- what was done before ---- */

/* A line of the resume file: which slice of what, and its numbers. */
static void key_of(const struct jobs *jobs, uint32_t slice, char *key, size_t size)
{
    const struct task *task = task_of(jobs, slice);
    const struct explore_options *o = jobs->options;
    snprintf(key, size, "%s-%c-bound%u-mode%d-sample%llu-seed%llu-t%u-n%u-r%llu-slice%u",
             task->space.alphabet->name, task->space.family->id, task->space.bound, (int)o->mode,
             (unsigned long long)o->sample, (unsigned long long)o->seed, o->threads, o->nops,
             (unsigned long long)o->runs, slice - task->first);
}

static void resume_read(struct jobs *jobs)
{
    FILE *file = jobs->options->resume == NULL ? NULL : fopen(jobs->options->resume, "r");
    char line[4096], key[256];
    for (uint32_t number = 1; file != NULL && fgets(line, sizeof line, file) != NULL; number++) {
        uint64_t numbers[sizeof(struct slice_result) / sizeof(uint64_t)];
        char *at = strchr(line, ' ');
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            char *end = at;
            numbers[i] = at == NULL ? 0 : strtoull(at, &end, 10);
            if (at == NULL || end == at) {
                host_bad_input(jobs->options->resume, number, "expected %zu numbers, have %zu",
                               sizeof numbers / sizeof numbers[0], i);
            }
            at = end;
        }
        *strchr(line, ' ') = '\0';
        for (uint32_t s = 0; s < jobs->nslices; s++) {
            key_of(jobs, s, key, sizeof key);
            if (strcmp(key, line) == 0) {
                memcpy(&jobs->results[s], numbers, sizeof numbers);
                jobs->kept[s] = 1;
            }
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static void resume_write(struct jobs *jobs)
{
    for (uint32_t s = 0; s < jobs->nslices; s++) {
        if (jobs->options->resume == NULL || jobs->kept[s] || !jobs->results[s].done) {
            continue;
        }
        FILE *file = fopen(jobs->options->resume, "a");
        if (file == NULL) {
            host_bad_input(jobs->options->resume, 0, "expected a file to write to, have: %s",
                           strerror(errno));
        }
        char key[256];
        uint64_t numbers[sizeof(struct slice_result) / sizeof(uint64_t)];
        memcpy(numbers, &jobs->results[s], sizeof numbers);
        key_of(jobs, s, key, sizeof key);
        fprintf(file, "%s", key);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            fprintf(file, " %llu", (unsigned long long)numbers[i]);
        }
        fprintf(file, "\n");
        fclose(file);
        jobs->kept[s] = 1;
    }
}

/* ---- the parent ---- */

static void progress(const struct jobs *jobs, double seconds)
{
    struct slice_result sum = {0};
    uint32_t done = 0;
    for (uint32_t s = 0; s < jobs->nslices; s++) {
        const struct slice_result *r = &jobs->results[s];
        sum.programs += r->programs;
        sum.states += r->states;
        sum.walks.schedules += r->walks.schedules;
        sum.walks.pruned += r->walks.pruned;
        sum.failures += r->failures;
        done += r->done != 0;
    }
    fprintf(stderr,
            "  %6.0f s  slices %u/%u  programs %llu  schedules %llu  pruned %llu  states %llu  "
            "failures %llu\n",
            seconds, done, jobs->nslices, (unsigned long long)sum.programs,
            (unsigned long long)sum.walks.schedules, (unsigned long long)sum.walks.pruned,
            (unsigned long long)sum.states, (unsigned long long)sum.failures);
}

/* A process that dies takes its slice with it: that is a failure, and no count. */
static void reap(struct jobs *jobs, uint32_t *alive)
{
    int status;
    while (*alive > 0 && waitpid(-1, &status, WNOHANG) > 0) {
        (*alive)--;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "explore: a process ended with %s %d\n",
                    WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            atomic_store(&jobs->shared->stop, true);
        }
    }
}

static void *shared_room(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        host_bad_input("explore", 0, "expected %zu bytes of shared memory, have none", size);
    }
    return p;
}

static void supervise(struct jobs *jobs, uint32_t alive)
{
    struct timespec begin, now, nap = {0, PROGRESS_NS};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (uint32_t rounds = 1; alive > 0; rounds++) {
        nanosleep(&nap, NULL);
        reap(jobs, &alive);
        resume_write(jobs);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (rounds % PROGRESS_EVERY == 0 && !jobs->options->quiet) {
            progress(jobs, (double)(now.tv_sec - begin.tv_sec));
        }
    }
}

void jobs_run(const struct explore_options *options, struct task *tasks, size_t ntasks,
              struct slice_result *results)
{
    struct jobs jobs = {.options = options, .tasks = tasks, .ntasks = ntasks};
    jobs.nslices = tasks[ntasks - 1u].first + tasks[ntasks - 1u].nslices;
    jobs.shared = shared_room(sizeof *jobs.shared);
    jobs.results = shared_room(jobs.nslices * sizeof *jobs.results);
    jobs.kept = calloc(jobs.nslices, 1);
    resume_read(&jobs);
    uint32_t alive = 0;
    for (; alive < options->jobs && alive < JOBS_MAX; alive++) {
        pid_t child = fork();
        if (child == 0) {
            work(&jobs);
        }
        if (child < 0) {
            break;
        }
    }
    if (alive == 0) {
        host_bad_input("explore", 0, "expected to start a process, have: %s", strerror(errno));
    }
    supervise(&jobs, alive);
    memcpy(results, jobs.results, jobs.nslices * sizeof *results);
    munmap(jobs.results, jobs.nslices * sizeof *jobs.results);
    munmap(jobs.shared, sizeof *jobs.shared);
    free(jobs.kept);
}
