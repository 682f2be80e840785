/* SPDX-License-Identifier: Apache-2.0 */

/* A listener's callback may not call a heap: the call is reported, and has no effect. */

#include "events.h"

static struct sys_heap heap, second;
static struct sys_multi_heap multi;
static void *block; /* of heap */
static void (*attempt)(void);
static unsigned attempts;

/* Makes the attempt, once, and looks that it changed no heap and left no lock. */
static void on_event(const struct event *event)
{
    static uint8_t before[MEMORY_BYTES];
    const struct sys_heap heap_before = heap;
    void (*const what)(void) = attempt;
    const unsigned taken = watch_taken;

    (void)event;
    if (what != NULL) {
        attempt = NULL;
        memcpy(before, memory(), MEMORY_BYTES);
        what();
        attempts++;
        assert_memory_equal(before, memory(), MEMORY_BYTES);
        assert_memory_equal(&heap_before, &heap, sizeof(heap));
        assert_int_equal(watch_taken, taken);
    }
}

static void *choose(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t size)
{
    (void)cfg;
    return sys_heap_aligned_alloc(mheap->heaps[0].heap, align, size);
}

static int fresh_heaps(void **state)
{
    (void)fresh(state);
    open_heap(&heap, 0, 4096);
    open_heap(&second, 8192, 4096);
    block = sys_heap_alloc(&heap, 50);
    sys_multi_heap_init(&multi, choose);
    assert_int_equal(sys_multi_heap_add_heap(&multi, &heap, NULL), 0);
    listen_to(&second);
    in_callback = on_event;
    attempt = NULL;
    attempts = 0;
    return 0;
}

static void expect_one_fault(const void *object)
{
    assert_int_equal(attempts, 1);
    assert_int_equal(faults, 1);
    assert_int_equal(seen_fault.kind, KHEAP_FAULT_IN_CALLBACK);
    assert_ptr_equal(seen_fault.heap, object);
    assert_null(seen_fault.address);
    assert_non_null(seen_fault.invariant);
    faults = 0;
    attempts = 0;
}

/* Has the attempt made in the callback of an allocation and of a free. */
static void expect_refused(void (*what)(void), const void *object)
{
    attempt = what;
    void *const p = sys_heap_alloc(&second, 50);

    assert_non_null(p);
    expect_one_fault(object);
    attempt = what;
    sys_heap_free(&second, p);
    expect_one_fault(object);
}

/* The same, for every heap function that gives something back: NULL, 0, false or -EINVAL. */
#define REFUSED(name, call, nothing)                                                               \
    static void try_##name(void)                                                                   \
    {                                                                                              \
        assert_true((call) == (nothing));                                                          \
    }
#define REFUSED_VOID(name, call)                                                                   \
    static void try_##name(void)                                                                   \
    {                                                                                              \
        call;                                                                                      \
    }

static struct sys_memory_stats stats;
static struct sys_heap **array;
static struct sys_heap fresh_one;

REFUSED(alloc, sys_heap_alloc(&heap, 8), NULL)
REFUSED(aligned_alloc, sys_heap_aligned_alloc(&heap, 16, 8), NULL)
REFUSED(noalign_alloc, sys_heap_noalign_alloc(&heap, 16, 8), NULL)
REFUSED(realloc, sys_heap_realloc(&heap, block, 20), NULL)
REFUSED(realloc_null, sys_heap_realloc(&heap, NULL, 20), NULL)
REFUSED(realloc_zero, sys_heap_realloc(&heap, block, 0), NULL)
REFUSED(aligned_realloc, sys_heap_aligned_realloc(&heap, block, 64, 20), NULL)
REFUSED_VOID(free, sys_heap_free(&heap, block))
REFUSED(usable, sys_heap_usable_size(&heap, block), 0)
REFUSED(largest, sys_heap_largest_free(&heap), 0)
REFUSED(validate, sys_heap_validate(&heap), false)
REFUSED(check, sys_heap_check(&heap, NULL), false)
REFUSED_VOID(print, sys_heap_print_info(&heap, true))
REFUSED(init, sys_heap_init(&heap, memory(), 4096), -EINVAL)
REFUSED(init_new, sys_heap_init(&fresh_one, memory() + 16384, 4096), -EINVAL)
REFUSED(save, sys_heap_array_save(&heap), -EINVAL)
REFUSED(get, sys_heap_array_get(&array), -EINVAL)
REFUSED(own, sys_heap_alloc(&second, 8), NULL)
#if CONFIG_SYS_HEAP_RUNTIME_STATS
REFUSED(stats, sys_heap_runtime_stats_get(&heap, &stats), -EINVAL)
REFUSED(reset, sys_heap_runtime_stats_reset_max(&heap), -EINVAL)
#endif

