/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_FIBER_H
#define SIM_FIBER_H

/*
 * Fibers: stacks that one thread of the machine switches between. Announced to AddressSanitizer. On
 * x86-64 a switch is a few instructions; elsewhere it is the C library's, with two system calls.
 */

#include <stdint.h>

/* The deepest stack is an oracle's message inside a listener's callback, with a sanitizer. */
#define FIBER_STACK_BYTES 65536u

struct fiber {
    void *context;         /* stack pointer, or ucontext_t; NULL: not started, or abandoned */
    const void *stack;     /* lowest address; of the main context as the sanitizer knows it */
    uintptr_t stack_bytes; /* 0: not known yet */
    void *fake_stack;      /* AddressSanitizer's, while the fiber does not run */
    void (*body)(void *argument); /* must not return */
    void *argument;
};

/* A fiber that will run body(argument) when it is switched to first. `index` < FIBER_COUNT chooses
 * its stack; whoever had it before must have been abandoned. */
#define FIBER_COUNT 8u
void fiber_start(struct fiber *fiber, uint32_t index, void (*body)(void *argument), void *argument);

/* From `from`, which is what runs now, to `to`. Returns when somebody switches back. */
void fiber_switch(struct fiber *from, struct fiber *to);

/* Forgets a fiber where it stands; `self` is what runs now. What lies on its stack is gone. */
void fiber_abandon(struct fiber *fiber, struct fiber *self);

#endif
