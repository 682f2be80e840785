/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_API_STRESS_H
#define SUBJECTS_KHEAP_API_STRESS_H

/* Items: sys_heap_stress(), which needs no heap, only functions that act as one. */

#include "kheap_api_base.h"

/* What the stress test is given here never has a block. */
static void *api_no_block(void *arg, size_t bytes)
{
    *(uint32_t *)arg += bytes != 0;
    return NULL;
}

static void api_no_free(void *arg, void *p)
{
    *(uint32_t *)arg += p == NULL ? 0x10000 : 0x20000; /* is not called */
}

static inline void api_stress(struct api *api, unsigned char *scratch, size_t bytes, int percent,
                              uint32_t want)
{
    struct z_heap_stress_result result = {1, 1, 1, 1};
    uint32_t calls = 0;

    sys_heap_stress(api_no_block, api_no_free, &calls, 256, 20, scratch, bytes, percent, &result);
    api_is(api, "calls of alloc_fn", calls, want);
    api_is(api, "total_allocs without any memory", result.total_allocs, want);
    api_is(api, "successful_allocs without any memory", result.successful_allocs, 0);
    api_is(api, "total_frees without any memory", result.total_frees, 0);
    api_is(api, "accumulated_in_use_bytes without any memory",
           (int64_t)result.accumulated_in_use_bytes, 0);
}

/* The list of blocks at every misalignment, and where there is no room for one of them. */
static inline void api_stress_scratch(struct api *api)
{
    const size_t slot = sizeof(void *) + sizeof(size_t);

    api_stress(api, NULL, 0, 50, 0);
    api_stress(api, NULL, 1024, 50, 0);
    for (size_t offset = 0; offset < sizeof(void *); offset++) {
        const size_t skip = (sizeof(void *) - offset) % sizeof(void *);
        api_stress(api, api->memory + offset, skip + slot - 1, 50, 0);
        api_stress(api, api->memory + offset, skip + slot, (int)offset * 60 - 100, 20);
    }
}

/*
 * A memory of numbers instead of addresses, which is full at a limit, and a hash of all that the
 * stress test asked of it: "an order that depends on the arguments alone" is one on every machine.
 */
struct api_order {
    uint32_t hash, calls;
    uint32_t every; /* each so many calls of alloc_fn give nothing */
};

static inline void api_order_add(struct api_order *order, uint64_t value)
{
    order->hash = (order->hash ^ (uint32_t)value) * 0x01000193u;
    order->hash = (order->hash ^ (uint32_t)(value >> 32)) * 0x01000193u;
}

static void *api_order_alloc(void *arg, size_t bytes)
{
    struct api_order *const order = arg;

    api_order_add(order, bytes);
    order->calls++;
    return order->every != 0 && order->calls % order->every == 0
               ? NULL
               : (void *)(uintptr_t)(order->calls * 8u);
}

static void api_order_free(void *arg, void *p)
{
    api_order_add((struct api_order *)arg, (uintptr_t)p);
}

/* total_bytes, target_percent, operations, room for blocks, which calls fail, and the order. */
static const struct api_order_case {
    uint32_t total;
    int percent;
    uint32_t count, slots, every, hash;
} api_order_cases[] = {
    {0u, 50, 40, 4, 0, 0x18c417dbu},
    {7u, 50, 40, 4, 0, 0x408df5dfu},
    {8u, 50, 60, 4, 3, 0xcb1a71ebu},
    {15u, 100, 60, 4, 0, 0x67323a47u},
    {16u, 50, 60, 1, 0, 0x7f8e2eb5u},
    {1000u, 0, 200, 16, 0, 0xc6a84d50u},
    {1000u, -1, 60, 16, 0, 0x8885fdf9u},
    {1000u, 100, 200, 30, 5, 0x9eb9541au},
    {1000u, 101, 200, 30, 0, 0x439cf96fu},
    {1000u, 37, 300, 30, 7, 0x707d2124u},
    {4099u, 99, 300, 30, 0, 0x51ef068eu},
    {65536u, 50, 300, 30, 0, 0x7cd3be86u},
    {67108864u, 60, 200, 30, 0, 0x4535c4d5u},
    {134217728u, 50, 200, 30, 2, 0x4ada15b0u},
    {2147483647u, 50, 200, 30, 0, 0x148854f4u},
    {300u, 50, 400, 30, 0, 0x25564f7du},
    {199u, 99, 300, 20, 0, 0xdd0d0973u},
};

/* Memory that is misaligned and a byte short of one more block: what lies around it is nobody's. */
static inline void api_stress_room(struct api *api)
{
    const size_t slot = sizeof(void *) + sizeof(size_t);

    for (size_t skip = 1; skip < sizeof(void *); skip++) {
        const size_t offset = 3 * sizeof(void *) - skip;
        const size_t bytes = skip + 5 * slot - 1;
        struct api_order order = {.hash = 1};
        struct z_heap_stress_result result;

        memset(api->memory, 0x5a, API_SPARE_BYTES);
        sys_heap_stress(api_order_alloc, api_order_free, &order, 1000, 100, api->memory + offset,
                        bytes, 100, &result);
        for (size_t i = 0; i < API_SPARE_BYTES; i++) {
            if (i < offset || i >= offset + bytes) {
                api_is(api, "bytes around the stress test's", api->memory[i], 0x5a);
            }
        }
    }
}

static inline void api_stress_order(struct api *api)
{
    const size_t slot = sizeof(void *) + sizeof(size_t);
    const size_t cases = sizeof api_order_cases / sizeof api_order_cases[0];

    for (size_t i = 0; i < cases; i++) {
        const struct api_order_case *const c = &api_order_cases[i];
        struct api_order order = {.hash = 1, .every = c->every};
        struct z_heap_stress_result result;

        /* A block less one byte more than there is room for: no room is lost or invented. */
        sys_heap_stress(api_order_alloc, api_order_free, &order, c->total, c->count, api->memory,
                        (c->slots + 1) * slot - 1, c->percent, &result);
        api_order_add(&order, result.total_allocs);
        api_order_add(&order, result.successful_allocs);
        api_order_add(&order, result.total_frees);
        api_order_add(&order, result.accumulated_in_use_bytes);
        api_is(api, "order of a stress test", order.hash, c->hash);
    }
}

#endif
