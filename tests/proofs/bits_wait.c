/* SPDX-License-Identifier: Apache-2.0 */

/* Times: what becomes of negative numbers, absolute times and deadlines, for all arguments. */

#include "wide.h"

#include "heaps/wait.h"

/* Negative numbers are 0; unsigned ones above INT64_MAX are not taken for negative ones. */
bool ticks_natural(uint64_t n, bool is_signed)
{
    const uint64_t v = KHEAP_NATURAL(n, is_signed);

    return v == (is_signed && (int64_t)n < 0 ? 0 : n);
}

/* A time on either side: never K_FOREVER, told apart from each other, and from no time at all. */
bool ticks_sides(uint64_t t)
{
    ASSUME(t <= (uint64_t)KHEAP_TICKS_MAX);
    const k_ticks_t relative = KHEAP_SIDE(t, 0);
    const k_ticks_t absolute = KHEAP_SIDE(t, 1);

    return (uint64_t)relative == t && (t == 0 ? absolute == 0 : absolute < K_TICKS_FOREVER) &&
           (t == 0 || (uint64_t)(-2 - absolute) == t);
}

/* kheap_deadline() of lib/src/heaps/wait.c, the clock an argument. */
static inline int64_t deadline_of(k_timeout_t timeout, int64_t clock)
{
#define kheap_port_now() clock
#include "deadline.inc"
}

/* A deadline is the sum, or else the last tick before "never"; absolute times are themselves. */
bool deadline(int64_t ticks, int64_t now)
{
    ASSUME(now >= 0 && now < KHEAP_PORT_FOREVER);
    const int64_t at = deadline_of((k_timeout_t){ticks}, now);

    if (ticks == 0) {
        return at == KHEAP_NO_DEADLINE;
    }
    if (ticks == K_TICKS_FOREVER) {
        return at == KHEAP_PORT_FOREVER;
    }
    if (ticks < K_TICKS_FOREVER) {
        return at >= 0 && at < KHEAP_PORT_FOREVER && at + ticks == -2;
    }
    /* Sums of two numbers below 2^63 do not wrap in 64 bits without a sign. */
    const uint64_t sum = (uint64_t)now + (uint64_t)ticks;

    return (uint64_t)at == (sum < INT64_MAX ? sum : INT64_MAX - 1u);
}
