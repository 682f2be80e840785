/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns committed text into what engines eat, and what engines find into text; KIND is a word like
 * heap or kheap (ops/op.h):
 *
 *     fuzz_corpus records KIND DIR FILE...   the programs that a target of that kind can run, its
 *                                            own kind's and those of a heap, as DIR/<name> in
 *                                            record form
 *     fuzz_corpus text KIND|edge FILE        an input of such a target, or of fuzz_edge, as text,
 *                                            bounded as the target bounds it
 *     fuzz_corpus dict KIND|text             a dictionary, from the table of ops
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

static bool misuses(const char *word)
{
    return strcmp(word, "misuse") == 0;
}

/* PROGRAM_KINDS: no such word. */
static enum program_kind kind_of(const char *word)
{
    uint32_t kind = 0;

    if (misuses(word)) {
        return KIND_HEAP;
    }

    while (kind < PROGRAM_KINDS && strcmp(word, kind_words[kind]) != 0) {
        kind++;
    }
    return (enum program_kind)kind;
}

/*
 * Takes the program for one of the target's kind; what a heap can run all others can, one thread
 * being enough. Programs that the target would cut are left out: a cut trace is not the shape its
 * name says.
 */
static bool fits_target(struct program *program, enum program_kind kind, bool misuse)
{
    if (program->header.kind != kind && program->header.kind != KIND_HEAP) {
        return false;
    }
    for (size_t i = 0; i < program->nops && !misuse; i++) {
        if ((op_table[program->ops[i].kind].fields & OP_MISUSES) != 0) {
            return false;
        }
    }
    program->header.kind = (uint8_t)kind;
    return program->header.slots_log2 <= program_slots_log2_max(&program->header) &&
           record_size(program) <= FUZZ_MAX_RECORD_BYTES && program->nops <= FUZZ_MAX_OPS;
}

static int write_records(const char *word, const char *folder, const char *file)
{
    struct program_list list;
    const char *slash = strrchr(file, '/');
    const char *base = slash == NULL ? file : slash + 1;
    int written = 0;

    host_load_programs(file, &list);
    for (size_t i = 0; i < list.count; i++) {
        char path[4096];
        size_t size;
        if (!fits_target(&list.programs[i], kind_of(word), misuses(word))) {
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

    if (argc < 5 || kind_of(argv[2]) == PROGRAM_KINDS) {
        return 2;
    }
    host_expand_paths(argv + 4, (size_t)(argc - 4), &files, &nfiles);
    for (size_t i = 0; i < nfiles; i++) {
        written += write_records(argv[2], argv[3], files[i]);
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

    if (argc != 4) {
        return 2;
    }
    const bool edge = strcmp(argv[2], "edge") == 0;
    const enum program_kind kind = edge ? KIND_HEAP : kind_of(argv[2]);
    if (kind == PROGRAM_KINDS) {
        return 2;
    }
    uint8_t *data = host_read_file(argv[3], &size);
    (void)record_decode_as(&program, kind, misuses(argv[2]), data, size);
    free(data);
    fuzz_limit(&program, edge ? FUZZ_FORMAT_EDGE : fuzz_reach_of(kind));
    fwrite(out, 1, text_print(&program, out, sizeof(out)), stdout);
    return 0;
}

/* One record of each kind with a slot and a value that are in reach of each other; with threads
 * also for ever and a while, by a thread and by the interrupt. */
static void dict_records(enum program_kind kind, bool misuse)
{
    static const unsigned whos[] = {0x00, 0x21, 0xf1, 0x0f};
    const struct program_header header = {.kind = (uint8_t)kind};
    const bool threaded = program_threaded(&header);

    for (unsigned op = 0; op < OP_KINDS; op++) {
        const uint32_t fields = op_table[op].fields;
        if ((!threaded && (fields & OP_THREADED) != 0) || (!misuse && (fields & OP_MISUSES) != 0)) {
            continue;
        }
        for (unsigned who = 0; who < (threaded ? 4u : 1u); who++) {
            printf("%s_%u=\"\\x%02x\\x04\\x01\\x%02x\\x40\\x00\\x00\\x00\"\n", op_table[op].word,
                   who, op, whos[who]);
        }
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
         "kheap=\"kheap 1024\\x0a\"\nthread=\"t1 \"\nisr=\"isr \"\nwait=\" wait 5\"\nforever=\" "
         "wait "
         "forever\"\n"
         "swarm=\"swarm -\"\nother=\"-other\"\nslot=\" p1\"\ntop=\" ~15\"\nabove_4g=\" 4G+1\"\n"
         "null=\" -> null\"\nok=\" -> ok\"\nsame=\" -> same\"\nnewline=\"\\x0a\"\ncomment=\"#\"");
}

static int dict(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[2], "text") == 0) {
        dict_text();
        return 0;
    }
    if (argc != 3 || kind_of(argv[2]) == PROGRAM_KINDS) {
        return 2;
    }
    dict_records(kind_of(argv[2]), misuses(argv[2]));
    return 0;
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
        fputs("usage: fuzz_corpus records KIND|misuse DIR FILE... | text KIND|misuse|edge FILE | "
              "dict "
              "KIND|misuse|text\n",
              stderr);
    }
    return status;
}
