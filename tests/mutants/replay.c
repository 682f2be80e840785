/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs mutants: each in a child process of its own, on all programs of a configuration, the
 * quickest first, until an oracle reports, the process dies, or a program does not end.
 *
 *   mutants_replay CONFIGURATION PATH...                   < numbers
 *   mutants_replay --digests CONFIGURATION PATH...
 *   mutants_replay --fuzz SECONDS SEED FOLDER CONFIGURATION PATH...   < numbers
 *
 * Prints a line for each number: NUMBER VERDICT WHO PROGRAMS NAME. VERDICT is oracle, crash,
 * timeout, digest (no oracle, but other traits than the library as it stands) or alive; WHO the
 * oracle or the signal; PROGRAMS how many were run. With --fuzz the programs are drawn at random.
 */

#include "replay.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A program that takes so much longer than it should does not end. */
#define LONGER       30u
#define LEAST_MICROS 200000u

uint64_t replay_micros(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void replay_limit(uint64_t micros)
{
    const struct itimerval timer = {.it_value = {.tv_sec = (time_t)(micros / 1000000u),
                                                 .tv_usec = (suseconds_t)(micros % 1000000u)}};

    (void)setitimer(ITIMER_PROF, &timer, NULL);
}

/* The child writes here before it does anything that may kill it. */
static struct outcome *outcome;

static void replay_all(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->first[i];
        struct run_failure failure;
        struct traits traits;

        outcome->at = pair->program->name;
        replay_limit(LEAST_MICROS + LONGER * pair->micros);
        if (pair_run(pairs, pair->program, pair->subject, &traits, &failure) == RUN_FAILED) {
            outcome->fate = BY_ORACLE;
            outcome->oracle = failure.oracle;
            return;
        }
        outcome->programs++;
        if (!traits_equal(traits, pair->traits) && outcome->fate != BY_DIGEST) {
            outcome->fate = BY_DIGEST;
            outcome->differs = pair->program->name;
        }
    }
}

/* The library as it stands, in a child like any other, so that all start from the same state. */
static void measure_all(struct pairs *pairs, struct pair *shared)
{
    for (size_t i = 0; i < pairs->count; i++) {
        struct pair *pair = &pairs->first[i];
        struct run_failure failure;
        const uint64_t began = replay_micros();

        if (pair_run(pairs, pair->program, pair->subject, &shared[i].traits, &failure) ==
            RUN_FAILED) {
            outcome->fate = BY_ORACLE;
            outcome->oracle = failure.oracle;
            outcome->at = pair->program->name;
            memcpy(outcome->said, failure.have_want, sizeof outcome->said);
            return;
        }
        shared[i].micros = replay_micros() - began;
    }
}

static void child_begin(unsigned number)
{
    const struct rlimit none = {0, 0};
    const int null = open("/dev/null", O_WRONLY);

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    kheap_mutant = number;
}

/* Forks; true in the child. The parent comes back when the child has ended, with its status. */
static bool child(unsigned number, int *status)
{
    outcome->fate = ALIVE;
    outcome->programs = 0;
    outcome->at = "-";
    fflush(stdout);
    const pid_t pid = fork();

    if (pid == 0) {
        child_begin(number);
        return true;
    }
    if (pid < 0 || waitpid(pid, status, 0) != pid) {
        host_bad_input("mutants_replay", 0, "expected a child process, have none");
    }
    return false;
}

static void print_outcome(unsigned number, int status)
{
    static const char *const words[] = {"alive", "oracle", "digest"};
    const char *verdict = words[outcome->fate];
    const char *name = outcome->fate == BY_DIGEST ? outcome->differs : outcome->at;
    char who[32] = "-";

    if (WIFSIGNALED(status)) {
        const int sig = WTERMSIG(status);

        verdict = sig == SIGPROF ? "timeout" : "crash";
        name = outcome->at;
        snprintf(who, sizeof who, "%s", sig == SIGPROF ? "-" : sigabbrev_np(sig));
    } else if (WEXITSTATUS(status) != 0) {
        verdict = "crash";
        snprintf(who, sizeof who, "exit");
    } else if (outcome->fate == BY_ORACLE) {
        snprintf(who, sizeof who, "%s", oracle_names[outcome->oracle]);
    }
    printf("%u %s %s %" PRIu64 " %s\n", number, verdict, who, outcome->programs, name);
}

