/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_MEM_POOL_H
#define KHEAP_MEM_POOL_H

/*
 * The heap memory pool of 2016 to 2020: n_max blocks of max_size bytes, each of which is cut in
 * four as needed, and the quarters again, down to min_size. Exact: an allocation succeeds if and
 * only if a free block of the needed size or larger exists. Works on a port, as k_heap does.
 *
 * Words: a level is a block size; level 0 has max_size, each one below a quarter of it. Partners
 * are the four quarters of one block. A request takes the smallest block that holds it: the needed
 * level. Cutting and joining happen under the pool's lock, so that no block is ever out of sight.
 *
 * What is kept of the pool lies outside its buffer: two bits a block of each size. Only
 * k_mem_pool_malloc() writes to a block, 16 bytes in front of the user's.
 *
 * Misuse is detected when CONFIG_SYS_HEAP_HARDENING_LEVEL is 1 or more, see kheap/fault.h.
 */

#include "kheap/k_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef EAGAIN
#define EAGAIN 11
#endif

/* Bytes in front of what k_mem_pool_malloc() and a legacy k_malloc() give out. Documented. */
#define K_MEM_POOL_DESCRIPTOR 16u
/* Levels a pool can have at most: max_size is at most min_size * 4^11. */
#define K_MEM_POOL_LEVELS     12u
/* Blocks of min_size that a pool can have at most: a descriptor counts them in 24 bits. */
#define K_MEM_POOL_BLOCKS     0x1000000u

/* One pool. All of it is the pool's own; it must not be copied or moved. */
struct k_mem_pool {
    uint8_t *buffer;   /* n_max blocks of max_size, one behind the other */
    uint32_t *free;    /* a bit a block of each level: free and not a part of a larger free one */
    uint32_t *used;    /* a bit a block of each level: given out */
    uint32_t max_size; /* bytes: min_size * 4^(levels - 1), at most 2^31 */
    uint32_t min_size; /* bytes: at least 16, a multiple of 8 */
    uint32_t n_max;    /* 1 to K_MEM_POOL_BLOCKS */
    uint32_t opened;   /* 0 to n_max, only grows: blocks of max_size that were ever taken. Those
                          behind them are free without a bit, so that bits can start as zeros. */
    uint8_t levels;    /* 1 to K_MEM_POOL_LEVELS */
    struct kheap_lock lock;
    struct kheap_queue waiters;
};

/* A block given out. `data` is the user's; the rest is the pool's and must be kept for the free. */
struct k_mem_block {
    void *data; /* NULL: the last allocation into this struct failed */
    struct k_mem_pool *pool;
    uint32_t level; /* 0 to levels - 1 */
    uint32_t index; /* among the blocks of its level, in the order of their addresses */
};

/*
 * Sizes in words of the bits, as constant expressions. All levels together have
 *   bits = n_max * (4^levels - 1) / 3 = n_max * (4*max_size/min_size - 1) / 3
 * The free bits have summaries above them, in which a bit stands for a word below that is not 0.
 */
#define KHEAP_POOL_RATIO(min, max) ((uint32_t)(max) / ((uint32_t)(min) + ((min) == 0)))
#define KHEAP_POOL_BITS(min, max, n_max)                                                           \
    ((uint32_t)(n_max) * ((4u * KHEAP_POOL_RATIO(min, max) - 1u) / 3u))
#define KHEAP_POOL_SUMMARY(bits, s)                                                                \
    ((bits) > 1u << (s) ? ((bits) + (1u << ((s) + 5)) - 1u) >> ((s) + 5) : 0u)
#define KHEAP_POOL_FREE_WORDS(bits)                                                                \
    (((bits) + 31u) / 32u + KHEAP_POOL_SUMMARY(bits, 5) + KHEAP_POOL_SUMMARY(bits, 10) +           \
     KHEAP_POOL_SUMMARY(bits, 15) + KHEAP_POOL_SUMMARY(bits, 20))
#define KHEAP_POOL_USED_WORDS(bits) (((bits) + 31u) / 32u)

/*
 * K_MEM_POOL_WORDS(min_size, max_size, n_max): 32-bit words of the bits that k_mem_pool_init()
 * needs; a constant expression if its arguments are.
 */
#define K_MEM_POOL_WORDS(min, max, n_max)                                                          \
    (KHEAP_POOL_FREE_WORDS(KHEAP_POOL_BITS(min, max, n_max)) +                                     \
     KHEAP_POOL_USED_WORDS(KHEAP_POOL_BITS(min, max, n_max)))

