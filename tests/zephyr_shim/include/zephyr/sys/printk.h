/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_SHIM_PRINTK_H
#define ZEPHYR_SHIM_PRINTK_H

#ifdef __cplusplus
extern "C" {
#endif

/* To the standard output, at once. */
__attribute__((format(printf, 1, 2))) void printk(const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
