/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_FAULT_H
#define KHEAP_FAULT_H

/*
 * What a heap says when it finds misuse or damage. Which of them a call looks for is the option
 * CONFIG_SYS_HEAP_HARDENING_LEVEL (kheap/config.h). Arguments that do no harm, like a size of 0 or
 * a bad alignment, are never faults.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which sort of misuse or damage. */
enum kheap_fault_kind {
    KHEAP_FAULT_BAD_POINTER, /* not a pointer this heap could have given out */
    KHEAP_FAULT_NOT_USED,    /* double free, or the header says free */
    KHEAP_FAULT_DAMAGED,     /* headers, links, bitmap or statistics contradict each other */
    KHEAP_FAULT_ISR_WAIT,    /* a call in an interrupt with a timeout that is not K_NO_WAIT */
    KHEAP_FAULT_IN_CALLBACK  /* a heap or listener call inside a listener's callback */
};

struct kheap_fault {
    enum kheap_fault_kind kind;
    const void *heap;    /* the struct sys_heap, sys_multi_heap or k_mem_pool; NULL: none */
    const void *address; /* the pointer the caller gave, or NULL */
    size_t offset;       /* of the chunk's header: bytes from the region's start as given to init;
                            0 when no chunk is to blame; of any value with a bad pointer */
    const char
        *invariant; /* id and sentence, "I4 no two free neighbours"; ids are in ARCHITECTURE.md */
};

/*
 * Called once for each fault that a call detects, before the call has written anything.
 *
 * Weak: a program may define its own. The default stops: abort() on a host, a breakpoint in a loop
 * on a target. When a replacement returns, the call that found the fault has had no effect and
 * returns NULL, 0 or nothing. (At level 2 a realloc that moves may meet damage only after it has
 * taken its new block; that is given back, and the old block is still the caller's.) The record is
 * gone after the return.
 * Misuse: calling a function of the heap that is reported, but for sys_heap_check(); with
 * KHEAP_FAULT_IN_CALLBACK any function of a heap or listener, but for that one.
 * Source: beyond the documented original.
 */
void kheap_fault(const struct kheap_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
