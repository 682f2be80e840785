/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROLS_FAULTY_H
#define CONTROLS_FAULTY_H

/*
 * A correct allocator with one planted fault that can be switched on. Most faults wait for a
 * request of exactly TRIGGER bytes, so that a control knows the op that must be named.
 */

#include "subject.h"

#define TRIGGER 44u

enum fault {
    FAULT_OFF,
    FAULT_ALIGNMENT_IGNORED, /* aligned() is a plain alloc */
    FAULT_BLOCK_ELSEWHERE,   /* the trigger's block lies outside the region */
    FAULT_WRITES_BEHIND,     /* the trigger writes the first byte behind the region */
    FAULT_WRITES_IN_FRONT,   /* the trigger writes the last byte in front of the region */
    FAULT_BLOCK_TWICE,       /* the trigger gets the block that was given out last */
    FAULT_FREE_SCRIBBLES,    /* free changes a byte of the block that was given out last */
    FAULT_TAIL_SCRIBBLED,    /* the trigger changes the last usable byte of the last block */
    FAULT_SHORT_COPY,        /* a realloc that moves loses the last byte */
    FAULT_SPURIOUS_NULL,     /* the trigger gets NULL */
    FAULT_ZERO_SERVED,       /* alloc(0) gives a block */
    FAULT_USABLE_MORE,   /* usable says 4 bytes too many when asked again: believed at once, headers
                            would go */
    FAULT_USABLE_LESS,   /* usable says 3 */
    FAULT_WRONG_EXTENT,  /* the trigger passes over the extent that the search must find */
    FAULT_REALLOC_MOVES, /* realloc always moves */
    FAULT_REALLOC_STAYS, /* realloc always says that it grew in place */
    FAULT_FAILURE_WRITES,        /* a failing alloc changes a free byte */
    FAULT_FAILED_REALLOC_WRITES, /* a failing realloc changes a free byte */
    FAULT_FREE_FORGETS,          /* free of the trigger's block does nothing */
    FAULT_FREE_RETAKES,          /* it takes such a block again for itself, and tells nobody */
    FAULT_STATS_OFF,             /* stats says 4 allocated bytes too many */
    FAULT_LARGEST_OFF,           /* largest says 8 bytes too many, once something was allocated */
    FAULT_CHECK_FAILS,           /* check finds damage behind the trigger */
    FAULT_REPORTS_MISUSE,        /* the first free is reported as misuse */
    FAULT_READS_OLD_BYTES,   /* the trigger's size depends on what was in the region before init */
    FAULT_READS_PAYLOAD,     /* the trigger's size depends on a user's byte */
    FAULT_PROBES_MORE,       /* the trigger probes one chunk more than ALLOC_LOOPS */
    FAULT_SERVED_AS_LARGER,  /* the trigger is served as a request of 8 bytes more */
    FAULT_ZERO_REFUSED,      /* alloc(0) gives NULL where a block is promised */
    FAULT_CALLOC_DIRTY,      /* calloc leaves its last byte */
    FAULT_DESCRIBES_OUTSIDE, /* info, parts or pool lie by 64 KiB */
    FAULT_EVENT_LOST,        /* nobody is told of the trigger's block */
    FAULT_EVENT_DOUBLED,     /* or twice */
    FAULT_EVENT_SIZE,        /* or with 8 bytes too few */
    FAULT_EVENTS_SWAPPED,    /* the old block is reported as freed before the new one is there */
    FAULT_EVENT_LATE,        /* a block is reported as freed when it has been written to */
    FAULT_EVENT_OF_FAILURE,  /* a call that fails reports a block */
    FAULT_PRINTS_OTHERWISE,  /* used chunks are printed as free ones */
    FAULT_PRINTS_NO_BUCKETS, /* the lines of buckets are not printed */
    FAULT_ANSWERS_WRONGLY,   /* an edge call's answer is not what the interface says */
    FAULT_STRESS_MISCOUNTS,  /* nor is the stress test's result */
    FAULT_MISUSE_UNSEEN,     /* a block freed twice is not reported */
    FAULT_MISUSE_WRITES,     /* it is, and a byte is changed all the same */
    FAULT_DAMAGE_WRITES,     /* a free that reports damage changes a byte all the same */
    FAULT_DAMAGE_SERVES,     /* an alloc that meets damage gives a block all the same */
    FAULTS
};

/* Which fault acts; read by every call. */
extern enum fault faulty_fault;

/* Fills *subject with the faulty version of inner, which stays in use. predictable: false takes
 * every promise away that the model needs. */
void faulty_subject(struct subject *subject, const struct subject *inner, bool predictable);

/* faulty_words.c: the part of the subject that belongs to newer words. */
void faulty_words(struct subject *subject, const struct subject *correct, bool predictable);
/* A free that is not passed on, and what happens behind one that was. */
bool faulty_swallows(const void *p);
void faulty_freed(void *state, const void *p, uint8_t *spot);

#endif
