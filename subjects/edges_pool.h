/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_POOL_H
#define SUBJECTS_EDGES_POOL_H

/* Items: memory pools, their shapes and what may be given back to them. */

#include "edges.h"

#include "../lib/src/heaps/mem_pool.h"
#include "kheap/mem_pool.h"
#include "kheap/system_heap.h"

/* One block more than the bits of the uppermost summary can tell from a single word. */
#define EDGE_MANY (((size_t)1 << 20) + 33u)

static struct k_mem_pool edge_pool;
static uint32_t edge_bits[K_MEM_POOL_WORDS(16, 16, EDGE_MANY)];
static struct k_mem_block edge_block_taken;

/* Four blocks of 64 bytes, which are cut into blocks of 16. */
static inline void edge_pool_init(void)
{
    edge_is("k_mem_pool_init()",
            k_mem_pool_init(&edge_pool, edge_memory, edge_bits, 16, 64, EDGE_BYTES / 64), 0);
}

static inline void edge_shape(const char *what, size_t min, size_t max, size_t count)
{
    edge_is(what, k_mem_pool_init(&edge_pool, edge_memory, edge_bits, min, max, count), -EINVAL);
}

static inline void edge_pool_shapes(void)
{
    unsigned char *const high = (unsigned char *)(UINTPTR_MAX - 1023);

    edge_is("k_mem_pool_init(NULL)", k_mem_pool_init(NULL, edge_memory, edge_bits, 16, 64, 1),
            -EINVAL);
    edge_is("k_mem_pool_init() without a buffer",
            k_mem_pool_init(&edge_pool, NULL, edge_bits, 16, 64, 1), -EINVAL);
    edge_is("k_mem_pool_init() without bits",
            k_mem_pool_init(&edge_pool, edge_memory, NULL, 16, 64, 1), -EINVAL);
    edge_is("k_mem_pool_init() at 4 behind a multiple of 8",
            k_mem_pool_init(&edge_pool, edge_memory + 4, edge_bits, 16, 64, 1), -EINVAL);
    edge_is("k_mem_pool_init() of a buffer that wraps",
            k_mem_pool_init(&edge_pool, high, edge_bits, 16, 64, 17), -EINVAL);
    edge_is("k_mem_pool_init() of the last blocks that there are addresses for",
            k_mem_pool_init(&edge_pool, high, edge_bits, 16, 64, 15), 0);
    edge_shape("a pool of blocks of 8", 8, 32, 1);
    edge_shape("a pool of blocks of 20", 20, 80, 1);
    edge_shape("a pool with max below min", 64, 16, 1);
    edge_shape("a pool of blocks of more than 2 GiB", 16, (size_t)0x80000010u, 1);
    edge_shape("a pool with max no multiple of min", 24, 64, 1);
    edge_shape("a pool with max three times min", 16, 48, 1);
    edge_shape("a pool with max twice min", 16, 32, 1);
    edge_shape("a pool of thirteen levels", 16, (size_t)16 << 24, 1);
    edge_shape("a pool of no blocks", 16, 64, 0);
    edge_shape("a pool of too many blocks", 16, 16, (size_t)K_MEM_POOL_BLOCKS + 1);
}

/* So many blocks that every summary of the bits is there; their bytes are never touched. */
static inline void edge_pool_of_many(void)
{
    struct k_mem_block blocks[3];

    edge_is("a pool of a million blocks",
            k_mem_pool_init(&edge_pool, edge_memory, edge_bits, 16, 16, EDGE_MANY), 0);
    for (size_t i = 0; i < 3; i++) {
        edge_is("one of a million blocks", k_mem_pool_alloc(&edge_pool, &blocks[i], 16, K_NO_WAIT),
                0);
        edge_is("their order", (int64_t)((unsigned char *)blocks[i].data - edge_memory),
                (int64_t)i * 16);
    }
    for (size_t i = 0; i < 3; i++) {
        k_mem_pool_free(&blocks[i]);
    }
}

/* Levels that end where a word of the bits does: 1 and 4 and 16 and 11 more blocks of each. */
static inline void edge_pool_row_ends(void)
{
    struct k_mem_block blocks[33];

    edge_is("a pool of one row of 32 bits",
            k_mem_pool_init(&edge_pool, edge_memory, edge_bits, 16, 16, 32), 0);
    for (size_t i = 0; i < 32; i++) {
        edge_is("a block of one row", k_mem_pool_alloc(&edge_pool, &blocks[i], 16, K_NO_WAIT), 0);
    }
    edge_is("a block more than one row has",
            k_mem_pool_alloc(&edge_pool, &blocks[32], 16, K_NO_WAIT), -ENOMEM);
    for (size_t i = 0; i < 32; i++) {
        k_mem_pool_free(&blocks[i]);
    }
}

