/* SPDX-License-Identifier: Apache-2.0 */
#include "apply.h"

#include <string.h>

static bool swarmed_off(const struct program_header *header, uint8_t kind)
{
    uint32_t bit = kind < 7 ? kind : 7;
    return (header->swarm_off >> bit & 1u) != 0;
}

/* A look-up, because a switch over random kinds is guessed wrong nearly every time. */
static bool has_function(const struct subject *subject, enum op_kind kind)
{
    /* Alloc and free are required, and calloc is built on alloc. */
    static const uint8_t function_at[OP_KINDS] = {
        [OP_ALLOC] = offsetof(struct subject, alloc),
        [OP_FREE] = offsetof(struct subject, free),
        [OP_REALLOC] = offsetof(struct subject, realloc),
        [OP_ALIGNED] = offsetof(struct subject, aligned),
        [OP_AREALLOC] = offsetof(struct subject, arealloc),
        [OP_CALLOC] = offsetof(struct subject, alloc),
        [OP_NOALIGN] = offsetof(struct subject, noalign),
        [OP_USABLE] = offsetof(struct subject, usable),
        [OP_STATS] = offsetof(struct subject, stats),
        [OP_RESETMAX] = offsetof(struct subject, reset_max),
        [OP_LARGEST] = offsetof(struct subject, largest),
        [OP_CHECK] = offsetof(struct subject, check),
        [OP_PRINT] = offsetof(struct subject, print),
        [OP_STRESS] = offsetof(struct subject, stress),
        [OP_REGISTRY] = offsetof(struct subject, registry),
        [OP_API] = offsetof(struct subject, api),
    };
    void (*function)(void);

    memcpy(&function, (const uint8_t *)subject + function_at[kind], sizeof function);
    return function != NULL;
}

/*
 * What is asked for. False: no size_t holds it, so that nothing can be called. Who multiplies for
 * himself is asked for a product that wraps, too: the most there is, which no heap has.
 */
static bool wanted_bytes(const struct subject *subject, const struct op *op, size_t *bytes)
{
    if (!op_bytes(op, bytes)) {
        return false;
    }
    if (op->kind != OP_CALLOC) {
        return true;
    }
    if (op->count != 0 && *bytes > SIZE_MAX / op->count) {
        *bytes = SIZE_MAX;
        return subject->calloc != NULL;
    }
    *bytes *= op->count;
    return true;
}

/*
 * A size that no size_t holds is above every fill target, since targets are shares of a region that
 * is smaller than 4 GiB: so 32-bit and 64-bit machines skip the same ops.
 */
static bool above_fill(const struct heap_under_test *heap, bool reachable, size_t bytes)
{
    if (heap->header.fill == 0) {
        return false;
    }
    uint64_t target = (uint64_t)heap->header.region * heap->header.fill / 100;
    return !reachable || bytes > target || heap->live_bytes > target - bytes;
}

static void slot_set(struct heap_under_test *heap, struct slot *slot, uint8_t *p, size_t bytes)
{
    if (slot->p != NULL) {
        heap->live_bytes -= slot->bytes;
        slot->last = slot->p;
    }
    slot->p = p;
    slot->bytes = p == NULL ? 0 : bytes;
    heap->live_bytes += slot->bytes;
}

/*
 * malloc-like subjects may answer realloc(p, 0) with NULL because it freed p, or because it could
 * not get the block of no bytes that replaces it: nobody can tell. So p is freed for them.
 */
static bool frees_instead(const struct heap_under_test *heap, const struct applied_result *result)
{
    return (heap->subject->promises & SUBJECT_NULL_ON_BAD) == 0 && result->bytes == 0 &&
           result->before != NULL;
}

/*
 * Enters the result of a realloc. NULL keeps the old block, but for size 0, which freed it - unless
 * the alignment was bad: that is looked at first, and then nothing happens at all.
 */
static void slot_resized(struct heap_under_test *heap, struct slot *slot,
                         const struct applied_result *result)
{
    bool freed = result->bytes == 0 && (good_align(result->align) || frees_instead(heap, result));
    if (result->p != NULL || freed) {
        slot_set(heap, slot, result->p, result->bytes);
    }
}

/* The call itself, and nothing else between the hooks: of an op that fills a slot. */
static void call_filling(const struct heap_under_test *heap, const struct op *op,
                         struct applied_result *result)
{
    const struct subject *subject = heap->subject;
    size_t each;

    /* What a subject has is guessed right, what kind an op is of is not. */
    if (subject->calloc != NULL && op->kind == OP_CALLOC && op_bytes(op, &each)) {
        result->p = subject->calloc(heap->state, op->count, each);
    } else if (op->kind == OP_ALIGNED) {
        result->p = subject->aligned(heap->state, result->align, result->bytes);
    } else if (op->kind == OP_NOALIGN) {
        result->p = subject->noalign(heap->state, result->align, result->bytes);
    } else {
        result->p = subject->alloc(heap->state, result->bytes);
    }
}

static void call_resizing(const struct heap_under_test *heap, const struct op *op,
                          struct applied_result *result)
{
    const struct subject *subject = heap->subject;
    void *state = heap->state;

    if (frees_instead(heap, result)) {
        subject->free(state, result->before);
    } else if (op->kind == OP_REALLOC) {
        result->p = subject->realloc(state, result->before, result->bytes);
    } else {
        result->p = subject->arealloc(state, result->before, result->align, result->bytes);
    }
}

/* Hashes what is printed on its way to who wants to read it. */
struct printing {
    const struct apply_hooks *hooks;
    uint32_t hash;
};

