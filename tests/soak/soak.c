/* SPDX-License-Identifier: Apache-2.0 */

/*
 * soak [--seconds N] [--seed N] [--threads N]: real threads at one small k_heap, every call of it,
 * random sizes, timeouts and priorities, every byte of every block checked. At the end each thread
 * frees what it has, and nothing may be missing. Exit status 1 when something was wrong, 2 for a
 * bad argument.
 *
 * No thread waits for ever while it holds a block: so somebody can always go on, and a thread that
 * does not come back has lost its wake-up.
 */

#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kheap/k_heap.h"
#include "kheap/port_posix.h"

enum { REGION = 5 * 1024, SLOTS = 8, MOST_THREADS = 64, PATIENCE = 30 };

K_HEAP_DEFINE(heap, REGION);

struct block {
    uint8_t *data;
    size_t bytes;
    uint32_t tag;
};

struct counts {
    uint64_t calls, allocs, frees, reallocs, moves, waits, timeouts, refused, forever;
};

struct worker {
    pthread_t thread;
    uint64_t random;
    unsigned number;
    struct block slots[SLOTS];
    struct counts counts;
};

static struct worker workers[MOST_THREADS];
static atomic_bool stop;
static atomic_uint done;

/* Set around a call by the thread that makes it; the wrapped port counts and plants by them. */
static _Thread_local unsigned sleeps;
static _Thread_local bool unlocked;

_Noreturn static void wrong(const struct worker *w, const char *what)
{
    fprintf(stderr, "soak: thread %u, call %" PRIu64 ": %s\n", w->number, w->counts.calls, what);
    exit(1);
}

/* The linker brings the library's calls of the port through these. */
void __real_kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                             int64_t deadline);
void __wrap_kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                             int64_t deadline);
uintptr_t __real_kheap_port_lock(struct kheap_lock *lock);
uintptr_t __wrap_kheap_port_lock(struct kheap_lock *lock);
void __real_kheap_port_unlock(struct kheap_lock *lock, uintptr_t key);
void __wrap_kheap_port_unlock(struct kheap_lock *lock, uintptr_t key);

void __wrap_kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                             int64_t deadline)
{
    sleeps++;
    __real_kheap_port_sleep(lock, key, sleeper, deadline);
}

uintptr_t __wrap_kheap_port_lock(struct kheap_lock *lock)
{
    return unlocked ? 0 : __real_kheap_port_lock(lock);
}

void __wrap_kheap_port_unlock(struct kheap_lock *lock, uintptr_t key)
{
    if (!unlocked) {
        __real_kheap_port_unlock(lock, key);
    }
}

/* splitmix64: a step and a mix, and every seed is a good one. */
static uint64_t draw(struct worker *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t draw_below(struct worker *w, uint32_t n)
{
    return (uint32_t)(draw(w) >> 32) % n;
}

/* Log-uniform up to a quarter of the heap, and now and then most of it. */
static size_t draw_size(struct worker *w)
{
    const uint32_t most = draw_below(w, 64) == 0 ? REGION - 300 : 4u << draw_below(w, 10);

    return 1 + draw_below(w, most);
}

static size_t draw_align(struct worker *w)
{
    return (size_t)1 << draw_below(w, 9);
}

static k_timeout_t draw_timeout(struct worker *w)
{
    switch (draw_below(w, 8)) {
    case 0:
        return K_NO_WAIT;
    case 1:
        return K_TIMEOUT_ABS_TICKS(kheap_port_now() + draw_below(w, 3));
    case 2:
        return K_USEC(draw_below(w, 3000));
    default:
        return K_TICKS(1 + draw_below(w, 4));
    }
}

static void block_fill(struct worker *w, struct block *b, void *data, size_t bytes)
{
    *b = (struct block){.data = data, .bytes = bytes, .tag = (uint32_t)draw(w)};
    for (size_t i = 0; i < bytes; i++) {
        b->data[i] = (uint8_t)((b->tag + i / 4 * 0x9e3779b9u) >> i % 4 * 8);
    }
}

static void block_check(const struct worker *w, const struct block *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (b->data[i] != (uint8_t)((b->tag + i / 4 * 0x9e3779b9u) >> i % 4 * 8)) {
            wrong(w, "a block does not hold what was written");
        }
    }
}

