/* SPDX-License-Identifier: Apache-2.0 */

/* How large a region a program needs on a subject. */

#include <stdlib.h>

#include "apply.h"
#include "replay.h"
#include "trace.h"

#define REGION_MAX (1ull << 30)

/* A request that must give a block, gave none. */
static bool refused(const struct applied_result *result)
{
    return result->gives_pointer && result->how != SKIPPED && !result->p && result->bytes != 0;
}

struct search {
    struct program *program;
    const struct subject *subject;
    struct space space;
};

static bool every_allocation_succeeds(struct search *search, uint64_t region)
{
    struct program_header *header = &search->program->header;
    struct replay replay;
    header->region = (uint32_t)region;
    host_space_for(&search->space, search->program, search->subject);
    replay.hooks = NULL;
    if (replay_begin(&replay, search->subject, search->space.state, header,
                     search->space.arena + header->offset, search->space.slots) != 0) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < search->program->nops && ok; i++) {
        struct applied_result result;
        apply_op(&replay.heap, &search->program->ops[i], NULL, &result);
        ok = !refused(&result);
    }
    replay_end(&replay);
    return ok;
}

/* fails < result <= holds, both multiples of 8; result holds and 8 less does not. */
static uint64_t bisect(struct search *search, uint64_t fails, uint64_t holds)
{
    while (holds - fails > 8) {
        uint64_t middle = (fails + (holds - fails) / 2) & ~7ull;
        bool ok = every_allocation_succeeds(search, middle);
        *(ok ? &holds : &fails) = middle;
    }
    return holds;
}

/* Where blocks come to lie depends on the size, so a smaller region may do where a larger failed.
 */
static uint64_t walk_below(struct search *search, uint64_t holds, uint64_t low)
{
    for (uint64_t gap = 1; gap <= TRACE_BELOW && holds >= low + 8 * gap; gap++) {
        if (every_allocation_succeeds(search, holds - 8 * gap)) {
            holds -= 8 * gap;
            gap = 0;
        }
    }
    return holds;
}

bool region_search(struct program *program, const struct subject *subject, uint64_t low)
{
    struct search search = {.program = program, .subject = subject};
    host_space_open(&search.space, 4096, 1, subject->state_bytes);
    low = (low + 7) & ~7ull;
    uint64_t fails = 0;
    uint64_t holds = low > 64 ? low : 64;
    while (holds <= REGION_MAX && !every_allocation_succeeds(&search, holds)) {
        fails = holds;
        holds *= 2;
    }
    bool found = holds <= REGION_MAX;
    if (found) {
        fails = fails ? fails : (low > 8 ? low - 8 : 0);
        holds = walk_below(&search, bisect(&search, fails, holds), low);
        program->header.region = (uint32_t)holds;
    }
    host_space_close(&search.space);
    return found;
}
