/* SPDX-License-Identifier: Apache-2.0 */

/* Promises of sys_heap that its unit tests keep only on the way: each one here by itself. */

#include "unit.h"

static void the_struct_does_not_change_after_init(void **state)
{
    struct sys_heap heap, before;
    void *p[20];

    (void)state;
    unit_open(&heap, 4096, 3);
    before = heap;
    for (size_t i = 0; i < 20; i++) {
        p[i] = sys_heap_alloc(&heap, 1 + i * 37 % 300);
        assert_memory_equal(&heap, &before, sizeof(heap));
    }
    for (size_t i = 0; i < 20; i += 2) {
        sys_heap_free(&heap, p[i]);
        assert_memory_equal(&heap, &before, sizeof(heap));
    }
    (void)sys_heap_realloc(&heap, p[1], 500);
    assert_memory_equal(&heap, &before, sizeof(heap));
}

/* A small generator of its own: the same numbers in every run. */
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* One program of 400 calls; the offsets of what it gets. Ends with everything freed. */
static void run(struct sys_heap *heap, uint8_t *region, uint32_t seed, int payload, size_t *offsets)
{
    uint8_t *p[16] = {NULL};

    for (size_t i = 0; i < 400; i++) {
        const size_t slot = next(&seed) % 16;
        const size_t bytes = next(&seed) % 300;
        const size_t align = (size_t)8 << next(&seed) % 4;
        uint8_t *block = NULL;

        if (p[slot] == NULL) {
            block = sys_heap_aligned_alloc(heap, align, bytes);
        } else if (next(&seed) % 2 != 0) {
            block = sys_heap_realloc(heap, p[slot], bytes);
            if (block == NULL && bytes != 0) {
                block = p[slot];
            }
        } else {
            sys_heap_free(heap, p[slot]);
        }
        p[slot] = block;
        if (block != NULL) {
            memset(block, payload, sys_heap_usable_size(heap, block));
        }
        offsets[i] = block == NULL ? 0 : (size_t)(block - region);
    }
    for (size_t i = 0; i < 16; i++) {
        sys_heap_free(heap, p[i]);
    }
}

static void after_everything_is_freed_one_chunk_is_left(void **state)
{
    static size_t offsets[400];

    (void)state;
    for (uint32_t seed = 1; seed <= 50; seed++) {
        struct sys_heap heap;

        unit_open(&heap, 3000 + seed, seed % 8);
        const size_t largest = sys_heap_largest_free(&heap);
        const size_t all = unit_stats(&heap).free_bytes;

        run(&heap, unit_arena(), seed, 0x55, offsets);
        assert_int_equal(sys_heap_largest_free(&heap), largest);
        assert_int_equal(unit_stats(&heap).free_bytes, all);
        assert_int_equal(unit_stats(&heap).allocated_bytes, 0);
        assert_true(sys_heap_validate(&heap));
    }
}

/* Two places alike modulo 64, the largest alignment that the program asks for; other bytes there
 * before, other bytes written. */
static void placement_depends_on_the_calls_and_the_start_alone(void **state)
{
    static size_t first[400], second[400];
    uint8_t *const arena = unit_arena();

    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        const size_t offset = seed % 8;
        uint8_t *const here = arena + offset;
        uint8_t *const there = arena + 8192 + 64 * seed + offset;
        struct sys_heap heap;

        memset(arena, 0, 32768);
        assert_int_equal(sys_heap_init(&heap, here, 4000), 0);
        run(&heap, here, seed, 0x00, first);
        memset(arena, 0xff, 32768);
        assert_int_equal(sys_heap_init(&heap, there, 4000), 0);
        run(&heap, there, seed, 0xff, second);
        assert_memory_equal(first, second, sizeof(first));
    }
}

/* Which of the heads is not empty: the only one, when there is one free chunk. */
static size_t only_head(const struct sys_heap *heap)
{
    struct sys_heap_layout layout;
    size_t found = SIZE_MAX;

    assert_int_equal(sys_heap_layout_get(heap, &layout), 0);
    const size_t width = layout.header == 4 ? 2 : 4;
    const uint8_t *const heads = layout.heads;

    for (size_t i = 0; i < layout.heads_bytes / width; i++) {
        static const uint8_t empty[4] = {0};

        if (memcmp(&heads[i * width], empty, width) != 0) {
            assert_int_equal(found, SIZE_MAX);
            found = i;
        }
    }
    assert_int_not_equal(found, SIZE_MAX);
    return found;
}

/* 2 | 3-4 | 5-8 | 9-16 ...: a new head, the next one, at each power of two and nowhere else. */
static void free_chunks_lie_in_the_bucket_of_their_power_of_two(void **state)
{
    size_t bucket = 1;
    size_t first = 0;

    (void)state;
    for (size_t units = 2; units <= 260; units++) {
        struct sys_heap heap;

        if (units > (size_t)1 << bucket) {
            bucket++;
        }
        unit_open(&heap, 8192, 0);
        void *p = sys_heap_alloc(&heap, unit_bytes(&heap, units));
        void *fence = sys_heap_alloc(&heap, 1);
        void *rest = sys_heap_alloc(&heap, sys_heap_largest_free(&heap));

        assert_true(p != NULL && fence != NULL && rest != NULL);
        sys_heap_free(&heap, p);
        const size_t head = only_head(&heap);

        if (units == 2) {
            first = head;
        }
        assert_int_equal(head > first ? head - first : first - head, bucket - 1);
    }
}

