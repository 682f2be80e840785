/* SPDX-License-Identifier: Apache-2.0 */
#include "fiber.h"

#include <stddef.h>

#include "poison.h"

#if POISON_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__) && defined(__ELF__) && !defined(__ILP32__)
#define FIBER_BY_HAND 1
#else
#define FIBER_BY_HAND 0
#include <ucontext.h>
#endif

static _Alignas(64) uint8_t stacks[FIBER_COUNT][FIBER_STACK_BYTES];

/* The sanitizer must know whose stack it looks at, or it takes frames of one for wild pointers. */
static void announce_leave(struct fiber *from, const struct fiber *to)
{
#if POISON_ASAN
    __sanitizer_start_switch_fiber(&from->fake_stack, to->stack, to->stack_bytes);
#else
    (void)from;
    (void)to;
#endif
}

/* The first fiber that was ever left is the main context: it gets to know its own stack. */
static void announce_arrive(const struct fiber *self, struct fiber *from)
{
#if POISON_ASAN
    const void *stack;
    size_t bytes;

    __sanitizer_finish_switch_fiber(self->fake_stack, &stack, &bytes);
    if (from != NULL && from->stack_bytes == 0) {
        from->stack = stack;
        from->stack_bytes = bytes;
    }
#else
    (void)self;
    (void)from;
#endif
}

/* Who switched to the fiber that has just arrived. */
static struct fiber *left;

static _Noreturn void fiber_main(struct fiber *self)
{
    announce_arrive(self, left);
    self->body(self->argument);
    __builtin_trap();
}

#if FIBER_BY_HAND
/*
 * void fiber_swap(void **save, void *load): pushes what a call must keep, and pops the other's. A
 * fresh stack holds six zeros, the address of fiber_entry, and the fiber where rbx is popped.
 */
void fiber_swap(void **save, void *load);
void fiber_entry(void);
__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_swap\n"
        ".hidden fiber_swap\n"
        ".type fiber_swap, @function\n"
        "fiber_swap:\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size fiber_swap, .-fiber_swap\n"
        ".globl fiber_entry\n"
        ".hidden fiber_entry\n"
        ".type fiber_entry, @function\n"
        "fiber_entry:\n"
        "    mov %rbx, %rdi\n"
        "    xor %ebp, %ebp\n"
        "    call *%r12\n"
        "    ud2\n"
        ".size fiber_entry, .-fiber_entry\n");

/* r15 r14 r13 r12 rbx rbp, return address, and two words so that the call is aligned as calls are.
 */
#define FRAME_WORDS 9u

static void context_make(struct fiber *fiber)
{
    uintptr_t *top = (uintptr_t *)((uintptr_t)fiber->stack + fiber->stack_bytes) - FRAME_WORDS;

    top[0] = top[1] = top[2] = top[5] = top[7] = top[8] = 0;
    top[3] = (uintptr_t)fiber_main;
    top[4] = (uintptr_t)fiber;
    top[6] = (uintptr_t)fiber_entry;
    fiber->context = top;
}

static void context_swap(struct fiber *from, const struct fiber *to)
{
    fiber_swap(&from->context, to->context);
}
#else
static ucontext_t contexts[FIBER_COUNT];
static ucontext_t main_context;

/* makecontext() hands over integers only. */
static struct fiber *starting;

static void entry(void)
{
    fiber_main(starting);
}

static void context_make(struct fiber *fiber)
{
    const size_t index = ((uintptr_t)fiber->stack - (uintptr_t)stacks) / FIBER_STACK_BYTES;
    ucontext_t *context = &contexts[index];

    (void)getcontext(context);
    context->uc_stack.ss_sp = stacks[index];
    context->uc_stack.ss_size = FIBER_STACK_BYTES;
    context->uc_link = NULL;
    makecontext(context, entry, 0);
    fiber->context = context;
}

static void context_swap(struct fiber *from, const struct fiber *to)
{
    if (from->context == NULL) {
        from->context = &main_context;
    }
    starting = (struct fiber *)(uintptr_t)to;
    (void)swapcontext((ucontext_t *)from->context, (const ucontext_t *)to->context);
}
#endif

void fiber_start(struct fiber *fiber, uint32_t index, void (*body)(void *argument), void *argument)
{
    fiber->stack = stacks[index];
    fiber->stack_bytes = FIBER_STACK_BYTES;
    fiber->fake_stack = NULL;
    fiber->body = body;
    fiber->argument = argument;
    context_make(fiber);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
    left = from;
    announce_leave(from, to);
    context_swap(from, to);
    announce_arrive(from, NULL);
}

void fiber_abandon(struct fiber *fiber, struct fiber *self)
{
    if (fiber->context == NULL) {
        return;
    }
#if POISON_ASAN
    if (fiber->fake_stack != NULL) {
        /* Only who runs can give his fake stack back: a moment in the fiber's name. */
        __sanitizer_start_switch_fiber(&self->fake_stack, fiber->stack, fiber->stack_bytes);
        __sanitizer_finish_switch_fiber(fiber->fake_stack, NULL, NULL);
        __sanitizer_start_switch_fiber(NULL, self->stack, self->stack_bytes);
        __sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
        fiber->fake_stack = NULL;
    }
    /* Frames that never returned left their red zones behind. */
    POISON_ALLOW(stacks[((uintptr_t)fiber->stack - (uintptr_t)stacks) / FIBER_STACK_BYTES],
                 FIBER_STACK_BYTES);
#else
    (void)self;
#endif
    fiber->context = NULL;
}
