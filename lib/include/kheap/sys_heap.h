/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_SYS_HEAP_H
#define KHEAP_SYS_HEAP_H

/*
 * sys_heap: a heap in one region of memory that the caller gives, unsynchronised, with all of its
 * metadata inside that region. Every call takes constant time, but for the copy in a realloc that
 * moves and for validate, check, print_info and stress.
 *
 * Words: the region, its start rounded up and its end rounded down to 8, is cut into 8-byte units.
 * A chunk is a run of units, used or free, that starts with a header of 4 bytes (small format) or 8
 * (big format); the bytes behind the header are the user's. A bucket is the list of free chunks of
 * one power-of-two size class. Sizes are in bytes unless they are said to be in units.
 *
 *   units(n)  = ceil((n + header) / 8), in the big format at least 2
 *   usable(n) = units(n)*8 - header
 *   bucket(u) = ceil(log2 u)
 *
 * "Source" names where a promise comes from: "documented" is Zephyr's documentation of the call.
 * Misuse is detected as CONFIG_SYS_HEAP_HARDENING_LEVEL says, and otherwise damages the heap.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kheap/config.h"
#include "kheap/fault.h"

/*
 * Errors come back as negative numbers; errno itself is never touched. The numbers are those of
 * <errno.h> where there is one, so that library and program have the same: C libraries differ in
 * some, such as EALREADY.
 */
#if defined(__has_include)
#if __has_include(<errno.h>)
#include <errno.h>
#endif
#endif
#ifndef EINVAL
#define EINVAL 22
#endif
#ifndef ENOMEM
#define ENOMEM 12
#endif
#ifndef E2BIG
#define E2BIG 7
#endif

#ifndef sys_heap_init
#define sys_heap_init KHEAP_CONFIG_NAME(sys_heap_init)
#endif

/*
 * A lost result is a leak. Not malloc: it lets the compiler drop a store to a block before a call
 * that looks at the whole region, such as sys_heap_check(). Not alloc_size: every usable byte may
 * be written, also those beyond the size asked for.
 */
#if defined(__GNUC__)
#define KHEAP_NODISCARD __attribute__((warn_unused_result))
#else
#define KHEAP_NODISCARD
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The most units a region may have, end marker and metadata included: sizes and indices are 15 bits
 * (beside the used bit in 16) in the small format and 31 bits in the big one.
 */
#define KHEAP_MAX_UNITS_SMALL 0x7fffu
#define KHEAP_MAX_UNITS_BIG   0x7fffffffu

/*
 * The metadata at the region's start: 8 bytes of bitmap and chunk 0's header, three 4-byte
 * statistics if they are configured, then the heads, one for each bucket that a chunk can have:
 *
 *   heads(u)    = bucket(u) + 1                     u: units between metadata and end marker
 *   metadata(u) = ceil((KHEAP_HEADS_OFFSET + 2*heads(u) - 4) / 8) units    small format, whose
 *                                                   first chunk starts 4 bytes later
 *   metadata(u) = ceil((KHEAP_HEADS_OFFSET + 4*heads(u)) / 8) units        big format
 *   region      = metadata(u) + u + 1 units         1: the end marker
 */
#define KHEAP_HEADS_OFFSET    (8u + 12u * CONFIG_SYS_HEAP_RUNTIME_STATS)

#define KHEAP_HEADS_4(u, s)                                                                        \
    (((u) > 1u << (s)) + ((u) > 2u << (s)) + ((u) > 4u << (s)) + ((u) > 8u << (s)))
#define KHEAP_HEADS_16(u, s)                                                                       \
    (KHEAP_HEADS_4(u, s) + KHEAP_HEADS_4(u, (s) + 4) + KHEAP_HEADS_4(u, (s) + 8) +                 \
     KHEAP_HEADS_4(u, (s) + 12))
#define KHEAP_METADATA_SMALL(u)                                                                    \
    ((KHEAP_HEADS_OFFSET + 2u * (1u + (size_t)KHEAP_HEADS_16(u, 0)) + 3u) / 8u)
#define KHEAP_METADATA_BIG(u)                                                                      \
    ((KHEAP_HEADS_OFFSET +                                                                         \
      4u * (1u + (size_t)KHEAP_HEADS_16(u, 0) + (size_t)KHEAP_HEADS_16(u, 16)) + 7u) /             \
     8u)