static void every_function_of_sys_heap_is_refused_without_effect(void **state)
{
    (void)state;
    expect_refused(try_alloc, &heap);
    expect_refused(try_aligned_alloc, &heap);
    expect_refused(try_noalign_alloc, &heap);
    expect_refused(try_realloc, &heap);
    expect_refused(try_realloc_null, &heap);
    expect_refused(try_realloc_zero, &heap);
    expect_refused(try_aligned_realloc, &heap);
    expect_refused(try_free, &heap);
    expect_refused(try_usable, &heap);
    expect_refused(try_largest, &heap);
    expect_refused(try_validate, &heap);
    expect_refused(try_check, &heap);
    expect_refused(try_print, &heap);
    expect_refused(try_init, &heap);
    expect_refused(try_init_new, &fresh_one);
    expect_refused(try_own, &second);
#if CONFIG_SYS_HEAP_RUNTIME_STATS
    expect_refused(try_stats, &heap);
    expect_refused(try_reset, &heap);
#endif
    (void)stats;
}

static void the_registry_is_refused_to_callbacks_and_else_behind_the_global_lock(void **state)
{
    (void)state;
    expect_refused(try_save, &heap);
    expect_refused(try_get, NULL);
    assert_int_equal(sys_heap_array_get(&array), 0);
    const unsigned taken = watch_global_taken;

    assert_int_equal(sys_heap_array_save(&heap), 0);
    assert_int_equal(watch_global_taken, taken + 1);
    assert_int_equal(sys_heap_array_get(&array), 1);
    assert_int_equal(watch_global_taken, taken + 2);
}

REFUSED(multi_alloc, sys_multi_heap_alloc(&multi, NULL, 8), NULL)
REFUSED(multi_aligned_alloc, sys_multi_heap_aligned_alloc(&multi, NULL, 16, 8), NULL)
REFUSED(multi_realloc, sys_multi_heap_realloc(&multi, NULL, block, 20), NULL)
REFUSED(multi_aligned_realloc, sys_multi_heap_aligned_realloc(&multi, NULL, block, 64, 20), NULL)
REFUSED_VOID(multi_free, sys_multi_heap_free(&multi, block))
REFUSED(multi_add, sys_multi_heap_add_heap(&multi, &second, NULL), -EINVAL)

static void every_function_of_a_multi_heap_is_refused_once(void **state)
{
    (void)state;
    expect_refused(try_multi_alloc, &multi);
    expect_refused(try_multi_aligned_alloc, &multi);
    expect_refused(try_multi_realloc, &multi);
    expect_refused(try_multi_aligned_realloc, &multi);
    expect_refused(try_multi_free, &multi);
    expect_refused(try_multi_add, &multi);
    assert_int_equal(multi.nheaps, 1);
}

static struct k_heap locked;
static void *locked_block;

REFUSED(k_init, k_heap_try_init(&locked, memory() + 16384, 2048), -EINVAL)
REFUSED(k_alloc, k_heap_alloc(&locked, 8, K_FOREVER), NULL)
REFUSED(k_aligned, k_heap_aligned_alloc(&locked, 16, 8, K_NO_WAIT), NULL)
REFUSED(k_calloc, k_heap_calloc(&locked, 2, 8, K_FOREVER), NULL)
REFUSED(k_realloc, k_heap_realloc(&locked, locked_block, 8, K_FOREVER), NULL)
REFUSED(k_realloc_null, k_heap_realloc(&locked, NULL, 8, K_NO_WAIT), NULL)
REFUSED(k_aligned_realloc, k_heap_aligned_realloc(&locked, locked_block, 16, 0, K_NO_WAIT), NULL)
REFUSED_VOID(k_free, k_heap_free(&locked, locked_block))

/* Also in its own callback, where its lock is held. */
static void every_function_of_a_k_heap_is_refused_before_its_lock(void **state)
{
    void (*const tries[])(void) = {
        try_k_init,    try_k_alloc,        try_k_aligned,         try_k_calloc,
        try_k_realloc, try_k_realloc_null, try_k_aligned_realloc, try_k_free};

    (void)state;
    k_heap_init(&locked, memory() + 16384, 4096);
    locked_block = k_heap_alloc(&locked, 50, K_NO_WAIT);
    listen_to(&locked);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        expect_refused(tries[i], &locked);
        attempt = tries[i];
        void *const p = k_heap_alloc(&locked, 50, K_NO_WAIT);

        expect_one_fault(&locked);
        k_heap_free(&locked, p);
    }
    k_heap_free(&locked, locked_block);
    assert_int_equal(faults, 0);
    assert_true(sys_heap_validate(&locked.heap));
}

