/* SPDX-License-Identifier: Apache-2.0 */

/* The port for Cortex-M without an operating system: PRIMASK is the lock. */

#include <stdint.h>

static inline uintptr_t interrupts_mask(void)
{
    uint32_t key;

    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(key)::"memory");
    return key;
}

/* The barrier lets what is pending in before the next instruction. */
static inline void interrupts_restore(uintptr_t key)
{
    __asm__ volatile("msr primask, %0\n\tisb" ::"r"(key) : "memory");
}

static inline void interrupt_wait(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

#include "../bare.h"

/* The number of the exception that runs; 0 is the thread. */
static uint32_t exception(void)
{
    uint32_t number;

    __asm__ volatile("mrs %0, ipsr" : "=r"(number));
    return number;
}

bool kheap_port_in_isr(void)
{
    return exception() != 0;
}

/* Exceptions can be nested, but one never interrupts itself. */
const void *kheap_port_self(void)
{
    return (const void *)(uintptr_t)(exception() + 1u);
}

void kheap_port_isr_enter(void)
{
}

void kheap_port_isr_leave(void)
{
}
