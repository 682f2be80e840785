/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet shrink: the shortest program that still fails the same way. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "threads.h"

static const char help[] =
    "Usage: heapvet shrink [OPTION]... FILE|PACK:NAME\n"
    "Takes ops out of a failing program, and makes sizes, waits and schedules simple, as long as\n"
    "the same oracle still fires (or the subject still crashes). Every candidate runs in a child\n"
    "process. Of a file with many programs, the first that fails is taken.\n\n"
    "      --subject NAME|PATH.so  the allocator (default: the program's kind's)\n"
    "      --oracles LIST          only these (a,b), or all but these (-a,-b)\n"
    "      --timeout SECONDS       a program that takes more of the processor fails (default 10)\n"
    "      --seconds SECONDS       when to be done; then the best so far is kept (default 60)\n"
    "  -o, --output OUT            where to write the result (default: STEM.min.ops here)\n"
    "\nExit status: 1 the program fails and was shrunk, 0 it does not fail, 2 bad input.\n";

struct shrink {
    struct subject_choice choice;
    const struct subject *subject; /* of the program looked at last */
    struct run_options options;
    const char *output, *oracles;
    unsigned timeout, seconds;
};

static void parse(int argc, char **argv, struct shrink *shrink)
{
    static const struct option options[] = {
        {"subject", required_argument, NULL, 's'}, {"oracles", required_argument, NULL, 'a'},
        {"program", required_argument, NULL, 'p'}, {"timeout", required_argument, NULL, 't'},
        {"seconds", required_argument, NULL, 'n'}, {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    int c = 0;
    while ((c = cli_option(&command_shrink, argc, argv, ":o:h", options)) != -1) {
        switch (c) {
        case 's':
            cli_add_subject(&shrink->choice, "shrink", optarg);
            break;
        case 'a':
            shrink->options.oracles = cli_oracles("shrink", optarg);
            shrink->oracles = optarg;
            break;
        case 't':
            shrink->timeout = (unsigned)cli_number("shrink", "--timeout", optarg, 1, 86400);
            break;
        case 'n':
            shrink->seconds = (unsigned)cli_number("shrink", "--seconds", optarg, 1, 86400);
            break;
        default:
            shrink->output = optarg;
            break;
        }
    }
    if (shrink->choice.count > 1 || argc - optind != 1) {
        cli_usage("shrink", "expected one subject and one file, have %zu and %d",
                  shrink->choice.count, argc - optind);
    }
}

/* A line that overwrites itself on a terminal; elsewhere one line whenever the length has halved.
 */
static void progress(size_t ops, size_t candidates, void *context)
{
    size_t *shown = context;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%zu ops left, %zu candidates tried ", ops, candidates);
        *shown = ops;
    } else if (*shown == 0 || ops <= *shown / 2) {
        fprintf(stderr, "%zu ops left, %zu candidates tried\n", ops, candidates);
        *shown = ops;
    }
}

static const char *outcome_word(const struct shrink_outcome *outcome)
{
    return outcome->oracle == ORACLE_NONE ? "crash" : oracle_names[outcome->oracle];
}

static enum run_status run_any(const struct program *program, const struct subject *subject,
                               struct space *space, const struct run_options *options,
                               struct run_failure *failure)
{
    if (program_threaded(&program->header)) {
        return threads_run(program, subject, options->oracles, failure);
    }
    return run_program(program, subject, space, options, NULL, NULL, failure);
}

/* NULL: none of them fails. */
static struct program *first_failing(struct shrink *shrink, struct chosen_programs *chosen,
                                     struct space *space)
{
    for (size_t i = 0; i < chosen->count; i++) {
        struct shrink_outcome outcome;
        const struct subject *subject =
            cli_one_subject(&shrink->choice, chosen->file, &chosen->first[i]);
        shrink->subject = subject;
        host_space_for(space, &chosen->first[i], subject);
        shrink_try(&chosen->first[i], subject, space, &shrink->options, shrink->timeout, &outcome);
        if (outcome.failed) {
            return &chosen->first[i];
        }
    }
    return NULL;
}

static void write_result(const char *output, const char *file, const struct program *program,
                         const struct subject *subject, const struct shrink_outcome *outcome)
{
    size_t size = 0;
    char *comments = cli_format("# shrunk by heapvet from %s: fails on %s by oracle %s\n", file,
                                subject->name, outcome_word(outcome));
    char *text = cli_program_text(program, comments, &size);
    host_write_file(output, text, size);
    free(text);
    free(comments);
}

/* Writes the result and says where, how long it is, and how to see it fail. */
static void report(const struct shrink *shrink, const char *file, const char *stem, size_t before,
                   const struct program *program, const struct shrink_outcome *outcome)
{
    const struct subject *subject = shrink->subject;
    char *output =
        shrink->output ? cli_format("%s", shrink->output) : cli_format("%s.min.ops", stem);
    char *word = cli_quoted(output);
    char *chosen =
        shrink->oracles ? cli_format("--oracles %s ", shrink->oracles) : cli_format("%s", "");
    if (isatty(STDERR_FILENO)) {
        fputc('\n', stderr);
    }
    write_result(output, file, program, subject, outcome);
    fprintf(strcmp(output, "-") == 0 ? stderr : stdout,
            "%s: %zu ops of %zu left, oracle %s, %zu candidates tried%s\n  run  %s run %s--subject "
            "%s %s\n",
            output, program->nops, before, outcome_word(outcome), outcome->tries,
            outcome->cut ? "; the time is up, there may be fewer" : "", cli_program, chosen,
            subject->name, word);
    free(chosen);
    free(word);
    free(output);
}

static int run(int argc, char **argv)
{
    struct shrink shrink = {.options = run_options_default, .timeout = 10, .seconds = 60};
    parse(argc, argv, &shrink);
    shrink_seconds = shrink.timeout;
    shrink_total_seconds = shrink.seconds;
    shrink_run = run_any;
    const char *file = argv[optind];
    struct chosen_programs chosen;
    struct space space;
    cli_load(file, &chosen);
    host_space_open(&space, 4096, 16, 64);
    struct program *program = first_failing(&shrink, &chosen, &space);
    size_t shown = 0;
    size_t before = program ? program->nops : 0;
    struct shrink_outcome outcome;
    bool fails = program && shrink_program(program, shrink.subject, &space, &shrink.options,
                                           progress, &shown, &outcome);
    if (fails) {
        char *stem = cli_program_name(chosen.file, program);
        report(&shrink, file, stem, before, program, &outcome);
        free(stem);
    } else {
        printf("%s: does not fail on %s\n", file, shrink.subject->name);
    }
    cli_unload(&chosen);
    host_space_close(&space);
    cli_free_subjects(&shrink.choice);
    return fails ? EXIT_FAULT : EXIT_PASS;
}

const struct command command_shrink = {"shrink", "shorten a failing program", help, run};
