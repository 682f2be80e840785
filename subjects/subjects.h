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
extern const struct subject subject_kheap_listener;   /* as auto, with a log of listener events */
extern const struct subject subject_kheap_kheap;      /* a k_heap with K_NO_WAIT; kind heap */
extern const struct subject subject_multi;            /* up to four children; kind multi */
extern const struct subject subject_system;           /* k_malloc on a k_heap; kind system */
extern const struct subject subject_system_legacy;    /* k_malloc on a memory pool; kind system */
extern const struct subject subject_kheap_hard_small; /* as small and big, but with hardening 2 */
extern const struct subject subject_kheap_hard_big;

/* NULL-terminated; the first is the default. */
extern const struct subject *const subjects_all[];

/* By name, or by path when the word contains '/' or ends in ".so"; NULL: no such name. */
const struct subject *subjects_find(const char *word);

#endif
