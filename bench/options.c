/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "own_subjects.h"
#include "subject.h"
#include "ticks.h"

#define OPS_DEFAULT  10000u
#define SEED_DEFAULT 1u
/* A replay's samples are kept until it is evaluated: replays * ops * 4 bytes. */
#define OPS_MAX      1000000u
#define REPLAYS_MAX  10001u

static const char help_text[] =
    "bench_heap [OPTION...]  cycles of every call and throughput of every program\n"
    "\n"
    "  --subject=WORD    measure this one: a name, or the path of a shared object; may be "
    "repeated\n"
    "                    (default: kheap in four configurations, libc, firstfit, and\n"
    "                    empty, the harness by itself)\n"
    "  --control         also measure kheap-slow, which the gate must not let pass\n"
    "  --profiles=LIST   comma-separated generator profiles, or none (default: all)\n"
    "  --ops=N           length of a generated program (default 10000)\n"
    "  --seed=N          of the generator (default 1)\n"
    "  --trace=PATH      also replay the programs of this file or folder; may be repeated\n"
    "  --replays=N       timed replays of each program, at least 101 (default 121)\n"
    "  --budget=CYCLES   p99.9 that no gated call of a subject named kheap... may exceed (default "
    "200)\n"
    "\n"
    "Exit status: 0 within the budget, 1 not, 2 bad input.\n"
    "JSON: --benchmark_out=FILE; every other option of Google Benchmark works too:\n"
    "\n";

void options_print_help(FILE *out)
{
    fputs(help_text, out);
}

const char *bench_timer(void)
{
    return TICKS_SOURCE;
}

void options_begin(struct bench_options *options, int argc, char *const *argv)
{
    static const char flag[] = "--benchmark_list_tests";

    *options = (struct bench_options){.seed = SEED_DEFAULT,
                                      .ops = OPS_DEFAULT,
                                      .replays = MEASURE_REPLAYS_DEFAULT,
                                      .budget = BUDGET_CYCLES};
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], flag, sizeof(flag) - 1) == 0) {
            const char *value = argv[i] + sizeof(flag) - 1;
            options->list = *value == '\0' || strcmp(value, "=true") == 0;
        }
    }
}

static uint64_t number(const char *flag, const char *text, uint64_t low, uint64_t high)
{
    char *end;

    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || value < low || value > high) {
        host_bad_input(flag, 0, "expected a number from %llu to %llu, have \"%s\"",
                       (unsigned long long)low, (unsigned long long)high, text);
    }
    return value;
}

struct wanted {
    const char *profiles; /* NULL: all */
    char *traces[64];
    size_t ntraces;
    bool control;
};

/* The value of "--flag=value"; NULL when the argument is another flag. */
static char *value_of(char *argument, const char *flag)
{
    const size_t length = strlen(flag);
    const bool is_it = strncmp(argument, flag, length) == 0 && argument[length] == '=';

    return is_it ? argument + length + 1 : NULL;
}

static void add_trace(struct wanted *wanted, char *path)
{
    if (wanted->ntraces == sizeof(wanted->traces) / sizeof(wanted->traces[0])) {
        host_bad_input("--trace", 0, "expected at most %zu, have more", wanted->ntraces);
    }
    wanted->traces[wanted->ntraces++] = path;
}

static void parse_one(struct bench_options *options, char *argument, struct wanted *wanted,
                      struct table *table)
{
    char *value;

    if (strcmp(argument, "--control") == 0) {
        wanted->control = true;
    } else if ((value = value_of(argument, "--subject")) != NULL) {
        table_add_subject(table, value);
    } else if ((value = value_of(argument, "--profiles")) != NULL) {
        wanted->profiles = value;
    } else if ((value = value_of(argument, "--trace")) != NULL) {
        add_trace(wanted, value);
    } else if ((value = value_of(argument, "--ops")) != NULL) {
        options->ops = (uint32_t)number("--ops", value, 1, OPS_MAX);
    } else if ((value = value_of(argument, "--seed")) != NULL) {
        options->seed = number("--seed", value, 0, UINT64_MAX);
    } else if ((value = value_of(argument, "--replays")) != NULL) {
        options->replays = (uint32_t)number("--replays", value, MEASURE_SAMPLES_MIN, REPLAYS_MAX);
    } else if ((value = value_of(argument, "--budget")) != NULL) {
        options->budget = (double)number("--budget", value, 1, UINT32_MAX);
    } else {
        host_bad_input("bench_heap", 0, "expected an option of --help, have \"%s\"", argument);
    }
}

/* strtok cuts a copy: the argument itself stays as the user typed it. */
static void add_profiles(const struct bench_options *options, const char *list, struct table *table)
{
    char *word = strdup(list);

    if (word == NULL || strcmp(list, "none") == 0) {
        free(word);
        return;
    }
    for (char *next = strtok(word, ","); next != NULL; next = strtok(NULL, ",")) {
        programs_add_profile(&table->programs, next, options->seed, options->ops);
    }
    free(word);
}

void options_parse(struct bench_options *options, int argc, char **argv, struct table *table)
{
    struct wanted wanted = {0};

    for (int i = 1; i < argc; i++) {
        parse_one(options, argv[i], &wanted, table);
    }
    if (table->nsubjects == 0) {
        for (size_t i = 0; bench_subjects[i] != NULL; i++) {
            table_add(table, bench_subjects[i], bench_subjects[i]->name);
        }
    }
    if (wanted.control) {
        table_add_subject(table, BENCH_CONTROL);
    }
    if (wanted.profiles == NULL) {
        programs_add_all_profiles(&table->programs, options->seed, options->ops);
    } else {
        add_profiles(options, wanted.profiles, table);
    }
    for (size_t i = 0; i < wanted.ntraces; i++) {
        programs_add_traces(&table->programs, wanted.traces[i]);
    }
    if (table->programs.count == 0) {
        host_bad_input("bench_heap", 0, "expected a profile or a trace to replay, have none");
    }
}
