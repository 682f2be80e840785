/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_MACHINE_H
#define FIRMWARE_MACHINE_H

/* What a start-up file (arm_m.c, riscv.c) defines besides its reset code. */

#include <stddef.h>
#include <stdint.h>

/* The trap to the debugger: operation and argument as ARM's semihosting numbers them. */
uintptr_t machine_semihost(uintptr_t operation, const void *argument);

/*
 * Calls function with four arguments at the one call instruction that the plugin watches: symbol
 * measured_begin is that instruction, measured_end the one behind it.
 */
typedef uintptr_t (*measured_function)(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d);
uintptr_t measured_call(measured_function function, const uintptr_t arguments[4]);

/* A loop of exactly 2n + 1 instructions, its return included; n is not 0. It proves the plugin. */
uintptr_t measured_loop(uintptr_t n, uintptr_t b, uintptr_t c, uintptr_t d);

/* Nothing but its return: exactly one instruction. */
uintptr_t measured_empty(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d);

#endif
