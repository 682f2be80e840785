/* SPDX-License-Identifier: Apache-2.0 */

/* Threads, time and interrupts. */

#define _POSIX_C_SOURCE 200809L

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <zephyr/irq_offload.h>
#include <zephyr/kernel.h>

#include <kheap/port.h>
#include <kheap/port_posix.h>

#include "shim.h"

static _Thread_local k_tid_t self;
static _Thread_local int interrupts;

/* The port's deadline of a timeout; the time that has passed already is K_NO_WAIT's. */
int64_t shim_deadline(k_timeout_t timeout)
{
    if (K_TIMEOUT_EQ(timeout, K_FOREVER)) {
        return KHEAP_PORT_FOREVER;
    }
    return timeout.ticks < 0 ? -2 - timeout.ticks : kheap_port_now() + timeout.ticks;
}

/* The last moment of the tick before it is over; the port's clock and this one are the same. */
static struct timespec moment(int64_t tick)
{
    const int64_t rate = CONFIG_SYS_CLOCK_TICKS_PER_SEC;

    return (struct timespec){.tv_sec = (time_t)(tick / rate),
                             .tv_nsec = (long)(tick % rate * 1000000000 / rate)};
}

/* 0, or -EAGAIN when the deadline came first. The condition variables count in CLOCK_REALTIME, so
 * a wait is cut into slices of a millisecond of the heaps' clock. */
int shim_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline)
{
    struct timespec slice;

    if (deadline == KHEAP_PORT_FOREVER) {
        (void)pthread_cond_wait(condition, lock);
        return 0;
    }
    if (kheap_port_now() >= deadline) {
        return -EAGAIN;
    }
    (void)clock_gettime(CLOCK_REALTIME, &slice);
    slice.tv_nsec += 1000000;
    if (slice.tv_nsec >= 1000000000) {
        slice.tv_nsec -= 1000000000;
        slice.tv_sec++;
    }
    (void)pthread_cond_timedwait(condition, lock, &slice);
    return 0;
}

/* Runs as the thread ends, also when a failed check ended it. */
static void thread_ended(void *argument)
{
    struct k_thread *const thread = argument;

    (void)pthread_mutex_lock(&thread->lock);
    thread->ended = true;
    (void)pthread_cond_broadcast(&thread->joined);
    (void)pthread_mutex_unlock(&thread->lock);
}

static void *thread_main(void *argument)
{
    struct k_thread *const thread = argument;

    self = thread;
    kheap_port_posix_set_priority(-thread->priority);
    pthread_cleanup_push(thread_ended, thread);
    (void)k_sleep(thread->delay);
    thread->entry(thread->arguments[0], thread->arguments[1], thread->arguments[2]);
    pthread_cleanup_pop(1);
    return NULL;
}

k_tid_t k_thread_create(struct k_thread *thread, k_thread_stack_t *stack, size_t stack_bytes,
                        k_thread_entry_t entry, void *p1, void *p2, void *p3, int priority,
                        uint32_t options, k_timeout_t delay)
{
    (void)stack;
    (void)stack_bytes;
    (void)options;
    *thread = (struct k_thread){
        .entry = entry, .arguments = {p1, p2, p3}, .priority = priority, .delay = delay};
    (void)pthread_mutex_init(&thread->lock, NULL);
    (void)pthread_cond_init(&thread->joined, NULL);
    const int error = pthread_create(&thread->host, NULL, thread_main, thread);

    __ASSERT(error == 0, "pthread_create: error %d", error);
    return thread;
}

/* 0, or -EAGAIN in time; -EBUSY with K_NO_WAIT. Joins once: the struct is used up then. */
int k_thread_join(struct k_thread *thread, k_timeout_t timeout)
{
    const int64_t deadline = shim_deadline(timeout);
    int result = 0;

    (void)pthread_mutex_lock(&thread->lock);
    while (!thread->ended && result == 0) {
        result = shim_wait(&thread->joined, &thread->lock, deadline);
    }
    (void)pthread_mutex_unlock(&thread->lock);
    if (result == 0) {
        (void)pthread_join(thread->host, NULL);
    } else if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        result = -EBUSY;
    }
    return result;
}

void k_thread_priority_set(k_tid_t thread, int priority)
{
    __ASSERT(thread == self, "the shim sets only the running thread's priority");
    kheap_port_posix_set_priority(-priority);
    if (thread != NULL) {
        thread->priority = priority;
    }
}

int k_thread_priority_get(k_tid_t thread)
{
    return thread == NULL ? 0 : thread->priority;
}

/* NULL in main's thread, which is none of Zephyr's here. */
k_tid_t k_current_get(void)
{
    return self;
}

int32_t k_sleep(k_timeout_t timeout)
{
    const int64_t deadline = shim_deadline(timeout);
    const struct timespec until = moment(deadline == KHEAP_PORT_FOREVER ? INT32_MAX : deadline);

    while (kheap_port_now() < deadline) {
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    return 0;
}

int32_t k_msleep(int32_t ms)
{
    return k_sleep(K_MSEC(ms));
}

int32_t k_usleep(int32_t us)
{
    return k_sleep(K_USEC(us));
}

void k_yield(void)
{
    (void)sched_yield();
}

int64_t k_uptime_ticks(void)
{
    return kheap_port_now();
}

int64_t k_uptime_get(void)
{
    return kheap_port_now() * 1000 / CONFIG_SYS_CLOCK_TICKS_PER_SEC;
}

uint32_t k_uptime_get_32(void)
{
    return (uint32_t)k_uptime_get();
}

bool k_is_in_isr(void)
{
    return interrupts > 0;
}

/* The posix port knows no interrupts; the linker puts this in the place of its answer. */
bool __wrap_kheap_port_in_isr(void);
bool __wrap_kheap_port_in_isr(void)
{
    return k_is_in_isr();
}

void irq_offload(irq_offload_routine_t routine, const void *parameter)
{
    interrupts++;
    routine(parameter);
    interrupts--;
}

void printk(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)fflush(stdout);
}
