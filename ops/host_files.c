/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

static void *grow(void *p, size_t size)
{
    void *grown = realloc(p, size == 0 ? 1 : size);

    if (grown == NULL) {
        host_bad_input("memory", 0, "expected %zu bytes, have none", size);
    }
    return grown;
}

uint8_t *host_read_file(const char *path, size_t *size)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    struct stat status;
    uint8_t *data = NULL;
    size_t room = 0;
    size_t used = 0;

    if (file == NULL) {
        host_bad_input(path, 0, "expected a file that can be read: %s", strerror(errno));
    }
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        host_bad_input(path, 0, "expected a file, have a folder");
    }
    do {
        if (used == room) {
            room = room == 0 ? 65536 : room * 2;
            data = grow(data, room);
        }
        used += fread(data + used, 1, room - used, file);
    } while (!feof(file) && !ferror(file));
    if (ferror(file)) {
        host_bad_input(path, 0, "expected a file that can be read: %s", strerror(errno));
    }
    if (!is_stdin) {
        (void)fclose(file);
    }
    *size = used;
    return data;
}

void host_write_file(const char *path, const void *data, size_t size)
{
    char temporary[4096];

    if (strcmp(path, "-") == 0) {
        if (fwrite(data, 1, size, stdout) != size || fflush(stdout) != 0) {
            host_bad_input("-", 0, "expected standard output to take %zu bytes: %s", size,
                           strerror(errno));
        }
        return;
    }
    const int length = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        host_bad_input(path, 0, "expected a shorter path");
    }
    FILE *file = fopen(temporary, "wb");
    if (file == NULL) {
        host_bad_input(path, 0, "expected a file that can be written: %s", strerror(errno));
    }
    bool ok = fwrite(data, 1, size, file) == size;
    ok = fclose(file) == 0 && ok;
    if (!ok || rename(temporary, path) != 0) {
        const int why = errno;
        (void)unlink(temporary);
        host_bad_input(path, 0, "expected a file that can be written: %s", strerror(why));
    }
}

/* A program with room for `capacity` ops, at the end of the list. */
static struct program *list_add(struct program_list *list, size_t capacity, const char *name)
{
    list->programs = grow(list->programs, (list->count + 1) * sizeof *list->programs);
    struct program *program = &list->programs[list->count++];
    char *copy = grow(NULL, strlen(name) + 1);

    strcpy(copy, name);
    memset(program, 0, sizeof *program);
    program_header_default(&program->header);
    program->capacity = capacity;
    program->ops = grow(NULL, capacity * sizeof *program->ops);
    program->name = copy;
    return program;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text);

    return n >= strlen(end) && strcmp(text + n - strlen(end), end) == 0;
}

static bool is_text(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != '\n' && data[i] != '\t' && data[i] != '\r' &&
            (data[i] < ' ' || data[i] == 0x7f)) {
            return false; /* bytes from 0x80 on may be a comment in UTF-8 */
        }
    }
    return size > 0;
}

static void load_text(struct program_list *list, const char *path, const uint8_t *data, size_t size)
{
    struct text_error error = {0, ""};
    size_t lines = 1;

    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    struct program *program = list_add(list, lines, path);
    if (!text_parse(program, (const char *)data, size, &error)) {
        host_bad_input(path, error.line, "%s", error.message);
    }
}

static void load_records(struct program_list *list, const char *path, const uint8_t *data,
                         size_t size)
{
    (void)record_decode(list_add(list, size / RECORD_BYTES + 1, path), data, size);
}

