/* SPDX-License-Identifier: Apache-2.0 */

/* kheap's port (kheap/port.h) on the simulation. */

#include "kheap/port.h"

#include "sim_port.h"

_Static_assert(sizeof(struct kheap_lock) == sizeof(struct sim_lock), "one layout");
_Static_assert(sizeof(struct kheap_sleeper) == sizeof(struct sim_sleeper), "one layout");
_Static_assert(offsetof(struct kheap_sleeper, woken) == offsetof(struct sim_sleeper, woken),
               "one layout");

static struct sim_lock *lock_of(struct kheap_lock *lock)
{
    return (struct sim_lock *)(void *)lock;
}

uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    sim_port_lock(lock_of(lock));
    return 0;
}

void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    (void)key;
    sim_port_unlock(lock_of(lock));
}

void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    (void)key;
    sim_port_sleep(lock_of(lock), (struct sim_sleeper *)(void *)sleeper, deadline);
}

void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    sim_port_wake((struct sim_sleeper *)(void *)sleeper);
}

int64_t kheap_port_now(void)
{
    return sim_port_now();
}

int kheap_port_priority(void)
{
    return sim_port_priority();
}

bool kheap_port_in_isr(void)
{
    return sim_port_in_isr();
}

const void *kheap_port_self(void)
{
    return sim_port_self();
}
