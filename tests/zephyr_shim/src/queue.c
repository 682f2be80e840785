/* SPDX-License-Identifier: Apache-2.0 */

/* Semaphores and FIFOs. */

#define _POSIX_C_SOURCE 200809L

#include "shim.h"

int k_sem_init(struct k_sem *sem, unsigned int initial, unsigned int limit)
{
    if (limit == 0 || initial > limit) {
        return -EINVAL;
    }
    (void)pthread_mutex_init(&sem->lock, NULL);
    (void)pthread_cond_init(&sem->given, NULL);
    sem->count = initial;
    sem->limit = limit;
    return 0;
}

/* 0; -EBUSY with K_NO_WAIT; -EAGAIN when the time ran out. */
int k_sem_take(struct k_sem *sem, k_timeout_t timeout)
{
    const int64_t deadline = shim_deadline(timeout);
    int result = 0;

    (void)pthread_mutex_lock(&sem->lock);
    while (sem->count == 0 && result == 0) {
        result = shim_wait(&sem->given, &sem->lock, deadline);
    }
    if (sem->count > 0) {
        sem->count--;
        result = 0;
    }
    (void)pthread_mutex_unlock(&sem->lock);
    return result != 0 && K_TIMEOUT_EQ(timeout, K_NO_WAIT) ? -EBUSY : result;
}

void k_sem_give(struct k_sem *sem)
{
    (void)pthread_mutex_lock(&sem->lock);
    sem->count += sem->count < sem->limit;
    (void)pthread_cond_signal(&sem->given);
    (void)pthread_mutex_unlock(&sem->lock);
}

unsigned int k_sem_count_get(struct k_sem *sem)
{
    (void)pthread_mutex_lock(&sem->lock);
    const unsigned int count = sem->count;

    (void)pthread_mutex_unlock(&sem->lock);
    return count;
}

void k_fifo_init(struct k_fifo *fifo)
{
    (void)pthread_mutex_init(&fifo->lock, NULL);
    fifo->first = NULL;
    fifo->last = NULL;
    (void)k_sem_init(&fifo->items, 0, UINT_MAX);
}

void k_fifo_put(struct k_fifo *fifo, void *item)
{
    void **const word = item;

    *word = NULL;
    (void)pthread_mutex_lock(&fifo->lock);
    if (fifo->first == NULL) {
        fifo->first = word;
    } else {
        *fifo->last = word;
    }
    fifo->last = word;
    (void)pthread_mutex_unlock(&fifo->lock);
    k_sem_give(&fifo->items);
}

void *k_fifo_get(struct k_fifo *fifo, k_timeout_t timeout)
{
    if (k_sem_take(&fifo->items, timeout) != 0) {
        return NULL;
    }
    (void)pthread_mutex_lock(&fifo->lock);
    void **const word = fifo->first;

    fifo->first = *word;
    (void)pthread_mutex_unlock(&fifo->lock);
    return word;
}