/* A row of 32 blocks is one word: nothing behind its words is written. */
static inline void edge_pool_words(void)
{
    const size_t words = K_MEM_POOL_WORDS(16, 16, 32);
    struct k_mem_block blocks[32];

    edge_bits[words] = 0x5a5a5a5au;
    edge_is("a pool of one word", k_mem_pool_init(&edge_pool, edge_memory, edge_bits, 16, 16, 32),
            0);
    for (size_t i = 0; i < 32; i++) {
        edge_is("a block of it", k_mem_pool_alloc(&edge_pool, &blocks[i], 16, K_NO_WAIT), 0);
    }
    for (size_t i = 0; i < 32; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    edge_is("the word behind", edge_bits[words], 0x5a5a5a5au);
}

/* Blocks whose bits lie far apart come back in the order of their addresses, then a new one. */
static inline void edge_pool_order(void)
{
    static const size_t given[] = {5, 40, 41, 700, 1090, 1100};
    static struct k_mem_block blocks[1101];
    const size_t count = sizeof given / sizeof given[0];

    edge_is("a pool of three summaries",
            k_mem_pool_init(&edge_pool, edge_memory, edge_bits, 16, 16, EDGE_MANY), 0);
    for (size_t i = 0; i < 1101; i++) {
        edge_is("one block more", k_mem_pool_alloc(&edge_pool, &blocks[i], 16, K_NO_WAIT), 0);
    }
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = count; i-- > 0;) {
            k_mem_pool_free(&blocks[given[i]]);
        }
        for (size_t i = 0; i < count; i++) {
            struct k_mem_block *const block = &blocks[given[i]];

            edge_is("a block again", k_mem_pool_alloc(&edge_pool, block, 16, K_NO_WAIT), 0);
            edge_is("the lowest address first",
                    (int64_t)((unsigned char *)block->data - edge_memory), (int64_t)given[i] * 16);
        }
        struct k_mem_block next;

        edge_is("a new block", k_mem_pool_alloc(&edge_pool, &next, 16, K_NO_WAIT), 0);
        edge_is("behind all others", (int64_t)((unsigned char *)next.data - edge_memory),
                (int64_t)(1101 + round) * 16);
    }
}

/* Four of the largest blocks are partners of nobody. */
static inline void edge_pool_largest(void)
{
    struct k_mem_block blocks[8];

    edge_pool_init();
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 8; i++) {
            edge_is("a largest block", k_mem_pool_alloc(&edge_pool, &blocks[i], 64, K_NO_WAIT), 0);
            edge_is("its address", (int64_t)((unsigned char *)blocks[i].data - edge_memory),
                    (int64_t)i * 64);
        }
        for (size_t i = 0; i < 8; i++) {
            k_mem_pool_free(&blocks[i]);
        }
    }
}

/* The waiter is off the queue when somebody frees: the last attempt still finds the block. */
static void edge_freed_late(struct kheap_sleeper *sleeper, int64_t deadline)
{
    struct kheap_waiter *const first = edge_pool.waiters.first;

    (void)sleeper;
    edge_pool.waiters.first = NULL;
    k_mem_pool_free(&edge_block_taken);
    edge_pool.waiters.first = first;
    puppet.now = deadline;
}

static inline void edge_pool_last_attempt(void)
{
#if CONFIG_MULTITHREADING
    struct k_mem_block block;

    edge_is("a pool of one block", k_mem_pool_init(&edge_pool, edge_memory, edge_bits, 64, 64, 1),
            0);
    edge_is("its block", k_mem_pool_alloc(&edge_pool, &edge_block_taken, 64, K_NO_WAIT), 0);
    edge_is("another one", k_mem_pool_alloc(&edge_pool, &block, 64, K_TICKS(5)), -EAGAIN);
    puppet.asleep = edge_freed_late;
    edge_is("the last attempt", k_mem_pool_alloc(&edge_pool, &block, 64, K_TICKS(5)), 0);
    puppet.asleep = NULL;
    puppet.in_isr = true;
    edge_is("a wait in an interrupt",
            k_mem_pool_alloc(&edge_pool, &edge_block_taken, 64, K_FOREVER), -ENOMEM);
    edge_fault("a wait in an interrupt", KHEAP_FAULT_ISR_WAIT);
#endif
}

