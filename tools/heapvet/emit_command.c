/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet emit-c: a program as a C test. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "threads.h"

static const char help[] =
    "Usage: heapvet emit-c [OPTION]... FILE|PACK:NAME\n"
    "Writes the program as a self-contained C test of kheap: plain calls, one op after the other,\n"
    "and what the contract demands of each, as the models say it of a sound heap. The test says\n"
    "in its first comment how it is compiled, and names the op that is answered otherwise.\n\n"
    "      --subject NAME|PATH.so  the sound heap (default: the program's kind's)\n"
    "  -D, --define NAME=VALUE     an option of kheap's configuration, for the compile line\n"
    "      --placement             demand the very places of all blocks, which no contract\n"
    "                              promises, but which faults can change\n"
    "  -o, --output FILE           where to write it (default: standard output)\n"
    "\nThe word api has a C form on a sys_heap alone: such a program of another heap is refused.\n"
    "The sound heap must pass the program under all oracles: otherwise status 1, and no file.\n";

struct request {
    struct subject_choice choice;
    struct emit emit;
};

static void add_define(struct emit *emit, const char *define)
{
    const size_t letters = strspn(define, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (letters == 0 || define[letters] != '=' || define[letters + 1] == '\0' ||
        strpbrk(define, " '\"\\\n")) {
        cli_usage("emit-c", "expected NAME=VALUE, have '%s'", define);
    }
    if (emit->ndefines == EMIT_DEFINES) {
        cli_usage("emit-c", "expected at most %u defines, have more", EMIT_DEFINES);
    }
    emit->defines[emit->ndefines++] = define;
}

static void parse(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"subject", required_argument, NULL, 's'},
        {"define", required_argument, NULL, 'D'},
        {"placement", no_argument, NULL, 'l'},
        {"output", required_argument, NULL, 'o'},
        {"program", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c = 0;
    while ((c = cli_option(&command_emit, argc, argv, ":o:D:h", options)) != -1) {
        switch (c) {
        case 's':
            cli_add_subject(&request->choice, "emit-c", optarg);
            break;
        case 'D':
            add_define(&request->emit, optarg);
            break;
        case 'l':
            request->emit.placement = true;
            break;
        default:
            request->emit.output = optarg;
            break;
        }
    }
    if (request->choice.count > 1 || argc - optind != 1) {
        cli_usage("emit-c", "expected one subject and one file, have %zu and %d",
                  request->choice.count, argc - optind);
    }
}

/* Before anything is said of it, the sound heap shows that it is one. */
static void vet(const struct emit *emit, struct space *space)
{
    if (program_threaded(&emit->program->header)) {
        static struct sim_counts counts;
        threads_run_or_die(emit->program, emit->subject, ORACLES_ALL, &counts);
        return;
    }
    host_space_for(space, emit->program, emit->subject);
    run_or_die(emit->program, emit->subject, space, &run_options_default, NULL, NULL);
}

static int run(int argc, char **argv)
{
    struct request request = {.emit = {.output = NULL}};
    parse(argc, argv, &request);
    const char *file = argv[optind];
    struct emit *emit = &request.emit;
    struct chosen_programs chosen;
    struct space space;
    cli_load(file, &chosen);
    if (chosen.count != 1) {
        host_bad_input(file, 0, "expected one program, have %zu", chosen.count);
    }
    emit->program = &chosen.first[0];
    emit->subject = cli_one_subject(&request.choice, chosen.file, emit->program);
    emit_refuse(emit, chosen.file);
    const char *output = emit->output ? emit->output : "-";
    char *name = cli_program_name(chosen.file, emit->program);
    emit->name = name;
    emit->output = strcmp(output, "-") == 0 ? "test.c" : output;
    host_space_open(&space, 4096, 16, 64);
    vet(emit, &space);
    char *text = NULL;
    size_t size = 0;
    emit->out = open_memstream(&text, &size);
    if (program_threaded(&emit->program->header)) {
        emit_threads(emit);
    } else {
        emit_plain(emit, &space);
    }
    fclose(emit->out);
    host_write_file(output, text, size);
    free(text);
    free(name);
    cli_unload(&chosen);
    host_space_close(&space);
    cli_free_subjects(&request.choice);
    return EXIT_PASS;
}

const struct command command_emit = {"emit-c", "write a program as a C test", help, run};