static struct shared_multi_heap_region region;

REFUSED(shared_init, shared_multi_heap_pool_init(), -EINVAL)
REFUSED(shared_add, shared_multi_heap_add(&region, NULL), -EINVAL)
REFUSED(shared_alloc, shared_multi_heap_alloc(SMH_REG_ATTR_EXTERNAL, 8), NULL)
REFUSED(shared_aligned, shared_multi_heap_aligned_alloc(SMH_REG_ATTR_EXTERNAL, 16, 8), NULL)
REFUSED(shared_realloc, shared_multi_heap_realloc(SMH_REG_ATTR_EXTERNAL, block, 8), NULL)
REFUSED_VOID(shared_free, shared_multi_heap_free(block))

/* on_event looks that none of them took the pool's lock, which the callback may be under. */
static void every_function_of_the_shared_multi_heap_is_refused_before_its_lock(void **state)
{
    void (*const tries[])(void) = {try_shared_init,    try_shared_add,     try_shared_alloc,
                                   try_shared_aligned, try_shared_realloc, try_shared_free};

    (void)state;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        attempt = tries[i];
        void *const p = sys_heap_alloc(&second, 50);

        expect_one_fault(seen_fault.heap);
        assert_non_null(seen_fault.heap);
        sys_heap_free(&second, p);
    }
    assert_int_equal(shared_multi_heap_pool_init(), 0);
}

static void heaps_serve_as_before_when_the_callback_has_returned(void **state)
{
    (void)state;
    expect_refused(try_free, &heap);
    assert_true(sys_heap_validate(&heap));
    assert_true(sys_heap_usable_size(&heap, block) >= 50);
    sys_heap_free(&heap, block);
    assert_non_null(sys_heap_alloc(&second, 8));
    assert_int_equal(faults, 0);
}

static const char another;

static void ask_in_another_context(void)
{
    const void *const self = watch_self;

    watch_self = &another;
    assert_true(sys_heap_largest_free(&heap) > 0);
    watch_self = self;
}

static void another_context_is_not_in_the_callback(void **state)
{
    (void)state;
    attempt = ask_in_another_context;
    assert_non_null(sys_heap_alloc(&second, 50));
    assert_int_equal(attempts, 1);
    assert_int_equal(faults, 0);
}

static void look_at_the_layout(void)
{
    struct sys_heap_layout layout;

    assert_int_equal(sys_heap_layout_get(&heap, &layout), 0);
}

static void the_layout_may_be_asked_for(void **state)
{
    (void)state;
    attempt = look_at_the_layout;
    assert_non_null(sys_heap_alloc(&second, 50));
    assert_int_equal(attempts, 1);
    assert_int_equal(faults, 0);
}

static bool sound;

static void check_it(void)
{
    sound = sys_heap_check(&heap, NULL);
}

static void the_fault_hook_may_check_the_heap_it_is_told_about(void **state)
{
    (void)state;
    in_fault = check_it;
    expect_refused(try_alloc, &heap);
    assert_true(sound);
}

int main(void)
{
#define CALLBACK_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_heaps, done)
    const struct CMUnitTest tests[] = {
        CALLBACK_TEST(every_function_of_sys_heap_is_refused_without_effect),
        CALLBACK_TEST(the_registry_is_refused_to_callbacks_and_else_behind_the_global_lock),
        CALLBACK_TEST(every_function_of_a_multi_heap_is_refused_once),
        CALLBACK_TEST(every_function_of_a_k_heap_is_refused_before_its_lock),
        CALLBACK_TEST(every_function_of_the_shared_multi_heap_is_refused_before_its_lock),
        CALLBACK_TEST(heaps_serve_as_before_when_the_callback_has_returned),
        CALLBACK_TEST(another_context_is_not_in_the_callback),
        CALLBACK_TEST(the_layout_may_be_asked_for),
        CALLBACK_TEST(the_fault_hook_may_check_the_heap_it_is_told_about),
    };
    return cmocka_run_group_tests_name("callback", tests, NULL, NULL);
}
