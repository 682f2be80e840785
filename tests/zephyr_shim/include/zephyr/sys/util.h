/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_SHIM_UTIL_H
#define ZEPHYR_SHIM_UTIL_H

#define ARRAY_SIZE(array)        (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b)                ((a) < (b) ? (a) : (b))
#define MAX(a, b)                ((a) > (b) ? (a) : (b))
#define ROUND_UP(n, step)        (((n) + (step)-1) / (step) * (step))
#define IS_ALIGNED(p, alignment) ((uintptr_t)(p) % (alignment) == 0)
#define KB(n)                    ((n)*1024)

#endif
