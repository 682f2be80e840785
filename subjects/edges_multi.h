/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_MULTI_H
#define SUBJECTS_EDGES_MULTI_H

/* Items: multi_heap and shared_multi_heap. */

#include "edges.h"

#include "kheap/multi_heap.h"
#include "kheap/shared_multi_heap.h"

#define EDGE_PART 128u

static struct sys_multi_heap edge_multi;
static struct sys_heap edge_parts[EDGE_BYTES / EDGE_PART];
static _Alignas(8) unsigned char edge_more[EDGE_PART];

/* The heap that cfg points to; and frees before what it was told to. */
static size_t edge_asked, edge_asked_align; /* calls of the choice, and the last one's alignment */
static void *edge_given_up;                 /* freed by the choice: its caller is moving it */
static void *edge_choose(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t bytes)
{
    (void)mheap;
    edge_asked++;
    edge_asked_align = align;
    if (edge_given_up != NULL) {
        sys_heap_free(&edge_parts[0], edge_given_up);
    }
    return sys_heap_aligned_alloc(cfg, align, bytes);
}

static inline void edge_part_init(unsigned i, size_t bytes)
{
    edge_is("init() of a part", sys_heap_init(&edge_parts[i], edge_memory + i * EDGE_PART, bytes),
            0);
}

/* The heaps 2, 1 and 0, added in this order. */
static inline void edge_multi_init(void)
{
    edge_given_up = NULL;
    sys_multi_heap_init(&edge_multi, edge_choose);
    for (unsigned i = 3; i-- > 0;) {
        edge_part_init(i, EDGE_PART);
        edge_is("add_heap()", sys_multi_heap_add_heap(&edge_multi, &edge_parts[i], &edge_parts[i]),
                0);
    }
}

static inline void edge_multi_adds(void)
{
    struct sys_heap other = {.heap = NULL};

    edge_multi_init();
    edge_is("add_heap(NULL)", sys_multi_heap_add_heap(NULL, &edge_parts[0], NULL), -EINVAL);
    edge_is("add_heap() of NULL", sys_multi_heap_add_heap(&edge_multi, NULL, NULL), -EINVAL);
    edge_is("add_heap() of no heap", sys_multi_heap_add_heap(&edge_multi, &other, NULL), -EINVAL);
    edge_is("add_heap() again", sys_multi_heap_add_heap(&edge_multi, &edge_parts[1], NULL),
            -EEXIST);
    other = edge_parts[1];
    edge_is("add_heap() of the same bytes", sys_multi_heap_add_heap(&edge_multi, &other, NULL),
            -EINVAL);
    for (unsigned i = 3; i < EDGE_BYTES / EDGE_PART; i++) {
        edge_part_init(i, EDGE_PART);
        edge_is("add_heap() while there is room",
                sys_multi_heap_add_heap(&edge_multi, &edge_parts[i], NULL),
                i < MAX_MULTI_HEAPS ? 0 : -ENOMEM);
    }
    edge_is("init() of one more", sys_heap_init(&other, edge_more, sizeof edge_more), 0);
    edge_is("add_heap() without room", sys_multi_heap_add_heap(&edge_multi, &other, NULL), -ENOMEM);
}

static inline void edge_multi_owners(void)
{
    edge_multi_init();
    const struct sys_multi_heap_rec *const last =
        sys_multi_heap_get_heap(&edge_multi, edge_memory + 2 * EDGE_PART + 64);

    edge_block("get_heap() of an address in the last heap", last);
    edge_is("its heap", last != NULL && last->heap == &edge_parts[2], 1);
    edge_is("get_heap() of a heap's first byte",
            sys_multi_heap_get_heap(&edge_multi, edge_at(2 * EDGE_PART)) == last, 1);
    edge_is("get_heap() of a heap's last byte",
            sys_multi_heap_get_heap(&edge_multi, edge_at(3 * EDGE_PART - 1)) == last, 1);
    edge_null("get_heap(NULL)", sys_multi_heap_get_heap(&edge_multi, NULL));
    edge_null("get_heap() behind all",
              sys_multi_heap_get_heap(&edge_multi, edge_at(3 * EDGE_PART)));
    edge_null("get_heap() in front of all", sys_multi_heap_get_heap(&edge_multi, edge_at(-1)));
    sys_multi_heap_free(&edge_multi, NULL);
    sys_multi_heap_free(&edge_multi, edge_at(3 * EDGE_PART));
    edge_fault("free() of an address that is nobody's", KHEAP_FAULT_BAD_POINTER);
    edge_null("realloc() of an address that is nobody's",
              sys_multi_heap_realloc(&edge_multi, &edge_parts[0], edge_at(-8), 8));
    edge_fault("realloc() of an address that is nobody's", KHEAP_FAULT_BAD_POINTER);
}

