/* SPDX-License-Identifier: Apache-2.0 */

/* Board code adds regions with attributes, everybody else asks for an attribute. */

#include <zephyr/kernel.h>
#include <zephyr/multi_heap/shared_multi_heap.h>
#include <zephyr/ztest.h>

#define REGION_BYTES 2048
#define ROUNDS       300

static uint8_t cacheable[2][REGION_BYTES] __aligned(32);
static uint8_t uncached[REGION_BYTES] __aligned(32);

static bool in(const void *block, const uint8_t *memory)
{
    return (uintptr_t)block >= (uintptr_t)memory &&
           (uintptr_t)block < (uintptr_t)memory + REGION_BYTES;
}

static void *add_regions(void)
{
    struct shared_multi_heap_region regions[] = {
        {.attr = SMH_REG_ATTR_CACHEABLE, .addr = (uintptr_t)cacheable[0], .size = REGION_BYTES},
        {.attr = SMH_REG_ATTR_NON_CACHEABLE, .addr = (uintptr_t)uncached, .size = REGION_BYTES},
        {.attr = SMH_REG_ATTR_CACHEABLE, .addr = (uintptr_t)cacheable[1], .size = REGION_BYTES},
    };

    zassert_is_null(shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 8), "there is no pool yet");
    zassert_ok(shared_multi_heap_pool_init());
    zassert_equal(shared_multi_heap_pool_init(), -EALREADY);
    for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
        zassert_ok(shared_multi_heap_add(&regions[i], NULL), "region %zu", i);
    }
    regions[0].attr = SMH_REG_ATTR_NUM;
    zassert_equal(shared_multi_heap_add(&regions[0], NULL), -EINVAL);
    zassert_equal(shared_multi_heap_add(NULL, NULL), -EINVAL);
    return NULL;
}

static void with_regions(void *fixture)
{
    static bool added;

    ARG_UNUSED(fixture);
    if (!added) {
        added = true;
        (void)add_regions();
    }
}

ZTEST_SUITE(shared_multi_heap, NULL, NULL, with_regions, NULL, NULL);

ZTEST(shared_multi_heap, memory_has_the_attribute_asked_for)
{
    void *p = shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 100);
    void *q = shared_multi_heap_alloc(SMH_REG_ATTR_NON_CACHEABLE, 100);

    zassert_true(in(p, cacheable[0]));
    zassert_true(in(q, uncached));
    zassert_is_null(shared_multi_heap_alloc(SMH_REG_ATTR_EXTERNAL, 100), "no such region");
    shared_multi_heap_free(p);
    shared_multi_heap_free(q);
    shared_multi_heap_free(NULL);
}

ZTEST(shared_multi_heap, a_full_region_is_followed_by_the_next)
{
    void *p = shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 1200);
    void *q = shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 1200);

    zassert_true(in(p, cacheable[0]));
    zassert_true(in(q, cacheable[1]));
    zassert_is_null(shared_multi_heap_alloc(SMH_REG_ATTR_CACHEABLE, 1200));
    shared_multi_heap_free(p);
    shared_multi_heap_free(q);
}

ZTEST(shared_multi_heap, aligned_blocks_and_realloc)
{
    uint8_t *p = shared_multi_heap_aligned_alloc(SMH_REG_ATTR_NON_CACHEABLE, 128, 33);

    zassert_not_null(p);
    zassert_true(IS_ALIGNED(p, 128));
    memset(p, 0x3c, 33);
    p = shared_multi_heap_realloc(SMH_REG_ATTR_NON_CACHEABLE, p, 700);
    zassert_true(in(p, uncached));
    zassert_equal(p[32], 0x3c);
    void *wall = shared_multi_heap_alloc(SMH_REG_ATTR_NON_CACHEABLE, 800);

    zassert_not_null(wall);
    p = shared_multi_heap_realloc(SMH_REG_ATTR_CACHEABLE, p, 1800);
    zassert_true(in(p, cacheable[0]), "it does not fit in its own region, so it moves");
    zassert_equal(p[32], 0x3c);
    shared_multi_heap_free(p);
    shared_multi_heap_free(wall);
}

static K_THREAD_STACK_ARRAY_DEFINE(stacks, 2, 1024);
static struct k_thread threads[2];

static void user(void *attr, void *unused, void *unused2)
{
    const enum shared_multi_heap_attr own = (enum shared_multi_heap_attr)(uintptr_t)attr;

    ARG_UNUSED(unused);
    ARG_UNUSED(unused2);
    for (size_t i = 0; i < ROUNDS; i++) {
        uint8_t *p = shared_multi_heap_alloc(own, 16 + i);

        zassert_not_null(p);
        memset(p, (int)i, 16 + i);
        k_yield();
        zassert_equal(p[15 + i], (uint8_t)i);
        shared_multi_heap_free(p);
    }
}

ZTEST(shared_multi_heap, threads_share_the_pool)
{
    for (uintptr_t i = 0; i < 2; i++) {
        k_thread_create(&threads[i], stacks[i], 1024, user, (void *)i, NULL, NULL, 3, 0, K_NO_WAIT);
    }
    for (int i = 0; i < 2; i++) {
        zassert_ok(k_thread_join(&threads[i], K_FOREVER));
    }
}
