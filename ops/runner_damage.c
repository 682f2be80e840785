/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Damage: a word that is not what the heap has written. While it lies there, calls are made and
 * must keep inside the region and end; one that reports something has no effect. When more than one
 * word is damaged, or the heap does not promise to bear one, only the checker and the printer are
 * called. The other oracles wait. Once a call has changed something the damage may be anywhere, and
 * the program ends there; otherwise `mend`, or the end of the program, puts the word back, and all
 * oracles hold again.
 */

#include <string.h>

#include "runner_misuse.h"

#define WORD 4u /* bytes of what is promised to be survived */

/* Chunks in address order: live blocks and the extents between them. */
struct chunk {
    uint32_t unit, units;
    bool used;
};

static bool next_chunk(const struct model *model, uint32_t *block, struct chunk *chunk)
{
    const uint32_t at = chunk->unit + chunk->units;
    const bool more = *block < model->nblocks;
    const uint32_t next = more ? model->blocks[*block].unit : model->units;

    if (at >= model->units) {
        return false;
    }
    chunk->used = at == next;
    chunk->unit = at;
    chunk->units = chunk->used ? model->blocks[*block].units : next - at;
    *block += chunk->used;
    return true;
}

/*
 * The n-th word of metadata, n modulo their number: what lies in front of the first chunk, then of
 * each chunk its header and, on a list, its links; last the end marker.
 */
static uint8_t *metadata_word(const struct run *run, uint32_t n)
{
    const struct area area = misuse_area(run);
    uint8_t *const base = run->heap.region + (area.base - run->heap.region);
    uint8_t *const first = run->heap.region + (run->info.first - run->heap.region);
    const uint32_t front = (uint32_t)(first - base) / WORD;
    const uint32_t header = run->info.header / WORD;
    uint32_t total = front + header;

    for (int pass = 0; pass < 2; pass++) {
        struct chunk chunk = {0, 0, false};
        uint32_t block = 0;
        uint32_t seen = front;
        while (next_chunk(run->model, &block, &chunk)) {
            const bool links = !chunk.used && model_listed(run->model, chunk.units);
            const uint32_t words = header * (links ? 2u : 1u);
            if (pass == 1 && n >= seen && n < seen + words) {
                return first + (size_t)chunk.unit * 8u + (size_t)(n - seen) * WORD;
            }
            seen += words;
        }
        total = seen + header;
        n %= total;
    }
    return n < front ? base + (size_t)n * WORD
                     : first + (size_t)run->info.units * 8u + (size_t)(n - (total - header)) * WORD;
}

