/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROLS_CONTROLS_H
#define CONTROLS_CONTROLS_H

/* One row per control: with the fault on, the oracle fires first, at this op; with it off, the
 * program passes. */

#include "faulty.h"
#include "oracle.h"

struct control {
    const char *name;
    enum oracle oracle;
    enum fault fault;
    size_t op;        /* the op that must be named; as many as the program has: its end */
    bool everywhere;  /* seen on a subject that promises little as well */
    const char *text; /* the program */
};

extern const struct control controls[];
extern const size_t ncontrols;

#endif
