/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet: vets heap allocators from the command line. Each subcommand has a file of its own. */

#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct command *const commands[] = {
    &command_run,  &command_gen,    &command_shrink, &command_show,
    &command_pack, &command_unpack, &command_record, &command_emit,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
    puts("Usage: heapvet COMMAND [OPTION]... [FILE]...\n"
         "Vets heap allocators by replaying op programs under a model and its oracles.\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
    }
    puts("\n`heapvet COMMAND --help` says more. A FILE is an op program as text (*.ops), a pack\n"
         "(*.pack) or records, as fuzzers write them; `-` is standard input.\n"
         "Exit status: 0 pass, 1 a fault was found, 2 wrong usage or bad input.");
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

/* A full disk or a closed pipe must not look like a pass. */
static int finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("heapvet: standard output: expected to be writable, is not\n", stderr);
        return EXIT_BAD_INPUT;
    }
    return status;
}

int main(int argc, char **argv)
{
    cli_program = argc > 0 ? cli_quoted(argv[0]) : "heapvet";
    if (argc < 2) {
        cli_usage(NULL, "expected a command, have none");
    }
    bool explain = strcmp(argv[1], "help") == 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (explain && argc == 2)) {
        print_help();
        return finish(EXIT_PASS);
    }
    const char *name = argv[explain ? 2 : 1];
    const struct command *command = find(name);
    if (!command) {
        cli_usage(NULL, "expected a command, have '%s'", name);
    }
    if (explain) {
        fputs(command->help, stdout);
        return finish(EXIT_PASS);
    }
    host_die_by_exit();
    return finish(command->run(argc - 1, argv + 1));
}
