/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Inverted poisoning is seen to work: a subject that is instrumented by AddressSanitizer touches
 * one byte that is none of its business in the middle of a call, once per child process, and must
 * die at that access. The runner is not instrumented, as in the fuzzers. Compiled and run by
 * poison.py.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "stray.h"
#include "text.h"

/* Where the stray access goes is worked out from the first block, p0, of the program below. */
static const char header[] = "heap 1024\n";
static const char misaligned_header[] = "heap 1021 offset 3\n";
static const char body[] = "alloc p0 60\n"
                           "alloc p1 60\n"
                           "alloc p2 8\n"
                           "free p1\n"
                           "alloc p3 20\n"
                           "free p2\n"
                           "realloc p3 30\n"
                           "aligned p4 32 20\n"
                           "largest\n"
                           "check\n";

struct attempt {
    const char *name;
    struct stray stray;
    bool misaligned; /* the region begins and ends inside a granule */
    bool caught;     /* false: open on purpose, stated in docs/ORACLES.md */
};

static const struct attempt tries[] = {
    {"none", {CALL_NONE, 0, FROM_BLOCK, 0, false}, false, false},
    {"alloc writes the first byte of a live block",
     {CALL_ALLOC, 2, FROM_BLOCK, 0, true},
     false,
     true},
    {"alloc reads the first byte of a live block",
     {CALL_ALLOC, 2, FROM_BLOCK, 0, false},
     false,
     true},
    {"alloc reads the middle of a live block", {CALL_ALLOC, 2, FROM_BLOCK, 31, false}, false, true},
    {"alloc reads a late byte of a live block",
     {CALL_ALLOC, 2, FROM_BLOCK, 55, false},
     false,
     true},
    {"free writes into a live block", {CALL_FREE, 2, FROM_BLOCK, 20, true}, false, true},
    {"realloc writes into another live block",
     {CALL_REALLOC, 1, FROM_BLOCK, 20, true},
     false,
     true},
    {"aligned reads a live block", {CALL_ALIGNED, 1, FROM_BLOCK, 20, false}, false, true},
    {"largest reads a live block", {CALL_LARGEST, 2, FROM_BLOCK, 20, false}, false, true},
    {"check reads a live block", {CALL_CHECK, 1, FROM_BLOCK, 20, false}, false, true},
    {"usable reads a live block", {CALL_USABLE, 2, FROM_BLOCK, 20, false}, false, true},
    {"free reads the body of a free extent", {CALL_FREE, 2, FROM_END, -200, false}, false, true},
    {"alloc writes the body of a free extent", {CALL_ALLOC, 2, FROM_END, -200, true}, false, true},
    {"largest reads the body of a free extent",
     {CALL_LARGEST, 2, FROM_END, -200, false},
     false,
     true},
    {"alloc writes the byte behind the region", {CALL_ALLOC, 2, FROM_END, 0, true}, false, true},
    {"alloc reads far behind the region", {CALL_ALLOC, 2, FROM_END, 15000, false}, false, true},
    {"init writes the byte behind the region", {CALL_INIT, 1, FROM_END, 0, true}, false, true},
    {"alloc reads the byte in front of the region",
     {CALL_ALLOC, 2, FROM_START, -1, false},
     false,
     true},
    {"init writes the byte in front of the region",
     {CALL_INIT, 1, FROM_START, -1, true},
     false,
     true},
    {"alloc reads 4 in front of a region at offset 3",
     {CALL_ALLOC, 2, FROM_START, -4, false},
     true,
     true},
    {"alloc reads 3 behind a region that ends at 1024",
     {CALL_ALLOC, 2, FROM_END, 3, false},
     true,
     true},
    {"alloc reads 1 in front of a region at offset 3",
     {CALL_ALLOC, 2, FROM_START, -1, false},
     true,
     false},
    {"free reads the block it is given", {CALL_FREE, 2, FROM_ARGUMENT, 4, false}, false, false},
    {"realloc reads the block it is given",
     {CALL_REALLOC, 1, FROM_ARGUMENT, 4, false},
     false,
     false},
};

static struct op ops[64];

static void prepare(const struct attempt *attempt, struct program *program, struct subject *subject,
                    struct space *space)
{
    struct text_error error = {0, ""};
    char text[512];

    (void)snprintf(text, sizeof text, "%s%s", attempt->misaligned ? misaligned_header : header,
                   body);
    if (!text_parse(program, text, strlen(text), &error)) {
        host_bad_input("poison_try", error.line, "%s", error.message);
    }
    stray_subject(subject, &attempt->stray);
    /* Far more than the region: what lies behind it is the runner's to forbid, not the mapping's
     * end. */
    host_space_open(space, 65536, 16, subject->state_bytes);
}

/* In a child: a crash, and not an oracle, is what is asked for. */
static bool dies(const struct attempt *attempt)
{
    struct program program = {.capacity = 64, .ops = ops, .name = "poison"};
    struct shrink_outcome outcome;
    struct subject subject;
    struct space space;

    prepare(attempt, &program, &subject, &space);
    shrink_try(&program, &subject, &space, &run_options_default, 10, &outcome);
    host_space_close(&space);
    if (outcome.failed && outcome.oracle != ORACLE_NONE) {
        printf("  an oracle instead: %s\n", oracle_names[outcome.oracle]);
    }
    return outcome.failed && outcome.oracle == ORACLE_NONE;
}

static int run_here(const struct attempt *attempt)
{
    struct program program = {.capacity = 64, .ops = ops, .name = "poison"};
    struct subject subject;
    struct space space;

    host_die_by_exit();
    prepare(attempt, &program, &subject, &space);
    (void)run_or_die(&program, &subject, &space, &run_options_default, NULL, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    const size_t n = sizeof tries / sizeof tries[0];
    size_t wrong = 0;

    if (argc == 2) {
        return run_here(&tries[strtoul(argv[1], NULL, 10) % n]);
    }
    for (size_t i = 0; i < n; i++) {
        const bool died = dies(&tries[i]);
        printf("%-8s %s\n", died ? "dies" : "passes", tries[i].name);
        if (died != tries[i].caught) {
            printf("  expected that it %s\n", tries[i].caught ? "dies" : "passes");
            wrong++;
        }
    }
    printf("%zu tries, %zu wrong\n", n, wrong);
    return wrong == 0 ? 0 : 1;
}
