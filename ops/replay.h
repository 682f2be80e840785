/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_REPLAY_H
#define OPS_REPLAY_H

/*
 * The bare replay: performs a program and computes its digest, nothing else. For benchmarks, for
 * firmware that streams a program record by record, and as the second pass of oracle determinism.
 */

#include "apply.h"

struct replay {
    struct heap_under_test heap;
    const struct apply_hooks *hooks; /* replay_begin sets NULL; set it behind that */
    uint32_t index;                  /* ops seen so far */
    uint32_t digest;
};

/* region: at header.offset behind an aligned boundary, header.region bytes. slots: 2^slots_log2 of
 * them. state: subject->state_bytes. Returns init's result; nothing else may be called when not 0.
 */
int replay_begin(struct replay *replay, const struct subject *subject, void *state,
                 const struct program_header *header, uint8_t *region, struct slot *slots);
void replay_op(struct replay *replay, const struct op *op);
uint32_t replay_end(struct replay *replay); /* calls fini; returns the digest */

#endif
