/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet run: replays programs on subjects, under all oracles. */

#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "threads.h"

static const char help[] =
    "Usage: heapvet run [OPTION]... FILE|FOLDER|PACK:NAME...\n"
    "Replays op programs on allocators and checks every answer. The first failure is reported,\n"
    "with the command that reproduces it, and ends the run with status 1.\n\n"
    "      --subject NAME|PATH.so  an allocator; may be given again (default: the first of those\n"
    "                              linked in that runs programs of this kind)\n"
    "      --all-subjects          all that are linked in, each on the programs of its kind\n"
    "      --oracles LIST          only these (a,b), or all but these (-a,-b)\n"
    "      --bare                  no oracles: only the calls, and the digest\n"
    "      --digest                print `DIGEST SUBJECT PROGRAM` per program without threads\n"
    "      --json FILE             write the counts per subject, also when a fault was found\n"
    "      --capacity BYTES        largest region that is run (K, M, G; default 1G)\n"
    "      --timeout SECONDS       a program that runs longer is a fault (default 60, 0: never)\n"
    "\nPrograms that do not fit a subject are counted and named; when nothing fits, that is bad\n"
    "input (status 2).\n";

struct run {
    struct subject_choice choice;
    struct run_total *totals; /* in the order of their first program */
    size_t count;
    struct run_options options;
    bool bare, digest;
    const char *json, *oracles;
    uint64_t capacity;
    unsigned timeout;
};

/* The report hooks have no argument, so that what they need is here. */
static struct run current;

static void write_json(bool ok)
{
    if (current.json) {
        char *text = run_json(current.totals, current.count, ok);
        host_write_file(current.json, text, strlen(text));
        free(text);
    }
}

static void stop_with_json(void)
{
    alarm(0);
    fflush(stdout);
    write_json(false);
    exit(EXIT_FAULT);
}

