/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "digest.h"

int replay_begin(struct replay *replay, const struct subject *subject, void *state,
                 const struct program_header *header, uint8_t *region, struct slot *slots)
{
    static const struct slot empty;
    replay->heap.subject = subject;
    replay->heap.state = state;
    replay->heap.region = region;
    replay->heap.region_bytes = header->region;
    replay->heap.slots = slots;
    replay->heap.live_bytes = 0;
    replay->heap.header = *header;
    replay->hooks = NULL;
    replay->index = 0;
    replay->digest = digest_begin();
    for (size_t i = 0; i < (size_t)1 << header->slots_log2; i++) {
        slots[i] = empty;
    }
    return subject->init(state, region, header->region);
}

void replay_op(struct replay *replay, const struct op *op)
{
    struct applied_result result;
    apply_op(&replay->heap, op, replay->hooks, &result);
    replay->digest = digest_result(replay->digest, replay->index, &replay->heap, &result);
    replay->index++;
}

uint32_t replay_end(struct replay *replay)
{
    if (replay->heap.subject->fini != NULL) {
        replay->heap.subject->fini(replay->heap.state);
    }
    return replay->digest;
}
