/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "port_test.h"

struct port_test port;
struct fault_seen fault_seen;

static struct {
    int64_t tick;
    port_step_t step;
} script[16];
static size_t script_next, script_end;

/* The global lock may be taken inside another, but nothing inside it. */
static bool global_held;

void port_reset(void)
{
    global_held = false;
    port.held = NULL; /* what a failed test left; the line below may be a memset */
    port = (struct port_test){.now = 1000};
    fault_seen = (struct fault_seen){0};
    script_next = 0;
    script_end = 0;
}

void port_at(int64_t tick, port_step_t step)
{
    assert_true(script_end < sizeof script / sizeof *script);
    script[script_end].tick = tick;
    script[script_end].step = step;
    script_end++;
}

size_t port_steps_left(void)
{
    return script_end - script_next;
}

static void note(char what)
{
    if (port.logged + 1 < sizeof port.log) {
        port.log[port.logged++] = what;
    }
}

uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    if (lock == NULL) {
        assert_false(global_held);
        global_held = true;
        return 1;
    }
    note('l');
    assert_false(global_held);
    assert_null(port.held);
    port.held = lock;
    return (uintptr_t)lock ^ 1u;
}

void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    if (lock == NULL) {
        assert_true(global_held && key == 1);
        global_held = false;
        return;
    }
    note('u');
    assert_ptr_equal(port.held, lock);
    assert_int_equal(key, (uintptr_t)lock ^ 1u);
    port.held = NULL;
}

/* One step of the script that is due by `deadline`; false: none is. */
static bool script_step(int64_t deadline)
{
    if (script_next == script_end || script[script_next].tick > deadline) {
        return false;
    }
    const size_t at = script_next++;

    if (port.now < script[at].tick) {
        port.now = script[at].tick;
    }
    script[at].step();
    return true;
}

void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    const void *const held = port.held;

    note('s');
    port.sleeps++;
    assert_false(port.in_isr);
    assert_ptr_equal(held, lock);
    assert_int_equal(*key, (uintptr_t)held ^ 1u);
    port.held = NULL;
    while (!sleeper->woken) {
        if (!script_step(deadline)) {
            if (deadline == KHEAP_PORT_FOREVER) {
                fail_msg("sleeps, and nobody will ever wake it");
            }
            if (port.now < deadline) {
                port.now = deadline;
            }
            break;
        }
        if (port.early) {
            break;
        }
    }
    assert_null(port.held);
    port.held = held;
}

void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    note('w');
    assert_non_null(port.held);
    sleeper->woken = true;
}

int64_t kheap_port_now(void)
{
    note('c');
    return port.now;
}

int kheap_port_priority(void)
{
    return port.priority;
}

bool kheap_port_in_isr(void)
{
    return port.in_isr;
}

const void *kheap_port_self(void)
{
    return &port;
}

void kheap_fault(const struct kheap_fault *fault)
{
    fault_seen.fault = *fault;
    fault_seen.count++;
    fault_seen.locked = port.held != NULL;
}

/* The linker brings every memcpy and memset of the program here. */
void *__real_memcpy(void *to, const void *from, size_t bytes);
void *__real_memset(void *to, int value, size_t bytes);
void *__wrap_memcpy(void *to, const void *from, size_t bytes);
void *__wrap_memset(void *to, int value, size_t bytes);

static void long_work(size_t bytes)
{
    if (bytes > 64) {
        assert_null(port.held);
        port.unlocked++;
    }
}

void *__wrap_memcpy(void *to, const void *from, size_t bytes)
{
    if (bytes > 64) {
        port.copied = bytes;
    }
    long_work(bytes);
    return __real_memcpy(to, from, bytes);
}

void *__wrap_memset(void *to, int value, size_t bytes)
{
    long_work(bytes);
    return __real_memset(to, value, bytes);
}
