/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two threads at once, for ThreadSanitizer: in the shared multi heap, or each in a heap of its own
 * that listeners come and go for. Every block's content is looked at before it is given back.
 *
 * usage: threads shared|listener [seed]
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kheap/heap_listener.h>
#include <kheap/shared_multi_heap.h>

enum { CALLS = 3000, SLOTS = 8, REGION = 8192 };

static _Alignas(8) uint8_t regions[2][REGION];
static struct sys_heap heaps[2];
static uint32_t seed = 1;
static bool of_shared;

/* Two listeners that each count one heap's events, under the global lock. */
static size_t heard[2];

struct worker {
    pthread_t thread;
    uint32_t random;
    unsigned number;
    bool wrong;
    struct {
        uint8_t *mem;
        size_t bytes;
    } slot[SLOTS];
};

static void on_event(uintptr_t heap_id, void *mem, size_t bytes)
{
    (void)mem;
    (void)bytes;
    heard[heap_id == HEAP_ID_FROM_POINTER(&heaps[1])]++;
}

static HEAP_LISTENER_ALLOC_DEFINE(first, HEAP_ID_FROM_POINTER(&heaps[0]), on_event);
static HEAP_LISTENER_ALLOC_DEFINE(second, HEAP_ID_FROM_POINTER(&heaps[1]), on_event);
static HEAP_LISTENER_FREE_DEFINE(passing, HEAP_ID_FROM_POINTER(&heaps[0]), on_event);

static uint32_t random_below(struct worker *w, uint32_t limit)
{
    w->random = w->random * 1664525u + 1013904223u;
    return (w->random >> 8) % limit;
}

static void *resize(struct worker *w, void *p, size_t bytes)
{
    if (!of_shared) {
        return sys_heap_realloc(&heaps[w->number], p, bytes);
    }
    return shared_multi_heap_realloc(
        random_below(w, 2) ? SMH_REG_ATTR_CACHEABLE : SMH_REG_ATTR_EXTERNAL, p, bytes);
}

static void give_back(struct worker *w, void *p)
{
    if (of_shared) {
        shared_multi_heap_free(p);
    } else {
        sys_heap_free(&heaps[w->number], p);
    }
}

static bool intact(const struct worker *w, const uint8_t *p, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (p[i] != (uint8_t)(w->number + 1 + i)) {
            return false;
        }
    }
    return true;
}

static void one_call(struct worker *w, size_t slot)
{
    uint8_t *const old = w->slot[slot].mem;
    const size_t old_bytes = w->slot[slot].bytes;
    const size_t bytes = 1 + random_below(w, 300);

    if (old != NULL && random_below(w, 2) == 0) {
        w->wrong |= !intact(w, old, old_bytes);
        give_back(w, old);
        w->slot[slot].mem = NULL;
        w->slot[slot].bytes = 0;
        return;
    }
    uint8_t *const mem = resize(w, old, bytes);

    if (mem != NULL) {
        w->wrong |= !intact(w, mem, bytes < old_bytes ? bytes : old_bytes);
        w->slot[slot].mem = mem;
        w->slot[slot].bytes = bytes;
        for (size_t i = 0; i < bytes; i++) {
            mem[i] = (uint8_t)(w->number + 1 + i);
        }
    }
}

static void *work(void *argument)
{
    struct worker *const w = argument;

    for (int i = 0; i < CALLS; i++) {
        one_call(w, random_below(w, SLOTS));
        if (!of_shared && w->number == 1 && i % 16 == 0) {
            heap_listener_register(&passing);
            heap_listener_unregister(&passing);
        }
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        w->wrong |= !intact(w, w->slot[slot].mem, w->slot[slot].bytes);
        give_back(w, w->slot[slot].mem);
    }
    return NULL;
}

static bool prepare(void)
{
    bool ready = true;

    if (!of_shared) {
        for (size_t i = 0; i < 2; i++) {
            ready &= sys_heap_init(&heaps[i], regions[i], REGION) == 0;
        }
        heap_listener_register(&first);
        heap_listener_register(&second);
        return ready;
    }
    ready = shared_multi_heap_pool_init() == 0;
    for (size_t i = 0; i < 2; i++) {
        struct shared_multi_heap_region region = {
            i == 0 ? SMH_REG_ATTR_CACHEABLE : SMH_REG_ATTR_EXTERNAL, (uintptr_t)regions[i], REGION};

        ready &= shared_multi_heap_add(&region, NULL) == 0;
    }
    return ready;
}

int main(int argc, char **argv)
{
    static struct worker workers[2];
    bool wrong = false;

    if (argc < 2 || (strcmp(argv[1], "shared") != 0 && strcmp(argv[1], "listener") != 0)) {
        fprintf(stderr, "usage: threads shared|listener [seed]\n");
        return 2;
    }
    of_shared = strcmp(argv[1], "shared") == 0;
    seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
    printf("seed %u\n", (unsigned)seed);
    if (!prepare()) {
        return 1;
    }
    for (unsigned i = 0; i < 2; i++) {
        workers[i].number = i;
        workers[i].random = seed + i;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            return 1;
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        wrong |= workers[i].wrong;
    }
    if (!of_shared) {
        wrong |= heard[0] == 0 || heard[1] == 0;
        printf("events %zu %zu\n", heard[0], heard[1]);
    }
    printf(wrong ? "a block was not what it should be\n" : "every block was whole\n");
    return wrong;
}
