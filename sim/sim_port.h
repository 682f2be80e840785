/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_PORT_H
#define SIM_PORT_H

/*
 * Between the simulation, which is in a program once, and what is there once for each library under
 * test: kheap's port (port.c), the subjects, and KHEAP_ENTER. So sim/ needs none of the library's
 * types.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oracle.h"

/* Laid out as struct kheap_lock: context + 1 of who holds it, or 0. */
struct sim_lock {
    uintptr_t holder;
};

/* Laid out as struct kheap_sleeper. */
struct sim_sleeper {
    void *thread;
    volatile bool woken;
};

/* What the functions of kheap/port.h of the same names promise. */
void sim_port_lock(struct sim_lock *lock);
void sim_port_unlock(struct sim_lock *lock);
void sim_port_sleep(struct sim_lock *lock, struct sim_sleeper *sleeper, int64_t deadline);
void sim_port_wake(struct sim_sleeper *sleeper);
int64_t sim_port_now(void);
int sim_port_priority(void);
bool sim_port_in_isr(void);
const void *sim_port_self(void);

/* KHEAP_ENTER: the current context must hold the heap's lock. */
void sim_enter(const void *object);

/* What listeners are told, under the heap's lock. */
void sim_told_alloc(void *p, size_t bytes);
void sim_told_free(void *p, size_t bytes);

/* A report of the fault hook; isr_wait: an interrupt's call wanted to wait. */
void sim_told_fault(bool isr_wait, const char *invariant);

/* Subjects say, while they hold the lock, what the heap said. */
void sim_told_stats(size_t allocated, size_t max_allocated);
void sim_told_reset_max(void);
void sim_told_largest(size_t bytes);
/* And what it says when that breaks a rule that only they can see. */
void sim_told_wrong(enum oracle oracle, const char *sentence);

#endif
