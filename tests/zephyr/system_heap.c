/* SPDX-License-Identifier: Apache-2.0 */

/* The system heap: k_malloc and its kin, from one thread and from several. */

#include <zephyr/irq_offload.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define WORKERS     4
#define ROUNDS      500
#define STACK_BYTES 1024

static K_THREAD_STACK_ARRAY_DEFINE(stacks, WORKERS, STACK_BYTES);
static struct k_thread workers[WORKERS];

ZTEST_SUITE(system_heap, NULL, NULL, NULL, NULL, NULL);

ZTEST(system_heap, malloc_gives_memory_and_free_takes_it_back)
{
    for (int round = 0; round < ROUNDS; round++) {
        char *mem = k_malloc(200);

        zassert_not_null(mem, "round %d: the heap has lost memory", round);
        zassert_true(IS_ALIGNED(mem, sizeof(void *)));
        memset(mem, 0, 200);
        k_free(mem);
    }
}

ZTEST(system_heap, malloc_of_too_much_is_null)
{
    zassert_is_null(k_malloc(CONFIG_HEAP_MEM_POOL_SIZE + 1));
    zassert_is_null(k_malloc(SIZE_MAX));
}

ZTEST(system_heap, blocks_of_no_bytes_are_different)
{
    void *a = k_malloc(0);
    void *b = k_malloc(0);

    zassert_not_null(a);
    zassert_not_null(b);
    zassert_not_equal(a, b);
    k_free(a);
    k_free(b);
}

ZTEST(system_heap, null_may_be_freed)
{
    k_free(NULL);
}

ZTEST(system_heap, calloc_zeroes_and_sees_overflow)
{
    uint32_t *words = k_malloc(64 * sizeof(uint32_t));

    zassert_not_null(words);
    memset(words, 0xee, 64 * sizeof(uint32_t));
    k_free(words);
    words = k_calloc(64, sizeof(uint32_t));
    zassert_not_null(words);
    for (int i = 0; i < 64; i++) {
        zassert_equal(words[i], 0, "word %d", i);
    }
    k_free(words);
    zassert_is_null(k_calloc(SIZE_MAX / 2 + 2, 2));
}

ZTEST(system_heap, aligned_alloc_takes_sizes_that_are_no_multiple)
{
    for (size_t align = 1; align <= 1024; align *= 2) {
        void *p = k_aligned_alloc(align, align / 2 + 3);

        zassert_not_null(p, "align %zu", align);
        zassert_true(IS_ALIGNED(p, align));
        memset(p, 1, align / 2 + 3);
        k_free(p);
    }
}

ZTEST(system_heap, realloc_grows_shrinks_allocates_and_frees)
{
    char *p = k_realloc(NULL, 10);

    zassert_not_null(p);
    memcpy(p, "kept text", 10);
    p = k_realloc(p, 300);
    zassert_not_null(p);
    zassert_mem_equal(p, "kept text", 10);
    zassert_is_null(k_realloc(p, CONFIG_HEAP_MEM_POOL_SIZE * 2));
    zassert_mem_equal(p, "kept text", 10, "a failed realloc leaves the block alone");
    p = k_realloc(p, 5);
    zassert_not_null(p);
    zassert_mem_equal(p, "kept ", 5);
    zassert_is_null(k_realloc(p, 0));
    zassert_is_null(k_realloc(NULL, 0));
}

static void in_interrupt(const void *parameter)
{
    void **const result = *(void **const *)parameter;

    *result = k_is_in_isr() ? k_malloc(24) : NULL;
}

ZTEST(system_heap, interrupts_may_allocate_and_free)
{
    void *block = NULL;
    void **result = &block;

    irq_offload(in_interrupt, &result);
    zassert_not_null(block);
    k_free(block);
}

/* Keeps three blocks, fills them with its own mark and looks whether the mark stays. */
static void worker(void *mark, void *seconds, void *unused)
{
    uint8_t *blocks[3] = {NULL, NULL, NULL};
    const uint8_t own = (uint8_t)(uintptr_t)mark;

    ARG_UNUSED(seconds);
    ARG_UNUSED(unused);
    for (size_t round = 0; round < ROUNDS; round++) {
        uint8_t **place = &blocks[round % 3];
        const size_t bytes = 16 + round * 7 % 150;

        k_free(*place);
        *place = round % 2 != 0 ? k_malloc(bytes) : k_calloc(1, bytes);
        zassert_not_null(*place, "thread %u in round %zu", own, round);
        memset(*place, own, bytes);
        k_yield();
        for (size_t i = 0; i < bytes; i++) {
            zassert_equal((*place)[i], own, "thread %u has another's byte", own);
        }
    }
    for (int i = 0; i < 3; i++) {
        k_free(blocks[i]);
    }
}

ZTEST(system_heap, threads_share_the_heap)
{
    for (uintptr_t i = 0; i < WORKERS; i++) {
        k_thread_create(&workers[i], stacks[i], STACK_BYTES, worker, (void *)(i + 1), NULL, NULL,
                        K_PRIO_PREEMPT((int)i), 0, K_NO_WAIT);
    }
    for (int i = 0; i < WORKERS; i++) {
        zassert_ok(k_thread_join(&workers[i], K_FOREVER));
    }
}

/* The first word is the queue's. */
struct message {
    void *fifo_reserved;
    uint32_t from;
    uint32_t number;
};

static K_FIFO_DEFINE(messages);

static void sender(void *number, void *unused, void *unused2)
{
    ARG_UNUSED(unused);
    ARG_UNUSED(unused2);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct message *message = k_malloc(sizeof(*message));

        while (message == NULL) { /* the receiver is behind */
            k_yield();
            message = k_malloc(sizeof(*message));
        }
        message->from = (uint32_t)(uintptr_t)number;
        message->number = i;
        k_fifo_put(&messages, message);
    }
}

ZTEST(system_heap, messages_are_allocated_here_and_freed_there)
{
    uint32_t next[WORKERS] = {0};

    for (uintptr_t i = 0; i < WORKERS; i++) {
        k_thread_create(&workers[i], stacks[i], STACK_BYTES, sender, (void *)i, NULL, NULL,
                        K_PRIO_PREEMPT(5), 0, K_NO_WAIT);
    }
    for (int i = 0; i < WORKERS * ROUNDS; i++) {
        struct message *message = k_fifo_get(&messages, K_FOREVER);

        zassert_not_null(message);
        zassert_true(message->from < WORKERS);
        zassert_equal(message->number, next[message->from]);
        next[message->from]++;
        k_free(message);
    }
    for (int i = 0; i < WORKERS; i++) {
        zassert_ok(k_thread_join(&workers[i], K_FOREVER));
    }
}
