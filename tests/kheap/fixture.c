/* SPDX-License-Identifier: Apache-2.0 */

#include "fixture.h"

uint8_t region[REGION] __attribute__((aligned(64)));
struct k_heap heap;
void *a, *b, *c, *got;

static size_t capacity;

int fresh(void **state)
{
    (void)state;
    port_reset();
    memset(region, 0xa5, sizeof region);
    k_heap_init(&heap, region, sizeof region);
    capacity = sys_heap_largest_free(&heap.heap);
    port_reset();
    a = b = c = got = NULL;
    return 0;
}

void *rest(void)
{
    return k_heap_alloc(&heap, sys_heap_largest_free(&heap.heap), K_NO_WAIT);
}

void fill(void)
{
    a = k_heap_alloc(&heap, 200, K_NO_WAIT);
    b = k_heap_alloc(&heap, 200, K_NO_WAIT);
    c = rest();
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_null(k_heap_alloc(&heap, 1, K_NO_WAIT));
    port_reset();
}

bool heap_empty(void)
{
    return sys_heap_validate(&heap.heap) && sys_heap_largest_free(&heap.heap) == capacity &&
           heap.waiters.first == NULL;
}

size_t usable(void *p)
{
    return sys_heap_usable_size(&heap.heap, p);
}

void free_a(void)
{
    k_heap_free(&heap, a);
}

void free_b(void)
{
    k_heap_free(&heap, b);
}

void free_c(void)
{
    k_heap_free(&heap, c);
}

void nothing(void)
{
}
