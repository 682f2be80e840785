/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet gen: op programs from a seed. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "generate.h"

static const char help[] =
    "Usage: heapvet gen [OPTION]...\n"
    "Writes seeded op programs: the same options give the same programs on every machine.\n\n"
    "  -k, --kind K      heap (default), kheap, system, multi or pool\n"
    "  -p, --profile P   mixed (default), steady, random, fifo, small, edges, aligned, resize,\n"
    "                    phases, hostile, corners or misuse; in kheap and pool also threads\n"
    "                    (their default)\n"
    "  -s, --seed S      default 1; program number i of --count uses S + i\n"
    "  -n, --ops N       how many ops (default 100; for steady: how many allocations)\n"
    "      --region R    bytes of the region (default: the profile's own)\n"
    "      --effective   every op acts: none meets a slot in the wrong state\n"
    "      --count N     that many programs; needs -o with a *.pack name or a folder\n"
    "  -o, --output FILE where to (default: standard output, as text)\n";

struct gen {
    struct generate_options options;
    bool kind_given, profile_given;
    uint32_t count;
    const char *output;
};

/* Which of so many words; none: a usage error that says what they are. */
static unsigned named(const char *what, const char *const *words, unsigned count, const char *word)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    char names[200] = "";
    for (unsigned i = 0; i < count; i++) {
        strncat(names, i ? ", " : "", sizeof(names) - strlen(names) - 1);
        strncat(names, words[i], sizeof(names) - strlen(names) - 1);
    }
    cli_usage("gen", "expected a %s (%s), have '%s'", what, names, word);
}

/* Kinds with threads have a profile of their own, which makes no sense for the others. */
static void choose_profile(struct gen *gen)
{
    struct generate_options *options = &gen->options;
    bool of_threads = options->profile == PROFILE_THREADS;
    if (!gen->kind_given && of_threads) {
        options->kind = KIND_KHEAP;
    }
    const struct program_header header = {.kind = (uint8_t)options->kind};
    bool threaded = program_threaded(&header);
    if (threaded && !gen->profile_given) {
        options->profile = PROFILE_THREADS;
    }
    if (of_threads && !threaded) {
        cli_usage("gen", "expected the kind kheap or pool for profile threads, have '%s'",
                  kind_words[options->kind]);
    }
}

static void parse(int argc, char **argv, struct gen *gen)
{
    static const struct option options[] = {
        {"kind", required_argument, NULL, 'k'},   {"profile", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 's'},   {"ops", required_argument, NULL, 'n'},
        {"region", required_argument, NULL, 'r'}, {"effective", no_argument, NULL, 'e'},
        {"count", required_argument, NULL, 'c'},  {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int c = 0;
    while ((c = cli_option(&command_gen, argc, argv, ":k:p:s:n:o:h", options)) != -1) {
        switch (c) {
        case 'k':
            gen->options.kind = (enum program_kind)named("kind", kind_words, PROGRAM_KINDS, optarg);
            gen->kind_given = true;
            break;
        case 'p':
            gen->options.profile =
                (enum profile)named("profile", profile_words, PROFILES_ALL, optarg);
            gen->profile_given = true;
            break;
        case 's':
            gen->options.seed = cli_number("gen", "--seed", optarg, 0, UINT64_MAX);
            break;
        case 'n':
            gen->options.ops = (uint32_t)cli_number("gen", "--ops", optarg, 1, 10000000);
            break;
        case 'r':
            gen->options.region = (uint32_t)cli_number("gen", "--region", optarg, 1, UINT32_MAX);
            break;
        case 'e':
            gen->options.effective = true;
            break;
        case 'c':
            gen->count = (uint32_t)cli_number("gen", "--count", optarg, 1, 1000000);
            break;
        default:
            gen->output = optarg;
            break;
        }
    }
    if (optind < argc) {
        cli_usage("gen", "expected options only, have '%s'", argv[optind]);
    }
    choose_profile(gen);
}

/* Doubles the room until the generator is content: only it knows how many frees go with the allocs.
 */
static void generate(const struct generate_options *options, struct program *program)
{
    memset(program, 0, sizeof(*program));
    program->name = "";
    for (size_t capacity = 2 * (size_t)options->ops + 64;; capacity *= 2) {
        program->capacity = capacity;
        program->ops = cli_memory(program->ops, capacity * sizeof(struct op));
        if (generate_program(program, options)) {
            return;
        }
    }
}

static char *command_line(const struct generate_options *options)
{
    char region[40] = "";
    char kind[40] = "";
    if (options->kind != KIND_HEAP) {
        snprintf(kind, sizeof(kind), " --kind %s", kind_words[options->kind]);
    }
    if (options->region) {
        snprintf(region, sizeof(region), " --region %u", (unsigned)options->region);
    }
    return cli_format("# heapvet gen%s --profile %s --seed %llu --ops %u%s%s\n", kind,
                      profile_words[options->profile], (unsigned long long)options->seed,
                      (unsigned)options->ops, region, options->effective ? " --effective" : "");
}

static void write_text(const struct generate_options *options, const char *path)
{
    struct program program;
    size_t size = 0;
    generate(options, &program);
    char *comment = command_line(options);
    char *text = cli_program_text(&program, comment, &size);
    host_write_file(path, text, size);
    free(text);
    free(comment);
    free(program.ops);
}

static char *program_name(const struct generate_options *options)
{
    bool heap = options->kind == KIND_HEAP;
    return cli_format("%s%s%s-%llu", heap ? "" : kind_words[options->kind], heap ? "" : "-",
                      profile_words[options->profile], (unsigned long long)options->seed);
}

static void write_pack(struct gen *gen)
{
    struct program *programs = cli_memory(NULL, gen->count * sizeof(struct program));
    char **names = cli_memory(NULL, gen->count * sizeof(char *));
    size_t size = 0;
    for (uint32_t i = 0; i < gen->count; i++, gen->options.seed++) {
        generate(&gen->options, &programs[i]);
        names[i] = program_name(&gen->options);
    }
    uint8_t *bytes = cli_pack(programs, names, gen->count, &size);
    host_write_file(gen->output, bytes, size);
    for (uint32_t i = 0; i < gen->count; i++) {
        free(programs[i].ops);
        free(names[i]);
    }
    free(bytes);
    free(names);
    free(programs);
}

static void write_folder(struct gen *gen)
{
    for (uint32_t i = 0; i < gen->count; i++, gen->options.seed++) {
        char *name = program_name(&gen->options);
        char *path = cli_format("%s/%s.ops", gen->output, name);
        write_text(&gen->options, path);
        free(path);
        free(name);
    }
}

static int run(int argc, char **argv)
{
    struct gen gen = {.options = {.profile = PROFILE_MIXED, .seed = 1, .ops = 100}, .count = 1};
    struct stat about;
    parse(argc, argv, &gen);
    if (gen.output && cli_ends_with(gen.output, ".pack")) {
        write_pack(&gen);
    } else if (gen.output && stat(gen.output, &about) == 0 && S_ISDIR(about.st_mode)) {
        write_folder(&gen);
    } else if (gen.count == 1) {
        write_text(&gen.options, gen.output ? gen.output : "-");
    } else {
        cli_usage("gen", "expected a *.pack name or a folder behind -o for %u programs, have '%s'",
                  (unsigned)gen.count, gen.output ? gen.output : "standard output");
    }
    return EXIT_PASS;
}

const struct command command_gen = {"gen", "write seeded op programs", help, run};
