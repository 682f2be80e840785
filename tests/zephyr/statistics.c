/* SPDX-License-Identifier: Apache-2.0 */

/* Memory statistics, the stress test, validation and the registry. */

#include <zephyr/kernel.h>
#include <zephyr/sys/mem_stats.h>
#include <zephyr/sys/sys_heap.h>
#include <zephyr/ztest.h>

#define HEAP_BYTES 8192

static uint8_t memory[HEAP_BYTES] __aligned(8);
static uint8_t scratch[HEAP_BYTES / 2] __aligned(8);
static struct sys_heap heap;

static void init(void *fixture)
{
    ARG_UNUSED(fixture);
    zassert_ok(sys_heap_init(&heap, memory, sizeof(memory)));
}

ZTEST_SUITE(statistics, NULL, NULL, init, NULL, NULL);

ZTEST(statistics, allocated_free_and_most_allocated)
{
    struct sys_memory_stats stats;
    size_t sum = 0;
    void *blocks[8];

    zassert_ok(sys_heap_runtime_stats_get(&heap, &stats));
    zassert_equal(stats.allocated_bytes, 0);
    zassert_equal(stats.max_allocated_bytes, 0);
    zassert_between_inclusive(stats.free_bytes, HEAP_BYTES - 100, HEAP_BYTES);
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        blocks[i] = sys_heap_alloc(&heap, 10 + i * 50);
        zassert_not_null(blocks[i]);
        sum += sys_heap_usable_size(&heap, blocks[i]);
        zassert_ok(sys_heap_runtime_stats_get(&heap, &stats));
        zassert_equal(stats.allocated_bytes, sum);
    }
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        sys_heap_free(&heap, blocks[i]);
    }
    zassert_ok(sys_heap_runtime_stats_get(&heap, &stats));
    zassert_equal(stats.allocated_bytes, 0);
    zassert_equal(stats.max_allocated_bytes, sum);
    zassert_ok(sys_heap_runtime_stats_reset_max(&heap));
    zassert_ok(sys_heap_runtime_stats_get(&heap, &stats));
    zassert_equal(stats.max_allocated_bytes, 0);
    zassert_equal(sys_heap_runtime_stats_get(&heap, NULL), -EINVAL);
    zassert_equal(sys_heap_runtime_stats_reset_max(NULL), -EINVAL);
}

/* Every block of the stress test is written from end to end. */
static void *stress_alloc(void *arg, size_t bytes)
{
    void *block = sys_heap_alloc(arg, bytes);

    if (block != NULL) {
        memset(block, 0xc3, sys_heap_usable_size(arg, block));
    }
    return block;
}

static void stress_free(void *arg, void *block)
{
    zassert_true(sys_heap_validate(arg));
    sys_heap_free(arg, block);
}

ZTEST(statistics, stress_leaves_a_sound_and_empty_heap)
{
    const int targets[] = {20, 50, 90};

    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        struct z_heap_stress_result result;

        sys_heap_stress(stress_alloc, stress_free, &heap, sizeof(memory), 5000, scratch,
                        sizeof(scratch), targets[i], &result);
        printk("target %d %%: %u of %u allocations, %u frees\n", targets[i],
               result.successful_allocs, result.total_allocs, result.total_frees);
        zassert_true(result.successful_allocs > 500);
        zassert_true(result.accumulated_in_use_bytes > 0);
        zassert_equal(result.successful_allocs, result.total_frees);
        zassert_true(sys_heap_validate(&heap));
        zassert_not_null(sys_heap_alloc(&heap, HEAP_BYTES - 200), "one free chunk again");
        zassert_ok(sys_heap_init(&heap, memory, sizeof(memory)));
    }
}

ZTEST(statistics, print_info_leaves_the_heap_alone)
{
    void *p = sys_heap_alloc(&heap, 100);

    sys_heap_print_info(&heap, false);
    sys_heap_print_info(&heap, true);
    zassert_true(sys_heap_validate(&heap));
    sys_heap_free(&heap, p);
}

ZTEST(statistics, saved_heaps_are_listed)
{
    struct sys_heap **heaps;

    zassert_equal(sys_heap_array_get(&heaps), 0);
    zassert_ok(sys_heap_array_save(&heap));
    zassert_equal(sys_heap_array_get(&heaps), 1);
    zassert_equal_ptr(heaps[0], &heap);
    zassert_equal(sys_heap_array_save(&heap), -EINVAL);
    zassert_equal(sys_heap_array_save(NULL), -EINVAL);
    zassert_equal(sys_heap_array_get(NULL), -EINVAL);
}
