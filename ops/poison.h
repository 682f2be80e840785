/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_POISON_H
#define OPS_POISON_H

/*
 * One macro set for AddressSanitizer, MemorySanitizer and Valgrind.
 *   POISON_FORBID(p, n)     nobody may read or write these bytes
 *   POISON_ALLOW(p, n)      everybody may
 *   POISON_UNDEFINED(p, n)  may be written; reading before that is an error (MSan, Valgrind)
 *   POISON_DEFINED(p, n)    may be read
 *   POISON_EXEMPT           function attribute: may touch forbidden bytes (no libc calls inside: their
 *                           interceptors check; and clang must not turn loops back into such calls)
 * Nothing outside these tools. Valgrind requests only with HEAPVET_VALGRIND defined (needs valgrind/memcheck.h).
 */
/* filled in by the owner of this file */

#endif
