/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Single-word damage: every 32-bit word of a busy region is given many wrong values, and after each
 * every call is made on a fresh copy of the damage. At hardening level 2 no call may read or write
 * outside the region (guard bytes here, AddressSanitizer where it is on) or loop without bound;
 * check() may not at any level, and it must see every change of a chunk's header and take no notice
 * of the user's bytes.
 */

#include "plain_busy.h"

#include "kheap/sys_heap.h"

/* Wrong value number n for a word that holds `right`; the last ones are single flipped bits. */
#define VALUES 52u
static uint32_t wrong_value(uint32_t right, uint32_t n)
{
    static const uint32_t fixed[] = {0,      0xffffffff, 0x80000000, 0x7fffffff, 0x00010001,
                                     0x7fff, 0x7fff7fff, 0xfffe,     0x7fff0000, 0x80008000};
    static const uint32_t added[] = {1, 2, 0x10000, 0x20000, 8};
    const uint32_t nfixed = sizeof(fixed) / sizeof(fixed[0]);
    const uint32_t nadded = sizeof(added) / sizeof(added[0]);

    if (n < nfixed) {
        return fixed[n];
    }
    n -= nfixed;
    if (n < 2 * nadded) {
        return n < nadded ? right + added[n] : right - added[n - nadded];
    }
    return right ^ (1u << (n - 2 * nadded));
}

/* Calls that need no block come first, then CALLS_EACH for every block. */
#define CALLS_FREE 10u
#define CALLS_EACH 6u

/* Makes call number `call`. Result: a pointer that must lie in the region with `bytes` bytes. */
static const uint8_t *call_one(const struct busy *busy, uint32_t call, size_t *bytes)
{
    static const size_t sizes[] = {1, 20, 60, 200, 400};
    const struct subject *const subject = busy->subject;
    void *const state = busy->state;
    struct subject_fault fault;
    struct subject_stats stats;

    *bytes = 1;
    if (call < 5) {
        *bytes = sizes[call];
        return subject->alloc(state, *bytes);
    }
    if (call < CALLS_FREE) {
        switch (call) {
        case 5:
            return subject->aligned(state, 64, 20);
        case 6:
            return subject->noalign(state, 64, 20);
        case 7:
            (void)subject->largest(state);
            return NULL;
        case 8:
            (void)subject->check(state, &fault);
            return NULL;
        default:
            (void)(subject->stats != NULL && subject->stats(state, &stats));
            return NULL;
        }
    }
    uint8_t *const p = busy->block[(call - CALLS_FREE) / CALLS_EACH];
    if (p == NULL) {
        return NULL;
    }
    switch ((call - CALLS_FREE) % CALLS_EACH) {
    case 0:
        subject->free(state, p);
        return NULL;
    case 1:
        (void)subject->usable(state, p);
        return NULL;
    case 2:
        return subject->realloc(state, p, 1);
    case 3:
        return subject->realloc(state, p, 36);
    case 4:
        return subject->realloc(state, p, 120);
    default:
        return subject->arealloc(state, p, 64, 20);
    }
}

static bool lies_inside(const struct busy *busy, const uint8_t *p, size_t bytes)
{
    const uintptr_t offset = (uintptr_t)p - (uintptr_t)busy->region;

    return p == NULL || (offset < BUSY_BYTES && bytes <= BUSY_BYTES - offset);
}

/* Every call after one word was damaged. */
static void sweep_word(struct busy *busy, uint32_t offset, uint32_t value)
{
    const uint32_t calls = CALLS_FREE + BUSY_BLOCKS * CALLS_EACH;
    bool inside = true;
    bool guards = true;

    for (uint32_t call = 0; call < calls; call++) {
        size_t bytes = 0;
        *(uint32_t *)(void *)(busy->region + offset) = value;
        const uint8_t *const p = call_one(busy, call, &bytes);
        inside &= lies_inside(busy, p, bytes);
        busy_restore(busy);
    }
    guards = busy_guards_same(busy);
    (void)NOTE(busy->plain, inside, "damaged word, a block outside the region", "offset", offset);
    (void)NOTE(busy->plain, guards, "damaged word, a write outside the region", "offset", offset);
}

/* Whose byte is this? */
enum owner { OWNER_OTHER, OWNER_HEADER, OWNER_USER };

static enum owner owner_of(const struct busy *busy, uint32_t offset)
{
    for (uint32_t i = 0; i < BUSY_BLOCKS; i++) {
        if (busy->block[i] == NULL) {
            continue;
        }
        const uint32_t user = (uint32_t)(busy->block[i] - busy->region);
        const uint32_t usable = (uint32_t)busy->subject->usable(busy->state, busy->block[i]);
        if (offset >= user && offset < user + usable) {
            return OWNER_USER;
        }
        if (offset < user && offset >= user - busy->info.header) {
            return OWNER_HEADER;
        }
    }
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t user = (uint32_t)(busy->hole[i] - busy->region);
        if (offset < user && offset >= user - busy->info.header) {
            return OWNER_HEADER;
        }
    }
    return OWNER_OTHER;
}

/* The checker on the same damage: read-only, repeatable, and right about headers and user's bytes.
 */
static void check_word(struct busy *busy, uint32_t offset, uint32_t value)
{
    uint32_t *const word = (uint32_t *)(void *)(busy->region + offset);
    const enum owner owner = owner_of(busy, offset);
    struct subject_fault first = {.invariant = "sound"};
    struct subject_fault second = first;

    *word = value;
    const bool sound = busy->subject->check(busy->state, &first);
    const bool again = busy->subject->check(busy->state, &second);
    const bool kept = *word == value;
    *word = *(const uint32_t *)(const void *)(busy->saved + offset);
    (void)NOTE(busy->plain, kept && busy_region_same(busy), "check() changed the region",
               first.invariant, offset);
    (void)NOTE(busy->plain,
               sound == again && first.offset == second.offset &&
                   first.invariant == second.invariant,
               "check() said two things of one heap", first.invariant, offset);
    if (owner == OWNER_HEADER) {
        (void)NOTE(busy->plain, !sound, "check() missed a damaged header", "sound", offset);
    } else if (owner == OWNER_USER) {
        (void)NOTE(busy->plain, sound, "check() minds the user's bytes", first.invariant, offset);
    }
}

void plain_sweep(struct plain *plain)
{
    static struct busy busy;

    if (busy_begin(&busy, plain)) {
        for (uint32_t offset = 0; offset < BUSY_BYTES; offset += 4) {
            const uint32_t right = *(const uint32_t *)(const void *)(busy.saved + offset);
            /* An emulated target takes every third value of a word, another third for the next. */
            const uint32_t step = plain->generated ? 1 : 3;
            for (uint32_t n = (offset / 4) % step; n < VALUES; n += step) {
                const uint32_t value = wrong_value(right, n);
                if (value == right) {
                    continue;
                }
                check_word(&busy, offset, value);
                if (CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2) {
                    sweep_word(&busy, offset, value);
                }
            }
        }
    }
    busy_end(&busy);
}
