/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The port for POSIX threads. There are no interrupts: signal handlers must not use heaps. Programs
 * link with -pthread.
 */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <time.h>

#include "kheap/config.h"
#include "kheap/port.h"
#include "kheap/port_posix.h"

#define NANOSECONDS 1000000000
#define RATE        CONFIG_SYS_CLOCK_TICKS_PER_SEC

/*
 * A heap's lock is a word, so the mutexes are here, and heaps share them: 64 make it rare that two
 * busy heaps meet. Only the global lock is ever taken inside another, so sharing cannot deadlock as
 * long as it has a mutex of its own.
 */
enum { MUTEXES_LOG2 = 6, MUTEXES = 1 << MUTEXES_LOG2 };

static pthread_mutex_t mutexes[MUTEXES] = {[0 ... MUTEXES - 1] = PTHREAD_MUTEX_INITIALIZER};
static pthread_mutex_t global = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local int priority;

/* Multiplying by 2^32 / golden ratio spreads neighbours, whose low bits are the same. */
static pthread_mutex_t *mutex_of(const struct kheap_lock *lock)
{
    const uint32_t spread = (uint32_t)((uintptr_t)lock >> 3) * 2654435769u;

    return lock == NULL ? &global : &mutexes[spread >> (32 - MUTEXES_LOG2)];
}

uintptr_t kheap_port_lock(struct kheap_lock *lock)
{
    (void)pthread_mutex_lock(mutex_of(lock));
    return 0;
}

void kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    (void)key;
    (void)pthread_mutex_unlock(mutex_of(lock));
}

/* The first moment at which kheap_port_now() is `deadline`; ticks of before the start are past. */
static struct timespec deadline_time(int64_t deadline)
{
    const int64_t tick = deadline < 0 ? 0 : deadline;
    const int64_t part = tick % RATE * NANOSECONDS;
    /* Far beyond any clock, and so that time_t holds it on every machine. */
    const int64_t seconds = tick / RATE > INT32_MAX ? INT32_MAX : tick / RATE;

    return (struct timespec){.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)((part + RATE - 1) / RATE)};
}

/*
 * The condition variable is of this one sleep. Whoever wakes it holds the lock, and the sleeper is
 * out of every queue before he gives the lock up, so that it outlives its last signal.
 */
void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    pthread_mutex_t *const mutex = mutex_of(lock);
    const struct timespec until = deadline_time(deadline);
    pthread_condattr_t attributes;
    pthread_cond_t woken;
    int cancel;

    (void)key;
    /* A thread that was cancelled in here would leave its stack in the queue. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&woken, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    sleeper->thread = &woken;
    if (!sleeper->woken) {
        if (deadline == KHEAP_PORT_FOREVER) {
            (void)pthread_cond_wait(&woken, mutex);
        } else {
            (void)pthread_cond_timedwait(&woken, mutex, &until);
        }
    }
    sleeper->thread = NULL;
    (void)pthread_cond_destroy(&woken);
    (void)pthread_setcancelstate(cancel, &cancel);
}

/* A thread that has taken the lock again, but was not asked yet, is not asleep any more. */
void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    sleeper->woken = true;
    if (sleeper->thread != NULL) {
        (void)pthread_cond_signal(sleeper->thread);
    }
}

int64_t kheap_port_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * RATE + (int64_t)now.tv_nsec * RATE / NANOSECONDS;
}

void kheap_port_posix_set_priority(int value)
{
    priority = value;
}

int kheap_port_priority(void)
{
    return priority;
}

bool kheap_port_in_isr(void)
{
    return false;
}

const void *kheap_port_self(void)
{
    return &priority;
}
