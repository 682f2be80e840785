/* SPDX-License-Identifier: Apache-2.0 */
#include "port.h"

int64_t port_clock;
int port_priority;
bool port_isr;
void (*port_while_asleep)(int64_t deadline);
unsigned port_sleeps;
unsigned port_clock_reads;
unsigned port_locks;
unsigned port_steps;
struct kheap_fault port_fault;
unsigned port_faults;

static unsigned held;        /* locks of heaps */
static unsigned held_global; /* the lock of listeners */

int port_reset(void **state)
{
    (void)state;
    port_clock = 0;
    port_priority = 0;
    port_isr = false;
    port_while_asleep = NULL;
    port_sleeps = 0;
    port_clock_reads = 0;
    port_locks = 0;
    port_steps = 0;
    memset(&port_fault, 0, sizeof(port_fault));
    port_faults = 0;
    return 0;
}

void kheap_fault(const struct kheap_fault *fault)
{
    port_fault = *fault;
    port_faults++;
}

void port_entered(void)
{
    assert_int_equal(held, 1);
}

uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    if (lock == NULL) {
        assert_int_equal(held_global++, 0);
        return 0;
    }
    port_locks++;
    assert_int_equal(held++, 0);
    assert_int_equal(lock->word, 0);
    lock->word = 1;
    return 77;
}

void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    if (lock == NULL) {
        held_global--;
        return;
    }
    assert_int_equal(key, 77);
    assert_int_equal(lock->word, 1);
    lock->word = 0;
    held--;
}

void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    assert_false(port_isr);
    port_sleeps++;
    kheap_port_unlock(lock, *key);
    if (port_while_asleep != NULL) {
        port_while_asleep(deadline);
    } else {
        assert_true(deadline != KHEAP_PORT_FOREVER); /* nobody would ever wake it */
        port_clock = deadline;
    }
    *key = kheap_port_lock(lock);
    (void)sleeper;
}

void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    assert_int_equal(held, 1);
    sleeper->woken = true;
}

int64_t kheap_port_now(void)
{
    port_clock_reads++;
    return port_clock;
}

int kheap_port_priority(void)
{
    return port_priority;
}

bool kheap_port_in_isr(void)
{
    return port_isr;
}

const void *kheap_port_self(void)
{
    return &held;
}
