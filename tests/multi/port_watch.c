/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "port_watch.h"

unsigned watch_taken, watch_global_taken, watch_held;
bool watch_global_held;
void (*watch_on_lock)(void);
void (*watch_on_unlock)(void);

static const char thread;
const void *watch_self = &thread;

enum { LOCKED = 1, KEY = 77 };

uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    assert_false(watch_global_held);
    if (lock == NULL) {
        watch_global_held = true;
        watch_global_taken++;
        return KEY;
    }
    assert_int_equal(lock->word, 0);
    lock->word = LOCKED;
    watch_held++;
    watch_taken++;
    if (watch_on_lock != NULL) {
        watch_on_lock();
    }
    return KEY;
}

void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    assert_int_equal(key, KEY);
    if (lock == NULL) {
        assert_true(watch_global_held);
        watch_global_held = false;
        return;
    }
    assert_int_equal(lock->word, LOCKED);
    if (watch_on_unlock != NULL) {
        watch_on_unlock();
    }
    lock->word = 0;
    watch_held--;
}

const void *kheap_port_self(void)
{
    return watch_self;
}

/* Nothing here waits: time stands still, and who goes to sleep fails the test. */
void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    (void)lock;
    (void)key;
    (void)sleeper;
    (void)deadline;
    fail();
}

void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    (void)sleeper;
    fail();
}

int64_t kheap_port_now(void)
{
    return 0;
}

int kheap_port_priority(void)
{
    return 0;
}

bool kheap_port_in_isr(void)
{
    return false;
}

void watch_reset(void)
{
    watch_taken = 0;
    watch_global_taken = 0;
    watch_on_lock = NULL;
    watch_on_unlock = NULL;
    watch_self = &thread;
    assert_int_equal(watch_held, 0);
    assert_false(watch_global_held);
}
