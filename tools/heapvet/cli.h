/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_CLI_H
#define TOOLS_HEAPVET_CLI_H

/* What the subcommands of heapvet share: exit codes, arguments, subjects chosen by name or path. */

#include <getopt.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"
#include "runner.h"
#include "subject.h"

#define EXIT_PASS      0
#define EXIT_FAULT     1
#define EXIT_BAD_INPUT 2

/* One subcommand. argv[0] is its name; the result is the exit status. */
struct command {
    const char *name;
    const char *summary;
    const char *help;
    int (*run)(int argc, char **argv);
};
extern const struct command command_run, command_gen, command_shrink, command_show, command_pack,
    command_unpack, command_record, command_emit;

/* How the program itself was called, quoted for a shell: for lines that people paste. */
extern const char *cli_program;

/* One line on stderr that says what was wrong and where help is; exit status 2. */
_Noreturn void cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * getopt_long with our own messages. Options are long; short[] names the few that also have a
 * letter.
 * --help prints the command's help and ends with status 0. -1: no more options.
 */
int cli_option(const struct command *command, int argc, char **argv, const char *letters,
               const struct option *options);

/* A number from low to high, decimal or 0x; K, M and G multiply by 1024 each. Else a usage error.
 */
uint64_t cli_number(const char *command, const char *option, const char *text, uint64_t low,
                    uint64_t high);

/* Subjects in the order given. None: each program runs on the default of its kind. */
struct subject_choice {
    const struct subject **subjects;
    size_t count;
    bool all;                 /* all there are: programs pass over those of another kind */
    bool found;               /* the program was not named by itself: ditto */
    struct subject **renamed; /* those from files: our copies, named by their paths */
    size_t renames;
};
void cli_add_subject(struct subject_choice *choice, const char *command, const char *word);
void cli_add_all_subjects(struct subject_choice *choice);
/*
 * The index-th subject that this program is to run on; NULL behind the last. A program and a named
 * subject of two kinds are bad input, as is a kind that no subject has.
 */
const struct subject *cli_subject_for(const struct subject_choice *choice, const char *file,
                                      const struct program *program, size_t index);
/* The one subject of commands that take one. */
const struct subject *cli_one_subject(const struct subject_choice *choice, const char *file,
                                      const struct program *program);
void cli_free_subjects(struct subject_choice *choice);

/* "a,b": these alone; "-a,-b": all but these. */
uint32_t cli_oracles(const char *command, const char *list);

/* malloc and realloc that end the process, with a line, when there is no memory. */
void *cli_memory(void *old, size_t bytes);

/* printf into fresh memory. */
char *cli_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A word as a POSIX shell reads it back: itself, or in single quotes. Fresh memory. */
char *cli_quoted(const char *word);

/* "corpus/x.ops" -> "x". Fresh memory. */
char *cli_stem(const char *path);
int cli_ends_with(const char *text, const char *end);

/*
 * The programs that a word names: all of a file, or, as PACK:NAME, one of a pack (the way reports
 * name it). Bad input when there is no such file or program.
 */
struct chosen_programs {
    char *file;
    struct program_list list;
    struct program *first; /* those chosen: first[0] .. first[count - 1] */
    size_t count;
};
void cli_load(const char *word, struct chosen_programs *chosen);
void cli_unload(struct chosen_programs *chosen);

/* Files of the words, folders expanded. A README among them, as FOLDER/'*' names it, is left out.
 */
void cli_expand(char *const *words, size_t count, char ***files, size_t *nfiles);

/* A program's name where no path is wanted: as in its pack, or its file's stem. Fresh memory. */
char *cli_program_name(const char *file, const struct program *program);

/* A program as text with comment lines (each starting with '#') in front; as a pack. */
char *cli_program_text(const struct program *program, const char *comments, size_t *size);
uint8_t *cli_pack(const struct program *programs, char *const *names, size_t count, size_t *size);

#endif