static void parse(int argc, char **argv, struct run *run)
{
    static const struct option options[] = {
        {"subject", required_argument, NULL, 's'},
        {"all-subjects", no_argument, NULL, 'a'},
        {"oracles", required_argument, NULL, 'o'},
        {"bare", no_argument, NULL, 'b'},
        {"digest", no_argument, NULL, 'd'},
        {"json", required_argument, NULL, 'j'},
        {"capacity", required_argument, NULL, 'c'},
        {"timeout", required_argument, NULL, 't'},
        {"program", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c = 0;
    while ((c = cli_option(&command_run, argc, argv, ":h", options)) != -1) {
        switch (c) {
        case 's':
            cli_add_subject(&run->choice, "run", optarg);
            break;
        case 'a':
            cli_add_all_subjects(&run->choice);
            break;
        case 'o':
            run->options.oracles = cli_oracles("run", optarg);
            run->oracles = optarg;
            break;
        case 'b':
            run->bare = true;
            break;
        case 'd':
            run->digest = true;
            break;
        case 'j':
            run->json = optarg;
            break;
        case 'c':
            run->capacity = cli_number("run", "--capacity", optarg, 1, UINT32_MAX);
            break;
        default:
            run->timeout = (unsigned)cli_number("run", "--timeout", optarg, 0, 86400);
            break;
        }
    }
    if (optind == argc) {
        cli_usage("run", "expected a file or a folder, have none");
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void note_unfit(struct run_total *total, const char *name, uint32_t region)
{
    size_t bytes = (total->unfits + 1) * sizeof(*total->unfit);
    total->unfit = cli_memory(total->unfit, bytes);
    total->unfit[total->unfits].name = cli_format("%s", name);
    total->unfit[total->unfits].region = region;
    total->unfits++;
}

static struct run_total *total_of(struct run *run, const struct subject *subject)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->totals[i].subject == subject) {
            return &run->totals[i];
        }
    }
    run->totals = cli_memory(run->totals, (run->count + 1) * sizeof(*run->totals));
    struct run_total *total = &run->totals[run->count++];
    memset(total, 0, sizeof(*total));
    total->subject = subject;
    return total;
}

static enum run_status run_on(const struct run *run, const struct program *program,
                              struct run_total *total, struct space *space, uint32_t *digest)
{
    struct run_counts *counts = &total->counts.run;
    if (program->header.region > run->capacity) {
        return RUN_DOES_NOT_FIT;
    }
    if (program_threaded(&program->header)) {
        return threads_run_or_die(program, total->subject, run->bare ? 0 : run->options.oracles,
                                  &total->counts);
    }
    host_space_for(space, program, total->subject);
    if (!run->bare) {
        return run_or_die(program, total->subject, space, &run->options, counts, digest);
    }
    enum run_status status = run_bare(program, total->subject, space, digest);
    counts->programs += status == RUN_OK;
    counts->ops += status == RUN_OK ? program->nops : 0;
    return status;
}

static void run_everywhere(struct run *run, const char *file, const struct program *program,
                           struct space *space)
{
    /* Reports print the name in a line that is to be pasted into a shell. */
    char *quoted = cli_quoted(program->name);
    char *name = cli_program_name(file, program);
    struct program named = *program;
    named.name = quoted;
    const struct subject *subject = NULL;
    for (size_t i = 0; (subject = cli_subject_for(&run->choice, file, program, i)) != NULL; i++) {
        struct run_total *total = total_of(run, subject);
        uint32_t digest = 0;
        double start = now();
        crash_watch(quoted, subject->name, run->timeout);
        enum run_status status = run_on(run, &named, total, space, &digest);
        crash_watch_end();
        total->seconds += now() - start;
        if (status == RUN_DOES_NOT_FIT) {
            note_unfit(total, program->name, program->header.region);
        } else if (run->digest && !program_threaded(&program->header)) {
            printf("%08x %s %s\n", (unsigned)digest, subject->name, name);
        }
    }
    free(name);
    free(quoted);
}

static void run_file(struct run *run, const char *word, bool named, struct space *space)
{
    struct chosen_programs chosen;
    cli_load(word, &chosen);
    /* Folders and packs hold programs of all kinds: a subject takes its own out of them. */
    run->choice.found = !named || chosen.count > 1;
    for (size_t i = 0; i < chosen.count; i++) {
        run_everywhere(run, chosen.file, &chosen.first[i], space);
    }
    cli_unload(&chosen);
}

static void free_totals(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        for (size_t k = 0; k < run->totals[i].unfits; k++) {
            free(run->totals[i].unfit[k].name);
        }
        free(run->totals[i].unfit);
    }
    free(run->totals);
    cli_free_subjects(&run->choice);
}

static bool is_word(const char *file, char *const *words)
{
    while (*words && strcmp(*words, file) != 0) {
        words++;
    }
    return *words != NULL;
}

static int run(int argc, char **argv)
{
    char **files = NULL;
    size_t nfiles = 0;
    struct space space;
    current = (struct run){.options = run_options_default, .capacity = 1u << 30, .timeout = 60};
    parse(argc, argv, &current);
    char *tool = current.oracles ? cli_format("%s run --oracles %s", cli_program, current.oracles)
                                 : cli_format("%s run", cli_program);
    die_hooks.tool = tool;
    die_hooks.stop = stop_with_json;
    cli_expand(argv + optind, (size_t)(argc - optind), &files, &nfiles);
    host_space_open(&space, 4096, 16, 64);
    for (size_t i = 0; i < nfiles; i++) {
        run_file(&current, files[i], is_word(files[i], argv + optind), &space);
    }
    uint64_t programs = 0;
    for (size_t i = 0; i < current.count; i++) {
        run_print_total(&current.totals[i], current.bare);
        programs += current.totals[i].counts.run.programs;
    }
    if (programs == 0) {
        host_bad_input(argv[optind], 0,
                       "expected a region that fits a subject of its kind, have none");
    }
    write_json(true);
    host_space_close(&space);
    host_free_paths(files, nfiles);
    free_totals(&current);
    free(tool);
    return EXIT_PASS;
}

const struct command command_run = {"run", "replay programs, check every answer", help, run};
