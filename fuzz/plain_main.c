/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a target over files and folders without a fuzzer, on any compiler: how ctest replays the
 * corpus and how a finding is replayed where no engine is at hand. Exit status 0 when every input
 * passed; a finding ends the process as in a fuzzer.
 *
 *     fuzz_heap_plain [--text] corpus/seeds crash-1234
 *
 * Files are the target's raw input; with --text they are op programs in any form, handed over as
 * records.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "target.h"

/* A finding ends the process somewhere below: the name must be out before it does. */
static void announce(const char *file)
{
    fprintf(stderr, "input %s\n", file);
}

static size_t run_raw(const char *file)
{
    size_t size;
    uint8_t *data = host_read_file(file, &size);

    announce(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static size_t run_programs(const char *file)
{
    struct program_list list;

    host_load_programs(file, &list);
    announce(file);
    for (size_t i = 0; i < list.count; i++) {
        const size_t size = record_size(&list.programs[i]);
        uint8_t *data = malloc(size);
        if (data == NULL || record_encode(&list.programs[i], data, size) != size) {
            host_bad_input(file, 0, "expected a program that records can carry");
        }
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    const size_t count = list.count;
    host_free_programs(&list);
    return count;
}

static int usage(FILE *out)
{
    fputs("usage: fuzz target over files: [--text] PATH...\n"
          "  PATH    a file, or a folder whose files are all run\n"
          "  --text  files are op programs (text, records or packs), not raw input\n",
          out);
    return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    int first = 1;
    bool programs = false;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        return usage(stdout);
    }
    if (argc > 1 && strcmp(argv[1], "--text") == 0) {
        programs = true;
        first = 2;
    }
    if (first >= argc) {
        return usage(stderr);
    }
    (void)LLVMFuzzerInitialize(&argc, &argv);

    char **files;
    size_t nfiles, inputs = 0;
    host_expand_paths(argv + first, (size_t)(argc - first), &files, &nfiles);
    for (size_t i = 0; i < nfiles; i++) {
        inputs += programs ? run_programs(files[i]) : run_raw(files[i]);
    }
    host_free_paths(files, nfiles);

    const struct run_counts *counts = fuzz_counts();
    printf("passed %zu inputs from %zu files, %llu checked ops\n", inputs, nfiles,
           (unsigned long long)counts->ops);
    return inputs == 0 ? 2 : 0;
}
