/* SPDX-License-Identifier: Apache-2.0 */

/* Judges the heap as a whole: what it says of itself, and what is left when everything is freed. */

#include "runner_internal.h"

static bool judge_stat(struct run *run, const char *name, uint64_t have, uint64_t want)
{
    if (have == want) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_STATS);
    text_word(&text, name);
    text_word(&text, " bytes: ");
    text_have_want(&text, have, want);
    return false;
}

/* The sums over the live blocks, made afresh: a model that drifts from its own blocks is noticed.
 */
static uint64_t recount(const struct model *model)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < model->nblocks; i++) {
        bytes += model_usable(model, model->blocks[i].units);
    }
    return bytes;
}

static bool judge_stats(struct run *run, const struct subject_stats *stats)
{
    if (!run->modelled || !run_asks(run, ORACLE_STATS)) {
        return true;
    }
    return judge_stat(run, "allocated", stats->allocated_bytes, recount(run->model)) &&
           judge_stat(run, "free", stats->free_bytes, model_free_bytes(run->model)) &&
           judge_stat(run, "max allocated", stats->max_allocated_bytes, run->model->max_allocated);
}

static bool judge_sound(struct run *run, bool sound, const struct subject_fault *fault)
{
    if (!run_asks(run, ORACLE_CHECK) || sound) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_CHECK);
    text_word(&text, fault->invariant != NULL ? fault->invariant : "unnamed invariant");
    text_word(&text, ": have it broken at +");
    text_hex(&text, fault->offset);
    text_word(&text, ", want a sound heap");
    return false;
}

static bool judge_largest(struct run *run, size_t have)
{
    struct model_extent extent;
    uint32_t cursor = 0;
    uint32_t largest = 0;

    if (!run->modelled || !run_asks(run, ORACLE_LARGEST) ||
        model_largest_allowed(run->model, have)) {
        return true;
    }
    while (model_extent_next(run->model, &cursor, UINT32_MAX, &extent)) {
        largest = extent.units > largest ? extent.units : largest;
    }
    struct text text = run_fail(run, ORACLE_LARGEST);
    text_word(&text, "largest free: have ");
    text_number(&text, have);
    text_word(&text, ", want what an allocation can get now; the largest extent has ");
    text_number(&text, largest == 0 ? 0 : model_usable(run->model, largest));
    return false;
}

/* Of a block that is live: the op is skipped on an empty slot. */
static bool judge_asked_usable(struct run *run)
{
    const struct slot *slot = &run->heap.slots[run->op->slot];
    const size_t have = run->result.value;
    size_t want = slot->bytes;
    uint32_t unit;

    if (!run_asks(run, ORACLE_USABLE)) {
        return true;
    }
    if (run->modelled && block_unit(run, slot->p, &unit)) {
        const uint32_t index = model_find(run->model, unit);
        want =
            index == UINT32_MAX ? want : model_usable(run->model, run->model->blocks[index].units);
    }
    if (run->shadow != NULL) {
        want = shadow_usable(run, slot->p);
    }
    if (run_follows(run) ? have == want : have >= want) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_USABLE);
    text_word(&text, "usable bytes of ");
    text_slot(&text, run->op->slot);
    text_word(&text, ": ");
    text_have_want(&text, have, want);
    return false;
}

static bool judge_asked_stats(struct run *run)
{
    return run->result.status != 0 || judge_stats(run, &run->result.stats);
}

static bool judge_asked_reset(struct run *run)
{
    if (run->result.status == 0 && run->modelled) {
        model_reset_max(run->model);
    }
    return true;
}

static bool judge_asked_largest(struct run *run)
{
    return judge_largest(run, run->result.value) && judge_steps(run);
}

/* The word for: every oracle now. */
static bool judge_asked_check(struct run *run)
{
    return judge_sound(run, run->result.sound, &run->result.fault) && checks_sweep(run) &&
           guards_check(run) && payload_check_all(run);
}

/* What the subject says about a call of its own kind. */
static bool judge_verdict(struct run *run)
{
    const struct subject_verdict *verdict = &run->result.verdict;

    if (!run_asks(run, ORACLE_API) || run->result.sound) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_API);
    text_word(&text, verdict->what);
    text_word(&text, ": have ");
    text_signed(&text, verdict->have);
    text_word(&text, ", want ");
    text_signed(&text, verdict->want);
    return false;
}

static void digest_value(struct run *run)
{
    run->digest = digest_add(run->digest, run->index, (uint32_t)run->result.value, 0);
}

/* Everything is free again that it took, and nobody else's bytes have changed. */
static bool judge_stress(struct run *run)
{
    struct model *model = run->model;

    digest_value(run);
    if (run->modelled && model->allocated + run->result.value > model->max_allocated) {
        model->max_allocated = model->allocated + run->result.value;
    }
    return judge_verdict(run) && checks_sweep(run) && guards_check(run) && payload_check_all(run);
}

static bool judge_print(struct run *run)
{
    digest_value(run);
    return print_judge(run);
}

