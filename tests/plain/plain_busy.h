/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLAIN_BUSY_H
#define TESTS_PLAIN_BUSY_H

/*
 * A small region in which every kind of metadata is in use: live blocks, holes that share a bucket,
 * a joined hole, and a rest at the end. Damage tests edit it, call, and put it back.
 *
 *     [block 0][hole 1][block 2][hole 3][block 4][hole 5][block 6][ hole 7+8 ][block 9][ rest ]
 */

#include "plain.h"

#define BUSY_BYTES  512u
#define BUSY_BLOCKS 10u
#define BUSY_STATE  128u

struct busy {
    struct plain *plain;
    const struct subject *subject;
    void *state;
    uint8_t *region;
    struct subject_info info;
    uint8_t *block[BUSY_BLOCKS]; /* NULL: freed */
    uint8_t *hole[3];            /* where blocks 1, 3 and 5 were */
    uint8_t saved_state[BUSY_STATE];
    _Alignas(4) uint8_t saved[BUSY_BYTES];
};

/* Sets the heap up in plain->space, forbids the bytes around the region and fills them. */
bool busy_begin(struct busy *busy, struct plain *plain);
void busy_end(struct busy *busy);

/* What is there now becomes what busy_restore brings back. */
void busy_save(struct busy *busy);
void busy_restore(struct busy *busy);

/* Nothing but the state's own counters changed since busy_save. */
bool busy_region_same(const struct busy *busy);
/* The bytes around the region are as they were filled. */
bool busy_guards_same(const struct busy *busy);

/*
 * The documented layout, for tests that damage it. Sizes are in units, links are unit indices from
 * the region's start; prev and next are there in free chunks only.
 *
 *     small:  [ left 16 | size * 2 + used 16 ][ prev 16 | next 16 ]
 *     big:    [ left 32 | size * 2 + used 32 ][ prev 32 | next 32 ]
 *     metadata: bitmap 32, chunk 0's header, three 32-bit statistics, one head a bucket
 *
 * A chunk is named by the address behind its header, as blocks and holes are.
 */
enum field { FIELD_LEFT, FIELD_TAG, FIELD_PREV, FIELD_NEXT };
size_t busy_width(const struct busy *busy);
uint32_t busy_load(const uint8_t *p, size_t width);
void busy_store(uint8_t *p, size_t width, uint32_t value);
uint32_t busy_get(const struct busy *busy, uint8_t *user, enum field field);
void busy_put(const struct busy *busy, uint8_t *user, enum field field, uint32_t value);

#endif
