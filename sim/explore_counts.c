/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"

/*
 * The committed counts, a line for each family at a bound. Programs that appear or disappear,
 * reductions that prune more or less, a heap that gets into other states: each changes a number,
 * and a changed number is looked at before it is accepted.
 */

#define LINES_MAX 128u
#define LINE_MAX_ 256u
static const char head[] =
    "# What explore enumerates: written by `explore --accept FILE`, compared by `--counts FILE`.\n"
    "# subject family bound formula programs schedules pruned states choices\n";

static void print_key(char *out, size_t size, const struct task *task)
{
    snprintf(out, size, "%s %c %u ", task->space.alphabet->name, task->space.family->id,
             task->space.bound);
}

static void print_line(char *out, size_t size, const struct task *task,
                       const struct slice_result *sum)
{
    char key[64], formula[96];
    print_key(key, sizeof key, task);
    space_formula(task->space.alphabet, task->space.family, task->space.bound, formula,
                  sizeof formula);
    snprintf(out, size, "%s%s %llu %llu %llu %llu %llu", key, formula,
             (unsigned long long)sum->programs, (unsigned long long)sum->walks.schedules,
             (unsigned long long)sum->walks.pruned, (unsigned long long)sum->states,
             (unsigned long long)sum->walks.choices);
}

struct lines {
    size_t n;
    char text[LINES_MAX][LINE_MAX_];
};

static bool read_lines(const char *path, struct lines *lines)
{
    FILE *file = fopen(path, "r");
    lines->n = 0;
    if (file == NULL) {
        return false;
    }
    char line[LINE_MAX_];
    for (uint32_t number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0') {
            continue;
        }
        if (lines->n == LINES_MAX) {
            host_bad_input(path, number, "expected at most %u lines, have more", LINES_MAX);
        }
        memcpy(lines->text[lines->n++], line, sizeof line);
    }
    fclose(file);
    return true;
}

static char *find(struct lines *lines, const struct task *task)
{
    char key[64];
    print_key(key, sizeof key, task);
    for (size_t i = 0; i < lines->n; i++) {
        if (strncmp(lines->text[i], key, strlen(key)) == 0) {
            return lines->text[i];
        }
    }
    return NULL;
}

bool counts_compare(const char *path, const struct task *tasks, const struct slice_result *sums,
                    size_t ntasks)
{
    static struct lines lines;
    bool same = true;
    if (!read_lines(path, &lines)) {
        host_bad_input(path, 0, "expected the committed counts, have no such file");
    }
    for (size_t t = 0; t < ntasks; t++) {
        char line[LINE_MAX_];
        const char *want = find(&lines, &tasks[t]);
        print_line(line, sizeof line, &tasks[t], &sums[t]);
        if (want == NULL || strcmp(line, want) != 0) {
            fprintf(stderr, "explore: other counts than in %s\n  have %s\n  want %s\n", path, line,
                    want == NULL ? "(no line)" : want);
            same = false;
        }
    }
    return same;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

void counts_accept(const char *path, const struct task *tasks, const struct slice_result *sums,
                   size_t ntasks)
{
    static struct lines lines;
    static char text[sizeof head + LINES_MAX * LINE_MAX_];
    read_lines(path, &lines);
    for (size_t t = 0; t < ntasks; t++) {
        char *line = find(&lines, &tasks[t]);
        if (line == NULL && lines.n == LINES_MAX) {
            host_bad_input(path, 0, "expected at most %u lines, have more", LINES_MAX);
        }
        line = line == NULL ? lines.text[lines.n++] : line;
        print_line(line, LINE_MAX_, &tasks[t], &sums[t]);
    }
    qsort(lines.text, lines.n, LINE_MAX_, by_text);
    size_t length = (size_t)snprintf(text, sizeof text, "%s", head);
    for (size_t i = 0; i < lines.n; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%s\n", lines.text[i]);
    }
    host_write_file(path, text, length);
}