static bool holds_nothing(const struct worker *w)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (w->slots[i].data != NULL) {
            return false;
        }
    }
    return true;
}

/* Did the call wait, and in vain? */
static void count_wait(struct worker *w, const void *result)
{
    w->counts.waits += sleeps != 0;
    w->counts.timeouts += sleeps != 0 && result == NULL;
    w->counts.refused += sleeps == 0 && result == NULL;
}

static void *call_alloc(struct worker *w, size_t bytes, size_t align, k_timeout_t timeout)
{
    uint8_t *p;

    switch (draw_below(w, 5)) {
    case 0:
        return k_heap_aligned_alloc(&heap, align, bytes, timeout);
    case 1:
        p = k_heap_calloc(&heap, 1, bytes, timeout);
        for (size_t i = 0; p != NULL && i < bytes; i++) {
            if (p[i] != 0) {
                wrong(w, "k_heap_calloc gave a byte that is not zero");
            }
        }
        return p;
    case 2:
        return k_heap_realloc(&heap, NULL, bytes, timeout);
    case 3:
        return k_heap_aligned_realloc(&heap, NULL, align, bytes, timeout);
    default:
        return k_heap_alloc(&heap, bytes, timeout);
    }
}

static void do_alloc(struct worker *w, struct block *b)
{
    const size_t bytes = draw_size(w);
    const bool forever = holds_nothing(w) && draw_below(w, 2) == 0;
    const k_timeout_t timeout = forever ? K_FOREVER : draw_timeout(w);
    /* An alignment for which the empty heap has room in any case. */
    const size_t align = bytes > REGION - 1000 ? 8 : draw_align(w);
    void *const p = call_alloc(w, bytes, align, timeout);

    count_wait(w, p);
    w->counts.forever += forever && sleeps != 0;
    if (p == NULL) {
        if (forever) {
            wrong(w, "K_FOREVER returned NULL");
        }
        return;
    }
    w->counts.allocs++;
    block_fill(w, b, p, bytes);
}

static void do_free(struct worker *w, struct block *b)
{
    block_check(w, b, b->bytes);
    if (draw_below(w, 4) == 0) {
        if (k_heap_realloc(&heap, b->data, 0, draw_timeout(w)) != NULL) {
            wrong(w, "k_heap_realloc to 0 bytes returned a block");
        }
    } else {
#ifdef SOAK_PLANTED
        unlocked = true;
#endif
        k_heap_free(&heap, b->data);
        unlocked = false;
    }
    w->counts.frees++;
    b->data = NULL;
}

static void do_realloc(struct worker *w, struct block *b)
{
    const size_t bytes = draw_size(w);
    const k_timeout_t timeout = draw_timeout(w);
    const bool aligned = draw_below(w, 3) == 0;
    const size_t align = draw_align(w);
    void *const p = aligned ? k_heap_aligned_realloc(&heap, b->data, align, bytes, timeout)
                            : k_heap_realloc(&heap, b->data, bytes, timeout);

    count_wait(w, p);
    if (p == NULL) {
        block_check(w, b, b->bytes);
        return;
    }
    if (aligned && (uintptr_t)p % align != 0) {
        wrong(w, "k_heap_aligned_realloc returned a block that is not aligned");
    }
    w->counts.reallocs++;
    w->counts.moves += p != b->data;
    b->data = p;
    block_check(w, b, bytes < b->bytes ? bytes : b->bytes);
    block_fill(w, b, p, bytes);
}

static void free_all(struct worker *w)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (w->slots[i].data != NULL) {
            do_free(w, &w->slots[i]);
        }
    }
}

static void *work(void *argument)
{
    struct worker *const w = argument;

    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        struct block *const b = &w->slots[draw_below(w, SLOTS)];

        w->counts.calls++;
        sleeps = 0;
        if (draw_below(w, 30) == 0) {
            free_all(w);
            kheap_port_posix_set_priority((int)draw_below(w, 5) - 2);
        }
        if (b->data == NULL) {
            do_alloc(w, b);
        } else if (draw_below(w, 3) == 0) {
            do_realloc(w, b);
        } else {
            do_free(w, b);
        }
    }
    free_all(w);
    (void)atomic_fetch_add(&done, 1);
    return NULL;
}

