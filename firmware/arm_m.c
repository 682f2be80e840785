/* SPDX-License-Identifier: Apache-2.0 */

/* Start-up for every Cortex-M: vector table, reset, faults, and the few lines of assembly. */

#include "machine.h"
#include "port.h"

extern uint32_t image_data_load[], image_data_start[], image_data_end[];
extern uint32_t image_bss_start[], image_bss_end[], image_stack_top[];

/* Configuration and control register; bit 3 makes unaligned accesses fault, as a Cortex-M0 always
 * does. */
#define CCR             (*(volatile uint32_t *)0xe000ed14u)
#define CCR_UNALIGN_TRP 8u

_Noreturn void reset_handler(void);
void fault_handler(void);
void timer_handler(void);
_Noreturn void machine_fault(const uint32_t *frame);

void reset_handler(void)
{
    uint32_t *from = image_data_load;

    CCR |= CCR_UNALIGN_TRP;
    for (uint32_t *to = image_data_start; to < image_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = image_bss_start; to < image_bss_end; to++) {
        *to = 0;
    }
    port_run();
}

/* The hardware has pushed r0-r3, r12, lr, pc, xpsr. */
void machine_fault(const uint32_t *frame)
{
    port_fault("exception", frame[6]);
}

__asm__(".syntax unified\n"
        ".thumb\n"
        ".section .text.machine, \"ax\"\n"

        ".global fault_handler\n"
        ".type fault_handler, %function\n"
        ".thumb_func\n"
        "fault_handler:\n"
        "    mrs r0, msp\n"
        "    ldr r1, =machine_fault\n"
        "    bx r1\n"
        "    .ltorg\n"

        /* An image that wants the timer's interrupt defines it. */
        ".weak timer_handler\n"
        ".thumb_set timer_handler, fault_handler\n"

        ".global machine_semihost\n"
        ".type machine_semihost, %function\n"
        ".thumb_func\n"
        "machine_semihost:\n"
        "    bkpt 0xab\n"
        "    bx lr\n"

        ".global measured_call\n"
        ".global measured_begin\n"
        ".global measured_end\n"
        ".type measured_call, %function\n"
        ".thumb_func\n"
        "measured_call:\n"
        "    push {r4, lr}\n"
        "    mov r4, r0\n"
        "    ldr r0, [r1, #0]\n"
        "    ldr r2, [r1, #8]\n"
        "    ldr r3, [r1, #12]\n"
        "    ldr r1, [r1, #4]\n"
        "measured_begin:\n"
        "    blx r4\n"
        "measured_end:\n"
        "    pop {r4, pc}\n"

        ".global measured_loop\n"
        ".type measured_loop, %function\n"
        ".thumb_func\n"
        "measured_loop:\n"
        "    subs r0, r0, #1\n"
        "    bne measured_loop\n"
        ".global measured_empty\n"
        ".type measured_empty, %function\n"
        ".thumb_func\n"
        "measured_empty:\n"
        "    bx lr\n");

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    image_stack_top, (const void *)reset_handler, [2 ... 14] = (const void *)fault_handler,
    [15] = (const void *)timer_handler};