static inline void edge_multi_calls(void)
{
    struct sys_heap *const from = &edge_parts[0];

    edge_multi_init();
    edge_asked = 0;
    edge_null("alloc(0)", sys_multi_heap_alloc(&edge_multi, from, 0));
    edge_is("choices for alloc(0)", (int64_t)edge_asked, 0);
    void *const one = sys_multi_heap_alloc(&edge_multi, from, 1);
    edge_block("alloc(1)", one);
    edge_is("the alignment of alloc(1)", (int64_t)edge_asked_align, 0);
    sys_multi_heap_free(&edge_multi, one);
    void *const odd = sys_multi_heap_aligned_alloc(&edge_multi, from, 1, 8);
    edge_block("aligned_alloc(1, 8)", odd);
    sys_multi_heap_free(&edge_multi, odd);
    edge_null("aligned_alloc(3)", sys_multi_heap_aligned_alloc(&edge_multi, from, 3, 8));
    edge_null("aligned_realloc(3)", sys_multi_heap_aligned_realloc(&edge_multi, from, NULL, 3, 8));
    void *p = sys_multi_heap_realloc(&edge_multi, from, NULL, 8);
    edge_block("realloc(NULL)", p);
    p = sys_multi_heap_realloc(&edge_multi, from, p, 24);
    edge_block("realloc() in place", p);
    edge_null("realloc() to 0", sys_multi_heap_realloc(&edge_multi, from, p, 0));
    p = sys_multi_heap_alloc(&edge_multi, from, 8);
    edge_part_init(2, EDGE_PART);
    p = sys_multi_heap_realloc(&edge_multi, &edge_parts[2], p, 100);
    edge_null("realloc() to more than any heap has", p);
    edge_multi.choice = NULL;
    edge_null("alloc() without a choice", sys_multi_heap_alloc(&edge_multi, from, 8));
}

/* A move to fewer bytes copies no more than these. */
static inline void edge_multi_shrinks(void)
{
    edge_multi_init();
    unsigned char *p = sys_multi_heap_alloc(&edge_multi, &edge_parts[0], 40);

    edge_block("alloc(40)", p);
    memset(p, 0x22, 40);
    p = sys_multi_heap_aligned_realloc(&edge_multi, &edge_parts[1], p, 64, 8);
    edge_is("a move to 8 bytes", p != NULL && p[0] == 0x22 && p[7] == 0x22, 1);
    edge_is("what lies behind it", sys_heap_validate(&edge_parts[1]), 1);
}

