/* SPDX-License-Identifier: Apache-2.0 */

/* The general form of the memory pool: shape, choice of the block, joining, time. */

#include "port.h"

K_MEM_POOL_DEFINE(pool, 64, 1024, 2, 64);
K_MEM_POOL_DEFINE(one_level, 40, 40, 5, 4);
K_MEM_POOL_DEFINE(deep, 16, 16u << 22, 1, 8);
/* A prime number of blocks: the levels' bits start anywhere in a word. */
K_MEM_POOL_DEFINE(many, 16, 64, 10007, 8);

static uint8_t *take(struct k_mem_pool *from, struct k_mem_block *block, size_t size)
{
    assert_int_equal(k_mem_pool_alloc(from, block, size, K_NO_WAIT), 0);
    assert_non_null(block->data);
    return (uint8_t *)block->data;
}

static void none(struct k_mem_pool *from, size_t size)
{
    struct k_mem_block block = {.data = &block};

    assert_int_equal(k_mem_pool_alloc(from, &block, size, K_NO_WAIT), -ENOMEM);
    assert_null(block.data);
}

/* Takes blocks of `size` until there is none, and gives them back; returns how many. */
static unsigned count(struct k_mem_pool *from, size_t size)
{
    static struct k_mem_block blocks[64];
    unsigned n = 0;

    while (n < 64 && k_mem_pool_alloc(from, &blocks[n], size, K_NO_WAIT) == 0) {
        n++;
    }
    for (unsigned i = 0; i < n; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    return n;
}

static void a_static_pool_works_without_an_init_call(void **state)
{
    (void)state;
    assert_int_equal(count(&pool, 1024), 2);
}

static void at_most_the_documented_number_of_blocks_of_each_size(void **state)
{
    (void)state;
    assert_int_equal(count(&pool, 1024), 2);
    assert_int_equal(count(&pool, 256), 8);
    assert_int_equal(count(&pool, 64), 32);
    assert_int_equal(count(&pool, 1024), 2);
    assert_int_equal(count(&one_level, 40), 5);
}

static void a_request_takes_the_smallest_block_that_holds_it(void **state)
{
    static const struct {
        size_t size;
        unsigned level;
    } cases[] = {{1, 2}, {63, 2}, {64, 2}, {65, 1}, {256, 1}, {257, 0}, {1024, 0}};
    struct k_mem_block block;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        take(&pool, &block, cases[i].size);
        assert_int_equal(block.level, cases[i].level);
        k_mem_pool_free(&block);
    }
}

static void a_block_is_cut_only_when_no_smaller_one_would_do(void **state)
{
    struct k_mem_block small, quarter, next;

    (void)state;
    uint8_t *base = take(&pool, &small, 64);
    assert_ptr_equal(take(&pool, &quarter, 256), base + 256);
    assert_ptr_equal(take(&pool, &next, 64), base + 64);
    k_mem_pool_free(&small);
    k_mem_pool_free(&quarter);
    /* Free now: 64 at 0, 256 at 256, 512 and 768, 1024. */
    assert_ptr_equal(take(&pool, &quarter, 65), base + 256);
    assert_ptr_equal(take(&pool, &small, 1), base);
    k_mem_pool_free(&small);
    k_mem_pool_free(&quarter);
    k_mem_pool_free(&next);
}

static void of_several_blocks_the_one_with_the_lowest_address_is_taken(void **state)
{
    struct k_mem_block blocks[32];

    (void)state;
    uint8_t *base = take(&pool, &blocks[0], 64);
    for (unsigned i = 1; i < 32; i++) {
        assert_ptr_equal(take(&pool, &blocks[i], 64), base + 64 * i);
    }
    k_mem_pool_free(&blocks[29]);
    k_mem_pool_free(&blocks[7]);
    k_mem_pool_free(&blocks[18]);
    assert_ptr_equal(take(&pool, &blocks[7], 64), base + (size_t)64 * 7);
    assert_ptr_equal(take(&pool, &blocks[18], 64), base + (size_t)64 * 18);
    assert_ptr_equal(take(&pool, &blocks[29], 64), base + (size_t)64 * 29);
    for (unsigned i = 0; i < 32; i++) {
        k_mem_pool_free(&blocks[i]);
    }
}

