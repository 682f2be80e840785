/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_CONFIG_H
#define KHEAP_CONFIG_H

/*
 * The build options of kheap. Each has a default here and may be given with -D, by the header that
 * KHEAP_CONFIG_HEADER names (-DKHEAP_CONFIG_HEADER='"my_config.h"'), or as a CMake cache variable.
 * Switches are 0 or 1, the rest are decimal numbers. The library and everything that includes its
 * headers must be built with the same values; a mixture does not link, see KHEAP_CONFIG_NAME.
 */

#ifdef KHEAP_CONFIG_HEADER
#include KHEAP_CONFIG_HEADER
#endif

/*
 * CONFIG_SYS_HEAP_AUTO, CONFIG_SYS_HEAP_SMALL_ONLY, CONFIG_SYS_HEAP_BIG_ONLY: the header format.
 *
 * Small: 4 bytes a block, regions up to 0x7fff units of 8 bytes (256 KiB). Big: 8 bytes a block, up
 * to 0x7fffffff units (16 GiB). AUTO: each heap the smaller one that can hold its region.
 * Default: AUTO. Must be: 0 or 1, and exactly one of them 1; naming one switches AUTO off.
 * Cost: AUTO holds the code of both formats, about twice the code of one, and a branch a call.
 */
#ifndef CONFIG_SYS_HEAP_SMALL_ONLY
#define CONFIG_SYS_HEAP_SMALL_ONLY 0
#endif
#ifndef CONFIG_SYS_HEAP_BIG_ONLY
#define CONFIG_SYS_HEAP_BIG_ONLY 0
#endif
#ifndef CONFIG_SYS_HEAP_AUTO
#if CONFIG_SYS_HEAP_SMALL_ONLY || CONFIG_SYS_HEAP_BIG_ONLY
#define CONFIG_SYS_HEAP_AUTO 0
#else
#define CONFIG_SYS_HEAP_AUTO 1
#endif
#endif

/*
 * CONFIG_SYS_HEAP_ALLOC_LOOPS: how many chunks of the request's own bucket an allocation looks at
 * before it takes a larger one. More find tighter fits and take longer; a call's worst time grows
 * by about 8 instructions a chunk.
 * Default: 3. Must be: 1 to 255. Cost: no bytes.
 */
#ifndef CONFIG_SYS_HEAP_ALLOC_LOOPS
#define CONFIG_SYS_HEAP_ALLOC_LOOPS 3
#endif

/*
 * CONFIG_SYS_HEAP_HARDENING_LEVEL: which misuse and damage a call detects before it writes.
 *   0  nothing.
 *   1  the pointer given: inside the heap, at a multiple of 8, its chunk used, and both neighbours
 *      agree about its size.
 *   2  also every list link, head and size before it is used: no single damaged 32-bit word of the
 *      region makes a call touch a byte outside the region, or loop without bound.
 * Default: 1. Must be: 0 to 2. Cost: no bytes in the heap; Cortex-M code of level 2 is about twice
 * that of level 0.
 */
#ifndef CONFIG_SYS_HEAP_HARDENING_LEVEL
#define CONFIG_SYS_HEAP_HARDENING_LEVEL 1
#endif

/*
 * CONFIG_SYS_HEAP_RUNTIME_STATS: count allocated, free and most allocated bytes as they change.
 * Default: 1. Must be: 0 or 1. Cost: 12 bytes a heap, 10 to 15 instructions a call.
 */
#ifndef CONFIG_SYS_HEAP_RUNTIME_STATS
#define CONFIG_SYS_HEAP_RUNTIME_STATS 1
#endif

/*
 * CONFIG_SYS_HEAP_ARRAY_SIZE: how many heaps sys_heap_array_save() can remember.
 * Default: 0, no registry. Must be: 0 to 255. Cost: a pointer each, and an int.
 */
#ifndef CONFIG_SYS_HEAP_ARRAY_SIZE
#define CONFIG_SYS_HEAP_ARRAY_SIZE 0
#endif

/*
 * CONFIG_SYS_HEAP_LISTENER: heaps report what they allocate and free to kheap/heap_listener.h.
 * Default: 0. Must be: 0 or 1. Cost: about 850 bytes of Cortex-M code, a walk over the listeners a
 * call, and a port (kheap/port.h) for sys_heap too.
 */
