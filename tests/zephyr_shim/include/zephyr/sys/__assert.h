/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_SHIM_ASSERT_H
#define ZEPHYR_SHIM_ASSERT_H

#include <stdlib.h>
#include <zephyr/sys/printk.h>

/* Always on, whatever NDEBUG says: a test that checks nothing is none. */
#define __ASSERT(condition, ...)                                                                   \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printk("%s:%d: assertion failed: %s: ", __FILE__, __LINE__, #condition);               \
            printk(__VA_ARGS__);                                                                   \
            printk("\n");                                                                          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
#define __ASSERT_NO_MSG(condition) __ASSERT(condition, "no message")

#endif
