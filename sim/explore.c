/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "host.h"

#define TASKS_MAX 32u

static const char usage[] =
    "usage: explore [OPTION]...\n"
    "Runs all schedules of all programs of the families, equivalent ones once.\n"
    "  --subject NAME     kheap or pool (default: both), or a path to a .so: a subject of their "
    "kinds\n"
    "  --family LETTERS   some of ABCPQ (default: all)\n"
    "  --bound N          ops of a thread, 1 to 3 (default: each family's own)\n"
    "  --jobs N           processes at once (default 2)\n"
    "  --stop-at-first    end with the first failure\n"
    "  --mode M           pruned (default), reduced (no states are compared) or raw (every "
    "choice)\n"
    "  --check            run all three modes and compare what can come out\n"
    "  --out FOLDER       where failing programs are written (default .)\n"
    "  --resume FILE      note finished slices there, and do not repeat those in it\n"
    "  --counts FILE      fail when the numbers are not the committed ones\n"
    "  --accept FILE      write the numbers there\n"
    "  --sample N         instead: N random programs, with --seed S (default 1), --threads T\n"
    "                     (default 4) and --ops K of each thread (default 4); when one has more\n"
    "                     schedules than --runs R (default 1000), the first R and R at random\n"
    "  --quiet            no progress\n"
    "Exit status: 0 all held, 1 a failure or other numbers, 2 usage.\n";

/* ---- options ---- */

static _Noreturn void bad_usage(const char *option, const char *want, const char *have)
{
    fprintf(stderr, "explore: %s: expected %s, have '%s'\n", option, want, have);
    exit(2);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || value < least ||
        value > most) {
        char want[64];
        snprintf(want, sizeof want, "a number from %llu to %llu", (unsigned long long)least,
                 (unsigned long long)most);
        bad_usage(option, want, text);
    }
    return value;
}

static bool set_flag(struct explore_options *o, const char *name)
{
    if (strcmp(name, "--stop-at-first") == 0) {
        o->stop_at_first = true;
    } else if (strcmp(name, "--quiet") == 0) {
        o->quiet = true;
    } else if (strcmp(name, "--check") == 0) {
        o->check = o->outcomes = true;
    } else {
        return false;
    }
    return true;
}

static void set_mode(struct explore_options *o, const char *value)
{
    static const char *const words[] = {"pruned", "reduced", "raw"};
    for (uint32_t m = 0; m < 3u; m++) {
        if (strcmp(value, words[m]) == 0) {
            o->mode = (enum walk_mode)m;
            return;
        }
    }
    bad_usage("--mode", "pruned, reduced or raw", value);
}

static bool set_number(struct explore_options *o, const char *name, const char *value)
{
    if (strcmp(name, "--bound") == 0) {
        o->bound = (uint32_t)number(name, value, 1, 3);
    } else if (strcmp(name, "--jobs") == 0) {
        o->jobs = (uint32_t)number(name, value, 1, 64);
    } else if (strcmp(name, "--seed") == 0) {
        o->seed = number(name, value, 0, UINT64_MAX);
    } else if (strcmp(name, "--sample") == 0) {
        o->sample = number(name, value, 1, 1000000000u);
    } else if (strcmp(name, "--runs") == 0) {
        o->runs = number(name, value, 1, 1000000000u);
    } else if (strcmp(name, "--threads") == 0) {
        o->threads = (uint32_t)number(name, value, 1, FAMILY_THREADS);
    } else if (strcmp(name, "--ops") == 0) {
        o->nops = (uint32_t)number(name, value, 1, 8);
    } else {
        return false;
    }
    return true;
}

static bool set_text(struct explore_options *o, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {
        {"--subject", &o->subject}, {"--family", &o->families}, {"--out", &o->out},
        {"--resume", &o->resume},   {"--counts", &o->counts},   {"--accept", &o->accept},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].value = value;
            return true;
        }
    }
    if (strcmp(name, "--mode") == 0) {
        set_mode(o, value);
        return true;
    }
    return false;
}

/* A loaded subject takes its alphabet's place, and its path is its name in commands. */
static void set_subject(struct explore_options *o)
{
    static struct subject loaded;
    if (strchr(o->subject, '/') != NULL) {
        loaded = *host_load_subject(o->subject);
        loaded.name = o->subject;
    }
    for (size_t i = 0; i < alphabet_count; i++) {
        if (loaded.name != NULL && loaded.kind == alphabets[i].kind) {
            alphabets[i].subject = &loaded;
            o->kind = alphabets[i].kind;
        }
        if (strcmp(o->subject, alphabets[i].name) == 0) {
            o->kind = alphabets[i].kind;
        }
    }
    if (o->kind == 0) {
        bad_usage("--subject", "kheap, pool, or a shared object that is one of them", o->subject);
    }
}

