/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Everything the harness itself does to bytes of the region. Most of them are forbidden to the
 * subject at that moment, so these functions are exempt from the sanitizer; poison is never lifted
 * for them, since lifting it costs more than all the rest.
 *
 * Payload: word i of a block is tag + i * STEP, so a byte that is moved, swapped between blocks or
 * left over from an earlier op is noticed. Tags have 32 bits, for shorter ones repeat within a run.
 */

#include "runner_internal.h"

#define STEP 0x9e3779b1u

/* Payload starts where the subject says, which need not be a multiple of anything. */
typedef uint32_t __attribute__((may_alias, aligned(1))) loose32;
typedef uint64_t __attribute__((may_alias, aligned(1))) loose64;

uint32_t payload_tag(uint32_t slot, uint32_t index, uint32_t salt)
{
    /* Odd multipliers are one-to-one: two ops on one slot, or two slots in one op, never agree. */
    return (index * 0x85ebca6bu) ^ (slot * 0xc2b2ae35u) ^ salt;
}

uint8_t payload_byte(size_t offset, uint32_t tag)
{
    const uint32_t word = tag + (uint32_t)(offset / 4) * STEP;
    const uint32_t byte = (uint32_t)(offset % 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (uint8_t)(word >> (24 - 8 * byte));
#else
    return (uint8_t)(word >> (8 * byte));
#endif
}

POISON_EXEMPT void payload_fill(uint8_t *p, size_t from, size_t to, uint32_t tag)
{
    loose32 *words = (loose32 *)(void *)p;
    const size_t nwords = to / 4;

    POISON_PAUSE;
    for (size_t i = from / 4; i < nwords; i++) {
        words[i] = tag + (uint32_t)i * STEP;
    }
    for (size_t i = nwords * 4; i < to; i++) {
        p[i] = payload_byte(i, tag);
    }
    POISON_RESUME;
}

POISON_EXEMPT size_t payload_verify(const uint8_t *p, size_t n, uint32_t tag)
{
    const loose32 *words = (const loose32 *)(const void *)p;
    const size_t nwords = n / 4;
    uint32_t differs = 0;
    size_t at = 0;

    POISON_PAUSE;
    /* All words first, without an exit in the loop, so that it becomes vector code. */
    for (size_t i = 0; i < nwords; i++) {
        differs |= words[i] ^ (tag + (uint32_t)i * STEP);
    }
    if (differs == 0) {
        at = nwords * 4;
    }
    while (at < n && p[at] == payload_byte(at, tag)) {
        at++;
    }
    POISON_RESUME;
    return at;
}

POISON_EXEMPT size_t payload_zeroes(const uint8_t *p, size_t n)
{
    size_t at = 0;

    POISON_PAUSE;
    while (at < n && p[at] == 0) {
        at++;
    }
    POISON_RESUME;
    return at;
}

static POISON_EXEMPT uint8_t read_byte(const uint8_t *p)
{
    return *p;
}

bool payload_check(struct run *run, uint32_t slot, const uint8_t *p, size_t n, bool lazily)
{
    const uint32_t tag = run->heap.slots[slot].tag;

    if (!run_asks(run, ORACLE_PAYLOAD)) {
        return true;
    }
    const size_t at = payload_verify(p, n, tag);
    if (at == n) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_PAYLOAD);
    run->lazy = lazily;
    text_slot(&text, slot);
    text_word(&text, " byte ");
    text_number(&text, at);
    text_word(&text, " of ");
    text_number(&text, n);
    text_word(&text, " at ");
    text_place(&text, run, p + at);
    text_word(&text, ": have ");
    text_hex(&text, read_byte(p + at));
    text_word(&text, ", want ");
    text_hex(&text, payload_byte(at, tag));
    return false;
}

bool payload_check_all(struct run *run)
{
    for (uint32_t i = 0; i < run->slots_used; i++) {
        const struct slot *slot = &run->heap.slots[i];
        if (slot->p != NULL && !payload_check(run, i, slot->p, slot->usable, false)) {
            return false;
        }
    }
    return true;
}

POISON_EXEMPT void region_fill(uint8_t *p, size_t n, uint8_t byte)
{
    POISON_PAUSE;
    for (size_t i = 0; i < n; i++) {
        p[i] = byte;
    }
    POISON_RESUME;
}

/* Guard bytes depend on their place, so that a copy onto itself is noticed as well. */
static void guard_fill(uint8_t *from, const uint8_t *to)
{
    payload_fill(from, 0, (size_t)(to - from), (uint32_t)SPACE_GUARD);
}

