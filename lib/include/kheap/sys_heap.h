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

/* Errors come back as negative numbers; errno itself is never touched. With <errno.h> its numbers.
 */
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
 * malloc: the block aliases nothing else. nodiscard: a lost result is a leak. Not alloc_size: every
 * usable byte may be written, also those beyond the size asked for.
 */
#if defined(__GNUC__)
#define KHEAP_ALLOCATES __attribute__((malloc, warn_unused_result))
#else
#define KHEAP_ALLOCATES
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
int sys_heap_init(struct sys_heap *heap, void *mem, size_t bytes);
void *sys_heap_alloc(struct sys_heap *heap, size_t bytes);
void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t bytes);
void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t bytes);
void *sys_heap_realloc(struct sys_heap *heap, void *ptr, size_t bytes);
void *sys_heap_aligned_realloc(struct sys_heap *heap, void *ptr, size_t align, size_t bytes);
void sys_heap_free(struct sys_heap *heap, void *mem);
size_t sys_heap_usable_size(struct sys_heap *heap, void *mem);
size_t sys_heap_largest_free(struct sys_heap *heap);
bool sys_heap_validate(struct sys_heap *heap);
bool sys_heap_check(struct sys_heap *heap, struct kheap_fault *fault);
void sys_heap_print_info(struct sys_heap *heap, bool dump_chunks);
int sys_heap_layout_get(const struct sys_heap *heap, struct sys_heap_layout *layout);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
int sys_heap_runtime_stats_get(struct sys_heap *heap, struct sys_memory_stats *stats);
int sys_heap_runtime_stats_reset_max(struct sys_heap *heap);
#endif
int sys_heap_array_get(struct sys_heap ***heap);
int sys_heap_array_save(struct sys_heap *heap);
void sys_heap_stress(void *(*alloc_fn)(void *arg, size_t bytes),
                     void (*free_fn)(void *arg, void *p), void *arg, size_t total_bytes,
                     uint32_t op_count, void *scratch_mem, size_t scratch_bytes, int target_percent,
                     struct z_heap_stress_result *result);
void kheap_print(const char *text); /* weak: where print_info writes */

#ifdef __cplusplus
}
#endif

#endif
