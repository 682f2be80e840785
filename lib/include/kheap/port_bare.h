/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_PORT_BARE_H
#define KHEAP_PORT_BARE_H

/*
 * What the ports for bare machines (cortex_m, riscv) want of the program: one thread, that is what
 * main() runs, and interrupts. A lock masks all interrupts; who waits does so in the machine's
 * wait-for-interrupt, with interrupts masked, so that no wake-up falls between test and sleep.
 */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One tick of the clock: call it CONFIG_SYS_CLOCK_TICKS_PER_SEC times a second, from the timer's
 * interrupt. Not needed by a program that brings a kheap_port_now() of its own (it is weak), and
 * then some interrupt must still come often enough to end waits at their deadlines.
 * Without either, the clock stands still and a wait with a deadline never ends.
 */
void kheap_port_tick(void);

/*
 * RISC-V has no register that tells an interrupt from the thread: the trap handler calls enter
 * first and leave last. Cortex-M needs neither; there they do nothing.
 */
void kheap_port_isr_enter(void);
void kheap_port_isr_leave(void);

#ifdef __cplusplus
}
#endif

#endif
