/* SPDX-License-Identifier: Apache-2.0 */

/* The command: explores one subject's heaps over one alphabet, and prints a line for each heap. */

#include "exhaust.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { STATUS_OK, STATUS_FOUND, STATUS_USAGE };

struct range {
    uint32_t from, to, step;
};

struct arguments {
    const char *subject, *alphabet, *out;
    uint32_t depth;
    bool unmerged;
    struct range regions, offsets;
};

static const char usage[] =
    "usage: exhaust --subject FILE.so --alphabet FILE.ops --region N[..N[/STEP]]\n"
    "               [--offset N[..N]] [--depth N] [--unmerged] [--out FOLDER]\n"
    "\n"
    "Performs all sequences of at most DEPTH (8) ops over the alphabet on a heap of REGION bytes\n"
    "that begins OFFSET (0) bytes behind a boundary, and goes on from each distinct state once.\n"
    "With --unmerged it goes on from every sequence, to show that nothing is lost by that.\n"
    "A line of the alphabet stands for its op on every live block and on one empty slot.\n"
    "Exit status: 0 nothing found, 1 a program was written to FOLDER (.), 2 usage.\n";

static _Noreturn void refuse(const char *option, const char *have)
{
    (void)fprintf(stderr, "exhaust: %s: expected what --help says, have '%s'\n", option, have);
    exit(STATUS_USAGE);
}

static uint32_t number(const char *option, const char *word, const char **end)
{
    char *behind;
    const unsigned long value = strtoul(word, &behind, 10);

    if (behind == word || *word < '0' || *word > '9' || value > UINT32_MAX) {
        refuse(option, word);
    }
    *end = behind;
    return (uint32_t)value;
}

static struct range range(const char *option, const char *word, uint32_t most)
{
    struct range got = {.step = 1};
    const char *at;

    got.from = number(option, word, &at);
    got.to = got.from;
    if (strncmp(at, "..", 2) == 0) {
        got.to = number(option, at + 2, &at);
    }
    if (*at == '/') {
        got.step = number(option, at + 1, &at);
    }
    if (*at != '\0' || got.step == 0 || got.to < got.from || got.to > most) {
        refuse(option, word);
    }
    return got;
}

static void parse_option(struct arguments *arguments, int option, const char *word)
{
    switch (option) {
    case 's':
        arguments->subject = word;
        break;
    case 'a':
        arguments->alphabet = word;
        break;
    case 'r':
        arguments->regions = range("--region", word, 1u << 24);
        break;
    case 'o':
        arguments->offsets = range("--offset", word, 7);
        break;
    case 'd':
        arguments->depth = range("--depth", word, EXHAUST_DEPTH_MAX).to;
        break;
    case 'u':
        arguments->unmerged = true;
        break;
    case 'f':
        arguments->out = word;
        break;
    case 'h':
        (void)fputs(usage, stdout);
        exit(STATUS_OK);
    default:
        (void)fputs(usage, stderr);
        exit(STATUS_USAGE);
    }
}

static struct arguments parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"subject", required_argument, NULL, 's'},
        {"alphabet", required_argument, NULL, 'a'},
        {"region", required_argument, NULL, 'r'},
        {"offset", required_argument, NULL, 'o'},
        {"depth", required_argument, NULL, 'd'},
        {"out", required_argument, NULL, 'f'},
        {"unmerged", no_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct arguments arguments = {.depth = 8, .out = ".", .offsets = {0, 0, 1}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        parse_option(&arguments, option, optarg);
    }
    if (optind != argc || arguments.subject == NULL || arguments.alphabet == NULL ||
        arguments.regions.step == 0) {
        (void)fputs(usage, stderr);
        exit(STATUS_USAGE);
    }
    return arguments;
}

static const struct subject *load_subject(const char *path)
{
    const struct subject *subject = host_load_subject(path);

    if ((subject->promises & SUBJECT_PREDICTABLE) == 0 || subject->info == NULL) {
        host_bad_input(path, 0, "expected a subject that the model follows, have %s",
                       subject->name);
    }
    return subject;
}

static const struct program *load_alphabet(const char *path, struct program_list *list)
{
    host_load_programs(path, list);
    if (list->count != 1 || list->programs[0].nops == 0 || list->programs[0].nops > UINT16_MAX ||
        program_threaded(&list->programs[0].header)) {
        host_bad_input(path, 0, "expected one program without threads of 1 to 65535 ops");
    }
    return &list->programs[0];
}

static void print_row(const struct explored *explored)
{
    (void)printf("region %u offset %u: ", (unsigned)explored->header.region,
                 (unsigned)explored->header.offset);
    if (explored->refused) {
        (void)printf("refused\n");
    } else {
        (void)printf("units %u base %u states %llu transitions %llu depth %u%s sum %016llx\n",
                     (unsigned)explored->units, (unsigned)explored->base,
                     (unsigned long long)explored->states, (unsigned long long)explored->sequels,
                     (unsigned)explored->deepest, explored->closed ? " closed" : "",
                     (unsigned long long)explored->sum);
    }
    (void)fflush(stdout);
}

/* How often each oracle was evaluated: one that never was has shown nothing. */
static void print_counts(const struct run_counts *counts)
{
    (void)printf("evaluated");
    for (size_t i = 0; i < ORACLES; i++) {
        (void)printf(" %s %llu", oracle_names[i], (unsigned long long)counts->evaluated[i]);
    }
    (void)printf("\n");
}

int main(int argc, char **argv)
{
    const struct arguments arguments = parse(argc, argv);
    struct program_list list;
    struct explored explored = {.subject = load_subject(arguments.subject),
                                .alphabet = load_alphabet(arguments.alphabet, &list),
                                .depth = arguments.depth,
                                .unmerged = arguments.unmerged};
    struct space space = {0};
    bool ok = true;

    found_begin(arguments.out, arguments.subject, arguments.alphabet);
    for (uint32_t region = arguments.regions.from; region <= arguments.regions.to;
         region += arguments.regions.step) {
        for (uint32_t offset = arguments.offsets.from; offset <= arguments.offsets.to;
             offset += arguments.offsets.step) {
            struct explored one = explored;

            program_header_default(&one.header);
            one.header.region = region;
            one.header.offset = (uint8_t)offset;
            one.header.slots_log2 = EXHAUST_SLOTS_LOG2;
            ok = explore_heap(&one, &space) && ok;
            print_row(&one);
            explored.counts = one.counts;
        }
    }
    print_counts(&explored.counts);
    host_space_close(&space);
    host_free_programs(&list);
    return ok ? STATUS_OK : STATUS_FOUND;
}
