/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MULTI_PORT_WATCH_H
#define TESTS_MULTI_PORT_WATCH_H

/*
 * A port for one thread that watches the locks: taking one that is held, or giving one back that is
 * not, fails the test; so does taking any while the global one is held.
 */

#include <kheap/port.h>

/* How often each sort of lock was taken since the reset; and how many are held now. */
extern unsigned watch_taken, watch_global_taken, watch_held;
extern bool watch_global_held;

/* Called after a lock of an object was taken, and before it is given back; NULL: not. */
extern void (*watch_on_lock)(void);
extern void (*watch_on_unlock)(void);

/* Who runs: kheap_port_self(). */
extern const void *watch_self;

void watch_reset(void);

#endif
