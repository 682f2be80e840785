/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_POOL_PORT_H
#define TESTS_POOL_PORT_H

/*
 * A port in which nothing happens by itself: one thread, a clock that stands still, and a hook that
 * plays everyone else while the thread sleeps. So each waiting can be told step by step.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include <kheap/mem_pool.h>
#include <kheap/system_heap.h>

extern int64_t port_clock;
extern int port_priority;
extern bool port_isr;

/* Called in each sleep, without the lock. NULL: the clock jumps to the deadline. */
extern void (*port_while_asleep)(int64_t deadline);

extern unsigned port_sleeps;      /* calls of kheap_port_sleep */
extern unsigned port_clock_reads; /* and of kheap_port_now */
extern unsigned port_locks;       /* and of kheap_port_lock */

/* Chunks, words, cuts and joins that the library looked at (KHEAP_STEP). */
extern unsigned port_steps;

/* The last misuse reported, and how many there were. */
extern struct kheap_fault port_fault;
extern unsigned port_faults;

/* cmocka set-up: as in the first moment of main. */
int port_reset(void **state);

#endif