/* The largest area of each format: the largest region less end marker and all of its heads. */
#define KHEAP_MAX_AREA_SMALL                                                                       \
    (KHEAP_MAX_UNITS_SMALL - 1u - (KHEAP_HEADS_OFFSET + 2u * 16u + 3u) / 8u)
#define KHEAP_MAX_AREA_BIG                                                                         \
    (SIZE_MAX / 8u > KHEAP_MAX_UNITS_BIG                                                           \
         ? KHEAP_MAX_UNITS_BIG - 1u - (KHEAP_HEADS_OFFSET + 4u * 32u + 7u) / 8u                    \
         : (uint32_t)(SIZE_MAX / 8u - 32u))

#define KHEAP_REGION_SMALL(u) (8u * (KHEAP_METADATA_SMALL(u) + (u) + 1u))
#define KHEAP_REGION_BIG(u)   (8u * (KHEAP_METADATA_BIG(u) + (u) + 1u))
#define KHEAP_FITS_SMALL(n)   ((n) <= (size_t)KHEAP_MAX_AREA_SMALL * 8u - 4u)
#define KHEAP_FITS_BIG(n)     ((n) <= (size_t)KHEAP_MAX_AREA_BIG * 8u - 8u)
#define KHEAP_UNITS_SMALL(n)  (((n) + 11u) / 8u)
#define KHEAP_UNITS_BIG(n)    (((n) + 15u) / 8u)

#define KHEAP_SIZE_SMALL(n)                                                                        \
    (KHEAP_FITS_SMALL(n) ? KHEAP_REGION_SMALL(KHEAP_UNITS_SMALL(n)) : SIZE_MAX)
#define KHEAP_SIZE_BIG(n) (KHEAP_FITS_BIG(n) ? KHEAP_REGION_BIG(KHEAP_UNITS_BIG(n)) : SIZE_MAX)
#if CONFIG_SYS_HEAP_SMALL_ONLY
#define KHEAP_SIZE(n) KHEAP_SIZE_SMALL(n)
#elif CONFIG_SYS_HEAP_BIG_ONLY
#define KHEAP_SIZE(n) KHEAP_SIZE_BIG(n)
#else
#define KHEAP_SIZE(n) (KHEAP_FITS_SMALL(n) ? KHEAP_SIZE_SMALL(n) : KHEAP_SIZE_BIG(n))
#endif

/*
 * SYS_HEAP_REGION_SIZE_FOR(n): bytes of the smallest 8-aligned region in which sys_heap_alloc(n)
 * succeeds; for n = 0 and n = 1 the least region that sys_heap_init() accepts. A region that is not
 * 8-aligned needs up to 7 bytes more. SIZE_MAX when no heap can hold n. A constant expression of
 * type size_t, if n is one; n may be evaluated many times. Source: beyond the original.
 */
#define SYS_HEAP_REGION_SIZE_FOR(n) KHEAP_SIZE((size_t)(n) + ((size_t)(n) == 0))

/*
 * A heap. Everything is set by sys_heap_init() and does not change after it; whatever does change
 * is in the region. `heap` NULL, as in a struct of zeros, is a heap that refuses every call.
 */
struct sys_heap {
    void *heap;      /* the region's start, rounded up to 8; NULL: not initialised */
    uint32_t end;    /* unit index of the end marker: units of the region - 1 */
    uint16_t first;  /* unit index of the first chunk: units of metadata, 1..19 */
    uint8_t skip;    /* bytes by which the start was rounded up, 0..7 */
    uint8_t buckets; /* number of heads, 1..32 */
};

struct sys_memory_stats {
    size_t free_bytes;      /* usable bytes of the free chunks that are on lists */
    size_t allocated_bytes; /* usable bytes of the live blocks */
    size_t
        max_allocated_bytes; /* highest allocated_bytes since init or reset; only grows between */
};

struct sys_heap_layout {
    const void *first;  /* address of the first chunk's header */
    size_t units;       /* units between it and the end marker, whose header follows them */
    size_t header;      /* bytes: 4 or 8 */
    const void *heads;  /* address of the bucket heads */
    size_t heads_bytes; /* their length */
};

