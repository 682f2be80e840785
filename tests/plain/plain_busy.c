/* SPDX-License-Identifier: Apache-2.0 */

#include "plain_busy.h"

#include "poison.h"

#define GUARD_BYTE 0xa5u

static void copy(uint8_t *to, const uint8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        to[i] = from[i];
    }
}

void busy_save(struct busy *busy)
{
    copy(busy->saved, busy->region, BUSY_BYTES);
    copy(busy->saved_state, busy->state, busy->subject->state_bytes);
}

void busy_restore(struct busy *busy)
{
    copy(busy->region, busy->saved, BUSY_BYTES);
    copy(busy->state, busy->saved_state, busy->subject->state_bytes);
}

bool busy_region_same(const struct busy *busy)
{
    for (size_t i = 0; i < BUSY_BYTES; i++) {
        if (busy->region[i] != busy->saved[i]) {
            return false;
        }
    }
    return true;
}

POISON_EXEMPT bool busy_guards_same(const struct busy *busy)
{
    for (size_t i = 1; i <= SPACE_GUARD; i++) {
        if (busy->region[-(ptrdiff_t)i] != GUARD_BYTE ||
            busy->region[BUSY_BYTES + i - 1] != GUARD_BYTE) {
            return false;
        }
    }
    return true;
}

static void fill(struct busy *busy)
{
    static const uint8_t holes[] = {1, 3, 5, 7, 8};

    for (uint32_t i = 0; i < BUSY_BLOCKS; i++) {
        /* 20 bytes are 3 units in the small format, 4 in the big one: bucket 3-4 in both */
        busy->block[i] = busy->subject->alloc(busy->state, i == 7 ? 60 : 20);
        for (uint32_t k = 0; k < 20 && busy->block[i] != NULL; k++) {
            busy->block[i][k] = (uint8_t)(0x40 + i);
        }
    }
    for (uint32_t i = 0; i < sizeof(holes); i++) {
        if (i < 3) {
            busy->hole[i] = busy->block[holes[i]];
        }
        busy->subject->free(busy->state, busy->block[holes[i]]);
        busy->block[holes[i]] = NULL;
    }
}

bool busy_begin(struct busy *busy, struct plain *plain)
{
    busy->plain = plain;
    busy->subject = plain->subject;
    busy->state = plain->space->state;
    busy->region = plain->space->arena;
    for (size_t i = 1; i <= SPACE_GUARD; i++) {
        busy->region[-(ptrdiff_t)i] = GUARD_BYTE;
        busy->region[BUSY_BYTES + i - 1] = GUARD_BYTE;
    }
    /* Old contents do not matter; these make a stale read repeatable. */
    for (size_t i = 0; i < BUSY_BYTES; i++) {
        busy->region[i] = 0x11;
    }
    if (!CHECK(plain, busy->subject->state_bytes <= BUSY_STATE, true) ||
        !CHECK(plain, busy->subject->init(busy->state, busy->region, BUSY_BYTES), 0)) {
        return false;
    }
    fill(busy);
    busy->subject->info(busy->state, &busy->info);
    busy_save(busy);
    POISON_FORBID(busy->region - SPACE_GUARD, SPACE_GUARD);
    POISON_FORBID(busy->region + BUSY_BYTES, SPACE_GUARD);
    struct subject_fault fault = {.invariant = "sound"};
    return NOTE(plain, busy->subject->check(busy->state, &fault), "busy heap", fault.invariant,
                fault.offset) &&
           CHECK(plain, busy->block[BUSY_BLOCKS - 1] != NULL, true);
}

void busy_end(struct busy *busy)
{
    POISON_ALLOW(busy->region - SPACE_GUARD, SPACE_GUARD);
    POISON_ALLOW(busy->region + BUSY_BYTES, SPACE_GUARD);
}

uint32_t busy_load(const uint8_t *p, size_t width)
{
    return width == 2 ? *(const uint16_t *)(const void *)p : *(const uint32_t *)(const void *)p;
}

void busy_store(uint8_t *p, size_t width, uint32_t value)
{
    if (width == 2) {
        *(uint16_t *)(void *)p = (uint16_t)value;
    } else {
        *(uint32_t *)(void *)p = value;
    }
}

size_t busy_width(const struct busy *busy)
{
    return busy->info.header / 2;
}

static uint8_t *field_at(const struct busy *busy, uint8_t *user, enum field field)
{
    return user - busy->info.header + (size_t)field * busy_width(busy);
}

uint32_t busy_get(const struct busy *busy, uint8_t *user, enum field field)
{
    return busy_load(field_at(busy, user, field), busy_width(busy));
}

void busy_put(const struct busy *busy, uint8_t *user, enum field field, uint32_t value)
{
    busy_store(field_at(busy, user, field), busy_width(busy), value);
}
