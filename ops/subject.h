/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_SUBJECT_H
#define OPS_SUBJECT_H

/*
 * The whole interface an allocator needs to be vetted. init, alloc and free are required; every
 * other function may be NULL, and the oracles that need it then do not apply. A subject in a shared
 * object exports const struct subject *heapvet_subject(void);
 */

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#define SUBJECT_ABI         2u
#define SUBJECT_ENTRY       "heapvet_subject"
#define SUBJECT_STATE_ALIGN 16u

/* What a subject promises beyond malloc's usual rules. */
#define SUBJECT_IN_REGION                                                                          \
    1u /* blocks lie in the region given to init: oracle inside, offsets in the digest */
#define SUBJECT_DETERMINISTIC                                                                      \
    2u /* offsets depend on the calls and the region's place alone: oracle determinism */
#define SUBJECT_PREDICTABLE                                                                        \
    4u /* info(), parts() or pool() is there and the contract's rules hold: oracles null (all      \
          three verdicts), usable, pick, inplace, untouched, drain, stats */
#define SUBJECT_ZERO_IS_ONE 16u /* alloc and calloc of 0 bytes act as those of 1 byte */
#define SUBJECT_NULL_ON_BAD 8u  /* bytes 0 and bad alignments give NULL instead of a block */

struct subject_stats {
    size_t free_bytes, allocated_bytes, max_allocated_bytes;
};

/* What a live heap says of itself, for the model. Filled by info() after a successful init. */
struct subject_info {
    uint32_t header;      /* bytes in front of the user's bytes: 4 or 8 */
    uint32_t loops;       /* ALLOC_LOOPS */
    uint32_t units;       /* 8-byte units between the first chunk and the end marker */
    uint32_t heads_bytes; /* length of the bucket heads, which a failed call may rotate */
    const uint8_t *first; /* address of the first chunk's header */
    const uint8_t *heads; /* address of the bucket heads */
};

/* A memory pool's shape (kind pool). */
struct subject_pool {
    const uint8_t *buffer; /* blocks of `max` bytes, one behind the other */
    uint32_t min, max;     /* max = min * 4^k */
    uint32_t count;        /* of blocks of max */
    uint32_t descriptor;   /* bytes in front of the user's: 16, or 0 */
};

/* What a heap reported to its listeners, as they were told of it. */
enum subject_event_kind { EVENT_ALLOC, EVENT_FREE };
#define SUBJECT_EVENT_BYTES 8u
struct subject_event {
    uint32_t kind; /* enum subject_event_kind */
    const uint8_t *p;
    size_t bytes;
    uint8_t seen[SUBJECT_EVENT_BYTES]; /* the block's first bytes while the listener ran, at most
                                          `bytes` of them */
};

/* Why check() says that a heap is damaged. */
struct subject_fault {
    const char *invariant; /* "I4 no two free neighbours" */
    size_t offset;         /* bytes from the region's start */
};

struct subject {
    uint32_t abi; /* SUBJECT_ABI */
    const char *name;
    uint32_t promises;  /* SUBJECT_... */
    uint32_t align;     /* every block's address is a multiple of this */
    size_t state_bytes; /* what the first argument of every function points to; aligned to
                           SUBJECT_STATE_ALIGN */

    int (*init)(void *state, void *mem,
                size_t bytes); /* 0, or a negative number: region unusable */
    void *(*alloc)(void *state, size_t bytes);
    void (*free)(void *state, void *p);

    void (*fini)(void *state); /* after the last call on a heap; live blocks may remain */
    void *(*aligned)(void *state, size_t align, size_t bytes);
    void *(*noalign)(void *state, size_t align, size_t bytes);
    void *(*realloc)(void *state, void *p, size_t bytes);
    void *(*arealloc)(void *state, void *p, size_t align, size_t bytes);
    size_t (*usable)(void *state, void *p);
    int (*stats)(void *state,
                 struct subject_stats *stats); /* 0; else: not available in this build */
    int (*reset_max)(void *state);
    size_t (*largest)(void *state);
    bool (*check)(void *state, struct subject_fault *fault); /* true: sound */
    void (*info)(void *state, struct subject_info *info);
    uint32_t (*steps)(void *state); /* chunks probed by the last call */
    uint32_t (*faults)(
        void *state); /* misuse reports since init; more than 0 is an oracle's finding */

    uint32_t kind; /* enum program_kind: the programs it can run; 0: heap */
    /* Kind multi: the child heaps in the order of adding, at most SUBJECT_PARTS; returns how many.
     * A request of n bytes tries child (n / 8) % parts first and then those behind it, in a ring.
     */
    uint32_t (*parts)(void *state, struct subject_info *infos);
    /* Kind pool, and a system heap built on one: its shape. */
    void (*pool)(void *state, struct subject_pool *pool);
    /* count * bytes, zeroed; NULL also when the product wraps. Without it calloc is an alloc. */
    void *(*calloc)(void *state, size_t count, size_t bytes);
    /* The first `room` events since this was called last; returns how many there were. */
    uint32_t (*events)(void *state, struct subject_event *events, uint32_t room);
};
#define SUBJECT_PARTS 4u

#endif