static void print_piece(void *context, const char *text)
{
    struct printing *printing = (struct printing *)context;
    const struct apply_hooks *hooks = printing->hooks;

    for (const char *c = text; *c != '\0'; c++) {
        printing->hash = (printing->hash ^ (uint8_t)*c) * 16777619u;
    }
    if (hooks != NULL && hooks->printed != NULL) {
        hooks->printed(hooks->context, text);
    }
}

static void call_print(const struct heap_under_test *heap, const struct op *op,
                       const struct apply_hooks *hooks, struct applied_result *result)
{
    struct printing printing = {hooks, 2166136261u};

    heap->subject->print(heap->state, op_number(op, 0) != 0, print_piece, &printing);
    result->value = printing.hash;
    result->digests_value = true;
}

static void call_asking(const struct heap_under_test *heap, const struct op *op,
                        const struct apply_hooks *hooks, struct applied_result *result)
{
    const struct subject *subject = heap->subject;
    void *state = heap->state;

    switch ((enum op_kind)op->kind) {
    case OP_USABLE:
        result->value = subject->usable(state, result->before);
        break;
    case OP_STATS:
        result->status = subject->stats(state, &result->stats);
        break;
    case OP_RESETMAX:
        result->status = subject->reset_max(state);
        break;
    case OP_LARGEST:
        result->value = subject->largest(state);
        break;
    case OP_CHECK:
        result->sound = subject->check(state, &result->fault);
        break;
    case OP_PRINT:
        call_print(heap, op, hooks, result);
        break;
    case OP_STRESS:
        result->sound = subject->stress(state, op_number(op, 0), op_number(op, 1), op_number(op, 2),
                                        &result->value, &result->verdict);
        result->digests_value = true;
        break;
    case OP_REGISTRY:
        result->sound = subject->registry(state, op_number(op, 0), &result->verdict);
        break;
    case OP_API:
        result->sound =
            subject->api(state, op_number(op, 0) % subject->api_items, &result->verdict);
        break;
    default:
        break;
    }
}

static void call_before(const struct apply_hooks *hooks, const struct op *op)
{
    if (hooks != NULL && hooks->before_call != NULL) {
        hooks->before_call(hooks->context, op);
    }
}

static void call_after(const struct apply_hooks *hooks, const struct op *op)
{
    if (hooks != NULL && hooks->after_call != NULL) {
        hooks->after_call(hooks->context, op);
    }
}

static bool switched_off(const struct heap_under_test *heap, const struct op *op)
{
    return swarmed_off(&heap->header, op->kind) ||
           !has_function(heap->subject, (enum op_kind)op->kind);
}

static void apply_allocating(struct heap_under_test *heap, const struct op *op,
                             const struct apply_hooks *hooks, struct applied_result *result)
{
    const bool fills = (op_table[op->kind].fields & OP_FILLS) != 0;
    struct slot *slot = &heap->slots[op->slot];

    result->gives_pointer = true;
    result->before = slot->p;
    result->align = op->align;
    result->how = wanted_bytes(heap->subject, op, &result->bytes) ? APPLIED : UNREACHABLE;
    if (switched_off(heap, op) ||
        (fills && (slot->p != NULL || above_fill(heap, result->how == APPLIED, result->bytes)))) {
        result->how = SKIPPED;
    }
    if (result->how != APPLIED) {
        return;
    }
    call_before(hooks, op);
    if (fills) {
        call_filling(heap, op, result);
        call_after(hooks, op);
        slot_set(heap, slot, result->p, result->bytes);
    } else {
        call_resizing(heap, op, result);
        call_after(hooks, op);
        slot_resized(heap, slot, result);
    }
}

static void apply_free(struct heap_under_test *heap, const struct op *op,
                       const struct apply_hooks *hooks, struct applied_result *result)
{
    struct slot *slot = &heap->slots[op->slot];

    result->before = slot->p;
    if (switched_off(heap, op)) {
        result->how = SKIPPED;
        return;
    }
    call_before(hooks, op);
    heap->subject->free(heap->state, result->before);
    call_after(hooks, op);
    slot_set(heap, slot, NULL, 0);
}

static void apply_asking(const struct heap_under_test *heap, const struct op *op,
                         const struct apply_hooks *hooks, struct applied_result *result)
{
    if (op->kind == OP_USABLE) {
        result->before = heap->slots[op->slot].p;
    }
    /* Nobody promises a usable size of no block. */
    if (switched_off(heap, op) || (op->kind == OP_USABLE && result->before == NULL)) {
        result->how = SKIPPED;
        return;
    }
    call_before(hooks, op);
    call_asking(heap, op, hooks, result);
    call_after(hooks, op);
}

/* Three ways, and each straight on from there: kinds are as good as random, so that every further
 * question about them is guessed wrong. */
void apply_op(struct heap_under_test *heap, const struct op *op, const struct apply_hooks *hooks,
              struct applied_result *result)
{
    static const struct applied_result nothing = {.sound = true};

    *result = nothing;
    if ((op_table[op->kind].fields & (OP_FILLS | OP_RESIZES)) != 0) {
        apply_allocating(heap, op, hooks, result);
    } else if (op->kind == OP_FREE) {
        apply_free(heap, op, hooks, result);
    } else if ((op_table[op->kind].fields & (OP_THREADED | OP_MISUSES)) != 0) {
        /* Time, priorities and schedules are whose who runs the threads: no heap is called. What a
         * user may not do is whose who can tell what a heap must notice: the runner's. */
        result->how = SKIPPED;
    } else {
        apply_asking(heap, op, hooks, result);
    }
}
