/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A pool and the system heap under real threads: each takes blocks with and without waiting, writes
 * its mark, looks whether the mark is still there, and frees. Nothing may be lost at the end.
 *
 * usage: threads SECONDS SEED
 */

#include <kheap/mem_pool.h>
#include <kheap/system_heap.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 6u
#define HELD    4u

K_MEM_POOL_DEFINE(pool, 64, 1024, 2, 8);

struct worker {
    pthread_t thread;
    uint64_t seed;
    uint64_t taken, timeouts, refused, mallocs;
    time_t until;
    uint8_t mark;
};

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "threads: %s\n", what);
        abort();
    }
}

static uint32_t draw(struct worker *w)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->seed >> 33);
}

static void expect_marked(const uint8_t *data, size_t size, uint8_t mark)
{
    for (size_t i = 0; i < size; i++) {
        expect(data[i] == mark, "somebody else wrote to a block");
    }
}

static void pool_step(struct worker *w, struct k_mem_block *block, size_t *size)
{
    if (block->data != NULL) {
        expect_marked(block->data, *size, w->mark);
        k_mem_pool_free(block);
        block->data = NULL;
        return;
    }
    *size = 1 + draw(w) % 400;
    const bool waits = draw(w) % 2 == 0;
    const int result =
        k_mem_pool_alloc(&pool, block, *size, waits ? K_TICKS(1 + draw(w) % 3) : K_NO_WAIT);
    expect(result == 0 || result == (waits ? -EAGAIN : -ENOMEM), "another error than documented");
    w->taken += result == 0;
    w->timeouts += result == -EAGAIN;
    w->refused += result == -ENOMEM;
    if (result == 0) {
        memset(block->data, w->mark, *size);
    }
}

static void malloc_step(struct worker *w)
{
    const size_t size = draw(w) % 300;
    void *p = draw(w) % 2 == 0 ? k_malloc(size) : k_mem_pool_malloc(&pool, size);

    if (p != NULL) {
        memset(p, w->mark, size);
        w->mallocs++;
        expect_marked(p, size, w->mark);
        k_free(p);
    }
}

static void *work(void *argument)
{
    struct worker *w = (struct worker *)argument;
    struct k_mem_block blocks[HELD] = {{NULL, NULL, 0, 0}};
    size_t sizes[HELD] = {0};

    while (time(NULL) < w->until) {
        const uint32_t which = draw(w) % (HELD + 1);

        if (which == HELD) {
            malloc_step(w);
        } else {
            pool_step(w, &blocks[which], &sizes[which]);
        }
    }
    for (unsigned i = 0; i < HELD; i++) {
        if (blocks[i].data != NULL) {
            expect_marked(blocks[i].data, sizes[i], w->mark);
            k_mem_pool_free(&blocks[i]);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS];
    uint64_t taken = 0, timeouts = 0, refused = 0, mallocs = 0;
    struct k_mem_block whole[2];

    if (argc != 3) {
        fprintf(stderr, "usage: threads SECONDS SEED\n");
        return 2;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].seed = strtoull(argv[2], NULL, 10) + i;
        workers[i].mark = (uint8_t)(i + 1);
        workers[i].until = time(NULL) + strtol(argv[1], NULL, 10);
        expect(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0, "no thread");
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        taken += workers[i].taken;
        timeouts += workers[i].timeouts;
        refused += workers[i].refused;
        mallocs += workers[i].mallocs;
    }
    for (unsigned i = 0; i < 2; i++) {
        expect(k_mem_pool_alloc(&pool, &whole[i], 1024, K_NO_WAIT) == 0, "a block was lost");
    }
    printf("threads: seed %s: %llu blocks, %llu timeouts, %llu refused, %llu mallocs, 0 lost\n",
           argv[2], (unsigned long long)taken, (unsigned long long)timeouts,
           (unsigned long long)refused, (unsigned long long)mallocs);
    expect(taken > 0 && timeouts > 0 && refused > 0 && mallocs > 0, "something never happened");
    return 0;
}
