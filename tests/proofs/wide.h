/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_WIDE_H
#define PROOFS_WIDE_H

/*
 * What the properties for bit vectors are written with. Each is a function that must return true
 * for all of its arguments; what is assumed of them comes first. Sums are made in a width in which
 * they cannot wrap, so that a wrap in lib is a difference.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSUME(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return true;                                                                           \
        }                                                                                          \
    } while (0)

#if UINTPTR_MAX > 0xffffffffu
typedef unsigned __int128 wide;
#else
typedef uint64_t wide;
#endif

static inline wide rounded_up(wide n, wide to)
{
    return (n + to - 1) / to;
}

static inline bool power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

#endif
