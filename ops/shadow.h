/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_SHADOW_H
#define OPS_SHADOW_H

/*
 * One interface to the naive models, for whoever runs programs on more than one kind of heap: what
 * may a request get, and was what it got allowed? Implemented in reference/, from the contract
 * alone. Addresses are the subject's; a shadow never looks at what they point to.
 */

#include "model.h"
#include "subject.h"

struct shadow {
    const char *name;
    size_t state_bytes; /* of the storage that begin is given, with room for `blocks` live blocks */

    /* An empty heap, as the subject describes it. */
    void (*begin)(void *state, const struct subject *subject, void *subject_state);

    /* What must happen to a request now. bytes 0 and bad alignments are MUST_FAIL. */
    enum verdict (*alloc)(const void *state, size_t align, size_t bytes);
    /* Of the live block at p, to bytes > 0. *in_place: the same address is demanded. */
    enum verdict (*realloc)(const void *state, const uint8_t *p, size_t align, size_t bytes,
                            bool *in_place);
    /* Of an empty heap: MUST_FAIL is a request that can never be served. */
    enum verdict (*ever)(const void *state, size_t align, size_t bytes);

    /*
     * A block of `bytes` was given out at p, moved in place to another size, or freed. NULL: that
     * was allowed. Otherwise a sentence that says what was not, and the state is unchanged; it
     * begins with the name of the oracle it belongs to, "overlap: ...". After a take or resize
     * usable() is the exact number of bytes the contract gives its user. take does not ask whether
     * there was a better place: that is pick, asked right before it. align: as asked for; it
     * matters to pools, whose block is larger for it.
     */
    const char *(*pick)(const void *state, const uint8_t *p, size_t align, size_t bytes);
    const char *(*take)(void *state, const uint8_t *p, size_t align, size_t bytes);
    const char *(*resize)(void *state, const uint8_t *p, size_t bytes);
    const char *(*drop)(void *state, const uint8_t *p);
    size_t (*usable)(const void *state, const uint8_t *p);

    uint32_t (*live)(const void *state); /* number of live blocks */
};

/* Blocks a shadow has room for, and one more while a realloc moves. */
#define SHADOW_BLOCKS 1024u

extern const struct shadow shadow_heap;  /* one sys_heap */
extern const struct shadow shadow_multi; /* several, kind multi */
extern const struct shadow shadow_pool;  /* a quad tree, kind pool */

/* Which of them follows a subject; NULL: none does, or the runner's own model. */
const struct shadow *shadow_for(const struct subject *subject);

/* Enough for any of them. */
#define SHADOW_STATE_BYTES 65536u

#endif