static void check_options(struct explore_options *o)
{
    struct stat status;
    if (o->subject != NULL) {
        set_subject(o);
    }
    for (const char *c = o->families; c != NULL && *c != '\0'; c++) {
        if (strchr("ABCPQ", *c) == NULL) {
            bad_usage("--family", "some of ABCPQ", o->families);
        }
    }
    if (stat(o->out, &status) != 0 || !S_ISDIR(status.st_mode)) {
        bad_usage("--out", "a folder", o->out);
    }
    if (o->sample != 0 && (o->counts != NULL || o->accept != NULL || o->check)) {
        bad_usage("--sample", "none of --counts, --accept and --check", "one of them");
    }
}

static void parse(struct explore_options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(0);
        }
        if (set_flag(o, argv[i])) {
            continue;
        }
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value == NULL) {
            bad_usage(argv[i], "an option of --help, with its value", "nothing behind it");
        }
        if (!set_number(o, argv[i], value) && !set_text(o, argv[i], value)) {
            bad_usage(argv[i], "an option of --help", argv[i]);
        }
        i++;
    }
    check_options(o);
}

/* ---- tasks ---- */

static const struct family sampled = {'R', "sampled", 0, 0, false, false, false, false, 8};

static size_t make_tasks(const struct explore_options *o, struct task *tasks)
{
    size_t n = 0;
    uint32_t first = 0;
    for (size_t a = 0; a < alphabet_count; a++) {
        if (o->subject != NULL && o->kind != alphabets[a].kind) {
            continue;
        }
        for (size_t f = 0; f < (o->sample != 0 ? 1u : family_count); f++) {
            const struct family *family = o->sample != 0 ? &sampled : &families[f];
            bool wanted = o->families == NULL || strchr(o->families, family->id) != NULL;
            if (!wanted && o->sample == 0) {
                continue;
            }
            /* A family's own bound is the largest: beyond it, it would take days. */
            uint32_t bound = family->bound;
            bound = o->bound != 0 && o->bound < bound ? o->bound : bound;
            space_build(&tasks[n].space, &alphabets[a], family, (uint8_t)bound);
            tasks[n].first = first;
            tasks[n].nslices = family->slices;
            first += family->slices;
            n++;
        }
    }
    return n;
}

struct slice_result result_sum(const struct slice_result *results, uint32_t n)
{
    struct slice_result sum = {.done = 1};
    uint64_t *to = (uint64_t *)&sum;
    for (uint32_t s = 0; s < n; s++) {
        const uint64_t *from = (const uint64_t *)&results[s];
        for (size_t i = 0; i < sizeof sum / sizeof *to; i++) {
            to[i] += from[i];
        }
    }
    sum.done = sum.done == n + 1u;
    return sum;
}

/* Prints a task's line; false: not all was well. */
static bool print_task(const struct explore_options *o, const struct task *task,
                       const struct slice_result *sum)
{
    char formula[96] = "as asked";
    const struct space_of_programs *space = &task->space;
    uint64_t want = o->sample;
    if (o->sample == 0) {
        want = space_formula(space->alphabet, space->family, space->bound, formula, sizeof formula);
    }
    printf("%s %c (%s, up to %u ops): programs %llu = %s = %llu, schedules %llu, pruned as "
           "equivalent %llu, states %llu, failures %llu\n",
           space->alphabet->name, space->family->id, space->family->text,
           o->sample != 0 ? o->nops : space->bound, (unsigned long long)sum->programs, formula,
           (unsigned long long)want, (unsigned long long)sum->walks.schedules,
           (unsigned long long)sum->walks.pruned, (unsigned long long)sum->states,
           (unsigned long long)sum->failures);
    printf("  waits %llu, served %llu, timeouts %llu, interrupts %llu, ticks %llu, steps %llu\n",
           (unsigned long long)sum->sim.waits, (unsigned long long)sum->sim.grants,
           (unsigned long long)sum->sim.timeouts, (unsigned long long)sum->sim.isr_ops,
           (unsigned long long)sum->sim.ticks, (unsigned long long)sum->sim.steps);
    if (sum->walks.cut != 0) {
        printf("  not all schedules of %llu programs: too many\n",
               (unsigned long long)sum->walks.cut);
    }
    if (!sum->done) {
        printf("  stopped before the end\n");
        return false;
    }
    if (sum->programs != want || sum->walks.unfit != 0) {
        printf("  expected %llu programs that fit, have %llu of which %llu do not fit\n",
               (unsigned long long)want, (unsigned long long)sum->programs,
               (unsigned long long)sum->walks.unfit);
        return false;
    }
    return sum->failures == 0;
}

