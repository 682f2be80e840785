/* SPDX-License-Identifier: Apache-2.0 */

/* The port for RISC-V in machine mode without an operating system: mstatus.MIE is the lock. */

#include <stdint.h>

#define MSTATUS_MIE 8

static inline uintptr_t interrupts_mask(void)
{
    uintptr_t status;

    __asm__ volatile("csrrci %0, mstatus, %1" : "=r"(status) : "i"(MSTATUS_MIE) : "memory");
    return status & MSTATUS_MIE;
}

static inline void interrupts_restore(uintptr_t key)
{
    __asm__ volatile("csrs mstatus, %0" ::"r"(key) : "memory");
}

static inline void interrupt_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

#include "../bare.h"

/* How many trap handlers are nested; 0 is the thread. */
static volatile uint32_t depth;

void kheap_port_isr_enter(void)
{
    depth = depth + 1;
}

void kheap_port_isr_leave(void)
{
    depth = depth - 1;
}

bool kheap_port_in_isr(void)
{
    return depth != 0;
}

const void *kheap_port_self(void)
{
    return (const void *)(uintptr_t)(depth + 1u);
}
