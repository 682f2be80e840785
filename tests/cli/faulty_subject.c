/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A bump allocator that reuses the block freed last, with a fault to be found:
 *   FAULT 0  none
 *   FAULT 1  the reused block may be up to 24 bytes too short: it runs into its neighbour
 *   FAULT 2  the fifth allocation crashes
 *   FAULT 3  the fifth allocation never returns
 * FAULT_NO_ALLOC leaves out a function that every subject needs, FAULT_ABI claims another
 * interface.
 */

#include "subject.h"

struct faulty {
    uint8_t *next, *end;
    uint8_t *freed; /* the block given back last, or NULL */
    uint32_t calls;
};

/* A block's size stands in the 8 bytes in front of it. */
static size_t *size_of(uint8_t *p)
{
    return (size_t *)(void *)(p - 8);
}

static int faulty_init(void *state, void *mem, size_t bytes)
{
    struct faulty *heap = state;
    size_t lost = (size_t)(0u - (uintptr_t)mem) % 8;
    if (bytes < lost + 16) {
        return -1;
    }
    heap->next = (uint8_t *)mem + lost;
    heap->end = (uint8_t *)mem + bytes;
    heap->freed = NULL;
    heap->calls = 0;
    return 0;
}

static void *faulty_alloc(void *state, size_t bytes)
{
    struct faulty *heap = state;
    size_t slack = FAULT == 1 ? 24 : 0;
    heap->calls++;
    if (FAULT == 2 && heap->calls == 5) {
        volatile uintptr_t nowhere = 8; /* volatile: the compiler may not know */
        *(volatile int *)nowhere = 1;
    }
    while (FAULT == 3 && heap->calls == 5) {
        *(volatile uint32_t *)&heap->calls = 5;
    }
    if (heap->freed && bytes <= *size_of(heap->freed) + slack) {
        uint8_t *p = heap->freed;
        heap->freed = NULL;
        return p;
    }
    if (bytes > (size_t)(heap->end - heap->next)) {
        return NULL;
    }
    size_t rounded = (bytes + 7) / 8 * 8;
    if (rounded + 8 > (size_t)(heap->end - heap->next)) {
        return NULL;
    }
    uint8_t *p = heap->next + 8;
    *size_of(p) = rounded;
    heap->next += rounded + 8;
    return p;
}

static void faulty_free(void *state, void *p)
{
    struct faulty *heap = state;
    if (p) {
        heap->freed = p;
    }
}

static const struct subject faulty = {
    .abi = FAULT == 5 ? SUBJECT_ABI + 1 : SUBJECT_ABI,
    .name = "faulty",
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC,
    .align = 8,
    .state_bytes = sizeof(struct faulty),
    .init = faulty_init,
    .alloc = FAULT == 4 ? NULL : faulty_alloc,
    .free = faulty_free,
};

const struct subject *heapvet_subject(void);

const struct subject *heapvet_subject(void)
{
    return &faulty;
}
