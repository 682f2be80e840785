/* SPDX-License-Identifier: Apache-2.0 */

/* From words on the command line to programs. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

char *cli_program_name(const char *file, const struct program *program)
{
    size_t length = strlen(file);
    if (strncmp(program->name, file, length) == 0 && program->name[length] == ':') {
        return cli_format("%s", program->name + length + 1);
    }
    return cli_stem(file);
}

/* The colon in PACK:NAME, or NULL: a file of the whole name comes first. */
static char *colon_in(char *word)
{
    char *colon = strrchr(word, ':');
    if (!colon || access(word, F_OK) == 0) {
        return NULL;
    }
    *colon = '\0';
    bool exists = access(word, F_OK) == 0;
    *colon = ':';
    return exists ? colon : NULL;
}

void cli_load(const char *word, struct chosen_programs *chosen)
{
    chosen->file = cli_format("%s", word);
    char *colon = colon_in(chosen->file);
    if (colon) {
        *colon = '\0';
    }
    host_load_programs(chosen->file, &chosen->list);
    chosen->first = chosen->list.programs;
    chosen->count = chosen->list.count;
    if (chosen->count == 0) {
        host_bad_input(chosen->file, 0, "expected at least one program, have none");
    }
    if (!colon) {
        return;
    }
    for (size_t i = 0; i < chosen->list.count; i++) {
        char *name = cli_program_name(chosen->file, &chosen->list.programs[i]);
        bool same = strcmp(name, colon + 1) == 0;
        free(name);
        if (same) {
            chosen->first = &chosen->list.programs[i];
            chosen->count = 1;
            return;
        }
    }
    host_bad_input(chosen->file, 0, "expected a program named '%s', have none of that name",
                   colon + 1);
}

void cli_unload(struct chosen_programs *chosen)
{
    host_free_programs(&chosen->list);
    free(chosen->file);
}

static bool is_readme(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, "README", 6) == 0;
}

void cli_expand(char *const *words, size_t count, char ***files, size_t *nfiles)
{
    char **kept = cli_memory(NULL, count * sizeof(*kept));
    size_t nkept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_readme(words[i])) {
            kept[nkept++] = words[i];
        }
    }
    host_expand_paths(kept, nkept, files, nfiles);
    free(kept);
    if (*nfiles == 0) {
        host_bad_input(words[0], 0, "expected a file with programs, have none");
    }
}