bool checks_op(struct run *run)
{
    static bool (*const judges[OP_KINDS])(struct run * run) = {
        [OP_PRINT] = judge_print,          [OP_STRESS] = judge_stress,
        [OP_REGISTRY] = judge_verdict,     [OP_API] = judge_verdict,
        [OP_USABLE] = judge_asked_usable,  [OP_STATS] = judge_asked_stats,
        [OP_RESETMAX] = judge_asked_reset, [OP_LARGEST] = judge_asked_largest,
        [OP_CHECK] = judge_asked_check,
    };

    return run->result.how != APPLIED || judges[run->op->kind] == NULL ||
           judges[run->op->kind](run);
}

bool checks_sweep(struct run *run)
{
    const struct subject *subject = run->subject;

    if (run_wants(run, ORACLE_CHECK)) {
        struct subject_fault fault = {NULL, 0};
        const bool sound = subject->check(run->heap.state, &fault);
        if (!judge_sound(run, sound, &fault)) {
            run->lazy = true;
            return false;
        }
    }
    if (run->modelled && run_wants(run, ORACLE_STATS)) {
        struct subject_stats stats = {0, 0, 0};
        if (subject->stats(run->heap.state, &stats) == 0 && !judge_stats(run, &stats)) {
            run->lazy = true;
            return false;
        }
    }
    return judge_faults(run);
}

bool checks_after_init(struct run *run)
{
    const uintptr_t region = (uintptr_t)run->heap.region;
    const uintptr_t end = region + run->heap.region_bytes;
    const uintptr_t first = (uintptr_t)run->info.first;
    const uintptr_t heads = (uintptr_t)run->info.heads;

    if (!run->modelled) {
        return run->shadow == NULL || shadow_sees_inside(run);
    }
    /* A description that leaves the region would lead every other check out of it too. */
    if (first < region || first > end || run->info.units > (end - first) / 8u || heads < region ||
        heads > end || run->info.heads_bytes > end - heads) {
        lose_model(run);
        if (!run_asks(run, ORACLE_INSIDE)) {
            return true;
        }
        struct text text = run_fail(run, ORACLE_INSIDE);
        text_word(&text, "info(): have units or bucket heads outside, want them in the region");
        return false;
    }
    run->free_bytes = model_free_bytes(run->model);
    run->largest = run->subject->largest == NULL ? 0 : run->subject->largest(run->heap.state);
    return run->subject->largest == NULL || judge_largest(run, run->largest);
}

static bool fail_drain(struct run *run, const char *what, uint64_t have, uint64_t want)
{
    struct text text = run_fail(run, ORACLE_DRAIN);

    text_word(&text, what);
    text_word(&text, " after freeing everything: ");
    text_have_want(&text, have, want);
    return false;
}

/* Nothing is live any more. Is the heap one extent again? */
static bool judge_drained(struct run *run)
{
    const struct subject *subject = run->subject;
    void *state = run->heap.state;
    struct subject_stats stats = {0, 0, 0};

    if (!run->modelled || !run_asks(run, ORACLE_DRAIN)) {
        return true;
    }
    if (subject->largest != NULL) {
        const size_t largest = subject->largest(state);
        if (largest != run->largest) {
            return fail_drain(run, "largest free", largest, run->largest);
        }
    } else {
        /* Without a word for it: the largest block that fitted after init must fit again. */
        const size_t bytes = model_usable(run->model, run->model->units);
        void *p = subject->alloc(state, bytes);
        if (p == NULL) {
            return fail_drain(run, "bytes to be had at once", 0, bytes);
        }
        subject->free(state, p);
        return true; /* and the statistics' maximum is not ours any more */
    }
    if (subject->stats == NULL || subject->stats(state, &stats) != 0) {
        return true;
    }
    if (stats.allocated_bytes != 0) {
        return fail_drain(run, "allocated bytes", stats.allocated_bytes, 0);
    }
    return stats.free_bytes == run->free_bytes ||
           fail_drain(run, "free bytes", stats.free_bytes, run->free_bytes);
}

/* Frees what is left. The order differs from program to program, so that every way of joining
 * extents is met, and is the same in every run of one program. */
static bool free_all(struct run *run)
{
    struct op op = {.kind = OP_FREE};
    const uint32_t start = run->digest >> 16;
    const uint32_t stride = run->digest | 1u; /* odd: visits everything modulo a power of two */
    uint32_t range = 1;

    while (range < run->slots_used) {
        range *= 2;
    }
    for (uint32_t i = 0; i < range; i++) {
        const uint32_t slot = (start + i * stride) & (range - 1);
        if (slot < run->slots_used && run->heap.slots[slot].p != NULL) {
            op.slot = (uint16_t)slot;
            if (!run_step(run, &op)) {
                return false;
            }
        }
    }
    return true;
}

bool checks_drain(struct run *run)
{
    run->heap.header.swarm_off = 0; /* free must work now, whatever the program may use */
    return free_all(run) && judge_drained(run) && (run->shadow == NULL || shadow_drained(run)) &&
           checks_sweep(run);
}