/* From a heap of a few bytes into a larger one: all of the old block is copied. */
static inline void edge_multi_moves(void)
{
    sys_multi_heap_init(&edge_multi, edge_choose);
    edge_given_up = NULL;
    edge_part_init(0, SYS_HEAP_REGION_SIZE_FOR(8));
    edge_part_init(1, EDGE_PART);
    edge_is("add_heap()", sys_multi_heap_add_heap(&edge_multi, &edge_parts[0], NULL), 0);
    edge_is("add_heap()", sys_multi_heap_add_heap(&edge_multi, &edge_parts[1], NULL), 0);
    unsigned char *p = sys_multi_heap_alloc(&edge_multi, &edge_parts[0], 8);
    edge_block("alloc() in the small heap", p);
    memset(p, 0x11, 8);
    p = sys_multi_heap_realloc(&edge_multi, &edge_parts[1], p, 40);
    edge_is("realloc() into the large heap", p != NULL && p[0] == 0x11 && p[7] == 0x11, 1);
    void *const q = sys_multi_heap_alloc(&edge_multi, &edge_parts[1], 8);
    p = sys_multi_heap_aligned_realloc(&edge_multi, &edge_parts[0], p, 1024, 8);
    edge_null("realloc() to where nothing fits", p);
    sys_multi_heap_free(&edge_multi, q);
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
static inline void edge_multi_misuse(void)
{
    struct sys_heap *const from = &edge_parts[0];

    edge_multi_init();
    void *const p = sys_multi_heap_alloc(&edge_multi, from, 8);
    sys_multi_heap_free(&edge_multi, p);
    sys_multi_heap_free(&edge_multi, p);
    edge_fault("free() twice", KHEAP_FAULT_NOT_USED);
    edge_null("realloc() of a freed block", sys_multi_heap_realloc(&edge_multi, from, p, 16));
    edge_fault("realloc() of a freed block", KHEAP_FAULT_NOT_USED);
    edge_null("realloc() of a freed block to what its heap never had",
              sys_multi_heap_realloc(&edge_multi, from, p, 1000));
    edge_fault("realloc() of a freed block to a lot", KHEAP_FAULT_NOT_USED);
    void *const moving = sys_multi_heap_alloc(&edge_multi, from, 24);
    void *const behind = sys_multi_heap_alloc(&edge_multi, from, 8);
    edge_block("a block behind the one that moves", behind);
    const size_t room = sys_heap_largest_free(&edge_parts[1]);
    edge_given_up = moving;
    edge_null("realloc() of a block that the choice frees",
              sys_multi_heap_realloc(&edge_multi, &edge_parts[1], moving, 40));
    edge_fault("a block that the choice frees", KHEAP_FAULT_NOT_USED);
    edge_given_up = NULL;
    edge_is("the new block is given back", sys_heap_largest_free(&edge_parts[1]) == room, 1);
}
#endif

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
/* A write into a freed neighbour's links is noticed before anything is taken for the move. */
static inline void edge_multi_damage(void)
{
    struct sys_heap *const from = &edge_parts[0];

    edge_multi_init();
    unsigned char *const left = sys_multi_heap_alloc(&edge_multi, from, 8);
    unsigned char *const p = sys_multi_heap_alloc(&edge_multi, from, 8);
    void *const behind = sys_multi_heap_alloc(&edge_multi, from, 8);
    uint32_t links;

    edge_block("a block behind the one that moves", behind);
    sys_multi_heap_free(&edge_multi, left);
    memcpy(&links, left, sizeof links);
    memset(left, 0xff, sizeof links);
    edge_null("realloc() beside damage",
              sys_multi_heap_realloc(&edge_multi, &edge_parts[1], p, 40));
    edge_fault("damage beside the block", KHEAP_FAULT_DAMAGED);
    memcpy(left, &links, sizeof links);
    edge_is("the heap moved to is as it was", sys_heap_validate(&edge_parts[1]), 1);
}
#endif

/* realloc's alignment of 0 arrives at the choice as it is. */
static inline void edge_multi_realloc_asks(void)
{
    edge_multi_init();
    edge_asked_align = 99;
    void *const p = sys_multi_heap_realloc(&edge_multi, &edge_parts[0], NULL, 8);
    edge_block("realloc(NULL)", p);
    edge_is("the alignment of realloc(NULL)", (int64_t)edge_asked_align, 0);
    sys_multi_heap_free(&edge_multi, p);
}

static inline int edge_region(enum shared_multi_heap_attr attr, uintptr_t addr, size_t size)
{
    struct shared_multi_heap_region region = {.attr = attr, .addr = addr, .size = size};

    return shared_multi_heap_add(&region, NULL);
}

/* The pool is the program's one: what is in it stays, and a second call finds it so. */
static _Alignas(8) unsigned char edge_shared[MAX_MULTI_HEAPS][EDGE_PART];

static inline void edge_shared_fill(void)
{
    static bool filled;
    const uintptr_t first = (uintptr_t)edge_shared[0];

    if (filled) {
        edge_is("pool_init() again", shared_multi_heap_pool_init(), -EALREADY);
        return;
    }
    filled = true;
    edge_is("add() before pool_init()", edge_region(SMH_REG_ATTR_CACHEABLE, first, EDGE_PART),
            -EINVAL);
    edge_null("alloc() before pool_init()", shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 8));
    edge_is("pool_init()", shared_multi_heap_pool_init(), 0);
    edge_null("alloc() of an empty pool", shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 8));
    edge_is("add() of too little", edge_region(SMH_REG_ATTR_CACHEABLE, first, 8), -EINVAL);
    /* Downwards: what is added ends where a region begins. */
    for (unsigned i = MAX_MULTI_HEAPS; i-- > 0;) {
        edge_is("add()",
                edge_region(i < 2 ? SMH_REG_ATTR_CACHEABLE : SMH_REG_ATTR_NON_CACHEABLE,
                            (uintptr_t)edge_shared[i], EDGE_PART),
                0);
    }
}

