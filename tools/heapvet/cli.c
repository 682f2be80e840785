/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "oracle.h"
#include "subjects.h"

const char *cli_program = "heapvet";

void cli_usage(const char *command, const char *format, ...)
{
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    fprintf(stderr, "heapvet%s%s: %s; `heapvet%s%s --help` explains\n", command ? " " : "",
            command ? command : "", message, command ? " " : "", command ? command : "");
    exit(EXIT_BAD_INPUT);
}

int cli_option(const struct command *command, int argc, char **argv, const char *letters,
               const struct option *options)
{
    opterr = 0;
    int before = optind;
    int c = getopt_long(argc, argv, letters, options, NULL);
    const char *word = argv[optind > before ? optind - 1 : before];
    if (c == 'h') {
        fputs(command->help, stdout);
        exit(fflush(stdout) == 0 ? EXIT_PASS : EXIT_BAD_INPUT);
    }
    if (c == ':') {
        cli_usage(command->name, "expected a value behind %s", word);
    }
    if (c == '?') {
        if (optopt > 0 && optopt < 128 && isprint(optopt) && !strchr(letters, optopt)) {
            cli_usage(command->name, "expected an option, have '-%c'", optopt);
        }
        cli_usage(command->name, "expected an option, have '%s'", word);
    }
    return c;
}

uint64_t cli_number(const char *command, const char *option, const char *text, uint64_t low,
                    uint64_t high)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = isdigit((unsigned char)*text) ? strtoull(text, &end, 0) : 0;
    unsigned shift = 0;
    if (end && *end) {
        const char *units = "KMG";
        const char *unit = strchr(units, *end);
        if (unit) {
            shift = 10u * (unsigned)(unit - units + 1);
            end++;
        }
    }
    uint64_t value = (uint64_t)number << shift;
    if (!end || *end || errno || value >> shift != number || value < low || value > high) {
        cli_usage(command, "expected a number from %llu to %llu behind %s, have '%s'",
                  (unsigned long long)low, (unsigned long long)high, option, text);
    }
    return value;
}

void *cli_memory(void *old, size_t bytes)
{
    void *p = realloc(old, bytes ? bytes : 1);
    if (!p) {
        fprintf(stderr, "heapvet: expected %zu bytes of memory, have less\n", bytes);
        exit(EXIT_BAD_INPUT);
    }
    return p;
}

static void append_subject(struct subject_choice *choice, const struct subject *subject)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (strcmp(choice->subjects[i]->name, subject->name) == 0) {
            return;
        }
    }
    choice->subjects = cli_memory(choice->subjects, (choice->count + 1) * sizeof(subject));
    choice->subjects[choice->count++] = subject;
}

/* A subject from a file is renamed to its path: that is the word that names it on a command line.
 */
static const struct subject *named_by_path(struct subject_choice *choice,
                                           const struct subject *loaded, const char *path)
{
    struct subject *copy = cli_memory(NULL, sizeof(*copy));
    *copy = *loaded;
    copy->name = cli_quoted(path);
    choice->renamed = cli_memory(choice->renamed, (choice->renames + 1) * sizeof(copy));
    choice->renamed[choice->renames++] = copy;
    return copy;
}

void cli_add_subject(struct subject_choice *choice, const char *command, const char *word)
{
    if (strchr(word, '/') || cli_ends_with(word, ".so")) {
        append_subject(choice, named_by_path(choice, host_load_subject(word), word));
        return;
    }
    const struct subject *subject = subjects_find(word);
    if (subject) {
        append_subject(choice, subject);
        return;
    }
    char names[200] = "";
    for (size_t i = 0; subjects_all[i]; i++) {
        strncat(names, i ? ", " : "", sizeof(names) - strlen(names) - 1);
        strncat(names, subjects_all[i]->name, sizeof(names) - strlen(names) - 1);
    }
    cli_usage(command, "expected a subject (%s, or a path to a .so), have '%s'", names, word);
}

void cli_add_all_subjects(struct subject_choice *choice)
{
    for (size_t i = 0; subjects_all[i]; i++) {
        append_subject(choice, subjects_all[i]);
    }
}

void cli_finish_subjects(struct subject_choice *choice)
{
    if (choice->count == 0) {
        append_subject(choice, subjects_all[0]);
    }
}

void cli_free_subjects(struct subject_choice *choice)
{
    for (size_t i = 0; i < choice->renames; i++) {
        free((void *)(uintptr_t)choice->renamed[i]->name); /* ours, by cli_quoted */
        free(choice->renamed[i]);
    }
    free(choice->renamed);
    free(choice->subjects);
    *choice = (struct subject_choice){NULL, 0, NULL, 0};
}

static uint32_t oracle_named(const char *command, const char *word, size_t length)
{
    for (unsigned i = 0; i < ORACLES; i++) {
        if (strlen(oracle_names[i]) == length && memcmp(oracle_names[i], word, length) == 0) {
            return ORACLE_BIT(i);
        }
    }
    char names[300] = "";
    for (unsigned i = 0; i < ORACLES; i++) {
        strncat(names, i ? ", " : "", sizeof(names) - strlen(names) - 1);
        strncat(names, oracle_names[i], sizeof(names) - strlen(names) - 1);
    }
    cli_usage(command, "expected an oracle (%s), have '%.*s'", names, (int)length, word);
}

uint32_t cli_oracles(const char *command, const char *list)
{
    uint32_t named = 0;
    bool without = list[0] == '-';
    for (const char *word = list;;) {
        size_t length = strcspn(word, ",");
        if ((word[0] == '-') != without) {
            cli_usage(command, "expected oracles all with or all without '-', have '%s'", list);
        }
        named |= oracle_named(command, word + without, length - without);
        if (!word[length]) {
            break;
        }
        word += length + 1;
    }
    return without ? ORACLES_ALL & ~named : named;
}
