/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_VERDICT_H
#define SUBJECTS_VERDICT_H

/* How a subject says what a call of its own gave that is not what its interface says. */

#include "subject.h"

/* The first thing that differs is what is reported; false from then on. */
static inline bool verdict_is(struct subject_verdict *verdict, const char *what, int64_t have,
                              int64_t want)
{
    if (verdict->what == NULL && have != want) {
        *verdict = (struct subject_verdict){what, have, want};
    }
    return verdict->what == NULL;
}

#endif
