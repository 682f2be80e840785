/* SPDX-License-Identifier: Apache-2.0 */
#include "ticks.h"

#include <time.h>

/* Keeps the chain's result alive. */
static volatile uint32_t chain_result;

uint32_t ticks_of_chain(void)
{
    const uint64_t begin = ticks_begin();
    const uint32_t value = add_chain(CALIBRATION_ADDS, 1);
    const uint64_t end = ticks_end();

    chain_result = value;
    return (uint32_t)(end - begin);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double ticks_per_ns(void)
{
    const uint64_t from = now_ns(), begin = ticks_begin();
    uint64_t to = from;

    while (to - from < 20000000u) {
        to = now_ns();
    }
    return (double)(ticks_end() - begin) / (double)(to - from);
}
