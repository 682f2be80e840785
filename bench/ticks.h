/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TICKS_H
#define BENCH_TICKS_H

/*
 * The time stamp counter, and what turns its ticks into core cycles. The counter runs at a fixed
 * rate, the core does not, so the rate between them is measured: a chain of adds, each waiting for
 * the one before, takes one core cycle an add on every machine we know.
 */

#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)
#define TICKS_SOURCE "rdtsc"

/* lfence on both sides: nothing older is still under way, nothing younger has begun. */
static inline uint64_t ticks_begin(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* rdtscp waits for everything before it; the fence keeps what follows out of the measured time. */
static inline uint64_t ticks_end(void)
{
    uint32_t low, high, core;
    __asm__ volatile("rdtscp\n\tlfence" : "=a"(low), "=d"(high), "=c"(core) : : "memory");
    return (uint64_t)high << 32 | low;
}
#else
#include <time.h>
#define TICKS_SOURCE "clock_gettime"

/* Coarse, but the mean over a hundred replays still tells tens of nanoseconds apart. */
static inline uint64_t ticks_begin(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t ticks_end(void)
{
    return ticks_begin();
}
#endif

/* adds must be a multiple of ADD_CHAIN_STEP. The asm statements hide both values from the compiler,
 * so it can neither fold the chain nor turn it into adds of a constant, which some cores do at no
 * cost at all. */
#define ADD_CHAIN_STEP 20u
static inline uint32_t add_chain(uint32_t adds, uint32_t value)
{
    uint32_t step = 1;
#define ADD_ONE                                                                                    \
    value += step;                                                                                 \
    __asm__ volatile("" : "+r"(value), "+r"(step));
#define ADD_FIVE ADD_ONE ADD_ONE ADD_ONE ADD_ONE ADD_ONE
    __asm__ volatile("" : "+r"(value), "+r"(step));
    for (uint32_t done = 0; done < adds; done += ADD_CHAIN_STEP) {
        ADD_FIVE ADD_FIVE ADD_FIVE ADD_FIVE
    }
#undef ADD_FIVE
#undef ADD_ONE
    return value;
}

/* Ticks that a chain of so many adds takes, timer included. */
#define CALIBRATION_ADDS 20000u
uint32_t ticks_of_chain(void);

/* Ticks a nanosecond, by the system's clock over about 20 ms. */
double ticks_per_ns(void);

#endif
