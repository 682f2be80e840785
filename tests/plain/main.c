/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The plain runner on a host:
 *
 *     plain [--seed N] [--files-only] [FILE or FOLDER]...
 *
 * runs all built-in tests, then every program of the files, each at its own region size and walked
 * up from nothing. --files-only leaves the built-in tests out. Closing line "N passed, N failed".
 */

#include "plain.h"

#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A call that loops without bound is a finding, not a test that hangs. */
#define SECONDS 240u

extern const struct subject SUBJECT_SYMBOL;

static void write_text(const char *text)
{
    (void)fputs(text, stdout);
}

static void run_file(struct plain *plain, const char *path)
{
    struct program_list list;

    host_load_programs(path, &list);
    for (size_t i = 0; i < list.count; i++) {
        host_space_for(plain->space, &list.programs[i], plain->subject);
        plain_program(plain, &list.programs[i]);
        plain_walk(plain, &list.programs[i]);
    }
    host_free_programs(&list);
}

static void run_files(struct plain *plain, char *const *paths, size_t npaths)
{
    char **files = NULL;
    size_t nfiles = 0;

    host_expand_paths(paths, npaths, &files, &nfiles);
    for (size_t i = 0; i < nfiles; i++) {
        run_file(plain, files[i]);
    }
    host_free_paths(files, nfiles);
}

static int usage(void)
{
    (void)fputs("usage: plain [--seed N] [--files-only] [FILE or FOLDER]...\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct space space;
    struct plain plain = {.write = write_text,
                          .subject = &SUBJECT_SYMBOL,
                          .space = &space,
                          .generated = true,
                          .seed = 1};
    bool files_only = false;
    int first = 1;

    for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++) {
        char *end = NULL;
        if (strcmp(argv[first], "--files-only") == 0) {
            files_only = true;
        } else if (strcmp(argv[first], "--seed") == 0 && first + 1 < argc) {
            errno = 0;
            plain.seed = strtoull(argv[++first], &end, 0);
            if (errno != 0 || end == argv[first] || *end != '\0') {
                return usage();
            }
        } else {
            return usage();
        }
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)alarm(SECONDS);
    host_space_open(&space, PLAIN_REGION_MAX, PLAIN_SLOTS, plain.subject->state_bytes);
    plain_canary(&plain);
    if (!files_only) {
        plain_all(&plain);
    }
    run_files(&plain, argv + first, (size_t)(argc - first));
    host_space_close(&space);
    return plain_end(&plain);
}