static POISON_EXEMPT void put_bytes(uint8_t *to, const uint8_t *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

/* One word is damaged, and the heap promises to bear that. */
static bool one_word(const struct run *run, const uint8_t *at)
{
    for (uint32_t i = 0; i < run->damage.n; i++) {
        if (((uintptr_t)run->lies[i].at ^ (uintptr_t)at) / WORD != 0) {
            return false;
        }
    }
    return run->subject->hardening >= 2;
}

/* Writes the bytes and remembers what was there. From now on all of the region is the heap's. */
static void damage(struct run *run, uint8_t *at, const uint8_t *bytes, uint32_t n)
{
    struct damage *damage = &run->damage;

    run->counts.ops++;
    poison_suspend(run);
    damage->scattered = damage->scattered || !one_word(run, at);
    put_bytes(run->lies[damage->n].was, at, n);
    put_bytes(run->lies[damage->n].now, bytes, n);
    put_bytes(at, bytes, n);
    run->lies[damage->n].at = at;
    run->lies[damage->n++].bytes = n;
    damage->ever = true;
}

static void flip(struct run *run)
{
    uint8_t *at = metadata_word(run, op_number(run->op, 0));
    const uint32_t word = misuse_load(at, WORD) ^ 1u << op_number(run->op, 1);
    uint8_t bytes[WORD];

    memcpy(bytes, &word, WORD);
    damage(run, at, bytes, WORD);
}

/* The user writes over an end of his block: in front of it lies its header, behind it the next. */
static void run_over(struct run *run)
{
    const struct slot *slot = &run->heap.slots[run->op->slot];
    const uint32_t n = op_number(run->op, 0);
    uint8_t bytes[WORD];
    uint32_t unit;

    memset(bytes, (int)op_number(run->op, 1), sizeof bytes);
    if (n == 0 || slot->p == NULL || !block_unit(run, slot->p, &unit)) {
        run->counts.skipped++;
        return;
    }
    const struct model_block *block = &run->model->blocks[model_find(run->model, unit)];
    const size_t usable = model_usable(run->model, block->units);
    damage(run, run->op->kind == OP_OVERFLOW ? slot->p + usable : slot->p - n, bytes, n);
}

void misuse_mend(struct run *run)
{
    struct damage *damage = &run->damage;
    uint8_t now[WORD];

    if (damage->n == 0) {
        return;
    }
    for (uint32_t i = damage->n; i-- > 0;) {
        const uint32_t bytes = run->lies[i].bytes;
        put_bytes(now, run->lies[i].at, bytes);
        if (memcmp(now, run->lies[i].now, bytes) != 0) {
            damage->abandoned = true;
            return;
        }
        put_bytes(run->lies[i].at, run->lies[i].was, bytes);
    }
    damage->n = 0;
    damage->scattered = false;
    poison_resume(run);
}

bool misuse_step(struct run *run)
{
    const bool damages =
        run->op->kind == OP_FLIP || run->op->kind == OP_OVERFLOW || run->op->kind == OP_UNDERFLOW;

    if (!run->modelled || !run->misusable || (damages && run->damage.n == DAMAGE_MOST)) {
        run->counts.skipped++;
        return true;
    }
    switch ((enum op_kind)run->op->kind) {
    case OP_MEND:
        misuse_mend(run);
        return true;
    case OP_FLIP:
        flip(run);
        return true;
    case OP_OVERFLOW:
    case OP_UNDERFLOW:
        run_over(run);
        return true;
    default:
        return misuse_hand_in(run);
    }
}

/*
 * Calls that make others, or touch more than this heap, need one that is sound. The checker and the
 * printer never write, and bear any damage at every level.
 */
static bool bears_damage(const struct run *run)
{
    const uint8_t kind = run->op->kind;

    return run->damage.scattered ? kind == OP_CHECK || kind == OP_PRINT
                                 : kind != OP_STRESS && kind != OP_REGISTRY && kind != OP_API;
}

/* What a call that reports something may give. */
static bool judge_refused(struct run *run)
{
    const bool moves = (op_table[run->op->kind].fields & OP_RESIZES) != 0;

    if (!run_asks(run, ORACLE_MISUSE)) {
        return true;
    }
    if (run->result.gives_pointer && run->result.p != NULL) {
        return misuse_fail(run, "a block from a call that reports damage", 1, 0);
    }
    if (run->result.value != 0 && !run->result.digests_value) {
        return misuse_fail(run, "result of a call that reports damage", run->result.value, 0);
    }
    /* A realloc that moves may find it only when it has a new block, which it gives back. */
    return moves || snapshot_same(run, false) ||
           misuse_fail(run, "bytes changed by a call that reports damage", 1, 0);
}

bool misuse_endure(struct run *run)
{
    struct slot *slot = &run->heap.slots[run->op->slot];
    const struct slot kept = *slot;
    const uint64_t live = run->heap.live_bytes;

    if (!bears_damage(run)) {
        run->counts.skipped++;
        return true;
    }
    snapshot_take(run);
    apply_op(&run->heap, run->op, NULL, &run->result);
    if (run->result.how == SKIPPED) {
        run->counts.skipped++;
        return true;
    }
    run->counts.ops++;
    /* Who owns what is as it was: either nothing happened, or nobody goes on. */
    *slot = kept;
    run->heap.live_bytes = live;
    if (run->subject->events != NULL) {
        (void)run->subject->events(run->heap.state, NULL, 0);
    }
    const uint32_t reports = misuse_reports(run);
    if (run->op->kind == OP_CHECK && !run->result.sound) {
        misuse_count(run, run->result.fault.invariant);
    }
    if (reports != 0) {
        misuse_count_report(run);
        if (!judge_refused(run)) {
            return false;
        }
    }
    run->damage.abandoned = !snapshot_same(run, false);
    return guards_check(run);
}
