/* SPDX-License-Identifier: Apache-2.0 */

/* The timer interrupt of each instruction set. */

#include "timer.h"

#include <stdint.h>

#include "kheap/port_bare.h"

#if defined(__arm__)

#define SYST_CSR    (*(volatile uint32_t *)0xe000e010u)
#define SYST_RVR    (*(volatile uint32_t *)0xe000e014u)
#define SYST_CVR    (*(volatile uint32_t *)0xe000e018u)
#define SYST_ON     7u     /* the processor's clock, interrupt, enabled */
#define SYST_RELOAD 24999u /* 25 MHz */

void timer_handler(void);

/* Exception 15 of the vector table. */
void timer_handler(void)
{
    image_tick();
}

void timer_start(void)
{
    SYST_RVR = SYST_RELOAD;
    SYST_CVR = 0;
    SYST_CSR = SYST_ON;
}

#elif defined(__riscv)

/* The core-local interruptor of the virt machine counts at 10 MHz. */
#define MTIMECMP_LOW  (*(volatile uint32_t *)0x02004000u)
#define MTIMECMP_HIGH (*(volatile uint32_t *)0x02004004u)
#define MTIME_LOW     (*(volatile uint32_t *)0x0200bff8u)
#define MTIME_HIGH    (*(volatile uint32_t *)0x0200bffcu)
#define TICK          10000u
#define MIE_MTIE      0x80u
#define MSTATUS_MIE   8u

static uint64_t now(void)
{
    uint32_t high = MTIME_HIGH;
    uint32_t low = MTIME_LOW;

    if (MTIME_HIGH != high) {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    }
    return (uint64_t)high << 32 | low;
}

/* The high word is all ones in between, so that no half of a time rings. */
static void arm_timer(void)
{
    const uint64_t next = now() + TICK;

    MTIMECMP_HIGH = UINT32_MAX;
    MTIMECMP_LOW = (uint32_t)next;
    MTIMECMP_HIGH = (uint32_t)(next >> 32);
}

static void __attribute__((interrupt("machine"), aligned(4))) timer_handler(void)
{
    kheap_port_isr_enter();
    arm_timer();
    image_tick();
    kheap_port_isr_leave();
}

void timer_start(void)
{
    arm_timer();
    __asm__ volatile("csrw mtvec, %0" ::"r"(timer_handler));
    __asm__ volatile("csrs mie, %0" ::"r"(MIE_MTIE));
    __asm__ volatile("csrs mstatus, %0" ::"r"(MSTATUS_MIE));
}

#endif