#ifndef CONFIG_SYS_HEAP_LISTENER
#define CONFIG_SYS_HEAP_LISTENER 0
#endif

/*
 * CONFIG_MULTITHREADING: k_heap and memory pools may wait. Without, every timeout is K_NO_WAIT.
 * Default: 1. Must be: 0 or 1. Cost: the wait queue's code.
 */
#ifndef CONFIG_MULTITHREADING
#define CONFIG_MULTITHREADING 1
#endif

/*
 * CONFIG_SYS_CLOCK_TICKS_PER_SEC: the rate of kheap_port_now(), in which timeouts are counted.
 * Default: 1000. Must be: 1 to 1000000000. Cost: no bytes.
 */
#ifndef CONFIG_SYS_CLOCK_TICKS_PER_SEC
#define CONFIG_SYS_CLOCK_TICKS_PER_SEC 1000
#endif

/*
 * CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC: the rate in which K_CYC() counts.
 * Default: 1000000. Must be: 1 to 4294967295. Cost: no bytes. The library itself never uses it.
 */
#ifndef CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC
#define CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC 1000000
#endif

/*
 * CONFIG_HEAP_MEM_POOL_SIZE: bytes of the system heap (kheap/system_heap.h).
 *
 * Here it is the resolved size. CMake (lib/heap_mem_pool.cmake) and lib/kconfig_header.py resolve
 * it from three sorts of options that no compiler sees: the size as configured, a part
 * CONFIG_HEAP_MEM_POOL_ADD_SIZE_<NAME> for each user of the heap that knows its need, and
 * CONFIG_HEAP_MEM_POOL_IGNORE_MIN (0 or 1, default 0):
 *
 *   resolved = IGNORE_MIN ? size : max(size, sum of the parts)
 *
 * A size from 1 to the smallest region of a heap is raised to that. Too large for the target: the
 * link fails.
 * Default: 0, no system heap. Must be: 0 to 2147483647. Cost: itself.
 */
#ifndef CONFIG_HEAP_MEM_POOL_SIZE
#define CONFIG_HEAP_MEM_POOL_SIZE 0
#endif

/*
 * CONFIG_HEAP_MEM_POOL_LEGACY: the system heap is a memory pool of blocks of 64 * 4^k bytes, as it
 * was until 2020, and not a k_heap.
 * Default: 0. Must be: 0 or 1; with 1 CONFIG_HEAP_MEM_POOL_SIZE is at most 16384. Cost: 16 bytes a
 * block, and what rounding up to a power of four costs.
 */
#ifndef CONFIG_HEAP_MEM_POOL_LEGACY
#define CONFIG_HEAP_MEM_POOL_LEGACY 0
#endif

/*
 * CONFIG_DCACHE: the machine has a data cache, so that K_HEAP_DEFINE_NOCACHE() needs a section of
 * uncached memory from the linker script. 0: there is none, and any memory will do.
 * Default: 1. Must be: 0 or 1. Cost: no bytes.
 */
#ifndef CONFIG_DCACHE
#define CONFIG_DCACHE 1
#endif

/*
 * KHEAP_STEP(): evaluated once for each chunk that a search looks at, and in a memory pool for each
 * word looked at, each cut and each join, so that a test can count them. Default: nothing. Must be:
 * an expression or empty. Cost: no bytes when empty.
 */
#ifndef KHEAP_STEP
#define KHEAP_STEP()
#endif

/*
 * KHEAP_ENTER(object): evaluated at each entry into a sys_heap or a memory pool's bits with its
 * address, and before each look at a wait queue with the queue's, so that a simulation can see that
 * the lock is held. Default: nothing. Must be: an expression or empty. Cost: no bytes when empty.
 */
#ifndef KHEAP_ENTER
#define KHEAP_ENTER(object)
#endif

/*
 * Is x no number from lo to hi? A word like y or ON counts as 0 in #if, and would switch an option
 * off without a word; but with a 1 pasted behind it it is still a word and 0, which no number is.
 */
#define KHEAP_PASTE_1(x)         x##1
#define KHEAP_WORD(x)            (KHEAP_PASTE_1(x) == 0)
#define KHEAP_OUTSIDE(x, lo, hi) (x < lo || x > hi || KHEAP_WORD(x))

