/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MULTI_EVENTS_H
#define TESTS_MULTI_EVENTS_H

/* What these tests share: a fault hook that records, listeners that record, and noisy memory. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <kheap/heap_listener.h>
#include <kheap/k_heap.h>
#include <kheap/shared_multi_heap.h>

#include "port_watch.h"

/* The last fault reported, and how many there were; in_fault is called by the hook, if not NULL. */
extern struct kheap_fault seen_fault;
extern unsigned faults;
extern void (*in_fault)(void);

/* The events of the heaps that are listened to, in order. */
struct event {
    enum heap_event_types kind;
    uintptr_t heap_id;
    void *mem;
    size_t bytes;
};
enum { EVENTS = 128 };
extern struct event events[EVENTS];
extern size_t event_count; /* may go beyond EVENTS; the first are kept */

/* Called by the recording callbacks, if not NULL, with the event. */
extern void (*in_callback)(const struct event *event);

/* Records the allocations and frees of a heap until the test ends; at most four heaps. */
void listen_to(const void *heap);

/* The events since the last look are exactly these; looking forgets them. */
void expect_no_event(void);
void expect_event(enum heap_event_types kind, const void *heap, const void *mem, size_t bytes);
void expect_two(const void *heap, const void *allocated, size_t new_bytes, const void *freed,
                size_t old_bytes);

/* Some bytes at a multiple of 4096, filled with noise; the same ones at every call. */
#define MEMORY_BYTES 65536u
uint8_t *memory(void);

/* A heap over memory() + at. Fails the test on error. */
void open_heap(struct sys_heap *heap, size_t at, size_t bytes);

/* Allocates until nothing is left; what it took is lost to the test. */
void fill_heap(struct sys_heap *heap);

/* cmocka set-up and tear-down: forgets everything; takes the listeners out. */
int fresh(void **state);
int done(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, done)

#endif
