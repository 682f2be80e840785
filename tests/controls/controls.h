/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROLS_CONTROLS_H
#define CONTROLS_CONTROLS_H

/* One row per control: with the fault on, the oracle fires first, at this op; with it off, the
 * program passes. */

/* Which correct heaps the fault is planted in. The first one's cover is printed. */
#define ON_HEAP     1u  /* sys_heap, both header formats */
#define ON_ANY      2u  /* a heap that promises little as well */
#define ON_MULTI    4u  /* several sys_heaps, followed by a shadow */
#define ON_POOL     8u  /* the system heap on a memory pool, followed by another */
#define ON_SYSTEM   16u /* the system heap on a k_heap */
#define ON_LISTENER 32u /* a sys_heap with an event log */
#define ON_HARD     64u /* a sys_heap that must survive a damaged word, both header formats */

#include "faulty.h"
#include "oracle.h"
#include "runner.h"

struct control {
    const char *name;
    enum oracle oracle;
    enum fault fault;
    size_t op;        /* the op that must be named; as many as the program has: its end */
    uint32_t on;      /* ON_... */
    const char *text; /* the program */
};

extern const struct control controls[];
extern const size_t ncontrols;

/* Where a control is seen: the correct heaps of its `on`, one by one. NULL: no more. */
const struct subject *control_inner(const struct control *control, size_t i, bool *predictable);
/* Parses the control's program and plants its fault in inner, switched off. */
void control_prepare(const struct control *control, const struct subject *inner, bool predictable);
/* Prints the table of docs/ORACLES.md. */
int controls_cover(void);

#define CONTROL_OPS 512u
extern struct program control_program;
extern struct subject control_subject;
extern struct space control_space;

#endif
