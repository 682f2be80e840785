/* SPDX-License-Identifier: Apache-2.0 */

/* Start-up for 32-bit RISC-V in machine mode: reset, faults, and the few lines of assembly. */

#include "machine.h"
#include "port.h"

extern uint32_t image_bss_start[], image_bss_end[];

_Noreturn void reset_clear(void);
_Noreturn void machine_fault(uintptr_t where);

/* The loader of the emulator puts .data where it belongs. */
void reset_clear(void)
{
    for (uint32_t *to = image_bss_start; to < image_bss_end; to++) {
        *to = 0;
    }
    port_run();
}

void machine_fault(uintptr_t where)
{
    port_fault("exception", where);
}

__asm__(".section .text.start, \"ax\"\n"
        ".global reset_handler\n"
        "reset_handler:\n"
        "    la sp, image_stack_top\n"
        "    la t0, fault_handler\n"
        "    csrw mtvec, t0\n"
        "    call reset_clear\n"

        ".section .text.machine, \"ax\"\n"
        ".balign 4\n"
        "fault_handler:\n"
        "    csrr a0, mepc\n"
        "    call machine_fault\n"

        /* The three must be uncompressed and inside one page. */
        ".global machine_semihost\n"
        ".type machine_semihost, @function\n"
        ".balign 16\n"
        ".option push\n"
        ".option norvc\n"
        "machine_semihost:\n"
        "    slli zero, zero, 0x1f\n"
        "    ebreak\n"
        "    srai zero, zero, 7\n"
        "    ret\n"
        ".option pop\n"

        ".global measured_call\n"
        ".global measured_begin\n"
        ".global measured_end\n"
        ".type measured_call, @function\n"
        "measured_call:\n"
        "    addi sp, sp, -16\n"
        "    sw ra, 12(sp)\n"
        "    mv t1, a0\n"
        "    mv t0, a1\n"
        "    lw a0, 0(t0)\n"
        "    lw a1, 4(t0)\n"
        "    lw a2, 8(t0)\n"
        "    lw a3, 12(t0)\n"
        "measured_begin:\n"
        "    jalr t1\n"
        "measured_end:\n"
        "    lw ra, 12(sp)\n"
        "    addi sp, sp, 16\n"
        "    ret\n"

        ".global measured_loop\n"
        ".type measured_loop, @function\n"
        "measured_loop:\n"
        "    addi a0, a0, -1\n"
        "    bnez a0, measured_loop\n"
        ".global measured_empty\n"
        ".type measured_empty, @function\n"
        "measured_empty:\n"
        "    ret\n");
