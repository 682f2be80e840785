/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_WAIT_H
#define KHEAP_WAIT_H

/*
 * The queue of threads that sleep for memory, shared by k_heap and the memory pool. Who releases
 * memory serves the queue: in order, each waiter's request is tried, and who is served owns his
 * block from that moment. So waiters never race each other, and no wake-up is lost.
 */

#include "kheap/k_heap.h"

/* One sleeping request; on the sleeping thread's stack, in front of the heap's own fields. */
struct kheap_waiter {
    struct kheap_waiter *next;
    int priority;
    bool served;
    struct kheap_sleeper sleeper;
};

/*
 * Tries a waiter's request; true: its waiting is over, and the result is noted in the waiter. Lock
 * held.
 */
typedef bool (*kheap_attempt_t)(void *owner, struct kheap_waiter *waiter);

/*
 * What a timeout means now: turned into K_NO_WAIT without threads; read the clock only when
 * needed. Called first, before the lock is taken.
 * Result: the deadline as an absolute tick, KHEAP_PORT_FOREVER, or KHEAP_NO_DEADLINE for no wait.
 */
#define KHEAP_NO_DEADLINE INT64_MIN
int64_t kheap_deadline(k_timeout_t timeout);

/*
 * May the caller wait until that deadline? False: he runs in an interrupt, KHEAP_FAULT_ISR_WAIT has
 * been reported with the object as the heap, and the call must leave at once, with no effect. To
 * be asked before the lock is taken.
 */
bool kheap_may_wait(const void *object, int64_t deadline);

/*
 * Sleeps until served or the deadline has come. With the lock held; it is given up while asleep and
 * held again on return. Result: served. When not, the waiter has left the queue, and the caller
 * makes one last attempt.
 */
bool kheap_queue_wait(struct kheap_queue *queue, struct kheap_lock *lock, uintptr_t *key,
                      struct kheap_waiter *waiter, int64_t deadline);

/*
 * Tries all waiters in order, with the lock held, until a whole round serves nobody: a bounded
 * search that failed may succeed after another waiter has taken a chunk out of its way.
 */
void kheap_queue_serve(struct kheap_queue *queue, kheap_attempt_t attempt, void *owner);

#endif