/* Is r a power of four: one bit, at an even place? */
#define KHEAP_POOL_IS_4K(r) (((r) & ((r)-1u)) == 0 && ((r)&0x55555555u) != 0)
#define KHEAP_POOL_GE(r, k) ((r) >= 1u << 2 * (k))
#define KHEAP_POOL_LEVELS_OF(r)                                                                    \
    ((uint8_t)(1 + KHEAP_POOL_GE(r, 1) + KHEAP_POOL_GE(r, 2) + KHEAP_POOL_GE(r, 3) +               \
               KHEAP_POOL_GE(r, 4) + KHEAP_POOL_GE(r, 5) + KHEAP_POOL_GE(r, 6) +                   \
               KHEAP_POOL_GE(r, 7) + KHEAP_POOL_GE(r, 8) + KHEAP_POOL_GE(r, 9) +                   \
               KHEAP_POOL_GE(r, 10) + KHEAP_POOL_GE(r, 11)))

/* The rules of a pool's shape, for the macro and for k_mem_pool_init(). */
#define KHEAP_POOL_MIN_OK(min) ((min) >= 16 && (min) % 8 == 0)
#define KHEAP_POOL_MAX_OK(min, max)                                                                \
    ((max) >= (min) && (max) <= 0x80000000u && (max) % ((min) + ((min) == 0)) == 0 &&              \
     KHEAP_POOL_IS_4K(KHEAP_POOL_RATIO(min, max)) && KHEAP_POOL_RATIO(min, max) <= 1u << 22)
#define KHEAP_POOL_COUNT_OK(min, max, n_max)                                                       \
    ((n_max) >= 1 && (n_max) <= K_MEM_POOL_BLOCKS / (KHEAP_POOL_RATIO(min, max) +                  \
                                                     (KHEAP_POOL_RATIO(min, max) == 0)))
#define KHEAP_POOL_ALIGN_OK(align) ((align) >= 1 && ((align) & ((align)-1)) == 0)

#ifdef __cplusplus
#define KHEAP_POOL_ASSERT     static_assert
#define KHEAP_POOL_ALIGNED(n) alignas(n)
#else
#define KHEAP_POOL_ASSERT     _Static_assert
#define KHEAP_POOL_ALIGNED(n) _Alignas(n)
#endif

/*
 * K_MEM_POOL_DEFINE(name, min_size, max_size, n_max, align);
 *
 * Defines struct k_mem_pool `name` and its memory, n_max * max_size bytes at a multiple of align;
 * at file scope. Usable from the start of main and before, without an init call. Elsewhere it is
 * declared as: extern struct k_mem_pool name;
 * Each block is aligned to the smaller of align (at least 8) and the largest power of two that
 * divides its size. Cost beside the memory: K_MEM_POOL_WORDS words and the struct.
 * A build error whose sentence names the rule, unless: min_size is at least 16 and a multiple of 8;
 * max_size is min_size * 4^k, k 0 to 11, and at most 2^31; n_max is at least 1 and
 * n_max * max_size / min_size at most 2^24; align is a power of two.
 * Source: documented; there sizes that are not min_size * 4^k were accepted, and lost memory.
 */
#define K_MEM_POOL_DEFINE(name, min_size_, max_size_, n_max_, align_)                              \
    KHEAP_POOL_ASSERT(KHEAP_POOL_MIN_OK(min_size_),                                                \
                      "K_MEM_POOL_DEFINE: min_size must be at least 16 and a multiple of 8");      \
    KHEAP_POOL_ASSERT(KHEAP_POOL_MAX_OK(min_size_, max_size_),                                     \
                      "K_MEM_POOL_DEFINE: max_size must be min_size * 4^k, k from 0 to 11, and "   \
                      "at most 2^31");                                                             \
    KHEAP_POOL_ASSERT(KHEAP_POOL_COUNT_OK(min_size_, max_size_, n_max_),                           \
                      "K_MEM_POOL_DEFINE: n_max must be at least 1, and n_max * max_size / "       \
                      "min_size at most 2^24");                                                    \
    KHEAP_POOL_ASSERT(KHEAP_POOL_ALIGN_OK(align_),                                                 \
                      "K_MEM_POOL_DEFINE: align must be a power of two");                          \
    KHEAP_POOL_ALIGNED((align_) > 8 ? (align_) : 8)                                                \
    static uint8_t kheap_pool_buffer_##name[(size_t)(n_max_) * (size_t)(max_size_)];               \
    static uint32_t kheap_pool_bits_##name[K_MEM_POOL_WORDS(min_size_, max_size_, n_max_)];        \
    struct k_mem_pool name = {kheap_pool_buffer_##name,                                            \
                              kheap_pool_bits_##name,                                              \
                              kheap_pool_bits_##name + KHEAP_POOL_FREE_WORDS(KHEAP_POOL_BITS(      \
                                                           min_size_, max_size_, n_max_)),         \
                              (max_size_),                                                         \
                              (min_size_),                                                         \
                              (n_max_),                                                            \
                              0,                                                                   \
                              KHEAP_POOL_LEVELS_OF(KHEAP_POOL_RATIO(min_size_, max_size_)),        \
                              {0},                                                                 \
                              {0}}