static void load_pack(struct program_list *list, const char *path, const uint8_t *data, size_t size)
{
    size_t at = PACK_HEADER_BYTES;
    uint32_t programs = 0;

    (void)pack_decode_header(data, &programs);
    for (uint32_t i = 0; i < programs; i++) {
        struct pack_entry entry;
        if (size - at < PACK_ENTRY_BYTES + RECORD_BYTES) {
            host_bad_input(path, 0, "expected %u programs in the pack, have %u", programs, i);
        }
        if (!pack_decode_entry(data + at, &entry)) {
            host_bad_input(path, 0, "expected a name that ends in NUL for program %u of the pack",
                           i);
        }
        at += PACK_ENTRY_BYTES;
        const uint64_t bytes = ((uint64_t)entry.records + 1) * RECORD_BYTES;
        if (bytes > size - at) {
            host_bad_input(path, 0, "expected %u records in program %u (%s) of the pack, have %zu",
                           entry.records, i, entry.name, (size - at) / RECORD_BYTES - 1);
        }
        char name[4096 + PACK_NAME_BYTES];
        (void)snprintf(name, sizeof name, "%.4000s:%s", path, entry.name);
        load_records(list, name, data + at, (size_t)bytes);
        at += (size_t)bytes;
    }
    if (at != size) {
        host_bad_input(path, 0,
                       "expected the end of the pack after %u programs, have %zu bytes more",
                       programs, size - at);
    }
}

void host_load_programs(const char *path, struct program_list *list)
{
    const size_t magic = sizeof PACK_MAGIC - 1;
    size_t size = 0;
    uint8_t *data = host_read_file(path, &size);
    uint32_t programs = 0;

    list->programs = NULL;
    list->count = 0;
    if (size >= magic && memcmp(data, PACK_MAGIC, magic) == 0) {
        if (size < PACK_HEADER_BYTES || !pack_decode_header(data, &programs)) {
            host_bad_input(path, 0, "expected a pack's header of %u bytes, have %zu bytes",
                           PACK_HEADER_BYTES, size);
        }
        load_pack(list, path, data, size);
    } else if (ends_with(path, ".ops") || is_text(data, size)) {
        load_text(list, path, data, size);
    } else {
        load_records(list, path, data, size);
    }
    free(data);
}

void host_free_programs(struct program_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        /* The list made these names itself. */
        free((void *)(uintptr_t)list->programs[i].name);
        free(list->programs[i].ops);
    }
    free(list->programs);
    list->programs = NULL;
    list->count = 0;
}

struct paths {
    char **files;
    size_t count;
};

static void paths_add(struct paths *paths, const char *path)
{
    paths->files = grow(paths->files, (paths->count + 1) * sizeof *paths->files);
    char *copy = grow(NULL, strlen(path) + 1);
    strcpy(copy, path);
    paths->files[paths->count++] = copy;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Everything below a folder, deepest folders included, in the order of the whole paths. */
static void expand_folder(struct paths *paths, const char *folder)
{
    const size_t first = paths->count;
    struct dirent *entry;
    DIR *directory = opendir(folder);

    if (directory == NULL) {
        host_bad_input(folder, 0, "expected a folder that can be read: %s", strerror(errno));
    }
    while ((entry = readdir(directory)) != NULL) {
        char path[4096];
        struct stat status;
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, "README", 6) == 0) {
            continue;
        }
        const int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path || stat(path, &status) != 0) {
            host_bad_input(folder, 0, "expected an entry that can be read, have %s", entry->d_name);
        }
        if (S_ISDIR(status.st_mode)) {
            expand_folder(paths, path);
        } else {
            paths_add(paths, path);
        }
    }
    (void)closedir(directory);
    if (paths->count > first) {
        qsort(paths->files + first, paths->count - first, sizeof *paths->files, compare_paths);
    }
}

void host_expand_paths(char *const *paths, size_t npaths, char ***files, size_t *nfiles)
{
    struct paths all = {NULL, 0};
    struct stat status;

    for (size_t i = 0; i < npaths; i++) {
        if (strcmp(paths[i], "-") != 0 && stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode)) {
            size_t n = strlen(paths[i]);
            char *folder = grow(NULL, n + 1);
            strcpy(folder, paths[i]);
            while (n > 1 && folder[n - 1] == '/') {
                folder[--n] = '\0';
            }
            expand_folder(&all, folder);
            free(folder);
        } else {
            paths_add(&all, paths[i]); /* a file that is missing is reported when it is read */
        }
    }
    *files = all.files;
    *nfiles = all.count;
}

void host_free_paths(char **files, size_t nfiles)
{
    for (size_t i = 0; i < nfiles; i++) {
        free(files[i]);
    }
    free(files);
}