/* Runs and sums up; false: a failure. sums has an entry a task. */
static bool run_all(const struct explore_options *o, struct task *tasks, size_t ntasks,
                    struct slice_result *sums)
{
    uint32_t nslices = tasks[ntasks - 1u].first + tasks[ntasks - 1u].nslices;
    struct slice_result *results = calloc(nslices, sizeof *results);
    struct timespec begin, end;
    bool good = true;
    if (results == NULL) {
        host_bad_input("explore", 0, "expected memory for %u slices, have none", nslices);
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    jobs_run(o, tasks, ntasks, results);
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (size_t t = 0; t < ntasks; t++) {
        sums[t] = result_sum(&results[tasks[t].first], tasks[t].nslices);
        good = print_task(o, &tasks[t], &sums[t]) && good;
    }
    printf("%.1f s in %u processes\n",
           (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
           o->jobs);
    fflush(stdout);
    free(results);
    return good;
}

static bool same_set(const char *what, const uint64_t n[2], const uint64_t a[2],
                     const uint64_t b[2])
{
    bool same = n[0] == n[1] && a[0] == b[0] && a[1] == b[1];
    printf("  %s: %llu and %llu, %s\n", what, (unsigned long long)n[0], (unsigned long long)n[1],
           same ? "the same" : "NOT the same");
    return same;
}

/*
 * What can come out must not depend on what is left out: all that the threads can tell (results of
 * every op, the heap at the end) with every choice and with the reduced ones; the heap at the end
 * also when runs end at states seen before, where results of the past are forgotten.
 */
static bool check(struct explore_options *o, struct task *tasks, size_t ntasks)
{
    static struct slice_result sums[3][TASKS_MAX];
    bool good = true;
    for (uint32_t m = 0; m < 3u; m++) {
        o->mode = (enum walk_mode)m;
        printf("%s\n", m == WALK_RAW ? "every choice" : m == WALK_REDUCED ? "reduced" : "pruned");
        good = run_all(o, tasks, ntasks, sums[m]) && good;
    }
    for (size_t t = 0; t < ntasks; t++) {
        const struct slice_result *raw = &sums[WALK_RAW][t], *reduced = &sums[WALK_REDUCED][t];
        const struct slice_result *pruned = &sums[WALK_PRUNED][t];
        printf("%s %c\n", tasks[t].space.alphabet->name, tasks[t].space.family->id);
        bool same = same_set("outcomes of every choice and of the reduced ones",
                             (uint64_t[]){raw->outcomes, reduced->outcomes}, raw->outcomes_sum,
                             reduced->outcomes_sum);
        same &= same_set("ends of every choice and of the reduced ones",
                         (uint64_t[]){raw->ends, reduced->ends}, raw->ends_sum, reduced->ends_sum);
        same &= same_set("ends of every choice and of the pruned ones",
                         (uint64_t[]){raw->ends, pruned->ends}, raw->ends_sum, pruned->ends_sum);
        good = same && good;
    }
    return good;
}

int main(int argc, char **argv)
{
    struct explore_options options = {
        .jobs = 2, .out = ".", .seed = 1, .threads = FAMILY_THREADS, .nops = 4, .runs = 1000};
    static struct task tasks[TASKS_MAX];
    static struct slice_result sums[TASKS_MAX];
    host_die_by_exit();
    parse(&options, argc, argv);
    size_t ntasks = make_tasks(&options, tasks);
    if (ntasks == 0) {
        bad_usage("--family", "some of ABCPQ", options.families);
    }
    if (options.check) {
        return check(&options, tasks, ntasks) ? 0 : 1;
    }
    if (options.sample != 0) {
        printf("%llu sampled programs of %u threads with %u ops, seed %llu\n",
               (unsigned long long)options.sample, options.threads, options.nops,
               (unsigned long long)options.seed);
    }
    bool good = run_all(&options, tasks, ntasks, sums);
    if (good && options.accept != NULL) {
        counts_accept(options.accept, tasks, sums, ntasks);
    }
    if (options.counts != NULL) {
        good = counts_compare(options.counts, tasks, sums, ntasks) && good;
    }
    return good ? 0 : 1;
}
