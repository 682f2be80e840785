/* SPDX-License-Identifier: Apache-2.0 */

/* Heaps that are defined statically, or made over the application's own memory. */

#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define POOL_BYTES 2048
#define MOST       64

K_HEAP_DEFINE(sensor_heap, POOL_BYTES);
K_HEAP_DEFINE(tiny_heap, 1);
static K_HEAP_DEFINE(private_heap, 512);
K_HEAP_DEFINE_NOCACHE(dma_heap, POOL_BYTES);

static uint8_t memory[POOL_BYTES + 16];

/* Allocates blocks of `bytes` until there are no more, and gives them all back. */
static size_t fill_and_drain(struct k_heap *heap, size_t bytes)
{
    void *blocks[MOST];
    size_t count = 0;

    while (count < MOST && (blocks[count] = k_heap_alloc(heap, bytes, K_NO_WAIT)) != NULL) {
        memset(blocks[count], (int)count, bytes);
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        zassert_equal(*(uint8_t *)blocks[i], (uint8_t)i, "block %zu was written by another", i);
        k_heap_free(heap, blocks[i]);
    }
    return count;
}

ZTEST_SUITE(static_heaps, NULL, NULL, NULL, NULL, NULL);

ZTEST(static_heaps, defined_heap_needs_no_init)
{
    struct k_heap *const heaps[] = {&sensor_heap, &private_heap, &dma_heap};

    for (size_t i = 0; i < ARRAY_SIZE(heaps); i++) {
        void *p = k_heap_alloc(heaps[i], 100, K_NO_WAIT);

        zassert_not_null(p, "heap %zu", i);
        zassert_true(IS_ALIGNED(p, sizeof(void *)));
        memset(p, 0x5a, 100);
        k_heap_free(heaps[i], p);
    }
}

ZTEST(static_heaps, too_small_heap_is_padded_to_work)
{
    void *p = k_heap_alloc(&tiny_heap, 1, K_NO_WAIT);

    zassert_not_null(p);
    k_heap_free(&tiny_heap, p);
}

ZTEST(static_heaps, drained_heap_gives_as_much_again)
{
    const size_t first = fill_and_drain(&sensor_heap, 40);

    zassert_true(first > POOL_BYTES / 64, "only %zu blocks", first);
    for (int round = 0; round < 10; round++) {
        zassert_equal(fill_and_drain(&sensor_heap, 40), first);
    }
}

ZTEST(static_heaps, own_buffer_of_any_alignment_and_size)
{
    struct k_heap heap;

    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t bytes = 256; bytes < 264; bytes++) {
            memset(memory, 0xa5, sizeof(memory));
            k_heap_init(&heap, &memory[offset], bytes);
            zassert_true(fill_and_drain(&heap, 24) >= 5);
            for (size_t i = 0; i < sizeof(memory); i++) {
                zassert_true((i >= offset && i < offset + bytes) || memory[i] == 0xa5,
                             "byte %zu outside of the buffer was written", i);
            }
        }
    }
}

ZTEST(static_heaps, heap_within_a_block_of_another_heap)
{
    struct k_heap inner;
    void *buffer = k_heap_alloc(&sensor_heap, 1024, K_NO_WAIT);

    zassert_not_null(buffer);
    k_heap_init(&inner, buffer, 1024);
    uint8_t *p = k_heap_alloc(&inner, 500, K_NO_WAIT);

    zassert_not_null(p);
    zassert_true(p > (uint8_t *)buffer && p + 500 <= (uint8_t *)buffer + 1024);
    k_heap_free(&inner, p);
    k_heap_free(&sensor_heap, buffer);
}

ZTEST(static_heaps, aligned_blocks_of_any_size)
{
    for (size_t align = 1; align <= 256; align *= 2) {
        for (size_t bytes = 1; bytes < 40; bytes += 13) {
            void *p = k_heap_aligned_alloc(&sensor_heap, align, bytes, K_NO_WAIT);

            zassert_not_null(p, "align %zu, %zu bytes", align, bytes);
            zassert_true(IS_ALIGNED(p, align), "%p is no multiple of %zu", p, align);
            k_heap_free(&sensor_heap, p);
        }
    }
}

ZTEST(static_heaps, calloc_gives_zeroed_elements)
{
    uint8_t *p = k_heap_alloc(&sensor_heap, 600, K_NO_WAIT);

    zassert_not_null(p);
    memset(p, 0xff, 600);
    k_heap_free(&sensor_heap, p);
    p = k_heap_calloc(&sensor_heap, 60, 10, K_NO_WAIT);
    zassert_not_null(p);
    for (size_t i = 0; i < 600; i++) {
        zassert_equal(p[i], 0, "byte %zu", i);
    }
    k_heap_free(&sensor_heap, p);
    zassert_is_null(k_heap_calloc(&sensor_heap, SIZE_MAX / 4, 8, K_NO_WAIT));
}

ZTEST(static_heaps, realloc_keeps_the_contents)
{
    uint8_t *p = k_heap_alloc(&sensor_heap, 32, K_NO_WAIT);
    uint8_t *wall = k_heap_alloc(&sensor_heap, 32, K_NO_WAIT);

    zassert_not_null(p);
    zassert_not_null(wall);
    for (uint8_t i = 0; i < 32; i++) {
        p[i] = i;
    }
    p = k_heap_realloc(&sensor_heap, p, 400, K_NO_WAIT);
    zassert_not_null(p);
    for (uint8_t i = 0; i < 32; i++) {
        zassert_equal(p[i], i);
    }
    uint8_t *same = k_heap_realloc(&sensor_heap, p, 8, K_NO_WAIT);

    zassert_equal_ptr(same, p, "a block that shrinks stays where it is");
    zassert_is_null(k_heap_realloc(&sensor_heap, p, POOL_BYTES, K_NO_WAIT));
    zassert_equal(p[7], 7, "a failed realloc leaves the block alone");
    k_heap_free(&sensor_heap, p);
    k_heap_free(&sensor_heap, wall);
}

ZTEST(static_heaps, null_may_be_freed)
{
    k_heap_free(&sensor_heap, NULL);
    zassert_true(sys_heap_validate(&sensor_heap.heap));
}

ZTEST(static_heaps, low_level_functions_work_on_the_same_heap)
{
    void *p = sys_heap_alloc(&sensor_heap.heap, 64);

    zassert_not_null(p);
    zassert_true(sys_heap_usable_size(&sensor_heap.heap, p) >= 64);
    k_heap_free(&sensor_heap, p);
    zassert_true(sys_heap_validate(&sensor_heap.heap));
}

ZTEST(static_heaps, defined_heaps_are_listed)
{
    struct k_heap *first;
    const int count = k_heap_array_get(&first);
    bool found = false;

    zassert_true(count >= 4, "the four of this file, and perhaps the system heap");
    for (int i = 0; i < count; i++) {
        found = found || &first[i] == &dma_heap;
    }
    zassert_true(found);
}