static inline void edge_pool_malloc(void)
{
    edge_pool_init();
    void *const p = k_mem_pool_malloc(&edge_pool, 40);

    edge_block("k_mem_pool_malloc()", p);
    edge_null("k_mem_pool_malloc() of more than a block", k_mem_pool_malloc(&edge_pool, 49));
    edge_null("k_mem_pool_malloc(SIZE_MAX)", k_mem_pool_malloc(&edge_pool, SIZE_MAX));
    edge_null("k_mem_pool_malloc(SIZE_MAX - 15)", k_mem_pool_malloc(&edge_pool, SIZE_MAX - 15));
    k_free(NULL);
    void *const q = k_mem_pool_malloc(&edge_pool, 40);
    k_free(q);
    edge_is("what is free is had again", k_mem_pool_malloc(&edge_pool, 40) == q, 1);
    k_free(q);
    k_free(p);
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
static inline void edge_pool_given(const char *what, struct k_mem_block block,
                                   enum kheap_fault_kind kind)
{
    k_mem_pool_free(&block);
    edge_begins(edges.newest.invariant, kind == KHEAP_FAULT_NOT_USED ? "P2" : "P1");
    edge_fault(what, kind);
}

static inline void edge_pool_misuse(void)
{
    struct k_mem_block block;

    edge_pool_init();
    edge_is("k_mem_pool_alloc()", k_mem_pool_alloc(&edge_pool, &block, 16, K_NO_WAIT), 0);
    struct k_mem_block wrong = block;
    edge_pool_given("a block of zeros", (struct k_mem_block){.data = NULL},
                    KHEAP_FAULT_BAD_POINTER);
    wrong.data = NULL;
    edge_pool_given("a block without data", wrong, KHEAP_FAULT_BAD_POINTER);
    wrong.data = (unsigned char *)block.data + 16;
    edge_pool_given("a block with another's data", wrong, KHEAP_FAULT_BAD_POINTER);
    wrong = block;
    wrong.level = 2;
    edge_pool_given("a block of a level that is none", wrong, KHEAP_FAULT_BAD_POINTER);
    wrong.level = block.level;
    wrong.index = EDGE_BYTES / 16;
    edge_pool_given("a block behind the last one", wrong, KHEAP_FAULT_BAD_POINTER);
    wrong.data = edge_at(EDGE_BYTES);
    edge_pool_given("a block behind the last one, and its data", wrong, KHEAP_FAULT_BAD_POINTER);
    wrong = block;
    wrong.pool = NULL;
    edge_pool_given("a block of no pool", wrong, KHEAP_FAULT_BAD_POINTER);
    k_mem_pool_free(&block);
    edge_pool_given("a block given back twice", block, KHEAP_FAULT_NOT_USED);
}

static inline void edge_pool_malloc_misuse(void)
{
    edge_pool_init();
    unsigned char *const p = k_mem_pool_malloc(&edge_pool, 8);

    k_free(p + 4);
    edge_fault("k_free() of a misaligned address", KHEAP_FAULT_BAD_POINTER);
    memset(edge_memory + 512, 0x5a, 64);
    k_free(edge_memory + 544);
    edge_null("the heap of what has no descriptor", edges.newest.heap);
    edge_begins(edges.newest.invariant, "P3");
    edge_fault("k_free() of what has no descriptor", KHEAP_FAULT_BAD_POINTER);
    k_free(p);
    k_free(p);
    edge_fault("k_free() twice", KHEAP_FAULT_NOT_USED);
    struct k_mem_block taken;
    edge_is("its block again", k_mem_pool_alloc(&edge_pool, &taken, 64, K_NO_WAIT), 0);
    k_free(p);
    edge_fault("k_free() of what somebody else has", KHEAP_FAULT_NOT_USED);
    k_mem_pool_free(&taken);
    unsigned char *const q = k_mem_pool_malloc(&edge_pool, 8);
    edge_pool_init();
    k_free(q);
    edge_fault("k_free() of a block that the pool has forgotten", KHEAP_FAULT_NOT_USED);
}
#endif

/* k_realloc() of a pool's block; a build without a system heap has none. */
#if CONFIG_HEAP_MEM_POOL_SIZE > 0 && CONFIG_HEAP_MEM_POOL_LEGACY
/* A block stays where it is while its level is the one that the size asks for. */
static inline void edge_pool_resizes(void)
{
    static const size_t sizes[] = {8, 16, 17, 40, 112, 113, 300, 496};
    unsigned char *p;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t to = 1; to <= 600; to++) {
            const size_t from = sizes[i] + 16;
            const unsigned level = from > 128 ? 0 : from > 32 ? 1 : 2;
            const unsigned wants = to + 16 > 128 ? 0 : to + 16 > 32 ? 1 : 2;
            const size_t kept = to < sizes[i] ? to : sizes[i];

            edge_is("a pool of three levels",
                    k_mem_pool_init(&edge_pool, edge_memory, edge_bits, 32, 512, 2), 0);
            k_free(k_mem_pool_malloc(&edge_pool, sizes[i]));
            void *const front = k_mem_pool_malloc(&edge_pool, sizes[i]);
            p = k_mem_pool_malloc(&edge_pool, sizes[i]);
            edge_block("a block", p);
            memset(p, 0x66, sizes[i]);
            /* A block that moves comes from the system heap, which may be small or full. */
            void *const room = k_malloc(to);
            const bool stays = level == wants && to <= 496;

            k_free(room);
            unsigned char *const q = k_realloc(p, to);
            edge_is("k_realloc() in place", q == p, stays);
            edge_is("k_realloc() of what there is room for", q != NULL, stays || room != NULL);
            p = q != NULL ? q : p;
            edge_is("what it keeps", p[0] == 0x66 && p[kept - 1] == 0x66, 1);
            k_free(p);
            k_free(front);
        }
    }
}

