/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Oracle determinism: the program once more, in another place with other old contents and other
 * payload. Offsets must not depend on any of these.
 */

#include "replay.h"
#include "runner_internal.h"

#define LINKS 16u

/* The calls of the first nops ops, and payload written to whatever comes back. False: init refused.
 */
static bool pass(struct run *run, uint8_t *arena, uint32_t salt, size_t nops, uint32_t *digest)
{
    const struct program *program = run->program;
    const struct program_header *header = &program->header;
    struct slot *slots = run->space->twin_slots;
    uint8_t *region = arena + header->offset;
    struct replay replay;

    region_fill(region, header->region, (uint8_t)salt);
    POISON_UNDEFINED(region, header->region);
    if (replay_begin(&replay, run->subject, run->space->state, header, region, slots) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < nops; i++) {
        const struct op *op = &program->ops[i];
        const struct slot *slot = &slots[op->slot];
        const uint8_t *before = slot->p;
        const size_t bytes_before = slot->bytes;
        replay_op(&replay, op);
        if (slot->p != NULL && (slot->p != before || slot->bytes != bytes_before)) {
            /* The first bytes, where a heap keeps its links, are written; what lies behind them
             * differs between the passes anyway, for it is what the region held before. */
            const size_t n = slot->bytes < LINKS ? slot->bytes : LINKS;
            payload_fill(slot->p, 0, n, payload_tag(op->slot, i, salt));
        }
    }
    *digest = replay_end(&replay);
    return true;
}

/* Do two passes in the two arenas agree on the first nops ops? */
static bool prefix_agrees(struct run *run, size_t nops)
{
    uint32_t here = 0;
    uint32_t there = 0;

    return pass(run, run->space->arena, TAG_SALT, nops, &here) &&
           pass(run, run->space->twin, TWIN_SALT, nops, &there) && here == there;
}

/* The first op whose result differs; nops when two such passes agree in the end. */
static size_t first_difference(struct run *run)
{
    size_t agrees = 0;
    size_t differs = run->program->nops;

    if (prefix_agrees(run, differs)) {
        return differs;
    }
    while (agrees + 1 < differs) {
        const size_t middle = agrees + (differs - agrees) / 2;
        if (prefix_agrees(run, middle)) {
            agrees = middle;
        } else {
            differs = middle;
        }
    }
    return differs == 0 ? 0 : differs - 1;
}

bool twin_agrees(struct run *run)
{
    uint32_t digest = 0;

    if (run->space->twin == NULL || !run_asks(run, ORACLE_DETERMINISM)) {
        return true;
    }
    if (pass(run, run->space->twin, TWIN_SALT, run->program->nops, &digest) &&
        digest == run->digest) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_DETERMINISM);
    run->failure->op_index = first_difference(run);
    text_word(&text, "digest of a second run elsewhere: have ");
    text_hex(&text, digest);
    text_word(&text, ", want ");
    text_hex(&text, run->digest);
    return false;
}
