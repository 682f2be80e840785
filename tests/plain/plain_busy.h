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

#endif
