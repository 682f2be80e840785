/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_H
#define SUBJECTS_EDGES_H

/*
 * What the api items of the heaps that stand on a port share: objects of their own, so that nothing
 * is done to the heap in use, and a log of what was reported about them.
 */

#include "kheap/fault.h"
#include "kheap/sys_heap.h"
#include "puppet_port.h"
#include "verdict.h"

#include <string.h>

#define EDGE_BYTES 1024u

static struct edges {
    struct subject_verdict *verdict; /* NULL: no item is running */
    uint32_t faults;
    struct kheap_fault newest;
    /* Called by the hook, as a program's own would be. */
    void (*hook)(const struct kheap_fault *fault);
} edges;

/* Of the highest alignment that an item asks for. */
static _Alignas(4096) unsigned char edge_memory[EDGE_BYTES];

/* The fault hook asks this first; true: the report belongs to an item. */
static inline bool edge_report(const struct kheap_fault *fault)
{
    if (edges.verdict == NULL) {
        return false;
    }
    edges.faults++;
    edges.newest = *fault;
    if (edges.hook != NULL) {
        edges.hook(fault);
    }
    return true;
}

static inline void edge_is(const char *what, int64_t have, int64_t want)
{
    (void)verdict_is(edges.verdict, what, have, want);
}

static inline void edge_null(const char *what, const void *have)
{
    edge_is(what, have != NULL, 0);
}

static inline void edge_block(const char *what, const void *have)
{
    edge_is(what, have != NULL, 1);
}

/* One report since the last time this was asked, of that kind. */
static inline void edge_fault(const char *what, enum kheap_fault_kind kind)
{
    edge_is(what, edges.faults, 1);
    edge_is(what, (int64_t)edges.newest.kind, (int64_t)kind);
    edges.faults = 0;
}

/* By hand: bare targets have no strncmp. */
static inline void edge_begins(const char *have, const char *want)
{
    size_t same = 0;

    while (want[same] != '\0' && have[same] == want[same]) {
        same++;
    }
    edge_is(want, want[same], '\0');
}

/* The same, and what the record says of the place. */
static inline void edge_fault_at(const char *what, enum kheap_fault_kind kind, const void *address,
                                 size_t offset, const char *invariant)
{
    edge_is(what, edges.newest.address == address, 1);
    edge_is(what, (int64_t)edges.newest.offset, (int64_t)offset);
    edge_begins(edges.newest.invariant, invariant);
    edge_fault(what, kind);
}

/* An address so many bytes behind the memory's start, of which no compiler knows where it lies. */
static inline unsigned char *edge_at(ptrdiff_t offset)
{
    volatile uintptr_t start = (uintptr_t)edge_memory;

    return (unsigned char *)(start + (uintptr_t)offset);
}

typedef void (*edge_item)(void);

static inline bool edge_call(edge_item item, struct subject_verdict *verdict)
{
    *verdict = (struct subject_verdict){.what = NULL};
    edges = (struct edges){.verdict = verdict};
    puppet = (struct puppet){.now = 100};
    item();
    edge_is("reports that nobody expected", edges.faults, 0);
    edge_is("locks that nobody gave back", puppet.locked, 0);
    edges.verdict = NULL;
    puppet = (struct puppet){.now = 0};
    return verdict->what == NULL;
}

#endif
