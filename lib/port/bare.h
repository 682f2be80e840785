/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_BARE_H
#define KHEAP_BARE_H

/*
 * The part of a bare port that is the same on every machine. A port includes it once, behind
 *
 *   static inline uintptr_t interrupts_mask(void);          masks, and says what was before
 *   static inline void interrupts_restore(uintptr_t key);   pending ones are taken right here
 *   static inline void interrupt_wait(void);                until one is pending, masked or not
 */

#include "kheap/port.h"
#include "kheap/port_bare.h"

static volatile uint32_t ticks_low, ticks_high;

void kheap_port_tick(void)
{
    const uintptr_t key = interrupts_mask();

    ticks_low = ticks_low + 1;
    if (ticks_low == 0) {
        ticks_high = ticks_high + 1;
    }
    interrupts_restore(key);
}

/* 64 bits are two reads here: nothing may come between them. */
__attribute__((weak)) int64_t kheap_port_now(void)
{
    const uintptr_t key = interrupts_mask();
    const uint64_t now = (uint64_t)ticks_high << 32 | ticks_low;

    interrupts_restore(key);
    return (int64_t)now;
}

/* One lock for all: it is the machine's. */
uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    (void)lock;
    return interrupts_mask();
}

void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    (void)lock;
    interrupts_restore(key);
}

/*
 * An interrupt that comes between the test and the wait stays pending, and so ends the wait at
 * once; it is taken where the interrupts are restored, and may wake the sleeper there.
 */
void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    (void)lock;
    while (!sleeper->woken && (deadline == KHEAP_PORT_FOREVER || kheap_port_now() < deadline)) {
        interrupt_wait();
        interrupts_restore(*key);
        *key = interrupts_mask();
    }
}

void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    sleeper->woken = true;
}

/* There is one thread. */
int kheap_port_priority(void)
{
    return 0;
}

#endif
