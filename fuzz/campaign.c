/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that makes its inputs: linked into a target where libFuzzer would be, it runs generated
 * programs, every profile in turn, from one seed after another. So a campaign repeats exactly, and
 * what a program does does not depend on how many came before it.
 *
 *     TARGET --seed 1 --programs 100000 [--keep FILE]
 *
 * --keep writes each program to FILE before it is run. An abort prints the seed it happened at.
 * The counters go where HEAPVET_STATS says.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "host.h"
#include "target.h"

/* Short programs leave the heap simple, long ones repeat themselves: most lie in between. */
#define LEAST_OPS 4u
#define MOST_OPS  160u

struct settings {
    uint64_t seed, programs;
    const char *keep;
};

static uint64_t number(const char *flag, const char *text)
{
    char *end;
    const unsigned long long value = strtoull(text, &end, 0);

    if (text[0] == '\0' || *end != '\0') {
        host_bad_input("campaign", 0, "expected a number behind %s, have \"%s\"", flag, text);
    }
    return value;
}

static struct settings parse(int argc, char **argv)
{
    struct settings set = {1, 1000, NULL};

    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--seed") == 0) {
            set.seed = number(argv[i], value);
        } else if (strcmp(argv[i], "--programs") == 0) {
            set.programs = number(argv[i], value);
        } else if (strcmp(argv[i], "--keep") == 0) {
            set.keep = value;
        } else {
            host_bad_input("campaign", 0, "expected an option of fuzz/campaign.c, have \"%s\"",
                           argv[i]);
        }
    }
    return set;
}

static char running[64] = "campaign: seed 0\n";

/* Oracles and sanitizers end the process by abort: whoever reads the output learns where. */
static void tell(int signal)
{
    (void)signal;
    (void)!write(STDERR_FILENO, running, strlen(running));
}

static enum profile profile_of(uint64_t seed)
{
    const struct program_header header = {.kind = (uint8_t)fuzz_kind};

    return (enum profile)(seed % (program_threaded(&header) ? PROFILES_ALL : PROFILES));
}

static void keep(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        host_bad_input(path, 0, "expected a file that can be written");
    }
}

static void run_seed(uint64_t seed, const char *path)
{
    static uint8_t data[FUZZ_MAX_RECORD_BYTES];
    struct program *program = fuzz_program();
    struct rng rng;

    rng_seed(&rng, seed);
    const struct generate_options wanted = {
        .kind = fuzz_kind,
        .profile = profile_of(seed),
        .seed = rng_next(&rng),
        .ops = rng_log_uniform(&rng, LEAST_OPS, MOST_OPS),
        /* A third in the profile's own region, the rest where memory is scarce. */
        .region = rng_below(&rng, 3) == 0 ? 0 : rng_log_uniform(&rng, 64, FUZZ_REGION_TYPICAL),
        .effective = rng_below(&rng, 2) == 0,
    };
    if (!generate_program(program, &wanted)) {
        return;
    }
    const size_t size = record_size(program);

    if (size > sizeof(data)) {
        return;
    }
    (void)record_encode(program, data, sizeof(data));
    if (path != NULL) {
        keep(path, data, size);
    }
    (void)LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
    const struct settings set = parse(argc, argv);

    fuzz_setup();
    (void)signal(SIGABRT, tell);
    for (uint64_t i = 0; i < set.programs; i++) {
        (void)snprintf(running, sizeof(running), "campaign: seed %llu\n",
                       (unsigned long long)(set.seed + i));
        run_seed(set.seed + i, set.keep);
    }
    return 0;
}
