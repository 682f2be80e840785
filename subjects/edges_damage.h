/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_DAMAGE_H
#define SUBJECTS_EDGES_DAMAGE_H

/*
 * Items: a heap that was never there, the stress test's arguments, and what the checker and the
 * printer say of damage that takes several words at once, such as a list that leads through a
 * forged chunk. Fields are poked where ARCHITECTURE.md says they lie, in both formats.
 */

#include "edges.h"
#include "kheap_ask.h"

#define EDGE_REGION 512u

static struct sys_heap edge_damaged;
static bool edge_small;     /* the format of edge_damaged */
static uint32_t edge_first; /* unit of its first chunk */

static inline void edge_damage_begin(void)
{
    struct sys_heap_layout layout = {.header = 0};

    memset(edge_memory, 0, EDGE_REGION);
    edge_is("init()", sys_heap_init(&edge_damaged, edge_memory, EDGE_REGION), 0);
    (void)sys_heap_layout_get(&edge_damaged, &layout);
    edge_small = layout.header == 4;
    edge_first = edge_damaged.first;
}

/* A block of so many units. */
static inline unsigned char *edge_units(uint32_t units)
{
    return sys_heap_alloc(&edge_damaged, units * 8u - (edge_small ? 4u : 8u));
}

static inline uint32_t edge_unit_of(const unsigned char *user)
{
    return (uint32_t)(user - edge_memory) / 8u - 1u;
}

static inline void edge_poke(size_t offset, size_t bytes, uint32_t value)
{
    const uint16_t half = (uint16_t)value;

    if (bytes == 2) {
        memcpy(edge_memory + offset, &half, 2);
    } else {
        memcpy(edge_memory + offset, &value, 4);
    }
}

/* Field 0 and 1: left and size2used; 2 and 3: prev and next. */
static inline void edge_poke_field(uint32_t unit, uint32_t field, uint32_t value)
{
    const size_t at = (size_t)unit * 8u;

    if (edge_small) {
        edge_poke(at + 4u + field * 2u, 2, value);
    } else {
        edge_poke(at + field * 4u, 4, value);
    }
}

static inline uint32_t edge_field(uint32_t unit, uint32_t field)
{
    const unsigned char *const at = edge_memory + (size_t)unit * 8u;
    uint16_t half;
    uint32_t whole;

    memcpy(&half, at + 4u + field * 2u, 2);
    memcpy(&whole, at + field * 4u, 4);
    return edge_small ? half : whole;
}

static inline void edge_poke_links(uint32_t unit, uint32_t prev, uint32_t next)
{
    edge_poke_field(unit, 2, prev);
    edge_poke_field(unit, 3, next);
}

/* A free chunk of so many units where none is. */
static inline void edge_forge(uint32_t unit, uint32_t units, uint32_t prev, uint32_t next)
{
    edge_poke_field(unit, 1, units * 2u);
    edge_poke_links(unit, prev, next);
}

static inline void edge_poke_head(uint32_t bucket, uint32_t unit)
{
    const size_t bytes = edge_small ? 2 : 4;

    edge_poke(KHEAP_HEADS_OFFSET + bucket * bytes, bytes, unit);
}

/* The offset of the header of the chunk at a unit. */
static inline size_t edge_offset(uint32_t unit)
{
    return (size_t)unit * 8u + (edge_small ? 4u : 0u);
}

/* How far a word has been found in what is printed. */
struct edge_search {
    const char *word;
    size_t at, found;
};

static void edge_printed(void *context, const char *text)
{
    struct edge_search *const search = context;

    for (; *text != '\0'; text++) {
        search->at = search->word[search->at] == *text ? search->at + 1 : 0;
        if (search->word[search->at] == '\0') {
            search->found++;
            search->at = 0;
        }
    }
}

/* Each bucket's walk ends where the damage is, and so does that over the chunks. */
static inline void edge_prints_damage(const char *what)
{
    struct edge_search search = {.word = "damaged"};

    ask_print(&edge_damaged, false, edge_printed, &search);
    edge_is(what, (int64_t)search.found, edge_damaged.buckets);
    ask_print(&edge_damaged, true, edge_printed, &search);
    edge_is(what, (int64_t)search.found, edge_damaged.buckets * 2 + 1);
}

#define EDGE_NOWHERE UINT32_MAX

/* The unit of the chunk that is to blame, or EDGE_NOWHERE. */
static inline void edge_unsound(const char *what, const char *invariant, uint32_t unit)
{
    struct kheap_fault fault = {.invariant = "none"};

    edge_is(what, sys_heap_validate(&edge_damaged), 0);
    edge_is(what, sys_heap_check(&edge_damaged, &fault), 0);
    edge_begins(fault.invariant, invariant);
    edge_is(what, (int64_t)fault.offset, unit == EDGE_NOWHERE ? 0 : (int64_t)edge_offset(unit));
}

