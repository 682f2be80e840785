/* SPDX-License-Identifier: Apache-2.0 */

/* Fast and slow memory behind one callback, which a configuration tells where to look. */

#include <zephyr/kernel.h>
#include <zephyr/sys/multi_heap.h>
#include <zephyr/sys/sys_heap.h>
#include <zephyr/ztest.h>

#define FAST_BYTES 512
#define SLOW_BYTES 4096

/* What an allocation says about itself. */
struct request {
    bool fast_only;
    int times_asked;
    size_t align;
};

static uint8_t fast_memory[FAST_BYTES] __aligned(8);
static uint8_t slow_memory[SLOW_BYTES] __aligned(8);
static struct sys_heap fast, slow;
static struct sys_multi_heap both;
static const char fast_name[] = "fast";
static const char slow_name[] = "slow";

/* Fast memory if there is some, slow memory unless the request forbids it. */
static void *choose(struct sys_multi_heap *heaps, void *cfg, size_t align, size_t size)
{
    struct request *const request = cfg;
    void *block = NULL;

    if (request != NULL) {
        request->times_asked++;
        request->align = align;
    }
    for (int i = 0; i < heaps->nheaps && block == NULL; i++) {
        if (heaps->heaps[i].user_data == fast_name) {
            block = sys_heap_aligned_alloc(heaps->heaps[i].heap, align, size);
        }
    }
    for (int i = 0; i < heaps->nheaps && block == NULL; i++) {
        if (heaps->heaps[i].user_data == slow_name && (request == NULL || !request->fast_only)) {
            block = sys_heap_aligned_alloc(heaps->heaps[i].heap, align, size);
        }
    }
    return block;
}

static bool in(const void *block, const uint8_t *memory, size_t bytes)
{
    return (uintptr_t)block >= (uintptr_t)memory && (uintptr_t)block < (uintptr_t)memory + bytes;
}

static void init(void *fixture)
{
    ARG_UNUSED(fixture);
    zassert_ok(sys_heap_init(&fast, fast_memory, sizeof(fast_memory)));
    zassert_ok(sys_heap_init(&slow, slow_memory, sizeof(slow_memory)));
    sys_multi_heap_init(&both, choose);
    zassert_ok(sys_multi_heap_add_heap(&both, &fast, (void *)fast_name));
    zassert_ok(sys_multi_heap_add_heap(&both, &slow, (void *)slow_name));
}

ZTEST_SUITE(multi_heap, NULL, NULL, init, NULL, NULL);

ZTEST(multi_heap, the_callback_gets_the_configuration_untouched)
{
    struct request request = {.fast_only = true};
    void *p = sys_multi_heap_alloc(&both, &request, 40);

    zassert_true(in(p, fast_memory, FAST_BYTES));
    zassert_equal(request.times_asked, 1);
    zassert_equal(request.align, 0);
    sys_multi_heap_free(&both, p);
    p = sys_multi_heap_aligned_alloc(&both, &request, 32, 40);
    zassert_true(IS_ALIGNED(p, 32));
    zassert_equal(request.align, 32);
    sys_multi_heap_free(&both, p);
    p = sys_multi_heap_alloc(&both, NULL, 40);
    zassert_not_null(p);
    sys_multi_heap_free(&both, p);
}

ZTEST(multi_heap, what_does_not_fit_goes_where_the_callback_says)
{
    struct request anywhere = {.fast_only = false};
    struct request fast_only = {.fast_only = true};
    void *p = sys_multi_heap_alloc(&both, &anywhere, FAST_BYTES * 2);

    zassert_true(in(p, slow_memory, SLOW_BYTES));
    zassert_is_null(sys_multi_heap_alloc(&both, &fast_only, FAST_BYTES * 2));
    sys_multi_heap_free(&both, p);
}

ZTEST(multi_heap, a_block_of_a_child_may_be_freed_here)
{
    void *p = sys_heap_alloc(&fast, 100);
    void *q = sys_heap_alloc(&slow, 100);

    sys_multi_heap_free(&both, p);
    sys_multi_heap_free(&both, q);
    sys_multi_heap_free(&both, NULL);
    zassert_true(sys_heap_validate(&fast));
    zassert_true(sys_heap_validate(&slow));
    zassert_not_null(sys_heap_alloc(&fast, 300), "the block has come back");
}

ZTEST(multi_heap, the_owner_of_an_address_is_found)
{
    int elsewhere;
    void *p = sys_multi_heap_alloc(&both, NULL, 10);
    const struct sys_multi_heap_rec *rec = sys_multi_heap_get_heap(&both, p);

    zassert_not_null(rec);
    zassert_equal(rec->heap, &fast);
    zassert_equal_ptr(rec->user_data, fast_name);
    zassert_is_null(sys_multi_heap_get_heap(&both, &elsewhere));
    zassert_is_null(sys_multi_heap_get_heap(&both, NULL));
    sys_multi_heap_free(&both, p);
}

ZTEST(multi_heap, a_block_moves_from_one_heap_to_the_other)
{
    uint8_t *p = sys_multi_heap_alloc(&both, NULL, 100);

    zassert_true(in(p, fast_memory, FAST_BYTES));
    for (uint8_t i = 0; i < 100; i++) {
        p[i] = i;
    }
    p = sys_multi_heap_realloc(&both, NULL, p, FAST_BYTES * 3);
    zassert_true(in(p, slow_memory, SLOW_BYTES));
    for (uint8_t i = 0; i < 100; i++) {
        zassert_equal(p[i], i);
    }
    zassert_not_null(sys_heap_alloc(&fast, 300), "the old block has been freed");
    p = sys_multi_heap_aligned_realloc(&both, NULL, p, 64, 10);
    zassert_not_null(p);
    zassert_true(IS_ALIGNED(p, 64));
    zassert_equal(p[9], 9);
    zassert_is_null(sys_multi_heap_realloc(&both, NULL, p, 0));
}

ZTEST(multi_heap, a_resize_in_place_asks_nobody)
{
    struct request request = {.fast_only = false};
    uint8_t *p = sys_multi_heap_alloc(&both, &request, 100);
    uint8_t *q = sys_multi_heap_realloc(&both, &request, p, 50);

    zassert_equal_ptr(p, q);
    q = sys_multi_heap_realloc(&both, &request, p, 150);
    zassert_equal_ptr(p, q);
    zassert_equal(request.times_asked, 1);
    sys_multi_heap_free(&both, p);
}

ZTEST(multi_heap, no_more_heaps_than_there_are_places)
{
    static uint8_t memory[MAX_MULTI_HEAPS + 1][128] __aligned(8);
    static struct sys_heap heaps[MAX_MULTI_HEAPS + 1];
    struct sys_multi_heap many;

    sys_multi_heap_init(&many, choose);
    for (int i = 0; i < MAX_MULTI_HEAPS; i++) {
        zassert_ok(sys_heap_init(&heaps[i], memory[i], sizeof(memory[i])));
        zassert_ok(sys_multi_heap_add_heap(&many, &heaps[i], NULL));
    }
    zassert_equal(many.nheaps, MAX_MULTI_HEAPS);
    zassert_ok(sys_heap_init(&heaps[MAX_MULTI_HEAPS], memory[MAX_MULTI_HEAPS], 128));
    zassert_equal(sys_multi_heap_add_heap(&many, &heaps[MAX_MULTI_HEAPS], NULL), -ENOMEM);
    zassert_equal(sys_multi_heap_add_heap(&many, &heaps[0], NULL), -EEXIST);
}
