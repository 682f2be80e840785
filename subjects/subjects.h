/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_SUBJECTS_H
#define SUBJECTS_SUBJECTS_H

/* The subjects that are linked into host programs. */

#include "subject.h"

extern const struct subject
    subject_kheap_small; /* SMALL_ONLY, hardening 1, statistics on, ALLOC_LOOPS 3 */
extern const struct subject subject_kheap_big;  /* BIG_ONLY, ditto */
extern const struct subject subject_kheap_auto; /* AUTO, the default configuration */
extern const struct subject subject_firstfit;
extern const struct subject subject_libc;

/* NULL-terminated; the first is the default. */
extern const struct subject *const subjects_all[];

/* By name, or by path when the word contains '/' or ends in ".so"; NULL: no such name. */
const struct subject *subjects_find(const char *word);

#endif
