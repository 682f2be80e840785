/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_POISON_H
#define OPS_POISON_H

/*
 * One macro set for AddressSanitizer, MemorySanitizer and Valgrind.
 *   POISON_FORBID(p, n)     nobody may read or write these bytes
 *   POISON_ALLOW(p, n)      everybody may
 *   POISON_UNDEFINED(p, n)  may be written; reading before that is an error (MSan, Valgrind)
 *   POISON_DEFINED(p, n)    may be read
 *   POISON_EXEMPT           function attribute: may touch forbidden bytes (no libc calls inside:
 * their interceptors check; and compilers must not turn loops back into such calls) POISON_PAUSE,
 * POISON_RESUME  around what an exempt function does: Valgrind knows no attribute Nothing outside
 * these tools. Valgrind requests only with HEAPVET_VALGRIND defined (needs valgrind/memcheck.h).
 *
 * The harness itself is usually compiled without a sanitizer while the heap under test has one:
 * HEAPVET_ASAN says so.
 */

#include <stddef.h>
#include <stdint.h>

#if defined(HEAPVET_ASAN) || defined(__SANITIZE_ADDRESS__)
#define POISON_ASAN 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(POISON_ASAN)
#define POISON_ASAN 1
#endif
#if __has_feature(memory_sanitizer)
#define POISON_MSAN 1
#endif
#endif
#ifndef POISON_ASAN
#define POISON_ASAN 0
#endif
#ifndef POISON_MSAN
#define POISON_MSAN 0
#endif
#ifdef HEAPVET_VALGRIND
#define POISON_VALGRIND 1
#else
#define POISON_VALGRIND 0
#endif

#if POISON_ASAN
#include <sanitizer/asan_interface.h>
#define POISON_FORBID(p, n)    __asan_poison_memory_region((p), (n))
#define POISON_ALLOW(p, n)     __asan_unpoison_memory_region((p), (n))
#define POISON_UNDEFINED(p, n) ((void)(p), (void)(n))
#define POISON_DEFINED(p, n)   ((void)(p), (void)(n))
#elif POISON_MSAN
#include <sanitizer/msan_interface.h>
#define POISON_FORBID(p, n)    ((void)(p), (void)(n))
#define POISON_ALLOW(p, n)     ((void)(p), (void)(n))
#define POISON_UNDEFINED(p, n) __msan_poison((p), (n))
#define POISON_DEFINED(p, n)   __msan_unpoison((p), (n))
#elif POISON_VALGRIND
#include <valgrind/memcheck.h>
#define POISON_FORBID(p, n)    ((void)VALGRIND_MAKE_MEM_NOACCESS((p), (n)))
#define POISON_ALLOW(p, n)     ((void)VALGRIND_MAKE_MEM_DEFINED((p), (n)))
#define POISON_UNDEFINED(p, n) ((void)VALGRIND_MAKE_MEM_UNDEFINED((p), (n)))
#define POISON_DEFINED(p, n)   ((void)VALGRIND_MAKE_MEM_DEFINED((p), (n)))
#else
#define POISON_FORBID(p, n)    ((void)(p), (void)(n))
#define POISON_ALLOW(p, n)     ((void)(p), (void)(n))
#define POISON_UNDEFINED(p, n) ((void)(p), (void)(n))
#define POISON_DEFINED(p, n)   ((void)(p), (void)(n))
#endif

#if POISON_VALGRIND
#define POISON_PAUSE  VALGRIND_DISABLE_ERROR_REPORTING
#define POISON_RESUME VALGRIND_ENABLE_ERROR_REPORTING
#else
#define POISON_PAUSE  ((void)0)
#define POISON_RESUME ((void)0)
#endif

/* Is there a tool that acts on forbidden bytes? When not, nobody needs to keep track of them. */
#define POISON_ACTIVE (POISON_ASAN || POISON_VALGRIND)

#if POISON_MSAN
#define POISON_EXEMPT __attribute__((no_sanitize("memory"), noinline))
#elif !POISON_ACTIVE
#define POISON_EXEMPT
#elif defined(__clang__)
#define POISON_EXEMPT                                                                              \
    __attribute__((no_sanitize("address", "undefined"), noinline,                                  \
                   no_builtin("memset", "memcpy", "memmove", "memcmp", "bcmp")))
#else
#define POISON_EXEMPT                                                                              \
    __attribute__((no_sanitize("address"), noinline, optimize("no-tree-loop-distribute-patterns")))
#endif

#endif