static bool guard_check(struct run *run, const uint8_t *from, const uint8_t *to)
{
    const size_t n = (size_t)(to - from);
    const size_t at = payload_verify(from, n, (uint32_t)SPACE_GUARD);

    if (at == n) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_INSIDE);
    run->lazy = true;
    text_word(&text, "guard byte at ");
    text_place(&text, run, from + at);
    text_word(&text, ", region of ");
    text_number(&text, run->heap.region_bytes);
    text_word(&text, " bytes: have ");
    text_hex(&text, read_byte(from + at));
    text_word(&text, ", want ");
    text_hex(&text, payload_byte(at, (uint32_t)SPACE_GUARD));
    return false;
}

void guards_fill(struct run *run)
{
    uint8_t *region = run->heap.region;
    uint8_t *end = region + run->heap.region_bytes;

    guard_fill(run->space->arena - SPACE_GUARD, region);
    guard_fill(end, end + SPACE_GUARD);
}

bool guards_check(struct run *run)
{
    const uint8_t *region = run->heap.region;
    const uint8_t *end = region + run->heap.region_bytes;

    return !run_asks(run, ORACLE_INSIDE) ||
           (guard_check(run, run->space->arena - SPACE_GUARD, region) &&
            guard_check(run, end, end + SPACE_GUARD));
}

static POISON_EXEMPT void copy_bytes(uint8_t *to, const uint8_t *from, size_t n)
{
    loose64 *to_words = (loose64 *)(void *)to;
    const loose64 *from_words = (const loose64 *)(const void *)from;

    POISON_PAUSE;
    for (size_t i = 0; i < n / 8; i++) {
        to_words[i] = from_words[i];
    }
    for (size_t i = n & ~(size_t)7; i < n; i++) {
        to[i] = from[i];
    }
    POISON_RESUME;
}

/* Offset of the first byte that differs, or n. */
static POISON_EXEMPT size_t compare_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
    const loose64 *a_words = (const loose64 *)(const void *)a;
    const loose64 *b_words = (const loose64 *)(const void *)b;
    uint64_t differs = 0;
    size_t at = 0;

    POISON_PAUSE;
    for (size_t i = 0; i < n / 8; i++) {
        differs |= a_words[i] ^ b_words[i];
    }
    if (differs == 0) {
        at = n & ~(size_t)7;
    }
    while (at < n && a[at] == b[at]) {
        at++;
    }
    POISON_RESUME;
    return at;
}

void snapshot_take(struct run *run)
{
    copy_bytes(run->space->snapshot, run->heap.region, run->heap.region_bytes);
}

bool snapshot_same(const struct run *run, bool heads)
{
    const uint8_t *was = run->space->snapshot;
    const uint8_t *now = run->heap.region;
    const size_t from = heads ? 0 : (size_t)(run->info.heads - now);
    const size_t to = heads ? 0 : from + run->info.heads_bytes;
    const size_t rest = run->heap.region_bytes - to;

    return compare_bytes(was, now, from) == from && compare_bytes(was + to, now + to, rest) == rest;
}

static bool compare_part(struct run *run, size_t from, size_t to)
{
    const uint8_t *was = run->space->snapshot + from;
    const uint8_t *now = run->heap.region + from;
    const size_t at = from < to ? compare_bytes(was, now, to - from) : 0;

    if (from >= to || at == to - from) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_UNTOUCHED);
    text_word(&text, "byte at ");
    text_place(&text, run, now + at);
    text_word(&text, " after a call that returned NULL: have ");
    text_hex(&text, read_byte(now + at));
    text_word(&text, ", want ");
    text_hex(&text, was[at]);
    return false;
}

/* A failing search may move the bucket heads on, and nothing else. */
bool snapshot_check(struct run *run)
{
    struct subject_info infos[SUBJECT_PARTS];
    uint32_t parts = 0;
    size_t from = 0;

    if (!run_asks(run, ORACLE_UNTOUCHED)) {
        return true;
    }
    if (run->modelled) {
        infos[parts++] = run->info;
    } else if (run->subject->parts != NULL) {
        parts = run->subject->parts(run->heap.state, infos);
    }
    /* Children lie in the order of their numbers (shadow_sees_inside). */
    for (uint32_t i = 0; i < parts; i++) {
        const size_t heads = (size_t)(infos[i].heads - run->heap.region);
        if (!compare_part(run, from, heads)) {
            return false;
        }
        from = heads + infos[i].heads_bytes;
    }
    return compare_part(run, from, run->heap.region_bytes);
}
