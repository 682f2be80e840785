/* SPDX-License-Identifier: Apache-2.0 */

/* The table of linked-in subjects, and how a word on a command line becomes a subject. */

#include "subjects.h"

#include "host.h"

#include <string.h>

const struct subject *const subjects_all[] = {
    &subject_kheap_auto,
    &subject_kheap_small,
    &subject_kheap_big,
    &subject_firstfit,
    &subject_libc,
    &subject_kheap_listener,
    &subject_kheap_kheap,
    &subject_multi,
    &subject_system,
    &subject_system_legacy,
    &subject_kheap_hard_small,
    &subject_kheap_hard_big,
    NULL,
};

static bool names_a_file(const char *word)
{
    const size_t length = strlen(word);

    return strchr(word, '/') != NULL || (length > 3 && strcmp(word + length - 3, ".so") == 0);
}

const struct subject *subjects_find(const char *word)
{
    if (names_a_file(word)) {
        return host_load_subject(word);
    }
    if (strcmp(word, "kheap") == 0) {
        return &subject_kheap_auto;
    }
    for (size_t i = 0; subjects_all[i] != NULL; i++) {
        if (strcmp(subjects_all[i]->name, word) == 0) {
            return subjects_all[i];
        }
    }
    return NULL;
}