static void four_free_partners_join_at_once_and_three_do_not(void **state)
{
    struct k_mem_block big, parts[4], whole;

    (void)state;
    take(&pool, &big, 1024);
    for (unsigned i = 0; i < 4; i++) {
        take(&pool, &parts[i], 256);
    }
    for (unsigned i = 0; i < 3; i++) {
        k_mem_pool_free(&parts[3 - i]);
        none(&pool, 1024);
    }
    k_mem_pool_free(&parts[0]);
    take(&pool, &whole, 1024);
    k_mem_pool_free(&whole);
    k_mem_pool_free(&big);
}

static void joining_goes_up_through_all_levels_in_one_free(void **state)
{
    struct k_mem_block blocks[32], whole;

    (void)state;
    for (unsigned i = 0; i < 32; i++) {
        take(&pool, &blocks[i], 64);
    }
    for (unsigned i = 0; i < 15; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    none(&pool, 1024);
    k_mem_pool_free(&blocks[15]);
    take(&pool, &whole, 1024);
    k_mem_pool_free(&whole);
    for (unsigned i = 16; i < 32; i++) {
        k_mem_pool_free(&blocks[i]);
    }
}

static void neighbours_of_different_parents_do_not_join(void **state)
{
    struct k_mem_block blocks[32];

    (void)state;
    for (unsigned i = 0; i < 32; i++) {
        take(&pool, &blocks[i], 64);
    }
    for (unsigned i = 2; i < 6; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    none(&pool, 65); /* 256 free bytes in a row, but of two parents */
    for (unsigned i = 0; i < 32; i++) {
        if (i < 2 || i >= 6) {
            k_mem_pool_free(&blocks[i]);
        }
    }
}

static void the_largest_blocks_have_no_partners(void **state)
{
    struct k_mem_block blocks[5];

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        take(&one_level, &blocks[i], 33);
    }
    none(&one_level, 1);
    for (unsigned i = 0; i < 5; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    none(&one_level, 41);
}

static void blocks_have_the_pools_alignment(void **state)
{
    struct k_mem_block a, b;

    (void)state;
    assert_int_equal((uintptr_t)take(&pool, &a, 64) % 64, 0);
    assert_int_equal((uintptr_t)take(&pool, &b, 64) % 64, 0);
    k_mem_pool_free(&a);
    k_mem_pool_free(&b);
    assert_int_equal((uintptr_t)take(&one_level, &a, 40) % 8, 0);
    assert_int_equal((uintptr_t)take(&one_level, &b, 40) % 8, 0);
    k_mem_pool_free(&a);
    k_mem_pool_free(&b);
}

static void a_request_that_can_never_be_served_is_enomem_at_once_whatever_the_timeout(void **state)
{
    static const size_t sizes[] = {0, 1025, 4096, (size_t)UINT32_MAX + 1u, SIZE_MAX};
    struct k_mem_block block;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (sizes[i] == 0 && i > 0) {
            continue; /* 2^32 where size_t has no more bits */
        }
        assert_int_equal(k_mem_pool_alloc(&pool, &block, sizes[i], K_FOREVER), -ENOMEM);
        assert_int_equal(k_mem_pool_alloc(&pool, &block, sizes[i], K_TICKS(5)), -ENOMEM);
        none(&pool, sizes[i]);
    }
    assert_int_equal(port_sleeps, 0);
}

static void a_pool_never_touches_what_it_gives_out(void **state)
{
    static uint8_t old[2048];
    struct k_mem_block a, b;

    (void)state;
    uint8_t *base = take(&pool, &a, 64);
    memset(base, 0x5a, sizeof(old));
    memset(old, 0x5a, sizeof(old));
    take(&pool, &b, 256);
    k_mem_pool_free(&a);
    k_mem_pool_free(&b);
    assert_memory_equal(base, old, sizeof(old));
}

static void alloc_and_free_are_bounded_by_the_number_of_levels(void **state)
{
    static struct k_mem_block blocks[40028];
    struct k_mem_block block;
    unsigned n = 0;

    (void)state;
    port_steps = 0;
    take(&deep, &block, 16); /* cuts at all 12 levels */
    assert_in_range(port_steps, 11, 10 + 11);
    port_steps = 0;
    k_mem_pool_free(&block); /* joins at all 12 levels */
    assert_in_range(port_steps, 11, 10 + 11);

    unsigned most = 0;
    for (; n < 40028; n++) {
        port_steps = 0;
        take(&many, &blocks[n], 16);
        most = port_steps > most ? port_steps : most;
    }
    none(&many, 16);
    k_mem_pool_free(&blocks[0]);
    k_mem_pool_free(&blocks[40027]);
    port_steps = 0;
    take(&many, &blocks[0], 16);
    take(&many, &blocks[40027], 16); /* the last bit of the row */
    assert_in_range(port_steps, 2, 2 * 10);
    assert_in_range(most, 1, 10 + 1);
    while (n-- > 0) {
        k_mem_pool_free(&blocks[n]);
    }
    assert_int_equal(count(&many, 64), 64);
}

static void init_takes_what_the_macro_takes_and_refuses_the_rest(void **state)
{
    static _Alignas(64) uint8_t buffer[4096 + 8];
    static uint32_t bits[K_MEM_POOL_WORDS(16, 1024, 4)];
    static const struct {
        size_t min, max, n;
    } bad[] = {{8, 32, 1},         {20, 80, 1},  {0, 0, 1},         {64, 128, 1},
               {64, 512, 1},       {64, 32, 1},  {64, 0, 1},        {64, 256, 0},
               {16, 16u << 24, 1}, {64, 192, 1}, {16, 64, 1u << 23}};
    struct k_mem_pool made, before;

    (void)state;
    memset(&made, 0x3c, sizeof(made));
    before = made;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(k_mem_pool_init(&made, buffer, bits, bad[i].min, bad[i].max, bad[i].n),
                         -EINVAL);
    }
    assert_int_equal(k_mem_pool_init(NULL, buffer, bits, 16, 1024, 4), -EINVAL);
    assert_int_equal(k_mem_pool_init(&made, NULL, bits, 16, 1024, 4), -EINVAL);
    assert_int_equal(k_mem_pool_init(&made, buffer, NULL, 16, 1024, 4), -EINVAL);
    assert_int_equal(k_mem_pool_init(&made, buffer + 4, bits, 16, 1024, 4), -EINVAL);
    assert_int_equal(k_mem_pool_init(&made, (void *)(UINTPTR_MAX - 1023), bits, 16, 1024, 4),
                     -EINVAL);
    assert_memory_equal(&made, &before, sizeof(made));

    memset(bits, 0xff, sizeof(bits));
    assert_int_equal(k_mem_pool_init(&made, buffer + 8, bits, 16, 1024, 4), 0);
    assert_int_equal(count(&made, 1024), 4);
    assert_int_equal(count(&made, 64), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_static_pool_works_without_an_init_call, port_reset),
        cmocka_unit_test_setup(at_most_the_documented_number_of_blocks_of_each_size, port_reset),
        cmocka_unit_test_setup(a_request_takes_the_smallest_block_that_holds_it, port_reset),
        cmocka_unit_test_setup(a_block_is_cut_only_when_no_smaller_one_would_do, port_reset),
        cmocka_unit_test_setup(of_several_blocks_the_one_with_the_lowest_address_is_taken,
                               port_reset),
        cmocka_unit_test_setup(four_free_partners_join_at_once_and_three_do_not, port_reset),
        cmocka_unit_test_setup(joining_goes_up_through_all_levels_in_one_free, port_reset),
        cmocka_unit_test_setup(neighbours_of_different_parents_do_not_join, port_reset),
        cmocka_unit_test_setup(the_largest_blocks_have_no_partners, port_reset),
        cmocka_unit_test_setup(blocks_have_the_pools_alignment, port_reset),
        cmocka_unit_test_setup(
            a_request_that_can_never_be_served_is_enomem_at_once_whatever_the_timeout, port_reset),
        cmocka_unit_test_setup(a_pool_never_touches_what_it_gives_out, port_reset),
        cmocka_unit_test_setup(alloc_and_free_are_bounded_by_the_number_of_levels, port_reset),
        cmocka_unit_test_setup(init_takes_what_the_macro_takes_and_refuses_the_rest, port_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