static inline void edge_shared_adds(void)
{
    const uintptr_t first = (uintptr_t)edge_shared[0];
    const enum shared_multi_heap_attr attr = SMH_REG_ATTR_CACHEABLE;

    edge_shared_fill();
    edge_is("add(NULL)", shared_multi_heap_add(NULL, NULL), -EINVAL);
    edge_is("add() of no attribute", edge_region(SMH_REG_ATTR_NUM, first, EDGE_PART), -EINVAL);
    edge_is("add() at 0", edge_region(attr, 0, EDGE_PART), -EINVAL);
    edge_is("add() of nothing", edge_region(attr, first, 0), -EINVAL);
    edge_is("add() of a region that wraps", edge_region(attr, first, UINTPTR_MAX), -EINVAL);
    edge_is("add() again", edge_region(attr, first, EDGE_PART), -EINVAL);
    /* Nothing is wrong with the place of these, so that the arguments alone refuse them. */
    const uintptr_t more = (uintptr_t)edge_more;
    const uintptr_t high = UINTPTR_MAX - 99;
    edge_is("add() of no attribute elsewhere", edge_region(SMH_REG_ATTR_NUM, more, EDGE_PART),
            -EINVAL);
    edge_is("add() that wraps at the end of all memory", edge_region(attr, high, 200), -EINVAL);
    edge_is("add() of the last bytes of all memory", edge_region(attr, high, 99), -ENOMEM);
    edge_is("add() without room", edge_region(attr, (uintptr_t)edge_more, EDGE_PART), -ENOMEM);
}

static inline void edge_shared_calls(void)
{
    const enum shared_multi_heap_attr attr = SMH_REG_ATTR_CACHEABLE;

    edge_shared_fill();
    edge_null("alloc() of no attribute", shared_multi_heap_alloc(SMH_REG_ATTR_NUM, 8));
    edge_null("realloc() of no attribute", shared_multi_heap_realloc(SMH_REG_ATTR_NUM, NULL, 8));
    edge_null("alloc() of an attribute without a region",
              shared_multi_heap_alloc(SMH_REG_ATTR_EXTERNAL, 8));
    unsigned char *p = shared_multi_heap_alloc(attr, 48);
    void *const q = shared_multi_heap_alloc(attr, 48);
    edge_block("alloc() from the first region", p);
    unsigned char *const first = shared_multi_heap_alloc(SMH_REG_ATTR_NON_CACHEABLE, 8);
    edge_is("the region that was added first",
            (uintptr_t)first - (uintptr_t)edge_shared[MAX_MULTI_HEAPS - 1] < EDGE_PART, 1);
    shared_multi_heap_free(first);
    edge_block("alloc() from the second region", q);
    edge_null("alloc() when both are full", shared_multi_heap_alloc(attr, 48));
    p = shared_multi_heap_realloc(SMH_REG_ATTR_NON_CACHEABLE, p, 24);
    edge_block("realloc() in place", p);
    void *const behind = shared_multi_heap_alloc(attr, 16);
    edge_block("alloc() behind it", behind);
    edge_null("realloc() in place of no attribute",
              shared_multi_heap_realloc(SMH_REG_ATTR_NUM, p, 16));
    memset(p, 0x33, 24);
    p = shared_multi_heap_realloc(SMH_REG_ATTR_NON_CACHEABLE, p, 48);
    edge_is("realloc() into another region", p != NULL && p[0] == 0x33 && p[23] == 0x33, 1);
    shared_multi_heap_free(behind);
    shared_multi_heap_free(p);
    shared_multi_heap_free(q);
    shared_multi_heap_free(NULL);
    shared_multi_heap_free(edge_more);
    edge_fault("free() of an address that is nobody's", KHEAP_FAULT_BAD_POINTER);
}

#endif
