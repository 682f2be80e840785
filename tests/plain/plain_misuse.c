/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Misuse at hardening level 1 and above: each is reported through kheap_fault, and a call that
 * reported has had no effect and returns NULL, 0 or nothing.
 */

#include "plain_busy.h"

#include "kheap/sys_heap.h"

/* The ways to hand a pointer in. */
#define HAND_INS 5u
static const void *hand_in(const struct busy *busy, uint32_t way, void *p)
{
    switch (way) {
    case 0:
        busy->subject->free(busy->state, p);
        return NULL;
    case 1:
        return busy->subject->realloc(busy->state, p, 4);
    case 2:
        return busy->subject->realloc(busy->state, p, 100);
    case 3:
        return busy->subject->arealloc(busy->state, p, 64, 100);
    default:
        return busy->subject->usable(busy->state, p) == 0 ? NULL : p;
    }
}

/*
 * Handing p in, whatever the call, is reported once, by this invariant, and changes nothing. "I"
 * stands for any: where one edit breaks several, which is seen first is not promised.
 */
static void refused(struct busy *busy, const char *id, const char *what, void *p)
{
    busy_save(busy);
    for (uint32_t way = 0; way < HAND_INS; way++) {
        const uint32_t before = busy->subject->faults(busy->state);
        kheap_probe_fault = NULL;
        const void *const result = hand_in(busy, way, p);
        (void)NOTE(busy->plain, busy->subject->faults(busy->state) - before == 1, what,
                   "want one report", way);
        (void)NOTE(busy->plain, kheap_probe_fault != NULL && plain_begins(kheap_probe_fault, id),
                   what, kheap_probe_fault != NULL ? kheap_probe_fault : "nothing", way);
        (void)NOTE(busy->plain, result == NULL, what, "want NULL", way);
        (void)NOTE(busy->plain, busy_region_same(busy), what, "want no effect", way);
        busy_restore(busy);
    }
}

static void freed_pointers(struct busy *busy)
{
    refused(busy, "I11 ", "freed, between live neighbours", busy->hole[0]);
    refused(busy, "I11 ", "freed, between live neighbours", busy->hole[1]);
    /* joins the hole on its left */
    busy->subject->free(busy->state, busy->block[2]);
    refused(busy, "I", "freed, joined with both neighbours", busy->block[2]);
    refused(busy, "I11 ", "freed, joined into a left neighbour", busy->hole[1]);
    busy->subject->free(busy->state, busy->block[0]);
    refused(busy, "I11 ", "freed, joined with its right neighbour", busy->block[0]);
    busy->block[0] = NULL;
    busy->block[2] = NULL;
}

/* Pointers this heap never gave out. */
static void foreign_pointers(struct busy *busy)
{
    static uint64_t elsewhere[4];
    uint8_t *const p = busy->block[4];

    refused(busy, "I10 ", "in the middle of a unit", p + 1);
    refused(busy, "I10 ", "in the middle of a unit", p + 4);
    refused(busy, "I10 ", "the region's start", busy->region);
    refused(busy, "I10 ", "in front of the region", busy->region - 8);
    refused(busy, "I10 ", "behind the region", busy->region + BUSY_BYTES);
    refused(busy, "I10 ", "behind the region", busy->region + BUSY_BYTES + 8);
    refused(busy, "I10 ", "another object", elsewhere);
    refused(busy, "I10 ", "the top of memory", (void *)(UINTPTR_MAX - 7)); /* NOLINT */
}

/* Sets a field to `value`, hands in block 4, and puts the field back. */
static void damaged_field(struct busy *busy, const char *id, const char *what, uint8_t *user,
                          enum field field, uint32_t value)
{
    const uint32_t right = busy_get(busy, user, field);

    busy_put(busy, user, field, value);
    refused(busy, id, what, busy->block[4]);
    busy_put(busy, user, field, right);
}

/* Level 1: the used bit, and what both neighbours say of the block's size. */
static void disagreeing_neighbours(struct busy *busy)
{
    uint8_t *const p = busy->block[4];
    const uint32_t tag = busy_get(busy, p, FIELD_TAG);
    const uint32_t units = tag / 2;

    damaged_field(busy, "I11 ", "used bit cleared", p, FIELD_TAG, tag ^ 1);
    damaged_field(busy, "I2 ", "size one less", p, FIELD_TAG, tag - 2);
    damaged_field(busy, "I2 ", "size one more", p, FIELD_TAG, tag + 2);
    damaged_field(busy, "I", "size 0", p, FIELD_TAG, 1);
    damaged_field(busy, "I2 ", "left size one less", p, FIELD_LEFT, units - 1);
    damaged_field(busy, "I2 ", "left size one more", p, FIELD_LEFT, units + 1);
    damaged_field(busy, "I", "left size 0", p, FIELD_LEFT, 0);
    damaged_field(busy, "I2 ", "right neighbour's left size one more", p + units * 8, FIELD_LEFT,
                  units + 1);
    damaged_field(busy, "I2 ", "right neighbour's left size one less", p + units * 8, FIELD_LEFT,
                  units - 1);
    damaged_field(busy, "I2 ", "left neighbour's size one more", busy->hole[1], FIELD_TAG,
                  units * 2 + 2);
    damaged_field(busy, "I2 ", "left neighbour's size one less", busy->hole[1], FIELD_TAG,
                  units * 2 - 2);
}

/* Level 2 bounds a size before it follows it, so that any damage of the header is a report. */
static void damaged_headers(struct busy *busy)
{
    uint8_t *const header = busy->block[4] - busy->info.header;

    for (uint32_t bit = 0; bit < busy->info.header * 8; bit++) {
        header[bit / 8] ^= (uint8_t)(1u << bit % 8);
        refused(busy, "I", "one bit of the block's header", busy->block[4]);
        header[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

void plain_misuse(struct plain *plain)
{
    static struct busy busy;

    if (CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1 && busy_begin(&busy, plain)) {
        foreign_pointers(&busy);
        disagreeing_neighbours(&busy);
        if (CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2) {
            damaged_headers(&busy);
        }
        freed_pointers(&busy);
        (void)CHECK(plain, busy.subject->check(busy.state, &(struct subject_fault){0}), true);
    }
    busy_end(&busy);
}