/* Chunks of 3, 8, 3 and 1 units, of which the first and the third are then free. */
static inline void edge_holes(uint32_t *low, uint32_t *between, uint32_t *high)
{
    edge_damage_begin();
    unsigned char *const a = edge_units(3);
    unsigned char *const b = edge_units(8);
    unsigned char *const c = edge_units(3);
    unsigned char *const d = edge_units(2);

    edge_block("a block behind the holes", d);
    sys_heap_free(&edge_damaged, a);
    sys_heap_free(&edge_damaged, c);
    *low = edge_unit_of(a);
    *between = edge_unit_of(b);
    *high = edge_unit_of(c);
}

/* Neither the checker nor the printer goes on where a chunk cannot be: there they would not end. */
static inline void edge_damage_sizes(void)
{
    uint32_t low, between, high;

    edge_holes(&low, &between, &high);
    edge_poke_field(between, 1, 1);
    edge_unsound("a used chunk of no units", "I1", between);
    edge_prints_damage("print_info() of a used chunk of no units");
    if (!edge_small) {
        edge_poke_field(between, 1, 1 * 2 + 1);
        edge_unsound("a used chunk of one unit", "I1", between);
    }
}

static inline void edge_damage_words(void)
{
    edge_damage_begin();
    edge_poke(0, 4, 0);
    edge_unsound("a cleared bitmap", "I8", edge_first);
    edge_damage_begin();
    edge_poke_field(edge_damaged.end, 1, 3);
    edge_unsound("an end marker of one unit", "I3", edge_damaged.end);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    edge_damage_begin();
    edge_poke(12, 4, 1);
    edge_unsound("a count of free bytes", "I9", EDGE_NOWHERE);
    edge_damage_begin();
    edge_block("a block", edge_units(2));
    edge_poke(16, 4, 0);
    edge_unsound("a maximum below what is allocated", "I9", EDGE_NOWHERE);
#endif
}

/* Twice the units of block and padding together do not fit 32 bits. */
static inline void edge_padding_wraps(void)
{
#if SIZE_MAX > 0xffffffffu
    edge_damage_begin();
    for (size_t align = 16; align <= (size_t)1 << 33; align *= 2) {
        for (size_t bytes = ((size_t)1 << 34) - 16; bytes > 1u << 20; bytes /= 2) {
            edge_null("more than there can be",
                      sys_heap_aligned_alloc(&edge_damaged, align, bytes));
        }
        /* units + align / 8 - 1 = 2^31 + 2 */
        const size_t wraps = (((size_t)1 << 31) + 3 - align / 8) * 8 - 8;
        edge_null("padding that wraps", sys_heap_aligned_alloc(&edge_damaged, align, wraps));
    }
    edge_is("nothing happened", sys_heap_check(&edge_damaged, NULL), 1);
#endif
}

/* Both walks must see the same chunks: as many, of the same sum, and the same ones. */
static inline void edge_damage_lists(void)
{
    uint32_t low, between, high;

    edge_holes(&low, &between, &high);
    edge_forge(between + 1, 3, high, low);
    edge_poke_links(low, between + 1, high);
    edge_poke_links(high, low, between + 1);
    edge_unsound("a list with a forged chunk more", "I7", between + 1);
    edge_holes(&low, &between, &high);
    edge_forge(between + 1, 3, low, low);
    edge_poke_links(low, between + 1, between + 1);
    edge_poke_links(high, high, high);
    edge_poke_head(2, low);
    edge_unsound("a list with a forged chunk for another", "I7", EDGE_NOWHERE);
    if (edge_small) {
        /* A list that is sound, looked through last: it is not to blame for those before. */
        unsigned char *const single = edge_units(1);
        edge_block("a block behind a single unit", edge_units(2));
        sys_heap_free(&edge_damaged, single);
        edge_unsound("a list with a forged chunk for another, and one more", "I7", EDGE_NOWHERE);
    }
    edge_holes(&low, &between, &high);
    edge_forge(low + 4, 3, high - 4, high - 4);
    edge_forge(high - 4, 3, low + 4, low + 4);
    edge_poke_links(low, high, high);
    edge_poke_links(high, low, low);
    edge_poke_head(2, low + 4);
    edge_unsound("a list of two forged chunks of the same sum", "I7", EDGE_NOWHERE);
}

