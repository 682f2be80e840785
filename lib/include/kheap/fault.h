/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_FAULT_H
#define KHEAP_FAULT_H

#include <stddef.h>

/* Which sort of misuse or damage. */
enum kheap_fault_kind {
    KHEAP_FAULT_BAD_POINTER, /* not a pointer this heap could have given out */
    KHEAP_FAULT_NOT_USED,    /* double free, or the header says free */
    KHEAP_FAULT_DAMAGED      /* headers, links, bitmap or statistics contradict each other */
};

struct kheap_fault {
    enum kheap_fault_kind kind;
    const void *heap;      /* the struct sys_heap */
    const void *address;   /* the pointer the caller gave, or NULL */
    size_t offset;         /* of the chunk's header, bytes from the region's start as given to init */
    const char *invariant; /* "I1" .. "In", see ARCHITECTURE.md */
};

/* Weak; the default stops: abort on a host, a breakpoint loop on a target. When a replacement returns, the call that found the
 * fault has had no effect and returns NULL, 0 or nothing. */
void kheap_fault(const struct kheap_fault *fault);

#endif
