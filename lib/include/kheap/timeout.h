/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_TIMEOUT_H
#define KHEAP_TIMEOUT_H

/*
 * How long a call may wait: k_timeout_t, made by the macros below. Relative ones count from the
 * first thing the call does. Conversions round up to ticks and saturate below K_FOREVER; zero and
 * negative times are K_NO_WAIT. Source: documented.
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

#define K_NO_WAIT          KHEAP_TIMEOUT(0)
#define K_FOREVER          KHEAP_TIMEOUT(K_TICKS_FOREVER)
#define K_TIMEOUT_EQ(a, b) ((a).ticks == (b).ticks)

#endif
