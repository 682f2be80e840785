/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Turns a linked-in subject into one that the testbed loads: link this file and the subject into a
 * shared object. -DSUBJECT_SYMBOL names the table, as in the subject itself.
 */

#include "subject.h"

#ifndef SUBJECT_SYMBOL
#define SUBJECT_SYMBOL subject_kheap
#endif

extern const struct subject SUBJECT_SYMBOL;

const struct subject *heapvet_subject(void);

__attribute__((visibility("default"))) const struct subject *heapvet_subject(void)
{
    return &SUBJECT_SYMBOL;
}
