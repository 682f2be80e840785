/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COVERAGE_OTHER_PROCESSOR_H
#define COVERAGE_OTHER_PROCESSOR_H

/*
 * Forced in front of lib/ to compile what it does for processors that do not predict branches or
 * have no instruction that counts leading zeros. System headers must be through before.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#undef __x86_64__
#undef __i386__
#undef __aarch64__
#define __ARM_ARCH_6M__ 1

#endif
