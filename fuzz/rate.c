/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast the fuzz target is, and what its oracles cost: generated programs, encoded to records,
 * go round and round through the target's own entry; the same list goes through the bare replay;
 * both in turn, so that a busy machine slows both.
 *
 *     fuzz_rate [--programs 1000] [--ops 32] [--region 2048] [--profile mixed] [--seed 1]
 * [--seconds 4]
 *
 * Prints one `key value` a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "generate.h"
#include "host.h"
#include "target.h"

struct input {
    uint8_t *data;
    size_t size;
};

struct settings {
    uint32_t programs, ops, region, seconds;
    uint64_t seed;
    enum profile profile;
};

static double clock_now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint64_t number(const char *flag, const char *text)
{
    char *end;
    const unsigned long long value = strtoull(text, &end, 0);

    if (text[0] == '\0' || *end != '\0') {
        host_bad_input("fuzz_rate", 0, "expected a number behind %s, have \"%s\"", flag, text);
    }
    return value;
}

static enum profile profile_of(const char *word)
{
    for (unsigned i = 0; i < PROFILES; i++) {
        if (strcmp(profile_words[i], word) == 0) {
            return (enum profile)i;
        }
    }
    host_bad_input("fuzz_rate", 0, "expected a profile, have \"%s\"", word);
}

static struct settings parse(int argc, char **argv)
{
    struct settings set = {1000, 32, 2048, 4, 1, PROFILE_MIXED};

    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--profile") == 0) {
            set.profile = profile_of(value);
        } else if (strcmp(argv[i], "--seed") == 0) {
            set.seed = number(argv[i], value);
        } else if (strcmp(argv[i], "--programs") == 0) {
            set.programs = (uint32_t)number(argv[i], value);
        } else if (strcmp(argv[i], "--ops") == 0) {
            set.ops = (uint32_t)number(argv[i], value);
        } else if (strcmp(argv[i], "--region") == 0) {
            set.region = (uint32_t)number(argv[i], value);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            set.seconds = (uint32_t)number(argv[i], value);
        } else {
            host_bad_input("fuzz_rate", 0, "expected an option of fuzz/rate.c, have \"%s\"",
                           argv[i]);
        }
    }
    if (set.programs == 0 || set.ops == 0 || set.ops > FUZZ_MAX_OPS / 2u) {
        host_bad_input("fuzz_rate", 0, "expected 1 to %u ops in at least 1 program",
                       FUZZ_MAX_OPS / 2u);
    }
    return set;
}

static struct input *generate(const struct settings *set)
{
    struct program *program = fuzz_program();
    struct input *inputs = calloc(set->programs, sizeof(*inputs));

    for (uint32_t i = 0; inputs != NULL && i < set->programs; i++) {
        const struct generate_options wanted = {.profile = set->profile,
                                                .seed = set->seed + i,
                                                .ops = set->ops,
                                                .region = set->region,
                                                .effective = true};
        if (!generate_program(program, &wanted)) {
            host_bad_input("fuzz_rate", 0, "expected a program that fits %u ops", FUZZ_MAX_OPS);
        }
        inputs[i].size = record_size(program);
        inputs[i].data = malloc(inputs[i].size);
        if (inputs[i].data == NULL) {
            return NULL;
        }
        (void)record_encode(program, inputs[i].data, inputs[i].size);
    }
    return inputs;
}

/* Processor time: the figure is per core, and a busy machine shall not show as a slow target. */
static double now(void)
{
    return clock_now(CLOCK_PROCESS_CPUTIME_ID);
}

/* One round over all inputs; the time it took. */
static double round_checked(const struct input *inputs, uint32_t count)
{
    const double start = now();

    for (uint32_t i = 0; i < count; i++) {
        (void)LLVMFuzzerTestOneInput(inputs[i].data, inputs[i].size);
    }
    return now() - start;
}

static double round_bare(const struct input *inputs, uint32_t count)
{
    const double start = now();
    struct program *program = fuzz_program();

    for (uint32_t i = 0; i < count; i++) {
        (void)record_decode(program, inputs[i].data, inputs[i].size);
        (void)fuzz_run_bare(program);
    }
    return now() - start;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median, not the mean: a round that the machine interrupted says nothing of the code. */
struct samples {
    double values[100000];
    size_t count;
};

static void add(struct samples *samples, double value)
{
    if (samples->count < sizeof(samples->values) / sizeof(samples->values[0])) {
        samples->values[samples->count++] = value;
    }
}

static double median(struct samples *samples)
{
    qsort(samples->values, samples->count, sizeof(double), by_value);
    return samples->values[samples->count / 2u];
}

static void print(const struct settings *set, struct samples *checked, struct samples *bare,
                  struct samples *ratios)
{
    const struct run_counts *counts = fuzz_counts();
    const double verdicts = (double)(counts->must_succeed + counts->may + counts->must_fail);

    printf("subject %s\nprofile %s\nseed %llu\nprograms %u\n", fuzz_subject->name,
           profile_words[set->profile], (unsigned long long)set->seed, set->programs);
    printf("rounds %zu\n", checked->count);
    /* The drain's frees count as checked ops; every generated op was applied when none was skipped.
     */
    printf("ops_per_program %u\n", set->ops);
    printf("checked_ops_per_program %.2f\n", (double)counts->ops / (double)counts->programs);
    printf("skipped_ops %llu\n", (unsigned long long)counts->skipped);
    printf("does_not_fit %llu\n", (unsigned long long)counts->does_not_fit);
    printf("executions_per_s %.0f\n", set->programs / median(checked));
    /* Sorted by now. The fastest round is what the same code does while nobody else is on the core.
     */
    printf("executions_per_s_fastest_round %.0f\n", set->programs / checked->values[0]);
    printf("bare_executions_per_s %.0f\n", set->programs / median(bare));
    printf("ratio %.4f\n", median(ratios));
    printf("may_share_percent %.3f\n", verdicts > 0 ? 100.0 * (double)counts->may / verdicts : 0.0);
    for (unsigned i = 0; i < ORACLES; i++) {
        printf("oracle_%s %llu\n", oracle_names[i], (unsigned long long)counts->evaluated[i]);
    }
}

int main(int argc, char **argv)
{
    static struct samples checked, bare, ratios;
    const struct settings set = parse(argc, argv);

    fuzz_setup();
    struct input *inputs = generate(&set);
    if (inputs == NULL) {
        host_bad_input("fuzz_rate", 0, "expected memory for %u programs", set.programs);
    }
    const double end = clock_now(CLOCK_MONOTONIC) + set.seconds;
    do {
        const double with = round_checked(inputs, set.programs);
        const double without = round_bare(inputs, set.programs);
        add(&checked, with);
        add(&bare, without);
        add(&ratios, without / with);
    } while (clock_now(CLOCK_MONOTONIC) < end);
    print(&set, &checked, &bare, &ratios);
    for (uint32_t i = 0; i < set.programs; i++) {
        free(inputs[i].data);
    }
    free(inputs);
    return 0;
}
