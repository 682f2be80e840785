/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_SHIM_TOOLCHAIN_H
#define ZEPHYR_SHIM_TOOLCHAIN_H

#define __aligned(n)  __attribute__((aligned(n)))
#define ARG_UNUSED(x) (void)(x)

#endif
