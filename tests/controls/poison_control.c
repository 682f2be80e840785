/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A heap that strays on purpose: kheap, but while its fourth allocation runs it touches one byte
 * that is not its business. Inverted poisoning must end the process at that very access.
 *
 *   poison_control WHERE       one of the words in places[]; "nowhere" must pass
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "record.h"
#include "text.h"

extern const struct subject subject_inner;

static const char text[] = "heap 2048 offset 3\n"
                           "alloc p0 100\n"
                           "alloc p1 100\n"
                           "alloc p2 100\n"
                           "free p1\n"
                           "alloc p3 300\n";

enum place { NOWHERE, LIVE_FIRST, LIVE_MIDDLE, FREE_BODY, IN_FRONT, BEHIND, PLACES };
static const char *const places[PLACES] = {"nowhere",   "live-first", "live-middle",
                                           "free-body", "in-front",   "behind"};

static enum place place;
static uint8_t *blocks[8], *region;
static size_t nblocks, region_bytes;

static int stray_init(void *state, void *mem, size_t bytes)
{
    nblocks = 0;
    region = mem;
    region_bytes = bytes;
    return subject_inner.init(state, mem, bytes);
}

/* Its name is what the sanitizer's report is searched for. */
__attribute__((noinline)) static void stray_access(void)
{
    volatile uint8_t *const at[PLACES] = {NULL,           blocks[0],  blocks[2] + 50,
                                          blocks[1] + 40, region - 8, region + region_bytes};

    if (place != NOWHERE) {
        (void)*at[place];
    }
}

static void *stray_alloc(void *state, size_t bytes)
{
    if (nblocks == 3) {
        stray_access();
    }
    uint8_t *const p = subject_inner.alloc(state, bytes);

    if (nblocks < sizeof(blocks) / sizeof(blocks[0])) {
        blocks[nblocks++] = p;
    }
    return p;
}

int main(int argc, char **argv)
{
    static struct op ops[16];
    struct program program = {.capacity = 16, .ops = ops, .name = ""};
    struct text_error error;
    struct space space = {0};
    struct subject subject = subject_inner;

    while (argc == 2 && place < PLACES && strcmp(argv[1], places[place]) != 0) {
        place++;
    }
    if (argc != 2 || place == PLACES || !text_parse(&program, text, sizeof(text) - 1, &error)) {
        fprintf(stderr, "poison_control: expected one place to stray to\n");
        return 2;
    }
    subject.init = stray_init;
    subject.alloc = stray_alloc;
    host_die_by_exit();
    host_space_for(&space, &program, &subject);
    return run_or_die(&program, &subject, &space, &run_options_default, NULL, NULL) == RUN_OK ? 0
                                                                                              : 3;
}
