/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pointers that are no block's, and what a heap promises of them (subject.h, hardening): the call
 * is reported and has no effect. So the heap is sound before and behind it, and all oracles go on.
 * Such a pointer is only handed in where the promise holds: what the bytes in front of it say must
 * contradict the headers that they name, or every user's bytes could be a block's header.
 */

#include <string.h>

#include "runner_misuse.h"

#define WORD_MAX 4u

uint32_t misuse_reports(struct run *run)
{
    const uint32_t all = run->subject->faults(run->heap.state);
    const uint32_t fresh = all - run->provoked;

    run->provoked = all;
    return fresh;
}

void misuse_count(struct run *run, const char *invariant)
{
    uint32_t number = 0;

    /* "I11 the chunk of ...": 11. */
    for (size_t i = 1; invariant != NULL && invariant[0] == 'I'; i++) {
        if (invariant[i] < '0' || invariant[i] > '9') {
            break;
        }
        number = number * 10u + (uint32_t)(invariant[i] - '0');
    }
    run->counts.reported[number < RUN_INVARIANTS ? number : 0]++;
}

void misuse_count_report(struct run *run)
{
    const char *(*name)(void *state) = run->subject->fault_name;

    misuse_count(run, name == NULL ? NULL : name(run->heap.state));
}

bool misuse_fail(struct run *run, const char *what, uint64_t have, uint64_t want)
{
    struct text text = run_fail(run, ORACLE_MISUSE);

    text_word(&text, what);
    text_word(&text, ": ");
    text_have_want(&text, have, want);
    return false;
}

POISON_EXEMPT uint32_t misuse_load(const uint8_t *at, uint32_t bytes)
{
    uint8_t copy[WORD_MAX] = {0};
    uint16_t half;
    uint32_t whole;

    for (uint32_t i = 0; i < bytes; i++) {
        copy[i] = at[i];
    }
    memcpy(&half, copy, sizeof half);
    memcpy(&whole, copy, sizeof whole);
    return bytes == 2 ? half : whole;
}

struct area misuse_area(const struct run *run)
{
    struct area area;

    area.base = run->heap.region + (0u - (uintptr_t)run->heap.region) % 8u;
    area.first = (uint32_t)((size_t)(run->info.first - area.base) / 8u);
    area.end = area.first + run->info.units;
    area.width = run->info.header / 2u;
    return area;
}

/* A header: first the left neighbour's size, then twice the own size and whether it is used. */
static uint32_t field(const struct area *area, uint32_t unit, uint32_t i)
{
    const uint32_t skip = area->width == 2 ? 4 : 0;

    return misuse_load(area->base + (size_t)unit * 8u + skip + i * area->width, area->width);
}

/*
 * Must the heap see that this is no block's? Neither of its blocks', that is: the chunk in front of
 * it is not used, or it and its neighbours disagree.
 */
static bool must_see(const struct run *run, uintptr_t p)
{
    const struct area area = misuse_area(run);
    const uintptr_t distance = p - 8u - (uintptr_t)area.base;

    if (distance % 8u != 0 || distance / 8u >= area.end) {
        return true;
    }
    const uint32_t at = (uint32_t)(distance / 8u);
    if (at < area.first) {
        return run->subject->hardening >= 2;
    }
    const uint32_t left = field(&area, at, 0);
    const uint32_t tag = field(&area, at, 1);
    if ((tag & 1u) == 0) {
        return true;
    }
    const uint32_t units = tag / 2u;
    if (units == 0 || units > area.end - at || left == 0 || left > at ||
        (left > at - area.first && left != at)) {
        return run->subject->hardening >=
               2; /* the promise of level 1 ends where neighbours are outside */
    }
    return field(&area, at + units, 0) != units || field(&area, at - left, 1) / 2u != left;
}

/* Is it the address of a block? Then the call is no misuse, but its owner would not know. */
static bool is_live(const struct run *run, const uint8_t *p)
{
    uint32_t unit;

    return block_unit(run, p, &unit) && model_find(run->model, unit) != UINT32_MAX;
}

/* The call; 0 or NULL for what it gives is all that is right. */
static size_t call_with(struct run *run, uint8_t *p)
{
    const struct subject *subject = run->subject;
    void *state = run->heap.state;

    switch ((enum op_kind)run->op->kind) {
    case OP_BADREALLOC:
        return subject->realloc(state, p, 24) != NULL;
    case OP_BADUSABLE:
        return subject->usable(state, p);
    default:
        subject->free(state, p);
        return 0;
    }
}

static bool has_call(const struct run *run)
{
    return run->op->kind == OP_BADREALLOC  ? run->subject->realloc != NULL
           : run->op->kind == OP_BADUSABLE ? run->subject->usable != NULL
                                           : true;
}

/* The pointer that the op is about; NULL: there is none. */
static uint8_t *pointer_of(const struct run *run)
{
    const struct slot *slot = &run->heap.slots[run->op->slot];
    const uintptr_t base = (uintptr_t)(slot->p != NULL ? slot->p : run->heap.region);
    size_t distance;

    if (run->op->kind == OP_DOUBLE) {
        return slot->last;
    }
    return op_bytes(run->op, &distance) ? (uint8_t *)(base + distance) : NULL;
}

bool misuse_hand_in(struct run *run)
{
    uint8_t *p = pointer_of(run);

    if (run->damage.n != 0 || p == NULL || !has_call(run) || is_live(run, p) ||
        !must_see(run, (uintptr_t)p)) {
        run->counts.skipped++;
        return true;
    }
    run->counts.ops++;
    snapshot_take(run);
    poison_suspend(run);
    const size_t result = call_with(run, p);
    const uint32_t reports = misuse_reports(run);
    poison_resume(run);
    if (!run_asks(run, ORACLE_MISUSE)) {
        return true;
    }
    if (reports != 1) {
        return misuse_fail(run, "reports of a pointer that is no block's", reports, 1);
    }
    misuse_count(run, run->subject->fault_name == NULL ? NULL
                                                       : run->subject->fault_name(run->heap.state));
    if (result != 0) {
        return misuse_fail(run, "result of a call with such a pointer", result, 0);
    }
    return snapshot_same(run, true) ||
           misuse_fail(run, "bytes changed by a call with such a pointer", 1, 0);
}
