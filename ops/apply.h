/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_APPLY_H
#define OPS_APPLY_H

/*
 * Performs one op on a subject: the only switch over op kinds in the tree. It judges nothing; the
 * runner and the replay stand on it.
 */

#include "op.h"
#include "subject.h"

struct slot {
    uint8_t *p;      /* NULL: empty */
    uint8_t *last;   /* the block it held before it was emptied; for those who free it again */
    size_t bytes;    /* as asked for */
    uint32_t tag;    /* runner: payload tag; replay: unused */
    uint32_t usable; /* runner: usable bytes as tagged; replay: unused */
};

/* An alignment that is accepted: a power of two, or 0, the default. */
static inline bool good_align(size_t align)
{
    return (align & (align - 1)) == 0;
}

enum applied {
    APPLIED,    /* the subject was called */
    SKIPPED,    /* slot live, kind switched off by swarm, above the fill target, no such function in
                   the subject, usable of an empty slot, or an OP_THREADED or OP_MISUSES kind */
    UNREACHABLE /* the size does not fit size_t, or count * bytes wraps: NULL by definition, nothing
                   called */
};

struct heap_under_test {
    const struct subject *subject;
    void *state;
    uint8_t *region; /* as given to init */
    size_t region_bytes;
    struct slot *slots;  /* 1 << header.slots_log2 */
    uint64_t live_bytes; /* requested bytes of live slots */
    struct program_header header;
};

struct applied_result {
    enum applied how;
    bool gives_pointer; /* the op's result is a pointer (allocating and realloc family) */
    uint8_t *before;    /* the slot's block when the op began */
    uint8_t *p;         /* result; NULL otherwise */
    size_t bytes;       /* what was asked for (count * bytes for calloc) */
    size_t align;
    size_t value;               /* usable, largest: the number returned; stress: the peak;
                                   print: a hash of the text */
    bool digests_value;         /* it is part of the digest: what it is, is nobody's promise */
    bool sound;                 /* check: its verdict; stress, registry, api: all as it should be */
    struct subject_fault fault; /* check: why */
    int status;                 /* stats, resetmax: what the call returned */
    union {
        struct subject_stats stats;
        struct subject_verdict verdict; /* stress, registry, api: what was not */
    };
};

/*
 * Applies op; updates the slot and live_bytes. calloc: the subject's, or its alloc of the product.
 * before_call, when not NULL, is called right before the subject is entered and after_call
 * right behind it (poisoning, timing); printed gets what a heap prints. A realloc that returns NULL
 * keeps its slot; of 0 bytes (with a good alignment) it empties it. Subjects without
 * SUBJECT_NULL_ON_BAD are not asked for a realloc of a live block to 0 bytes: their free is called,
 * as APPLIED.
 */
struct apply_hooks {
    void (*before_call)(void *context, const struct op *op);
    void (*after_call)(void *context, const struct op *op);
    void (*printed)(void *context, const char *text);
    void *context;
};
void apply_op(struct heap_under_test *heap, const struct op *op, const struct apply_hooks *hooks,
              struct applied_result *result);

#endif