#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_AUTO, 0, 1)
#error "CONFIG_SYS_HEAP_AUTO must be 0 or 1"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_SMALL_ONLY, 0, 1)
#error "CONFIG_SYS_HEAP_SMALL_ONLY must be 0 or 1"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_BIG_ONLY, 0, 1)
#error "CONFIG_SYS_HEAP_BIG_ONLY must be 0 or 1"
#endif
#if CONFIG_SYS_HEAP_AUTO + CONFIG_SYS_HEAP_SMALL_ONLY + CONFIG_SYS_HEAP_BIG_ONLY != 1
#error "exactly one of CONFIG_SYS_HEAP_AUTO, _SMALL_ONLY and _BIG_ONLY must be 1"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_ALLOC_LOOPS, 1, 255)
#error "CONFIG_SYS_HEAP_ALLOC_LOOPS must be 1 to 255"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_HARDENING_LEVEL, 0, 2)
#error "CONFIG_SYS_HEAP_HARDENING_LEVEL must be 0 to 2"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_RUNTIME_STATS, 0, 1)
#error "CONFIG_SYS_HEAP_RUNTIME_STATS must be 0 or 1"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_ARRAY_SIZE, 0, 255)
#error "CONFIG_SYS_HEAP_ARRAY_SIZE must be 0 to 255"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_HEAP_LISTENER, 0, 1)
#error "CONFIG_SYS_HEAP_LISTENER must be 0 or 1"
#endif
#if KHEAP_OUTSIDE(CONFIG_MULTITHREADING, 0, 1)
#error "CONFIG_MULTITHREADING must be 0 or 1"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_CLOCK_TICKS_PER_SEC, 1, 1000000000)
#error "CONFIG_SYS_CLOCK_TICKS_PER_SEC must be 1 to 1000000000"
#endif
#if KHEAP_OUTSIDE(CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC, 1, 4294967295)
#error "CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC must be 1 to 4294967295"
#endif
#if KHEAP_OUTSIDE(CONFIG_HEAP_MEM_POOL_SIZE, 0, 2147483647)
#error "CONFIG_HEAP_MEM_POOL_SIZE must be 0 to 2147483647"
#endif
#if KHEAP_OUTSIDE(CONFIG_HEAP_MEM_POOL_LEGACY, 0, 1)
#error "CONFIG_HEAP_MEM_POOL_LEGACY must be 0 or 1"
#endif
#if CONFIG_HEAP_MEM_POOL_LEGACY && CONFIG_HEAP_MEM_POOL_SIZE > 16384
#error "CONFIG_HEAP_MEM_POOL_SIZE must be at most 16384 with CONFIG_HEAP_MEM_POOL_LEGACY"
#endif
#if KHEAP_OUTSIDE(CONFIG_DCACHE, 0, 1)
#error "CONFIG_DCACHE must be 0 or 1"
#endif

/*
 * KHEAP_CONFIG_NAME(f): f with the options' values behind it. sys_heap_init is linked under such a
 * name, so that a program whose headers and library differ in an option fails to link instead of
 * misreading its heaps. A name that the build has already replaced by -D is left alone.
 */
#define KHEAP_PASTE_(f, a, s, b, l, h, r, n, e, m, t)                                              \
    f##_auto##a##s##b##_loops##l##_hard##h##_stats##r##_array##n##_listen##e##_threads##m##_ticks##t
#define KHEAP_PASTE(f, a, s, b, l, h, r, n, e, m, t) KHEAP_PASTE_(f, a, s, b, l, h, r, n, e, m, t)
#define KHEAP_CONFIG_NAME(f)                                                                       \
    KHEAP_PASTE(f, CONFIG_SYS_HEAP_AUTO, CONFIG_SYS_HEAP_SMALL_ONLY, CONFIG_SYS_HEAP_BIG_ONLY,     \
                CONFIG_SYS_HEAP_ALLOC_LOOPS, CONFIG_SYS_HEAP_HARDENING_LEVEL,                      \
                CONFIG_SYS_HEAP_RUNTIME_STATS, CONFIG_SYS_HEAP_ARRAY_SIZE,                         \
                CONFIG_SYS_HEAP_LISTENER, CONFIG_MULTITHREADING, CONFIG_SYS_CLOCK_TICKS_PER_SEC)

#endif
