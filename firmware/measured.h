/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_MEASURED_H
#define FIRMWARE_MEASURED_H

/*
 * The heap with every call made through measured_call and labelled for the plugin. A label is group
 * * CALLS + call; a group is one program, or one adversarial heap. The image prints what each group
 * is.
 */

#include "subject.h"

/* Which call, told apart by what came of it. */
#define CALL_TABLE(X)                                                                              \
    X(EMPTY, "empty")                                                                              \
    X(LOOP, "loop")                                                                                \
    X(ALLOC, "alloc")                                                                              \
    X(FREE, "free")                                                                                \
    X(FREE_NULL, "free_null")                                                                      \
    X(ALIGNED, "aligned_alloc")                                                                    \
    X(REALLOC_INPLACE, "realloc_inplace")                                                          \
    X(REALLOC_MOVED, "realloc_moved")                                                              \
    X(REALLOC_OTHER, "realloc_other")
enum call {
#define CALL_ENUM(name, word) CALL_##name,
    CALL_TABLE(CALL_ENUM)
#undef CALL_ENUM
        CALLS
};

#define GROUPS 96u

/* Fills *measured with subject_kheap whose calls are measured. */
void measured_subject(struct subject *measured);

/* Starts the next group and prints "group <number> <name>". More than GROUPS is a failure: false.
 */
bool measured_group(const char *name);

/* Empty calls and loops of known length, in the group that is on: the plugin's own proof. */
void measured_proof(void);

/* Prints the names of the calls in the order of their numbers. */
void measured_names(void);

#endif
