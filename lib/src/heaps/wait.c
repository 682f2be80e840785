/* SPDX-License-Identifier: Apache-2.0 */

/* Deadlines, and the queue of threads that sleep for memory. */

#include "wait.h"

int64_t kheap_deadline(k_timeout_t timeout)
{
    const k_ticks_t ticks = timeout.ticks;

    if (!CONFIG_MULTITHREADING || ticks == 0) {
        return KHEAP_NO_DEADLINE;
    }
    if (ticks == K_TICKS_FOREVER) {
        return KHEAP_PORT_FOREVER;
    }
    if (ticks < K_TICKS_FOREVER) {
        /* ticks >= INT64_MIN, so the result is at most INT64_MAX - 1: not for ever. */
        return -2 - ticks;
    }
    const int64_t now = kheap_port_now();

    return ticks < KHEAP_PORT_FOREVER - now ? now + ticks : KHEAP_PORT_FOREVER - 1;
}

bool kheap_may_wait(const void *object, int64_t deadline)
{
    if (deadline == KHEAP_NO_DEADLINE || !kheap_port_in_isr()) {
        return true;
    }
    const struct kheap_fault fault = {
        .kind = KHEAP_FAULT_ISR_WAIT,
        .heap = object,
        .invariant = "C2 an interrupt never waits: its timeout must be K_NO_WAIT",
    };

    kheap_fault(&fault);
    return false;
}

#if CONFIG_MULTITHREADING
/* Behind everyone of the same or a higher priority. */
static void queue_insert(struct kheap_queue *queue, struct kheap_waiter *waiter)
{
    struct kheap_waiter **link = &queue->first;

    KHEAP_ENTER(queue);
    while (*link != NULL && (*link)->priority >= waiter->priority) {
        link = &(*link)->next;
    }
    waiter->next = *link;
    *link = waiter;
}

static void queue_remove(struct kheap_queue *queue, const struct kheap_waiter *waiter)
{
    struct kheap_waiter **link = &queue->first;

    KHEAP_ENTER(queue);
    while (*link != waiter) {
        link = &(*link)->next;
    }
    *link = waiter->next;
}

/* Deadlines of "never" need no clock. */
static bool deadline_came(int64_t deadline)
{
    return deadline != KHEAP_PORT_FOREVER && kheap_port_now() >= deadline;
}

bool kheap_queue_wait(struct kheap_queue *queue, struct kheap_lock *lock, uintptr_t *key,
                      struct kheap_waiter *waiter, int64_t deadline)
{
    waiter->priority = kheap_port_priority();
    waiter->served = false;
    waiter->sleeper = (struct kheap_sleeper){0};
    queue_insert(queue, waiter);
    do {
        kheap_port_sleep(lock, key, &waiter->sleeper, deadline);
        /* Served and late at once is served: the block is his. */
        if (waiter->served) {
            return true;
        }
    } while (!deadline_came(deadline));
    queue_remove(queue, waiter);
    return false;
}

/* One round over the queue; true: another may serve someone who failed in this one. */
static bool queue_round(struct kheap_queue *queue, kheap_attempt_t attempt, void *owner)
{
    struct kheap_waiter **link = &queue->first;
    bool failed = false;
    bool again = false;

    KHEAP_ENTER(queue);
    while (*link != NULL) {
        struct kheap_waiter *const waiter = *link;

        if (attempt(owner, waiter)) {
            again = failed;
            *link = waiter->next;
            waiter->served = true;
            kheap_port_wake(&waiter->sleeper);
        } else {
            failed = true;
            link = &waiter->next;
        }
    }
    return again;
}

void kheap_queue_serve(struct kheap_queue *queue, kheap_attempt_t attempt, void *owner)
{
    while (queue_round(queue, attempt, owner)) {
    }
}
#else
/* Nobody waits: every deadline is KHEAP_NO_DEADLINE. */
bool kheap_queue_wait(struct kheap_queue *queue, struct kheap_lock *lock, uintptr_t *key,
                      struct kheap_waiter *waiter, int64_t deadline)
{
    (void)queue;
    (void)lock;
    (void)key;
    (void)waiter;
    (void)deadline;
    return false;
}

void kheap_queue_serve(struct kheap_queue *queue, kheap_attempt_t attempt, void *owner)
{
    (void)queue;
    (void)attempt;
    (void)owner;
}
#endif