static void a_moving_realloc_counts_both_blocks_in_the_maximum(void **state)
{
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    void *p = sys_heap_alloc(&heap, 100);
    void *fence = sys_heap_alloc(&heap, 10);
    const size_t before = unit_stats(&heap).allocated_bytes;

    assert_int_equal(unit_stats(&heap).max_allocated_bytes, before);
    void *q = sys_heap_realloc(&heap, p, 600);

    assert_true(q != NULL && q != p);
    assert_int_equal(unit_stats(&heap).max_allocated_bytes, before + unit_usable(&heap, 600));
    assert_int_equal(unit_stats(&heap).allocated_bytes,
                     before + unit_usable(&heap, 600) - unit_usable(&heap, 100));
    sys_heap_free(&heap, q);
    sys_heap_free(&heap, fence);
}

/* The only free chunk has just units + align/8 - 1, at each place modulo the alignment. */
static void aligned_alloc_succeeds_wherever_a_chunk_of_that_room_lies(void **state)
{
    (void)state;
    for (size_t align = 16; align <= 256; align *= 2) {
        for (size_t shift = 0; shift < align / 8; shift++) {
            struct sys_heap heap;
            const size_t units = 6;

            unit_open(&heap, 4096, 0);
            void *front = sys_heap_alloc(&heap, unit_bytes(&heap, 2 + shift));
            void *room = sys_heap_alloc(&heap, unit_bytes(&heap, units + align / 8 - 1));
            void *fence = sys_heap_alloc(&heap, 1);
            void *rest = sys_heap_alloc(&heap, sys_heap_largest_free(&heap));

            assert_true(front != NULL && room != NULL && fence != NULL && rest != NULL);
            sys_heap_free(&heap, room);
            void *p = sys_heap_aligned_alloc(&heap, align, unit_bytes(&heap, units));

            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            assert_int_equal(sys_heap_usable_size(&heap, p), unit_bytes(&heap, units));
            assert_true(sys_heap_validate(&heap));
        }
    }
}

/* One unit between two blocks is on no list in the big format, and joins what is freed beside it.
 */
static void a_unit_that_was_lost_comes_back_when_a_neighbour_is_freed(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        struct sys_heap heap;

        unit_open(&heap, 4096, 0);
        const size_t largest = sys_heap_largest_free(&heap);
        void *p = sys_heap_alloc(&heap, unit_bytes(&heap, 5));
        void *fence = sys_heap_alloc(&heap, unit_bytes(&heap, 3));
        const size_t listed = unit_stats(&heap).free_bytes;

        assert_ptr_equal(sys_heap_realloc(&heap, p, unit_bytes(&heap, 4)), p);
        assert_int_equal(unit_stats(&heap).free_bytes - listed, unit_header(&heap) == 4 ? 4 : 0);
        sys_heap_free(&heap, side == 0 ? p : fence);
        assert_true(sys_heap_validate(&heap));
        sys_heap_free(&heap, side == 0 ? fence : p);
        unit_expect_empty(&heap, largest);
    }
}

/* A size that is 0, too big or wraps, an alignment that is none: NULL, and nobody is told. */
static void bad_arguments_are_never_faults(void **state)
{
    static const size_t sizes[] = {0, 5000, SIZE_MAX, SIZE_MAX - 7, SIZE_MAX / 2};
    static const size_t aligns[] = {3, 24, SIZE_MAX, 0xfff8};
    struct sys_heap heap;

    (void)state;
    unit_open(&heap, 4096, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *const p = sys_heap_alloc(&heap, 32);

        assert_null(sys_heap_alloc(&heap, sizes[i]));
        assert_null(sys_heap_aligned_alloc(&heap, 64, sizes[i]));
        assert_null(sys_heap_realloc(&heap, p, sizes[i]));
        if (sizes[i] != 0) {
            sys_heap_free(&heap, p);
        }
    }
    for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++) {
        void *const p = sys_heap_alloc(&heap, 32);

        assert_null(sys_heap_aligned_alloc(&heap, aligns[i], 32));
        assert_null(sys_heap_aligned_realloc(&heap, p, aligns[i], 32));
        assert_null(sys_heap_aligned_realloc(&heap, p, aligns[i], 0));
        sys_heap_free(&heap, p);
    }
    assert_null(sys_heap_aligned_alloc(&heap, (size_t)1 << (sizeof(size_t) * 8 - 1), 32));
    assert_int_equal(unit_faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_struct_does_not_change_after_init, unit_reset),
        cmocka_unit_test_setup(after_everything_is_freed_one_chunk_is_left, unit_reset),
        cmocka_unit_test_setup(placement_depends_on_the_calls_and_the_start_alone, unit_reset),
        cmocka_unit_test_setup(free_chunks_lie_in_the_bucket_of_their_power_of_two, unit_reset),
        cmocka_unit_test_setup(a_moving_realloc_counts_both_blocks_in_the_maximum, unit_reset),
        cmocka_unit_test_setup(aligned_alloc_succeeds_wherever_a_chunk_of_that_room_lies,
                               unit_reset),
        cmocka_unit_test_setup(a_unit_that_was_lost_comes_back_when_a_neighbour_is_freed,
                               unit_reset),
        cmocka_unit_test_setup(bad_arguments_are_never_faults, unit_reset),
    };

    return cmocka_run_group_tests_name("promises of sys_heap", tests, NULL, NULL);
}
