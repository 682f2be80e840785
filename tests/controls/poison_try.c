/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Inverted poisoning is seen to work: a subject that is instrumented by AddressSanitizer touches
 * one byte that is none of its business in the middle of a call, once per child process, and must
 * die at that access. The runner is not instrumented, as in the fuzzers. Compiled and run by
 * poison.py.
 */

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "stray.h"
#include "text.h"

/* Where the stray access goes is worked out from the first block, p0, of the program below. */
static const char program_text[] = "heap 1024\n"
                                   "alloc p0 60\n"
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
    bool caught; /* false: open on purpose, stated in docs/ORACLES.md */
};

static const struct attempt tries[] = {
    {"none", {CALL_NONE, 0, FROM_BLOCK, 0, false}, false},
    {"alloc writes the first byte of a live block", {CALL_ALLOC, 2, FROM_BLOCK, 0, true}, true},
    {"alloc reads the first byte of a live block", {CALL_ALLOC, 2, FROM_BLOCK, 0, false}, true},
    {"alloc reads the middle of a live block", {CALL_ALLOC, 2, FROM_BLOCK, 31, false}, true},
    {"alloc reads a late byte of a live block", {CALL_ALLOC, 2, FROM_BLOCK, 55, false}, true},
    {"free writes into a live block", {CALL_FREE, 2, FROM_BLOCK, 20, true}, true},
    {"realloc writes into another live block", {CALL_REALLOC, 1, FROM_BLOCK, 20, true}, true},
    {"aligned reads a live block", {CALL_ALIGNED, 1, FROM_BLOCK, 20, false}, true},
    {"largest reads a live block", {CALL_LARGEST, 2, FROM_BLOCK, 20, false}, true},
    {"check reads a live block", {CALL_CHECK, 1, FROM_BLOCK, 20, false}, true},
    {"usable reads a live block", {CALL_USABLE, 2, FROM_BLOCK, 20, false}, true},
    {"free reads the body of a free extent", {CALL_FREE, 2, FROM_END, -200, false}, true},
    {"alloc writes the body of a free extent", {CALL_ALLOC, 2, FROM_END, -200, true}, true},
    {"largest reads the body of a free extent", {CALL_LARGEST, 2, FROM_END, -200, false}, true},
    {"alloc writes the byte behind the region", {CALL_ALLOC, 2, FROM_END, 0, true}, true},
    {"alloc reads far behind the region", {CALL_ALLOC, 2, FROM_END, 15000, false}, true},
    {"init writes the byte behind the region", {CALL_INIT, 1, FROM_END, 0, true}, true},
    {"alloc reads the byte in front of the region", {CALL_ALLOC, 2, FROM_START, -1, false}, true},
    {"init writes the byte in front of the region", {CALL_INIT, 1, FROM_START, -1, true}, true},
    {"free reads the block it is given", {CALL_FREE, 2, FROM_ARGUMENT, 4, false}, false},
    {"realloc reads the block it is given", {CALL_REALLOC, 1, FROM_ARGUMENT, 4, false}, false},
};

static struct op ops[64];

/* In a child: a crash, and not an oracle, is what is asked for. */
static bool dies(const struct stray *stray, const char *text)
{
    struct program program = {.capacity = 64, .ops = ops, .name = "poison"};
    struct text_error error = {0, ""};
    struct shrink_outcome outcome;
    struct subject subject;
    struct space space;

    if (!text_parse(&program, text, strlen(text), &error)) {
        host_bad_input("poison", error.line, "%s", error.message);
    }
    stray_subject(&subject, stray);
    /* Far more than the region: what lies behind it is the runner's to forbid, not the mapping's
     * end. */
    host_space_open(&space, 65536, 16, subject.state_bytes);
    shrink_try(&program, &subject, &space, &run_options_default, 10, &outcome);
    host_space_close(&space);
    if (outcome.failed && outcome.oracle != ORACLE_NONE) {
        printf("  an oracle instead: %s\n", oracle_names[outcome.oracle]);
    }
    return outcome.failed && outcome.oracle == ORACLE_NONE;
}

int main(void)
{
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        const bool died = dies(&tries[i].stray, program_text);
        printf("%-8s %s\n", died ? "dies" : "passes", tries[i].name);
        if (died != tries[i].caught) {
            printf("  expected that it %s\n", tries[i].caught ? "dies" : "passes");
            wrong++;
        }
    }
    printf("%zu tries, %zu wrong\n", sizeof tries / sizeof tries[0], wrong);
    return wrong == 0 ? 0 : 1;
}
