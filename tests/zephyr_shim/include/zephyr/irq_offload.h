/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_SHIM_IRQ_OFFLOAD_H
#define ZEPHYR_SHIM_IRQ_OFFLOAD_H

/*
 * Calls a routine as an interrupt: k_is_in_isr() and the heaps' port say so while it runs. It runs
 * on the calling thread, which therefore must not hold a heap's lock.
 */
typedef void (*irq_offload_routine_t)(const void *parameter);
void irq_offload(irq_offload_routine_t routine, const void *parameter);

#endif