static inline void edge_pool_realloc(void)
{
    edge_pool_resizes();
    edge_null("k_calloc() of a product that wraps", k_calloc(SIZE_MAX / 2 + 2, 2));
    edge_null("k_calloc() of a product that wraps to 1", k_calloc(SIZE_MAX, SIZE_MAX));
    /* The program's own blocks may fill the heap: what k_malloc(0) gets, k_calloc() gets too. */
    void *const least = k_malloc(0);

    k_free(least);
    void *const none = k_calloc(3, 0);

    edge_is("k_calloc(3, 0)", none != NULL, least != NULL);
    k_free(none);
    edge_pool_init();
    void *const p = k_mem_pool_malloc(&edge_pool, 8);

    edge_is("k_realloc() within a block's size", k_realloc(p, 40) == p, 1);
    edge_null("k_realloc() to SIZE_MAX", k_realloc(p, SIZE_MAX));
    edge_null("k_realloc() to more than there is", k_realloc(p, KHEAP_LEGACY_SIZE));
    edge_null("k_aligned_alloc() at more than the pool's alignment",
              k_aligned_alloc((size_t)KHEAP_LEGACY_ALIGN * 2, 8));
    k_free(p);
    /* What lies in front of an aligned block is not the user's. */
    void *const aligned = kheap_pool_malloc(&edge_pool, 32, 8);
    void *const moved = k_realloc(aligned, 48);
    edge_is("k_realloc() of half a block to more", moved != aligned, 1);
    k_free(moved == NULL ? aligned : moved);
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    edge_null("k_realloc() of a freed block", k_realloc(p, 40));
    edge_fault("k_realloc() of a freed block", KHEAP_FAULT_NOT_USED);
    memset(p, 0, 1);
    edge_null("k_realloc() of what has no descriptor", k_realloc((unsigned char *)p + 8, 40));
    edge_fault("k_realloc() of what has no descriptor", KHEAP_FAULT_BAD_POINTER);
    void *const q = k_mem_pool_malloc(&edge_pool, 8);
    edge_pool_init();
    edge_null("k_realloc() of a block that the pool has forgotten", k_realloc(q, 40));
    edge_fault("k_realloc() of a block that the pool has forgotten", KHEAP_FAULT_NOT_USED);
#endif
}
#elif CONFIG_HEAP_MEM_POOL_SIZE > 0
/* What is not the system heap's is a pool's, also before there is a system heap. */
static inline void edge_pool_free(void)
{
    const struct k_heap whole = kheap_system_heap;

    edge_pool_init();
    k_free(k_mem_pool_malloc(&edge_pool, 8));
    k_heap_init(&kheap_system_heap, NULL, 0);
    edge_null("k_malloc() without a system heap", k_malloc(8));
    k_free(k_mem_pool_malloc(&edge_pool, 8));
    k_free(NULL);
    /* A pool right behind the heap, whose last block begins where its end marker does. */
    k_heap_init(&kheap_system_heap, edge_memory, EDGE_BYTES / 2);
    edge_is("k_mem_pool_init()",
            k_mem_pool_init(&edge_pool, edge_memory + EDGE_BYTES / 2, edge_bits, 16, 64, 4), 0);
    k_free(k_mem_pool_malloc(&edge_pool, 8));
    void *last = NULL;
    for (void *p = k_malloc(1); p != NULL; p = k_malloc(1)) {
        last = p;
    }
    k_free(last);
    edge_is("the last block is had again", k_malloc(1) == last, 1);
    kheap_system_heap = whole;
#if CONFIG_SYS_HEAP_LISTENER
    /* Nobody asked for what its listeners were told. */
    (void)events_take(NULL, NULL, 0);
#endif
}
#endif

#endif