static int quicker(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    return (x->micros > y->micros) - (x->micros < y->micros);
}

static void *shared_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        host_bad_input("mutants_replay", 0, "expected memory, have none left");
    }
    return memory;
}

/* Digests and times of the library as it stands; it must pass. */
static void prepare(struct pairs *pairs, const char *name)
{
    const size_t bytes = (pairs->count + 1) * sizeof(struct pair);
    struct pair *shared = shared_memory(bytes);
    int status;

    if (child(0, &status)) {
        measure_all(pairs, shared);
        _exit(0);
    }
    if (status != 0 || outcome->fate != ALIVE) {
        host_bad_input(name, 0, "expected the library as it stands to pass, have in %s: %s",
                       outcome->at, outcome->said);
    }
    for (size_t i = 0; i < pairs->count; i++) {
        pairs->first[i].traits = shared[i].traits;
        pairs->first[i].micros = shared[i].micros;
    }
    (void)munmap(shared, bytes);
    qsort(pairs->first, pairs->count, sizeof(struct pair), quicker);
}

static const struct configuration *configuration_named(const char *name)
{
    const struct configuration *c = configurations;

    while (c->name != NULL && strcmp(c->name, name) != 0) {
        c++;
    }
    if (c->name == NULL) {
        host_bad_input(name, 0, "expected the name of a configuration, have no such one");
    }
    return c;
}

/* As heapvet run --digest has them, but for the subject's name. */
static void print_digests(const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        printf("%08x %s\n", (unsigned)pairs->first[i].traits.digest, pairs->first[i].program->name);
    }
}

/* Shrinks in a child, too: it runs the mutant. */
static void keep(struct pairs *pairs, unsigned number, const char *folder)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/%u.ops", folder, number);
    const pid_t pid = fork();

    if (pid == 0) {
        child_begin(number);
        replay_limit(0);
        fuzz_keep(pairs, outcome, path);
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
}

static void run_numbers(struct pairs *pairs, const struct configuration *configuration, char **fuzz)
{
    unsigned number;
    int status;

    while (scanf("%u", &number) == 1) {
        if (child(number, &status)) {
            if (fuzz != NULL) {
                fuzz_all(pairs, configuration, outcome, strtod(fuzz[0], NULL),
                         strtoull(fuzz[1], NULL, 10) + number);
            } else {
                replay_all(pairs);
            }
            _exit(0);
        }
        if (fuzz != NULL && (status != 0 || outcome->fate != ALIVE)) {
            keep(pairs, number, fuzz[2]);
        }
        print_outcome(number, status);
    }
}

int main(int argc, char **argv)
{
    const bool fuzz = argc > 5 && strcmp(argv[1], "--fuzz") == 0;
    const bool digests = argc > 1 && strcmp(argv[1], "--digests") == 0;
    char **words = argv + (fuzz ? 5 : digests ? 2 : 1);
    struct pairs pairs;

    if (words - argv + 1 >= argc) {
        host_bad_input("mutants_replay", 0, "expected CONFIGURATION PATH..., have fewer words");
    }
    outcome = shared_memory(sizeof *outcome);
    const struct configuration *configuration = configuration_named(words[0]);

    pairs_load(&pairs, configuration, words + 1, (size_t)(argc - (words - argv) - 1));
    prepare(&pairs, configuration->name);
    if (digests) {
        print_digests(&pairs);
    } else {
        run_numbers(&pairs, configuration, fuzz ? argv + 2 : NULL);
    }
    return 0;
}
