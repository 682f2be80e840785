/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns committed text into what engines eat, and what engines find into text:
 *
 *     fuzz_corpus records DIR FILE...   every program of every file as DIR/<name>, in record form
 *     fuzz_corpus text heap|edge FILE   an input of fuzz_heap or fuzz_edge as text, bounded as the
 * target bounds it fuzz_corpus dict heap|text        a dictionary, from the table of ops
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "target.h"
#include "text.h"

static uint8_t *encode(const struct program *program, size_t *size)
{
    *size = record_size(program);
    uint8_t *data = malloc(*size);
    if (data == NULL || record_encode(program, data, *size) != *size) {
        host_bad_input(program->name, 0, "expected a program that records can carry");
    }
    return data;
}

/* Programs that the target would cut are left out: a cut trace is not the shape its name says. */
static bool fits_target(const struct program *program)
{
    return record_size(program) <= FUZZ_MAX_RECORD_BYTES && program->nops <= FUZZ_MAX_OPS;
}

static int write_records(const char *folder, const char *file)
{
    struct program_list list;
    const char *slash = strrchr(file, '/');
    const char *base = slash == NULL ? file : slash + 1;
    int written = 0;

    host_load_programs(file, &list);
    for (size_t i = 0; i < list.count; i++) {
        char path[4096];
        size_t size;
        if (!fits_target(&list.programs[i])) {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s-%zu", folder, base, i);
        uint8_t *data = encode(&list.programs[i], &size);
        host_write_file(path, data, size);
        free(data);
        written++;
    }
    host_free_programs(&list);
    return written;
}

static int records(int argc, char **argv)
{
    char **files;
    size_t nfiles;
    int written = 0;

    if (argc < 4) {
        return 2;
    }
    host_expand_paths(argv + 3, (size_t)(argc - 3), &files, &nfiles);
    for (size_t i = 0; i < nfiles; i++) {
        written += write_records(argv[2], files[i]);
    }
    host_free_paths(files, nfiles);
    printf("%d programs\n", written);
    return 0;
}

static int text(int argc, char **argv)
{
    static struct op ops[FUZZ_MAX_OPS];
    static char out[64u * (FUZZ_MAX_OPS + 8u)];
    struct program program = {.capacity = FUZZ_MAX_OPS, .ops = ops, .name = ""};
    size_t size;

    const bool edge = argc == 4 && strcmp(argv[2], "edge") == 0;
    if (argc != 4 || (!edge && strcmp(argv[2], "heap") != 0)) {
        return 2;
    }
    uint8_t *data = host_read_file(argv[3], &size);
    (void)record_decode(&program, data, size);
    free(data);
    fuzz_limit(&program, edge ? FUZZ_FORMAT_EDGE : FUZZ_SMALL_REGIONS);
    fwrite(out, 1, text_print(&program, out, sizeof(out)), stdout);
    return 0;
}

/* One record of each kind with a slot and a value that are in reach of each other. */
static void dict_heap(void)
{
    for (unsigned kind = 0; kind < OP_KINDS; kind++) {
        printf("%s=\"\\x%02x\\x04\\x01\\x00\\x40\\x00\\x00\\x00\"\n", op_table[kind].word, kind);
    }
    puts("continuation=\"\\x3f\\x00\\x00\\x00\\x03\\x00\\x00\\x00\"");
    puts("header=\"\\x00\\x20\\xff\\x00\\x00\\x04\\x00\\x00\"");
    puts("top=\"\\x00\\x20\\x00\\x00\\x0f\\x00\\x00\\x00\"");
    puts("above_4g=\"\\x00\\x40\\x00\\x00\\x0f\\x00\\x00\\x00\"");
    for (unsigned log2 = 3; log2 < 16; log2++) {
        printf("value_%u=\"\\x%02x\\x%02x\\x00\\x00\"\n", log2, (1u << log2) & 0xffu,
               (1u << log2) >> 8);
    }
}

static void dict_text(void)
{
    for (unsigned kind = 0; kind < OP_KINDS; kind++) {
        printf("%s=\"%s \"\n", op_table[kind].word, op_table[kind].word);
    }
    puts("heap=\"heap 1024\\x0a\"\noffset=\" offset 4\"\nslots=\"slots 16\\x0a\"\nfill=\"fill "
         "60\\x0a\"\n"
         "swarm=\"swarm -\"\nother=\"-other\"\nslot=\" p1\"\ntop=\" ~15\"\nabove_4g=\" 4G+1\"\n"
         "null=\" -> null\"\nok=\" -> ok\"\nsame=\" -> same\"\nnewline=\"\\x0a\"\ncomment=\"#\"");
}

static int dict(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[2], "heap") == 0) {
        dict_heap();
        return 0;
    }
    if (argc == 3 && strcmp(argv[2], "text") == 0) {
        dict_text();
        return 0;
    }
    return 2;
}

int main(int argc, char **argv)
{
    int status = 2;

    if (argc > 1 && strcmp(argv[1], "records") == 0) {
        status = records(argc, argv);
    } else if (argc > 1 && strcmp(argv[1], "text") == 0) {
        status = text(argc, argv);
    } else if (argc > 1 && strcmp(argv[1], "dict") == 0) {
        status = dict(argc, argv);
    }
    if (status == 2) {
        fputs("usage: fuzz_corpus records DIR FILE... | text heap|edge FILE | dict heap|text\n",
              stderr);
    }
    return status;
}
