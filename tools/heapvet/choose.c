/* SPDX-License-Identifier: Apache-2.0 */

/* From words and programs to subjects. A program's kind says which subjects can run it. */

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "subjects.h"
#include "threads.h"

/* Those of subjects/, then those that run in the simulation; NULL behind the last. */
static const struct subject *linked_in(size_t index)
{
    size_t plain = 0;
    while (subjects_all[plain]) {
        plain++;
    }
    return index < plain ? subjects_all[index] : threads_subjects[index - plain];
}

static void append_subject(struct subject_choice *choice, const struct subject *subject)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (strcmp(choice->subjects[i]->name, subject->name) == 0) {
            return;
        }
    }
    choice->subjects = cli_memory(choice->subjects, (choice->count + 1) * sizeof(subject));
    choice->subjects[choice->count++] = subject;
}

/* A subject from a file is renamed to its path: that is the word that names it on a command line.
 */
static const struct subject *named_by_path(struct subject_choice *choice,
                                           const struct subject *loaded, const char *path)
{
    struct subject *copy = cli_memory(NULL, sizeof(*copy));
    *copy = *loaded;
    copy->name = cli_quoted(path);
    choice->renamed = cli_memory(choice->renamed, (choice->renames + 1) * sizeof(copy));
    choice->renamed[choice->renames++] = copy;
    return copy;
}

static const struct subject *find(const char *word)
{
    const struct subject *subject = subjects_find(word);
    for (size_t i = 0; !subject && threads_subjects[i]; i++) {
        subject = strcmp(threads_subjects[i]->name, word) == 0 ? threads_subjects[i] : NULL;
    }
    return subject;
}

void cli_add_subject(struct subject_choice *choice, const char *command, const char *word)
{
    if (strchr(word, '/') || cli_ends_with(word, ".so")) {
        append_subject(choice, named_by_path(choice, host_load_subject(word), word));
        return;
    }
    const struct subject *subject = find(word);
    if (subject) {
        append_subject(choice, subject);
        return;
    }
    char names[300] = "";
    for (size_t i = 0; linked_in(i); i++) {
        strncat(names, i ? ", " : "", sizeof(names) - strlen(names) - 1);
        strncat(names, linked_in(i)->name, sizeof(names) - strlen(names) - 1);
    }
    cli_usage(command, "expected a subject (%s, or a path to a .so), have '%s'", names, word);
}

void cli_add_all_subjects(struct subject_choice *choice)
{
    choice->all = true;
    for (size_t i = 0; linked_in(i); i++) {
        append_subject(choice, linked_in(i));
    }
}

/* The first linked in is a kind's default. */
static const struct subject *default_subject(const char *file, uint8_t kind)
{
    size_t i = 0;
    while (linked_in(i) && linked_in(i)->kind != kind) {
        i++;
    }
    if (!linked_in(i)) {
        host_bad_input(file, 0, "expected a kind that a subject here can run, have '%s'",
                       kind_words[kind]);
    }
    return linked_in(i);
}

const struct subject *cli_subject_for(const struct subject_choice *choice, const char *file,
                                      const struct program *program, size_t index)
{
    uint8_t kind = program->header.kind;
    if (choice->count == 0) {
        return index == 0 ? default_subject(file, kind) : NULL;
    }
    for (size_t i = 0; i < choice->count; i++) {
        const struct subject *subject = choice->subjects[i];
        if (subject->kind == kind) {
            if (index-- == 0) {
                return subject;
            }
        } else if (!choice->all && !choice->found) {
            host_bad_input(file, 0, "expected a program of kind '%s' for %s, have '%s'",
                           subject->kind < PROGRAM_KINDS ? kind_words[subject->kind] : "?",
                           subject->name, kind_words[kind]);
        }
    }
    return NULL;
}

const struct subject *cli_one_subject(const struct subject_choice *choice, const char *file,
                                      const struct program *program)
{
    return cli_subject_for(choice, file, program, 0);
}

void cli_free_subjects(struct subject_choice *choice)
{
    for (size_t i = 0; i < choice->renames; i++) {
        free((void *)(uintptr_t)choice->renamed[i]->name); /* ours, by cli_quoted */
        free(choice->renamed[i]);
    }
    free(choice->renamed);
    free(choice->subjects);
    *choice = (struct subject_choice){.count = 0};
}
