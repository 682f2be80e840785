/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The largest heap there is, and the largest alignment: the distance to it takes more than 32 bits.
 * Only the pages that headers lie on are ever touched; without so much address space nothing is
 * shown, and it says so.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "kheap/sys_heap.h"

#define ALIGN ((size_t)1 << 33)
#define BYTES ((size_t)KHEAP_MAX_UNITS_BIG * 8)

/* The heap begins `distance` behind a multiple of the alignment. */
static int try_at(unsigned char *base, size_t distance)
{
    struct sys_heap heap;

    if (sys_heap_init(&heap, base + distance, BYTES) != 0) {
        printf("init: failed\n");
        return 1;
    }
    unsigned char *p = sys_heap_aligned_alloc(&heap, ALIGN, 8);

    if (p == NULL || (uintptr_t)p % ALIGN != 0) {
        printf("heap at %#zx: have a block at %#zx behind a multiple of 2^33, want 0\n", distance,
               (size_t)((uintptr_t)p % ALIGN));
        return 1;
    }
    return 0;
}

int main(void)
{
    unsigned char *const space = mmap(NULL, 4 * ALIGN, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int wrong = 0;

    if (space == MAP_FAILED) {
        printf("skipped: no 32 GiB of address space\n");
        return 0;
    }
    unsigned char *const base = space + (-(uintptr_t)space & (ALIGN - 1));

    for (size_t eighth = 0; eighth < 8; eighth++) {
        wrong |= try_at(base, ALIGN / 8 * eighth + 64);
    }
    return wrong;
}
