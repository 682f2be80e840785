/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_PUPPET_PORT_H
#define SUBJECTS_PUPPET_PORT_H

/*
 * A port that plays the other threads: what a call sleeps through, is interrupted by, or meets
 * between two locks is a function that the item under test puts here. Replaces lib/port/none, whose
 * functions are weak; with nothing set it does the same.
 */

#include "kheap/port.h"

static struct puppet {
    void (*asleep)(struct kheap_sleeper *sleeper, int64_t deadline);
    void (*unlocked)(void); /* called at the first unlock, then forgotten */
    const void *self;
    int64_t now;
    bool in_isr;
    int locked; /* locks that are held */
} puppet;

static const char puppet_thread;

uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    (void)lock;
    puppet.locked++;
    return 0;
}

void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    void (*const unlocked)(void) = puppet.unlocked;

    (void)key;
    puppet.locked--;
    if (lock != NULL && unlocked != NULL) {
        puppet.unlocked = NULL;
        unlocked();
    }
}

/* The clock jumps to the deadline. */
void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    (void)lock;
    (void)key;
    if (puppet.asleep != NULL) {
        puppet.asleep(sleeper, deadline);
    } else if (!sleeper->woken) {
        puppet.now = puppet.now > deadline ? puppet.now : deadline;
    }
}

void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    sleeper->woken = true;
}

int64_t kheap_port_now(void)
{
    return puppet.now;
}

int kheap_port_priority(void)
{
    return 0;
}

bool kheap_port_in_isr(void)
{
    return puppet.in_isr;
}

const void *kheap_port_self(void)
{
    return puppet.self != NULL ? puppet.self : &puppet_thread;
}

#endif