static inline void edge_record(const char *what, const char *invariant, size_t offset)
{
    struct kheap_fault fault = {.offset = 1, .address = &fault};

    edge_is(what, sys_heap_check(&edge_damaged, &fault), 0);
    edge_begins(fault.invariant, invariant);
    edge_is(what, (int64_t)fault.offset, (int64_t)offset);
    edge_null(what, fault.address);
    edge_is(what, fault.kind == KHEAP_FAULT_DAMAGED && fault.heap == &edge_damaged, 1);
}

/* One chunk more on the list than there is: the last of them is where it shows. */
static inline void edge_damage_one_more(void)
{
    uint32_t low, between, high;

    edge_holes(&low, &between, &high);
    edge_forge(between + 1, 3, low, high);
    edge_poke_links(low, high, between + 1);
    edge_poke_links(high, between + 1, low);
    edge_record("a list with a forged chunk more", "I7", edge_offset(high));
}

/* The offset of the header of the chunk at a unit, from the start of a region of 5 bytes more. */
static inline size_t edge_skewed(uint32_t unit)
{
    return edge_offset(unit) + 5u;
}

/* A region that starts 5 bytes in front of the memory that items poke into. */
static inline void edge_skew(void)
{
    static _Alignas(8) unsigned char memory[EDGE_REGION + 8];
    struct sys_heap_layout layout = {.header = 0};

    memset(memory, 0, sizeof memory);
    edge_is("init()", sys_heap_init(&edge_damaged, memory + 3, EDGE_REGION), 0);
    edge_is("layout_get()", sys_heap_layout_get(&edge_damaged, &layout), 0);
    edge_small = layout.header == 4;
    edge_first = edge_damaged.first;
}

/* What check() says of the chunk to blame; the memory is the heap's own, as init rounded it. */
static inline void edge_damage_records(void)
{
    edge_skew();
    unsigned char *const base = edge_damaged.heap;
    unsigned char *const a = edge_units(3);
    unsigned char *const b = edge_units(3);
    const uint32_t unit_b = (uint32_t)(b - base) / 8u - 1u;
    unsigned char *const of_b = base + (size_t)unit_b * 8u + (edge_small ? 4u : 0u);
    unsigned char *const of_none = base + (edge_small ? 6u : 4u);
    unsigned char *const of_end = base + (size_t)edge_damaged.end * 8u + (edge_small ? 6u : 4u);

    edge_block("a block", a);
    of_b[0] ^= 1;
    edge_record("a wrong left", "I2", edge_skewed(unit_b));
    of_b[0] ^= 1;
    of_none[0] ^= 2;
    edge_record("a wrong chunk 0", "I3", edge_skewed(0));
    of_none[0] ^= 2;
    of_end[0] ^= 2;
    edge_record("a wrong end", "I3", edge_skewed(edge_damaged.end));
    of_end[0] ^= 2;
    base[0] ^= 1;
    edge_record("a bit of no bucket", "I8", 0);
    base[0] ^= 1;
    edge_is("nothing is wrong", sys_heap_check(&edge_damaged, NULL), 1);
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL == 0
/* Without any check a heap that is none still refuses every call. */
static inline void edge_no_heap(void)
{
    memset(&edge_damaged, 0, sizeof edge_damaged);
    sys_heap_free(&edge_damaged, edge_memory);
    edge_null("realloc() of no heap", sys_heap_realloc(&edge_damaged, edge_memory, 8));
    edge_is("usable_size() of no heap", (int64_t)sys_heap_usable_size(&edge_damaged, edge_memory),
            0);
    edge_damage_begin();
    unsigned char *const p = edge_units(2);
    edge_is("realloc() of a block", sys_heap_realloc(&edge_damaged, p, 4) == p, 1);
}
#endif

static void *edge_stress_refuses(void *arg, size_t bytes)
{
    size_t *const largest = arg;

    *largest = bytes > *largest ? bytes : *largest;
    return NULL;
}

static void edge_stress_frees(void *arg, void *p)
{
    (void)arg;
    edge_null("what the stress test frees", p);
}

static inline void edge_stress_ends(void)
{
    struct z_heap_stress_result result = {.total_allocs = 1};
    size_t largest = 0;

    sys_heap_stress(edge_stress_refuses, edge_stress_frees, &largest, SIZE_MAX, 100, NULL, 64, 50,
                    &result);
    edge_is("stress without memory", result.total_allocs, 0);
    sys_heap_stress(edge_stress_refuses, edge_stress_frees, &largest, SIZE_MAX, 1000, edge_memory,
                    EDGE_BYTES, 50, &result);
    edge_is("stress of all there is", result.total_allocs, 1000);
    edge_is("its largest size", largest > 0 && largest < (size_t)1 << 24, 1);
}

#endif