static bool number(const char *text, uint64_t most, uint64_t *n)
{
    char *end;

    *n = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *n <= most;
}

struct arguments {
    uint64_t seconds, seed, threads;
};

static struct arguments arguments_read(int argc, char **argv)
{
    struct arguments a = {.seconds = 3, .seed = 1, .threads = 8};

    for (int i = 1; i < argc; i += 2) {
        const char *const value = i + 1 < argc ? argv[i + 1] : "";
        bool good = false;

        if (strcmp(argv[i], "--seconds") == 0) {
            good = number(value, 86400, &a.seconds);
        } else if (strcmp(argv[i], "--seed") == 0) {
            good = number(value, UINT64_MAX, &a.seed);
        } else if (strcmp(argv[i], "--threads") == 0) {
            good = number(value, MOST_THREADS, &a.threads) && a.threads > 0;
        }
        if (!good) {
            fprintf(stderr,
                    "soak: argument %d: want --seconds 0..86400, --seed N or --threads 1..%d, "
                    "have \"%s %s\"\n",
                    i, MOST_THREADS, argv[i], value);
            exit(2);
        }
    }
    return a;
}

static void pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Lets the threads end; one that does not has a wake-up missing. */
static void workers_end(unsigned threads)
{
    atomic_store(&stop, true);
    for (unsigned waited = 0; atomic_load(&done) != threads; waited++) {
        if (waited == PATIENCE * 100) {
            fprintf(stderr, "soak: %u of %u threads do not come back: lost wake-up\n",
                    threads - atomic_load(&done), threads);
            exit(1);
        }
        pause_ms(10);
    }
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
}

/* All counts are uint64_t: the struct is an array of them with names. */
static struct counts counts_sum(unsigned threads)
{
    struct counts sum = {0};

    for (unsigned i = 0; i < threads; i++) {
        for (size_t at = 0; at < sizeof sum / sizeof(uint64_t); at++) {
            ((uint64_t *)&sum)[at] += ((const uint64_t *)&workers[i].counts)[at];
        }
    }
    return sum;
}

int main(int argc, char **argv)
{
    const struct arguments a = arguments_read(argc, argv);
    const unsigned threads = (unsigned)a.threads;
    const size_t capacity = sys_heap_largest_free(&heap.heap);

    printf("soak: %u threads, %" PRIu64 " s, --seed %" PRIu64 "\n", threads, a.seconds, a.seed);
    (void)fflush(stdout);
    for (unsigned i = 0; i < threads; i++) {
        workers[i].number = i;
        workers[i].random = a.seed * MOST_THREADS + i;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            fprintf(stderr, "soak: thread %u: want a new thread, have none\n", i);
            return 2;
        }
    }
    pause_ms((long)a.seconds * 1000);
    workers_end(threads);

    const struct counts sum = counts_sum(threads);
    struct sys_memory_stats stats = {0};

    (void)sys_heap_runtime_stats_get(&heap.heap, &stats);
    const uint64_t lost = sum.allocs - sum.frees;
    const bool whole = sys_heap_validate(&heap.heap) && stats.allocated_bytes == 0 &&
                       sys_heap_largest_free(&heap.heap) == capacity && heap.waiters.first == NULL;

    printf("calls %" PRIu64 ", blocks %" PRIu64 ", reallocs %" PRIu64 " (%" PRIu64
           " moved), waits %" PRIu64 " (%" PRIu64 " of them for ever), time-outs %" PRIu64
           ", refused %" PRIu64 "\n",
           sum.calls, sum.allocs, sum.reallocs, sum.moves, sum.waits, sum.forever, sum.timeouts,
           sum.refused);
    printf("lost blocks %" PRIu64 ", lost bytes %zu, most in use %zu of %zu: %s\n", lost,
           stats.allocated_bytes, stats.max_allocated_bytes, capacity,
           lost == 0 && whole ? "whole" : "NOT WHOLE");
    return lost == 0 && whole ? 0 : 1;
}
