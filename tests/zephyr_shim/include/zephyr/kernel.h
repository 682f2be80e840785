/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_SHIM_KERNEL_H
#define ZEPHYR_SHIM_KERNEL_H

/*
 * The library's <zephyr/kernel.h>, which is the heaps, and beside it the threads, clocks and queues
 * that a program around them uses. A system header, so that a program's own -pedantic does not meet
 * include_next.
 */
#pragma GCC system_header
#include_next <zephyr/kernel.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/toolchain.h>
#include <zephyr/sys/__assert.h>
#include <zephyr/sys/printk.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Threads are the host's. A lower number is a higher priority, as in Zephyr, and is told to the
 * heaps; the host's scheduler does not know it. The stack that a program gives is left unused.
 */
typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);

struct k_thread {
    pthread_t host;
    k_thread_entry_t entry;
    void *arguments[3];
    int priority;
    k_timeout_t delay;
    pthread_mutex_t lock; /* guards ended */
    pthread_cond_t joined;
    bool ended;
};
typedef struct k_thread *k_tid_t;
typedef struct {
    uint8_t byte[16];
} k_thread_stack_t;

#define K_THREAD_STACK_DEFINE(name, bytes)                                                         \
    k_thread_stack_t name[((bytes) + sizeof(k_thread_stack_t) - 1) / sizeof(k_thread_stack_t)]
#define K_THREAD_STACK_ARRAY_DEFINE(name, count, bytes)                                            \
    k_thread_stack_t name[count]                                                                   \
                         [((bytes) + sizeof(k_thread_stack_t) - 1) / sizeof(k_thread_stack_t)]
#define K_THREAD_STACK_SIZEOF(name)      (sizeof(name))

#define K_PRIO_PREEMPT(n)                (n)
#define K_PRIO_COOP(n)                   (-16 + (n))
#define K_LOWEST_APPLICATION_THREAD_PRIO 15

k_tid_t k_thread_create(struct k_thread *thread, k_thread_stack_t *stack, size_t stack_bytes,
                        k_thread_entry_t entry, void *p1, void *p2, void *p3, int priority,
                        uint32_t options, k_timeout_t delay);
int k_thread_join(struct k_thread *thread, k_timeout_t timeout);
void k_thread_priority_set(k_tid_t thread, int priority);
int k_thread_priority_get(k_tid_t thread);
k_tid_t k_current_get(void);

/* Runs from start-up, before main, as in Zephyr, and behind the static heaps' own start-up. */
#define K_THREAD_DEFINE(name, stack_bytes, entry, p1, p2, p3, priority, options, delay_ms)         \
    static struct k_thread name##_thread;                                                          \
    const k_tid_t name = &name##_thread;                                                           \
    __attribute__((constructor)) static void name##_start(void)                                    \
    {                                                                                              \
        (void)k_thread_create(name, NULL, (stack_bytes), (entry), (p1), (p2), (p3), (priority),    \
                              (options), K_MSEC(delay_ms));                                        \
    }                                                                                              \
    typedef int name##_defined

int32_t k_sleep(k_timeout_t timeout);
int32_t k_msleep(int32_t ms);
int32_t k_usleep(int32_t us);
void k_yield(void);
int64_t k_uptime_get(void);
uint32_t k_uptime_get_32(void);
int64_t k_uptime_ticks(void);
bool k_is_in_isr(void);

/* A counting semaphore. */
struct k_sem {
    pthread_mutex_t lock;
    pthread_cond_t given;
    unsigned int count;
    unsigned int limit;
};
#define K_SEM_DEFINE(name, initial, most)                                                          \
    struct k_sem name = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, (initial), (most)}
int k_sem_init(struct k_sem *sem, unsigned int initial, unsigned int limit);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);
unsigned int k_sem_count_get(struct k_sem *sem);

/* First in, first out. The first word of an item is the queue's, as in Zephyr. */
struct k_fifo {
    pthread_mutex_t lock;
    void **first;
    void **last;
    struct k_sem items;
};
#define K_FIFO_DEFINE(name)                                                                        \
    struct k_fifo name = {PTHREAD_MUTEX_INITIALIZER,                                               \
                          NULL,                                                                    \
                          NULL,                                                                    \
                          {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, UINT_MAX}}
void k_fifo_init(struct k_fifo *fifo);
void k_fifo_put(struct k_fifo *fifo, void *item);
void *k_fifo_get(struct k_fifo *fifo, k_timeout_t timeout);

#ifdef __cplusplus
}
#endif

#endif
