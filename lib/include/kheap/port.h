/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_PORT_H
#define KHEAP_PORT_H

/*
 * What kheap needs of the system it runs on: a lock, a way to sleep and to wake, a clock, and to
 * know whether it runs in an interrupt. Five ports come with it (lib/port, and the simulator's in
 * sim/); a program links exactly one. sys_heap needs none, unless the listener is configured.
 *
 * docs/PORTING.md says how to write one, and how to find out that it is right.
 */

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A lock that is all zeros is free: static heaps need no init call. What is in it is the port's. */
struct kheap_lock {
    uintptr_t word;
};

/* A thread that sleeps, on its own stack; all zeros before kheap_port_sleep(). */
struct kheap_sleeper {
    void *thread;        /* the port's: who sleeps here */
    volatile bool woken; /* set by kheap_port_wake(), with the lock held */
};

/*
 * Enters a section that nothing else enters with the same lock: no thread, no interrupt.
 * lock NULL is the global lock, of listeners and registry; it is taken inside other locks, and
 * nothing is taken inside it. Sections are short: no copy above 64 bytes, constant time.
 * Result: what unlock needs to restore, such as the interrupt mask. Callable from interrupts.
 */
uintptr_t kheap_port_lock(struct kheap_lock *lock);
void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key);

/*
 * Gives the lock up, sleeps until the sleeper is woken or the clock reaches `deadline`, and takes
 * the lock again. No wake-up may fall between giving up and sleeping. It may also return early, for
 * no reason. deadline is an absolute tick; KHEAP_PORT_FOREVER is none.
 * *key: as lock gave it; on return what the next unlock needs. Never called in an interrupt.
 */
#define KHEAP_PORT_FOREVER INT64_MAX
void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline);

/* Wakes it, with the lock held, perhaps in an interrupt. The sleeper is valid until unlock. */
void kheap_port_wake(struct kheap_sleeper *sleeper);

/* Ticks since some start, at CONFIG_SYS_CLOCK_TICKS_PER_SEC; never runs backwards. */
int64_t kheap_port_now(void);

/* The calling thread's priority: the higher number is served first. */
int kheap_port_priority(void);

/* Does the caller run in an interrupt, where nothing may sleep? */
bool kheap_port_in_isr(void);

/* Names the running thread or interrupt: never NULL, and different in two that can interleave. */
const void *kheap_port_self(void);

#ifdef __cplusplus
}
#endif

#endif
