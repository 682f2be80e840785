/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each invariant of ARCHITECTURE.md is broken on purpose in a busy heap, by one edit of the
 * documented layout, and check() must name that invariant, say so twice, and leave the heap as it
 * is.
 */

#include "plain_busy.h"

#include "kheap/sys_heap.h"

static uint32_t index_of(const struct busy *busy, const uint8_t *user)
{
    return (uint32_t)(user - 8 - busy->region) / 8; /* user bytes are 8-aligned in both formats */
}

static uint8_t *user_of(const struct busy *busy, uint32_t index)
{
    return busy->region + 8 + (size_t)index * 8;
}

static uint8_t *head_at(const struct busy *busy, uint32_t bucket)
{
    return busy->region + (busy->info.heads - busy->region) + bucket * busy_width(busy);
}

static uint8_t *end_marker(const struct busy *busy)
{
    return busy->region + (busy->info.first - busy->region) + busy->info.header +
           (size_t)busy->info.units * 8;
}

#define HOLES_BUCKET       2u /* holes of 20 bytes have 3 or 4 units */
#define BITMAP(busy)       ((busy)->region)
#define BUCKET_BIT(bucket) (0x80000000u >> (bucket)) /* so that the lowest list is found first */

static void size_zero(struct busy *busy)
{
    busy_put(busy, busy->block[4], FIELD_TAG, 1);
}

static void size_past_the_end(struct busy *busy)
{
    busy_put(busy, busy->block[9], FIELD_TAG, 2 * 100 + 1);
}

static void left_one_more(struct busy *busy)
{
    busy_put(busy, busy->block[4], FIELD_LEFT, busy_get(busy, busy->block[4], FIELD_LEFT) + 1);
}

static void left_of_a_hole(struct busy *busy)
{
    busy_put(busy, busy->hole[1], FIELD_LEFT, busy_get(busy, busy->hole[1], FIELD_LEFT) - 1);
}

static void end_marker_free(struct busy *busy)
{
    uint8_t *const end = end_marker(busy);

    busy_put(busy, end, FIELD_TAG, busy_get(busy, end, FIELD_TAG) ^ 1);
}

static void chunk_0_free(struct busy *busy)
{
    uint8_t *const tag = busy->region + 4 + (busy->info.header == 4 ? 2 : 0);

    busy_store(tag, busy_width(busy), busy_load(tag, busy_width(busy)) ^ 1);
}

static void end_marker_long(struct busy *busy)
{
    busy_put(busy, end_marker(busy), FIELD_TAG, 2 * 1 + 1);
}

static void first_chunk_elsewhere(struct busy *busy)
{
    uint8_t *const tag = busy->region + 4 + (busy->info.header == 4 ? 2 : 0);

    busy_store(tag, busy_width(busy), busy_load(tag, busy_width(busy)) + 2);
}

static void left_of_the_first(struct busy *busy)
{
    busy_put(busy, busy->block[0], FIELD_LEFT, busy_get(busy, busy->block[0], FIELD_LEFT) + 1);
}

static void two_free_neighbours(struct busy *busy)
{
    busy_put(busy, busy->block[2], FIELD_TAG, busy_get(busy, busy->block[2], FIELD_TAG) ^ 1);
}

static void next_outside(struct busy *busy)
{
    busy_put(busy, busy->hole[0], FIELD_NEXT, busy->info.units + 50);
}

static void next_is_a_block(struct busy *busy)
{
    busy_put(busy, busy->hole[0], FIELD_NEXT, index_of(busy, busy->block[4]));
}

static void next_is_itself(struct busy *busy)
{
    busy_put(busy, busy->hole[0], FIELD_NEXT, index_of(busy, busy->hole[0]));
}

static void prev_zero(struct busy *busy)
{
    busy_put(busy, busy->hole[2], FIELD_PREV, 0);
}

/* The head of the holes' list names the joined hole, which is larger. */
static void head_of_another_bucket(struct busy *busy)
{
    const uint32_t joined =
        index_of(busy, busy->block[6]) + busy_get(busy, busy->block[6], FIELD_TAG) / 2;

    busy_store(head_at(busy, HOLES_BUCKET), busy_width(busy), joined);
}

static void head_is_a_block(struct busy *busy)
{
    busy_store(head_at(busy, HOLES_BUCKET), busy_width(busy), index_of(busy, busy->block[4]));
}

/* Takes hole 1 out of its list as an allocation would, but leaves it free, linked to itself. */
static void free_but_unlisted(struct busy *busy)
{
    uint8_t *const hole = busy->hole[1];
    const uint32_t prev = busy_get(busy, hole, FIELD_PREV);
    const uint32_t next = busy_get(busy, hole, FIELD_NEXT);

    busy_put(busy, user_of(busy, prev), FIELD_NEXT, next);
    busy_put(busy, user_of(busy, next), FIELD_PREV, prev);
    busy_store(head_at(busy, HOLES_BUCKET), busy_width(busy), next);
    busy_put(busy, hole, FIELD_PREV, index_of(busy, hole));
    busy_put(busy, hole, FIELD_NEXT, index_of(busy, hole));
}

static void bit_cleared(struct busy *busy)
{
    busy_store(BITMAP(busy), 4, busy_load(BITMAP(busy), 4) & ~BUCKET_BIT(HOLES_BUCKET));
}

