/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_TIMEOUT_H
#define KHEAP_TIMEOUT_H

/*
 * How long a call may wait: k_timeout_t, made by the macros below. A tick is what
 * kheap_port_now() counts, CONFIG_SYS_CLOCK_TICKS_PER_SEC of them a second.
 *
 *   K_NO_WAIT                    do not wait
 *   K_FOREVER                    wait until there is memory
 *   K_TICKS(n), K_NSEC(n), K_USEC(n), K_MSEC(n), K_SECONDS(n), K_MINUTES(n), K_HOURS(n), K_CYC(n)
 *                                wait so long, counted from the first thing the call does
 *   K_TIMEOUT_ABS_TICKS(n), _NS(n), _US(n), _MS(n), _SEC(n), _CYC(n)
 *                                wait until the clock stands there
 *   K_TIMEOUT_EQ(a, b)           are two of them the same?
 *
 * n: any integer of any type; zero and negative ones make K_NO_WAIT, of the absolute macros too,
 * since the clock has passed them. Conversions round up to whole ticks, and what is more than
 * KHEAP_TICKS_MAX becomes KHEAP_TICKS_MAX, never K_FOREVER; no sum and no product overflows.
 * n is evaluated once. Of a constant the macros make a constant, good for a static initialiser.
 * Source: documented; the saturation is beyond the original.
 */

#include <stdint.h>

#include "kheap/config.h"

typedef int64_t k_ticks_t;

/* ticks 0: do not wait. -1: for ever. Above 0: so many ticks. Below -1: until tick -2 - ticks. */
typedef struct {
    k_ticks_t ticks;
} k_timeout_t;

#define K_TICKS_FOREVER ((k_ticks_t)-1)
/* The longest relative time; added to any clock it stays below the end of k_ticks_t. */
#define KHEAP_TICKS_MAX (INT64_MAX / 2)

#ifdef __cplusplus
#define KHEAP_TIMEOUT(t) (k_timeout_t{(t)})
#else
#define KHEAP_TIMEOUT(t) ((k_timeout_t){(t)})
#endif

/*
 * n of any integer type as a uint64_t, 0 when it is negative. Whether the type has a sign is asked
 * of the type, so that unsigned values above INT64_MAX are not taken for negative ones.
 */
#define KHEAP_SIGNED(n)          ((__typeof__(n))-1 < (__typeof__(n))1)
#define KHEAP_NATURAL(v, signed) ((signed)&&(v) >> 63 ? (uint64_t)0 : (v))

/*
 * ceil(v * rate / per), at most KHEAP_TICKS_MAX. With rate <= 3600 * 10^9 where per is 1, else
 * rate <= 10^9 and per < 2^32:
 *
 *   v / per < MAX / rate  =>  v / per * rate <= MAX - rate
 *   v % per < per         =>  v % per * rate + per - 1 < 2^32 * 10^9 + 2^32 < 2^63
 *                             and that divided by per is at most rate; so the sum is at most MAX
 */
#define KHEAP_SCALE(v, per, rate)                                                                  \
    ((v) / (per) >= (uint64_t)KHEAP_TICKS_MAX / (rate)                                             \
         ? (uint64_t)KHEAP_TICKS_MAX                                                               \
         : (v) / (per) * (rate) + ((v) % (per) * (rate) + (per)-1u) / (per))

/* Relative: t. Absolute: -2 - t, but 0 stays 0. */
#define KHEAP_SIDE(t, absolute) ((absolute) && (t) != 0 ? -2 - (k_ticks_t)(t) : (k_ticks_t)(t))

static inline k_ticks_t kheap_ticks(uint64_t n, int is_signed, uint64_t per, uint64_t rate,
                                    int absolute)
{
    const uint64_t v = KHEAP_NATURAL(n, is_signed);
    const uint64_t ticks = KHEAP_SCALE(v, per, rate);

    return KHEAP_SIDE(ticks, absolute);
}

/* The long form is a constant where n is one, and is dropped where n is none. */
#define KHEAP_TICKS_(v, per, rate, absolute) KHEAP_SIDE(KHEAP_SCALE(v, per, rate), absolute)
#define KHEAP_TICKS(n, per, rate, absolute)                                                        \
    KHEAP_TIMEOUT(__builtin_constant_p(n)                                                          \
                      ? KHEAP_TICKS_(KHEAP_NATURAL((uint64_t)(n), KHEAP_SIGNED(n)),                \
                                     (uint64_t)(per), (uint64_t)(rate), absolute)                  \
                      : kheap_ticks((uint64_t)(n), KHEAP_SIGNED(n), (uint64_t)(per),               \
                                    (uint64_t)(rate), absolute))

#define KHEAP_RATE             CONFIG_SYS_CLOCK_TICKS_PER_SEC
#define KHEAP_CYC_RATE         CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC

#define K_NO_WAIT              KHEAP_TIMEOUT(0)
#define K_FOREVER              KHEAP_TIMEOUT(K_TICKS_FOREVER)

#define K_TICKS(n)             KHEAP_TICKS(n, 1, 1, 0)
#define K_NSEC(n)              KHEAP_TICKS(n, 1000000000, KHEAP_RATE, 0)
#define K_USEC(n)              KHEAP_TICKS(n, 1000000, KHEAP_RATE, 0)
#define K_MSEC(n)              KHEAP_TICKS(n, 1000, KHEAP_RATE, 0)
#define K_SECONDS(n)           KHEAP_TICKS(n, 1, KHEAP_RATE, 0)
#define K_MINUTES(n)           KHEAP_TICKS(n, 1, KHEAP_RATE *(uint64_t)60, 0)
#define K_HOURS(n)             KHEAP_TICKS(n, 1, KHEAP_RATE *(uint64_t)3600, 0)
#define K_CYC(n)               KHEAP_TICKS(n, KHEAP_CYC_RATE, KHEAP_RATE, 0)

#define K_TIMEOUT_ABS_TICKS(n) KHEAP_TICKS(n, 1, 1, 1)
#define K_TIMEOUT_ABS_NS(n)    KHEAP_TICKS(n, 1000000000, KHEAP_RATE, 1)
#define K_TIMEOUT_ABS_US(n)    KHEAP_TICKS(n, 1000000, KHEAP_RATE, 1)
#define K_TIMEOUT_ABS_MS(n)    KHEAP_TICKS(n, 1000, KHEAP_RATE, 1)
#define K_TIMEOUT_ABS_SEC(n)   KHEAP_TICKS(n, 1, KHEAP_RATE, 1)
#define K_TIMEOUT_ABS_CYC(n)   KHEAP_TICKS(n, KHEAP_CYC_RATE, KHEAP_RATE, 1)

#define K_TIMEOUT_EQ(a, b)     ((a).ticks == (b).ticks)

#endif