/*
 * Makes an empty pool over given memory, at run time.
 * buffer: n_max * max_size bytes at a multiple of 8; what it held does not matter, and it is not
 * touched. bits: K_MEM_POOL_WORDS(min_size, max_size, n_max) words, which are zeroed.
 * Result: 0; -EINVAL when pool, buffer or bits is NULL, the buffer is not a multiple of 8 or wraps,
 * or the sizes break a rule of K_MEM_POOL_DEFINE; the pool then is as it was.
 * Time: proportional to the number of words. Not done: no lock; nobody else may use the pool.
 * Misuse: a pool that has waiters. Source: beyond the documented original.
 */
int k_mem_pool_init(struct k_mem_pool *pool, void *buffer, uint32_t *bits, size_t min_size,
                    size_t max_size, size_t n_max);

/*
 * Takes a block of at least `size` bytes, and waits for one if need be.
 * The block is the smallest that holds size, the contents are undefined. Of the free blocks that
 * would do one of the smallest level is taken, so that a larger one is cut only when there is no
 * other, and of these the one with the lowest address. Cut: [ ------- ] => [ it ][ ][ ][ ].
 * timeout: K_NO_WAIT, or how long to wait until somebody frees. Waiters are served in order, by
 * priority and then by who waits longest, at the moment of the release, as in k_heap_alloc().
 * Result: 0, and block->data is the address. Otherwise block->data is NULL:
 *   -ENOMEM  size is 0 or more than max_size, at once, whatever the timeout; or no block is free
 *            and the timeout is K_NO_WAIT (every timeout is, without CONFIG_MULTITHREADING);
 *   -EAGAIN  the time ran out: an attempt made at or after the deadline failed too.
 * Time: bounded by the number of levels, plus at most ten words looked at to find the first free
 * bit; and the wait. Callable from interrupts with K_NO_WAIT.
 * Misuse: another timeout in an interrupt; a call in a listener's callback: -ENOMEM if the fault
 * hook returns, and the block is as it was. A struct that still holds a block: that one is lost.
 * Source: documented; that 0 bytes and too large sizes fail at once is a departure.
 */
int k_mem_pool_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size,
                     k_timeout_t timeout);

/*
 * Gives a block back, and serves the waiters that now can be. The struct may be a copy; it is not
 * changed. Four free partners are one free block at once, and so upwards:
 *   [ it ][ free ][ free ][ free ] => [ ------- free ------- ]
 * Time: bounded by the number of levels, and the number of waiters. Callable from interrupts.
 * Misuse: a struct that k_mem_pool_alloc() did not fill, KHEAP_FAULT_BAD_POINTER; a block that is
 * not in use, as when it is freed twice, KHEAP_FAULT_NOT_USED. Not detected: a second free after
 * somebody else was given the same block. Source: documented.
 */
void k_mem_pool_free(struct k_mem_block *block);

/*
 * malloc from a pool: a block of at least size + 16 bytes, of which the first 16 hold what
 * k_free() (kheap/system_heap.h) needs to give it back. Never waits. 0 bytes are a block of their
 * own. The address is a multiple of 8. Result: NULL when size + 16 is more than max_size, or no
 * such block is free. Time: as k_mem_pool_alloc(). Callable from interrupts. Source: documented.
 */
KHEAP_NODISCARD void *k_mem_pool_malloc(struct k_mem_pool *pool, size_t size);

#ifdef __cplusplus
}
#endif

#endif
