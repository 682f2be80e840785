/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROLS_STRAY_H
#define CONTROLS_STRAY_H

/* A correct heap that touches one byte it should not, in the n-th call of one function. */

#include "subject.h"

enum stray_call {
    CALL_NONE,
    CALL_INIT,
    CALL_ALLOC,
    CALL_FREE,
    CALL_REALLOC,
    CALL_ALIGNED,
    CALL_LARGEST,
    CALL_CHECK,
    CALL_USABLE
};

enum stray_base {
    FROM_BLOCK,   /* the first block that alloc gave out */
    FROM_START,   /* the region's first byte */
    FROM_END,     /* the byte behind its last */
    FROM_ARGUMENT /* the block the call is about */
};

struct stray {
    enum stray_call call;
    uint32_t nth; /* from 1 on */
    enum stray_base base;
    long offset;
    bool writes;
};

/* STRAY_INNER, a symbol given by the compile command, is the correct subject. */
void stray_subject(struct subject *subject, const struct stray *stray);

#endif
