/* SPDX-License-Identifier: Apache-2.0 */

/* heapvet pack, unpack: between single programs and packs, without loss. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

static const char pack_help[] =
    "Usage: heapvet pack -o OUT FILE|FOLDER...\n"
    "Puts all programs of the files into one pack, each named after its file (or as it was named\n"
    "in the pack it comes from; at most 31 bytes).\n\n"
    "  -o, --output OUT  the pack to write; `-` is standard output\n";

static const char unpack_help[] =
    "Usage: heapvet unpack FILE [-o DIR]\n"
    "Writes every program of a pack (or of a record file) as DIR/NAME.ops. All of the file is "
    "read\n"
    "and checked first.\n\n"
    "  -o, --output DIR  folder to write into, made if missing (default: the current one)\n";

/* The two commands take the same options. */
static const char *parse(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *output = NULL;
    while (cli_option(command, argc, argv, ":o:h", options) != -1) {
        output = optarg;
    }
    return output;
}

struct batch {
    struct program *programs;
    char **names;
    size_t count;
};

static void add_program(struct batch *batch, const char *file, const struct program *program)
{
    char *name = cli_program_name(file, program);
    if (strlen(name) >= PACK_NAME_BYTES) {
        host_bad_input(file, 0, "expected a name of at most %u bytes for a pack, have '%s'",
                       PACK_NAME_BYTES - 1, name);
    }
    size_t count = batch->count + 1;
    batch->programs = cli_memory(batch->programs, count * sizeof(*batch->programs));
    batch->names = cli_memory(batch->names, count * sizeof(*batch->names));
    batch->programs[batch->count] = *program;
    batch->names[batch->count] = name;
    batch->count = count;
}

static void free_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        free(batch->names[i]);
    }
    free(batch->names);
    free(batch->programs);
}

static int run_pack(int argc, char **argv)
{
    const char *output = parse(&command_pack, argc, argv);
    if (!output || optind == argc) {
        cli_usage("pack", "expected -o OUT and at least one file, have %s",
                  output ? "no file" : "no -o");
    }
    char **files = NULL;
    size_t nfiles = 0;
    cli_expand(argv + optind, (size_t)(argc - optind), &files, &nfiles);
    struct program_list *lists = cli_memory(NULL, nfiles * sizeof(*lists));
    struct batch batch = {NULL, NULL, 0};
    for (size_t i = 0; i < nfiles; i++) {
        host_load_programs(files[i], &lists[i]);
        for (size_t k = 0; k < lists[i].count; k++) {
            add_program(&batch, files[i], &lists[i].programs[k]);
        }
    }
    size_t size = 0;
    uint8_t *bytes = cli_pack(batch.programs, batch.names, batch.count, &size);
    host_write_file(output, bytes, size);
    if (strcmp(output, "-") != 0) {
        printf("%s: %zu programs, %zu bytes\n", output, batch.count, size);
    }
    free(bytes);
    for (size_t i = 0; i < nfiles; i++) {
        host_free_programs(&lists[i]);
    }
    free(lists);
    free_batch(&batch);
    host_free_paths(files, nfiles);
    return EXIT_PASS;
}

/* A name out of a file must not lead out of the folder, nor hide there. */
static void make_harmless(char *name)
{
    for (char *c = name; *c; c++) {
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f || (c == name && *c == '.')) {
            *c = '_';
        }
    }
}

static bool taken(const struct batch *batch, const char *name)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (strcmp(batch->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Two programs of one name would overwrite each other: the second becomes NAME-2, and so on. */
static void add_file(struct batch *batch, const char *file, const struct program *program)
{
    char *plain = cli_program_name(file, program);
    make_harmless(plain);
    char *name = cli_format("%s", *plain ? plain : "program");
    for (unsigned again = 2; taken(batch, name); again++) {
        free(name);
        name = cli_format("%s-%u", plain, again);
    }
    free(plain);
    size_t count = batch->count + 1;
    batch->names = cli_memory(batch->names, count * sizeof(*batch->names));
    batch->names[batch->count] = name;
    batch->count = count;
}

static int run_unpack(int argc, char **argv)
{
    const char *folder = parse(&command_unpack, argc, argv);
    if (argc - optind != 1) {
        cli_usage("unpack", "expected one file, have %d", argc - optind);
    }
    struct program_list list;
    host_load_programs(argv[optind], &list);
    struct stat about;
    folder = folder ? folder : ".";
    if (mkdir(folder, 0777) != 0 && (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))) {
        host_bad_input(folder, 0, "expected a folder to write to, or to be able to make one");
    }
    struct batch batch = {NULL, NULL, 0};
    for (size_t i = 0; i < list.count; i++) {
        size_t size = 0;
        add_file(&batch, argv[optind], &list.programs[i]);
        char *path = cli_format("%s/%s.ops", folder, batch.names[i]);
        char *text = cli_program_text(&list.programs[i], "", &size);
        host_write_file(path, text, size);
        puts(path);
        free(text);
        free(path);
    }
    free_batch(&batch);
    host_free_programs(&list);
    return EXIT_PASS;
}

const struct command command_pack = {"pack", "put programs into one pack", pack_help, run_pack};
const struct command command_unpack = {"unpack", "write a pack's programs as text", unpack_help,
                                       run_unpack};