static void bit_of_an_empty_list(struct busy *busy)
{
    busy_store(BITMAP(busy), 4, busy_load(BITMAP(busy), 4) | BUCKET_BIT(0));
}

static void head_of_an_empty_list(struct busy *busy)
{
    busy_store(head_at(busy, 0), busy_width(busy), index_of(busy, busy->hole[0]));
}

static void bit_beyond_the_heads(struct busy *busy)
{
    busy_store(BITMAP(busy), 4, busy_load(BITMAP(busy), 4) | BUCKET_BIT(31));
}

#if CONFIG_SYS_HEAP_RUNTIME_STATS
static void first_statistic(struct busy *busy)
{
    busy_store(busy->region + 8, 4, busy_load(busy->region + 8, 4) + 1);
}

static void second_statistic(struct busy *busy)
{
    busy_store(busy->region + 12, 4, busy_load(busy->region + 12, 4) - 1);
}

static void third_statistic(struct busy *busy)
{
    busy_store(busy->region + 16, 4, 0);
}
#endif

struct edit {
    const char *id;   /* of the invariant, in front of its sentence */
    const char *name; /* what is done */
    void (*apply)(struct busy *busy);
};

static const struct edit edits[] = {
    {"I1 ", "a chunk of no units", size_zero},
    {"I1 ", "a chunk that passes the end", size_past_the_end},
    {"I2 ", "left size one more", left_one_more},
    {"I2 ", "left size of a hole one less", left_of_a_hole},
    {"I3 ", "the end marker is free", end_marker_free},
    {"I3 ", "chunk 0 is free", chunk_0_free},
    {"I3 ", "the end marker has a size", end_marker_long},
    {"I3 ", "chunk 0 ends elsewhere", first_chunk_elsewhere},
    {"I2 ", "left size of the first chunk", left_of_the_first},
    {"I4 ", "two free neighbours", two_free_neighbours},
    {"I5 ", "next lies outside", next_outside},
    {"I5 ", "next is a block", next_is_a_block},
    {"I5 ", "next is the chunk itself", next_is_itself},
    {"I5 ", "prev is nothing", prev_zero},
    {"I6 ", "head of another bucket", head_of_another_bucket},
    {"I6 ", "head is a block", head_is_a_block},
    {"I7 ", "a free chunk on no list", free_but_unlisted},
    {"I8 ", "bit cleared, list not empty", bit_cleared},
    {"I8 ", "bit set, list empty", bit_of_an_empty_list},
    {"I8 ", "bit cleared, head not 0", head_of_an_empty_list},
    {"I8 ", "bit beyond the heads", bit_beyond_the_heads},
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    {"I9 ", "first statistic", first_statistic},
    {"I9 ", "second statistic", second_statistic},
    {"I9 ", "third statistic", third_statistic},
#endif
};

static void one_edit(struct busy *busy, const struct edit *edit)
{
    struct subject_fault fault = {.invariant = "sound"};
    struct subject_fault again = {.invariant = "sound"};
    uint8_t *const saved_region = busy->plain->space->snapshot;

    edit->apply(busy);
    for (uint32_t i = 0; i < BUSY_BYTES; i++) {
        saved_region[i] = busy->region[i];
    }
    const bool sound = busy->subject->check(busy->state, &fault);
    (void)NOTE(busy->plain, !sound && plain_begins(fault.invariant, edit->id), edit->name,
               fault.invariant, fault.offset);
    (void)NOTE(busy->plain, fault.offset < BUSY_BYTES, edit->name, "offset outside", fault.offset);
    (void)NOTE(busy->plain,
               busy->subject->check(busy->state, &again) == sound &&
                   again.invariant == fault.invariant && again.offset == fault.offset,
               edit->name, "said something else the second time", again.offset);
    bool same = true;
    for (uint32_t i = 0; i < BUSY_BYTES; i++) {
        same &= saved_region[i] == busy->region[i];
    }
    (void)NOTE(busy->plain, same, edit->name, "check() changed the region", 0);
    busy_restore(busy);
    (void)NOTE(busy->plain, busy->subject->check(busy->state, &fault), edit->name,
               "put back, and still said to be damaged", fault.offset);
}

/* The layout that the edits rely on is the one there is. */
static bool layout_as_documented(struct busy *busy)
{
    struct plain *const plain = busy->plain;
    uint32_t units =
        (uint32_t)(busy->subject->usable(busy->state, busy->block[0]) + busy->info.header) / 8;

    const uint32_t failed = plain->failed;
    (void)CHECK(plain, busy_get(busy, busy->block[0], FIELD_TAG), units * 2 + 1);
    (void)CHECK(plain, busy_get(busy, busy->hole[0], FIELD_LEFT), units);
    (void)CHECK(plain, busy_get(busy, busy->hole[0], FIELD_TAG), units * 2);
    (void)CHECK(plain, busy_get(busy, end_marker(busy), FIELD_TAG) & 1, 1);
    (void)CHECK(plain, (busy_load(BITMAP(busy), 4) & BUCKET_BIT(HOLES_BUCKET)) != 0, 1);
    return plain->failed == failed;
}

void plain_damage(struct plain *plain)
{
    static struct busy busy;

    if (busy_begin(&busy, plain) && layout_as_documented(&busy)) {
        for (uint32_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
            one_edit(&busy, &edits[i]);
        }
    }
    busy_end(&busy);
}
