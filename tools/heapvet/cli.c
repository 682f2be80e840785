/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "oracle.h"

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
