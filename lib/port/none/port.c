/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The port for a program of one thread and no interrupts: nobody can come between, and nobody can
 * free what a caller waits for. So a wait is only the wait for its deadline, and one for ever never
 * ends. All of it is weak: a testbed that plays the other threads itself defines its own.
 */

#include "kheap/port.h"

#define WEAK __attribute__((weak))

/*
 * A program with a clock defines its own. This one stands in for time by counting how often it is
 * asked, so that every deadline comes.
 */
WEAK int64_t kheap_port_now(void)
{
    static int64_t ticks;

    return ticks++;
}

WEAK uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    (void)lock;
    return 0;
}

WEAK void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    (void)lock;
    (void)key;
}

WEAK void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                           int64_t deadline)
{
    (void)lock;
    (void)key;
    while (!sleeper->woken && (deadline == KHEAP_PORT_FOREVER || kheap_port_now() < deadline)) {
    }
}

WEAK void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    sleeper->woken = true;
}

WEAK int kheap_port_priority(void)
{
    return 0;
}

WEAK bool kheap_port_in_isr(void)
{
    return false;
}

/* Any address that is not NULL: there is only one thread to name. */
WEAK const void *kheap_port_self(void)
{
    static const char thread;

    return &thread;
}
