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

#define SUBJECT_ABI         3u
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

/* What a call gave that is not what its interface says: "array_save(): have 0, want -22". */
struct subject_verdict {
    const char *what;
    int64_t have, want;
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

    /*
     * The heap describes itself, piece by piece of its text. The lines that the runner understands
     * (oracle print), each number in decimal with spaces around it:
     *   units for chunks N, units of metadata N (the first chunk's unit is the last of these),
     *   allocated bytes N, free bytes N, most allocated bytes N,
     *   bucket B chunks N bytes N: the free chunks on a list, those without any are left out,
     *   unit N used N bytes, unit N free N bytes: headers included; all of them, with `chunks`
     */
    void (*print)(void *state, bool chunks, void (*text)(void *context, const char *text),
                  void *context);
    /*
     * The heap's own stress test on this heap: rounds, room for so many blocks, percent of the
     * region to fill (128 to 255 mean -128 to -1). In the end all its blocks are free again. *peak:
     * the most usable bytes that they had at once. This one and the two below answer whether
     * everything was as the interface says, and if not, what was not.
     */
    bool (*stress)(void *state, uint32_t rounds, uint32_t slots, uint32_t percent, size_t *peak,
                   struct subject_verdict *verdict);
    bool (*registry)(void *state, uint32_t which, struct subject_verdict *verdict); /* see op.h */
    /* The item-th call at the edge of the interface, 0 to api_items - 1; the heap stays as it is.
     */
    bool (*api)(void *state, uint32_t item, struct subject_verdict *verdict);
    uint32_t api_items; /* at least 1 where there is api() */
    /*
     * Which misuse the heap reports through faults(), without any effect of the call:
     * - 0: none, misuse words are skipped
     * - 1: pointers that are no block's, as far as their own header and those of the two
     *   neighbours that it names tell
     * - 2: also, one damaged 32-bit word of the region, metadata included, makes no call touch
     *   anything outside the region or loop for ever
     */
    uint32_t hardening;
    const char *(*fault_name)(
        void *state); /* the invariant of the newest report: "I4 no two ..." */
};
#define SUBJECT_PARTS 4u

#endif