struct z_heap_stress_result {
    uint32_t total_allocs;             /* calls of alloc_fn */
    uint32_t successful_allocs;        /* of them not NULL */
    uint32_t total_frees;              /* calls of free_fn */
    uint64_t accumulated_in_use_bytes; /* sum, over all operations, of the bytes then live */
};
/*
 * Makes an empty heap of the region mem[0 .. bytes-1].
 * Any address and any number of bytes: the start is rounded up and the end rounded down to 8. What
 * the region held does not matter, and no byte outside it is ever touched, now or later.
 * Result: 0; -EINVAL when heap or mem is NULL or mem + bytes wraps; -ENOMEM when the region is too
 * small for one allocation, see SYS_HEAP_REGION_SIZE_FOR(1); -E2BIG when it is larger than the
 * format allows. After an error the heap refuses every call: alloc returns NULL.
 * Time: constant. Not done: no registration; that is sys_heap_array_save().
 * Misuse: two heaps over the same bytes; moving or copying the struct is fine.
 * Source: documented, there without a result.
 */
int sys_heap_init(struct sys_heap *heap, void *mem, size_t bytes);

/*
 * Allocates a block of at least `bytes` bytes.
 * The address is a multiple of 8 in both formats on every machine; the contents are undefined.
 * Result: NULL when bytes is 0 or more than any heap holds, when the heap's init failed, or when
 * the bounded search finds nothing: it looks at most ALLOC_LOOPS chunks of the request's own bucket
 * over and then takes the head of the lowest non-empty bucket above. Each chunk looked at in vain
 * goes to the end of its list, also when the call fails, so a fit behind them is found by
 * repeating. Time: constant. Not done: no exhaustive search, its time would depend on the heap's
 * history. Source: documented.
 */
KHEAP_NODISCARD void *sys_heap_alloc(struct sys_heap *heap, size_t bytes);

/*
 * Allocates a block whose address is a multiple of align.
 * align: 0 for the default of 8, or any power of two; below 8 it is 8. It holds for the address
 * itself, not for the offset in the region. bytes need not be a multiple of it.
 * Result: as sys_heap_alloc() for a chunk of units(bytes) + align/8 - 1 units, so that the block
 * fits wherever that chunk lies; what is left in front and behind is free again at once. Also NULL
 * when align is not a power of two. Time: constant. Not done: no search for a chunk that happens to
 * lie right. Source: documented, there with other alignments interpreted.
 */
KHEAP_NODISCARD void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t bytes);

/* sys_heap_alloc(heap, bytes): align is ignored. For tables of functions of the aligned form. */
KHEAP_NODISCARD void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t bytes);

/*
 * sys_heap_aligned_realloc() with an alignment of 0.
 * Source: documented.
 */
void *sys_heap_realloc(struct sys_heap *heap, void *ptr, size_t bytes);

/*
 * Changes the size of a block, or moves it.
 * In this order: an align that is neither 0 nor a power of two gives NULL and nothing happens; ptr
 * NULL is sys_heap_aligned_alloc(); bytes 0 frees and gives NULL. Otherwise, when ptr is a multiple
 * of align: shrinking gives the rest back, growing takes exactly the missing units when the free
 * units to the right suffice; the address stays. In every other case a new block, a copy of
 * min(usable(old), bytes) bytes, and a free of the old one.
 * Result: NULL, besides the above, when bytes is more than any heap holds or the new block cannot
 * be had; then the old block is untouched and still the caller's. Time: constant in place; a move
 * copies. Misuse: a ptr that is no live block of this heap. Source: documented.
 */
void *sys_heap_aligned_realloc(struct sys_heap *heap, void *ptr, size_t align, size_t bytes);

/*
 * Gives a block back; free neighbours are joined with it at once. NULL: no effect.
 * Time: constant.
 * Misuse: anything else but a live block of this heap. Level 1 reports a pointer outside the heap
 * or not a multiple of 8, a block that is not used, and sizes that the neighbours contradict.
 * Source: documented.
 */
void sys_heap_free(struct sys_heap *heap, void *mem);

