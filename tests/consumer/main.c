/* SPDX-License-Identifier: Apache-2.0 */
/* What a user writes: one region, one heap, some blocks. Exit status 0 when it all worked. */

#include <stdint.h>
#include <string.h>

#include <kheap/sys_heap.h>

static uint8_t region[SYS_HEAP_REGION_SIZE_FOR(1000)];

int main(void)
{
    struct sys_heap heap;
    if (sys_heap_init(&heap, region, sizeof(region)) != 0) {
        return 1;
    }
    char *text = sys_heap_alloc(&heap, 1000);
    if (text == NULL || sys_heap_alloc(&heap, 1000) != NULL) {
        return 2;
    }
    memset(text, 'x', 1000);
    text = sys_heap_realloc(&heap, text, 100);
    uint64_t *numbers = sys_heap_aligned_alloc(&heap, 64, 10 * sizeof(*numbers));
    if (text == NULL || text[99] != 'x' || numbers == NULL || (uintptr_t)numbers % 64 != 0) {
        return 3;
    }
    sys_heap_free(&heap, numbers);
    sys_heap_free(&heap, text);
    return sys_heap_validate(&heap) ? 0 : 4;
}
