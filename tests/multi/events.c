/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

struct kheap_fault seen_fault;
unsigned faults;
void (*in_fault)(void);

struct event events[EVENTS];
size_t event_count;
void (*in_callback)(const struct event *event);

enum { HEAPS = 4 };
static struct heap_listener listeners[2 * HEAPS];
static size_t listening;
static size_t looked_at;

static _Alignas(4096) uint8_t bytes_of_memory[MEMORY_BYTES];

void kheap_fault(const struct kheap_fault *fault)
{
    seen_fault = *fault;
    faults++;
    if (in_fault != NULL) {
        in_fault();
    }
}

static void record(enum heap_event_types kind, uintptr_t heap_id, void *mem, size_t bytes)
{
    const struct event event = {kind, heap_id, mem, bytes};

    if (event_count < EVENTS) {
        events[event_count] = event;
    }
    event_count++;
    if (in_callback != NULL) {
        in_callback(&event);
    }
}

static void on_alloc(uintptr_t heap_id, void *mem, size_t bytes)
{
    record(HEAP_ALLOC, heap_id, mem, bytes);
}

static void on_free(uintptr_t heap_id, void *mem, size_t bytes)
{
    record(HEAP_FREE, heap_id, mem, bytes);
}

void listen_to(const void *heap)
{
    struct heap_listener *const pair = &listeners[listening];

    assert_true(listening < 2 * HEAPS);
    pair[0] = (struct heap_listener){
        .heap_id = HEAP_ID_FROM_POINTER(heap), .event = HEAP_ALLOC, .alloc_cb = on_alloc};
    pair[1] = (struct heap_listener){
        .heap_id = HEAP_ID_FROM_POINTER(heap), .event = HEAP_FREE, .free_cb = on_free};
    heap_listener_register(&pair[0]);
    heap_listener_register(&pair[1]);
    listening += 2;
}

static void expect_count(size_t count)
{
    assert_int_equal(event_count - looked_at, count);
    assert_true(event_count <= EVENTS);
    looked_at = event_count;
}

static void expect_at(size_t at, enum heap_event_types kind, const void *heap, const void *mem,
                      size_t bytes)
{
    assert_int_equal(events[at].kind, kind);
    assert_int_equal(events[at].heap_id, (uintptr_t)heap);
    assert_ptr_equal(events[at].mem, mem);
    assert_int_equal(events[at].bytes, bytes);
}

void expect_no_event(void)
{
    expect_count(0);
}

void expect_event(enum heap_event_types kind, const void *heap, const void *mem, size_t bytes)
{
    expect_count(1);
    expect_at(event_count - 1, kind, heap, mem, bytes);
}

void expect_two(const void *heap, const void *allocated, size_t new_bytes, const void *freed,
                size_t old_bytes)
{
    expect_count(2);
    expect_at(event_count - 2, HEAP_ALLOC, heap, allocated, new_bytes);
    expect_at(event_count - 1, HEAP_FREE, heap, freed, old_bytes);
}

uint8_t *memory(void)
{
    return bytes_of_memory;
}

void open_heap(struct sys_heap *heap, size_t at, size_t bytes)
{
    assert_true(at + bytes <= MEMORY_BYTES);
    assert_int_equal(sys_heap_init(heap, memory() + at, bytes), 0);
}

void fill_heap(struct sys_heap *heap)
{
    size_t bytes = sys_heap_largest_free(heap);

    while (bytes != 0) {
        (void)!sys_heap_alloc(heap, bytes);
        bytes = sys_heap_largest_free(heap);
    }
}

int fresh(void **state)
{
    (void)state;
    memset(&seen_fault, 0, sizeof(seen_fault));
    faults = 0;
    in_fault = NULL;
    in_callback = NULL;
    event_count = 0;
    looked_at = 0;
    watch_reset();
    for (size_t i = 0; i < MEMORY_BYTES; i++) {
        bytes_of_memory[i] = (uint8_t)(i * 37u + 11u);
    }
    return 0;
}

int done(void **state)
{
    (void)state;
    while (listening != 0) {
        heap_listener_unregister(&listeners[--listening]);
    }
    return 0;
}