/*
 * How many bytes of a block may be written: usable(n) for the n last asked for, at least n.
 * Result: 0 for NULL. Time: constant. Misuse: as for free.
 * Source: documented.
 */
size_t sys_heap_usable_size(struct sys_heap *heap, void *mem);

/*
 * The most that one sys_heap_alloc() would get now; one byte more would fail.
 * Result: 0 when nothing is free or the heap's init failed. A failing request of the highest bucket
 * may move that bucket's head and so change the answer, as it changes what alloc finds.
 * Time: constant, at most ALLOC_LOOPS chunks looked at. Source: beyond the original.
 */
size_t sys_heap_largest_free(struct sys_heap *heap);

/*
 * Is the heap sound? Checks every invariant of ARCHITECTURE.md over the whole region and writes
 * nothing. check also says what is wrong, in *fault, unless that is NULL: the first broken
 * invariant and the offset of the chunk where it shows. It does not call kheap_fault(). Result:
 * true when sound; false also for a heap that is not initialised, with *fault as it was. Time:
 * proportional to the number of chunks, also on a damaged heap. Source: validate documented; check
 * beyond the original.
 */
bool sys_heap_validate(struct sys_heap *heap);
bool sys_heap_check(struct sys_heap *heap, struct kheap_fault *fault);

/*
 * Writes a summary as text through kheap_print(): format, sizes, statistics, free chunks by bucket;
 * with dump_chunks also every chunk. Of a heap that is not initialised a line says just that, and
 * where a chunk is damaged another says so instead of what follows. Time: buckets times chunks.
 * Source: documented, there by printf.
 */
void sys_heap_print_info(struct sys_heap *heap, bool dump_chunks);

/*
 * Where print_info writes, in pieces; lines end in "\n". Weak: the default drops the text, since a
 * library without libc has nowhere to put it. Source: beyond the original.
 */
void kheap_print(const char *text);

/*
 * Where things are in the region, for tools that look at a heap from outside.
 * Result: 0; -EINVAL when an argument is NULL or the heap is not initialised.
 * Time: constant. Source: beyond the original.
 */
int sys_heap_layout_get(const struct sys_heap *heap, struct sys_heap_layout *layout);

#if CONFIG_SYS_HEAP_RUNTIME_STATS
/*
 * get: the counts as they are now. A realloc that moves counts the old and the new block together
 * in the maximum. reset_max: the maximum becomes what is allocated now. Result: 0; -EINVAL when an
 * argument is NULL or the heap is not initialised. Time: constant. Source: documented.
 */
int sys_heap_runtime_stats_get(struct sys_heap *heap, struct sys_memory_stats *stats);
int sys_heap_runtime_stats_reset_max(struct sys_heap *heap);
#endif

/*
 * The registry. save: remembers a heap; 0, or -EINVAL when heap is NULL, already there, or no place
 * of CONFIG_SYS_HEAP_ARRAY_SIZE is left. get: *heap is the array of them, NULL without a registry;
 * the result is how many there are, or -EINVAL when the argument is NULL.
 * Not done: heaps cannot be removed, and init does not register. With CONFIG_SYS_HEAP_LISTENER=1
 * guarded by the port's global lock; without it there need be no port, and the caller serialises.
 * Source: documented.
 */
int sys_heap_array_get(struct sys_heap ***heap);
int sys_heap_array_save(struct sys_heap *heap);

/*
 * Stress test: op_count allocations and frees in an order that depends on the arguments alone, kept
 * around target_percent (0 to 100, others are brought into it) of total_bytes, through the caller's
 * functions; then everything live is freed. Sizes are log-uniform, from 1 byte to less than a
 * quarter of total_bytes, and less than 16 MiB.
 * scratch_mem holds the list of live blocks; when it has no room for one block nothing is done.
 * Result: in *result, never NULL. Source: documented, there with other sizes.
 */
void sys_heap_stress(void *(*alloc_fn)(void *arg, size_t bytes),
                     void (*free_fn)(void *arg, void *p), void *arg, size_t total_bytes,
                     uint32_t op_count, void *scratch_mem, size_t scratch_bytes, int target_percent,
                     struct z_heap_stress_result *result);

#ifdef __cplusplus
}
#endif

#endif
