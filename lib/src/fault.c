/* SPDX-License-Identifier: Apache-2.0 */

/* Fault records, and the stop that a program may replace. */

#include "guard.h"

const char *kheap_invariant_name(enum invariant broken)
{
    static const char *const names[INVARIANTS] = {
        [SOUND] = "I0 sound",
        [I1_INSIDE] = "I1 chunks fill the area and have room for their fields",
        [I2_LEFT] = "I2 left is the size of the left neighbour",
        [I3_ENDS] = "I3 chunk 0 and the end marker are used and have their sizes",
        [I4_FREE_PAIR] = "I4 no two free neighbours",
        [I5_LINKS] = "I5 links stay inside and their targets point back",
        [I6_MEMBER] = "I6 a list's members are free chunks of its bucket",
        [I7_LISTED] = "I7 every free chunk with room for links is listed once",
        [I8_BITMAP] = "I8 bitmap bit set <=> list not empty",
        [I9_STATS] = "I9 statistics are the sums over the chunks",
        [I10_POINTER] = "I10 a pointer given lies in the area, at a multiple of 8",
        [I11_USED] = "I11 the chunk of a pointer given is used",
    };

    return names[broken];
}

void kheap_fault_fill(struct kheap_fault *fault, const struct sys_heap *heap, const void *address,
                      const word *c, enum invariant broken)
{
    fault->kind = broken == I10_POINTER ? KHEAP_FAULT_BAD_POINTER
                  : broken == I11_USED  ? KHEAP_FAULT_NOT_USED
                                        : KHEAP_FAULT_DAMAGED;
    fault->heap = heap;
    fault->address = address;
    fault->offset = 0;
    fault->invariant = kheap_invariant_name(broken);
    if (c != NULL) {
        const size_t header = heap_is_small(heap) ? 4 : 0;

        fault->offset = (size_t)((uintptr_t)c - (uintptr_t)heap->heap) + header + heap->skip;
    }
}

void kheap_fault_report(const struct sys_heap *heap, const void *address, const word *c,
                        enum invariant broken)
{
    struct kheap_fault fault;

    kheap_fault_fill(&fault, heap, address, c, broken);
    kheap_fault(&fault);
}

__attribute__((weak)) void kheap_fault(const struct kheap_fault *fault)
{
    (void)fault;
#if defined(__unix__) || defined(__APPLE__)
    __builtin_abort();
#else
    for (;;) {
#if defined(__arm__) || defined(__thumb__)
        __asm__ volatile("bkpt 0");
#elif defined(__riscv)
        __asm__ volatile("ebreak");
#else
        __asm__ volatile("");
#endif
    }
#endif
}
