/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_EVENTS_H
#define SUBJECTS_KHEAP_EVENTS_H

/*
 * The event log of subjects built with CONFIG_SYS_HEAP_LISTENER=1: two listeners for each heap of a
 * subject write down what they are told. The rest of them keeps no log.
 */

#include "kheap/config.h"

#if CONFIG_SYS_HEAP_LISTENER

#include "kheap/heap_listener.h"
#include "subject.h"

#include <string.h>

#define EVENTS_ROOM 8u /* four times what any call may report */

static struct {
    uint32_t n; /* also of those that found no room */
    struct subject_event events[EVENTS_ROOM];
    struct heap_listener listeners[2 * SUBJECT_PARTS];
} events_log;

static void events_add(enum subject_event_kind kind, const void *mem, size_t bytes)
{
    if (events_log.n < EVENTS_ROOM) {
        struct subject_event *event = &events_log.events[events_log.n];
        *event = (struct subject_event){.kind = kind, .p = (const uint8_t *)mem, .bytes = bytes};
        if (kind == EVENT_FREE) {
            /* Of a new block nobody has written anything yet. */
            memcpy(event->seen, mem, bytes < SUBJECT_EVENT_BYTES ? bytes : SUBJECT_EVENT_BYTES);
        }
    }
    events_log.n++;
}

static void events_told_alloc(uintptr_t heap_id, void *mem, size_t bytes)
{
    (void)heap_id;
    events_add(EVENT_ALLOC, mem, bytes);
}

static void events_told_free(uintptr_t heap_id, void *mem, size_t bytes)
{
    (void)heap_id;
    events_add(EVENT_FREE, mem, bytes);
}

/* Forgets all heaps and events. */
static void events_begin(void)
{
    for (uint32_t i = 0; i < 2 * SUBJECT_PARTS; i++) {
        heap_listener_unregister(&events_log.listeners[i]);
    }
    events_log.n = 0;
}

/* Listens to one heap, the i-th of the subject. */
static void events_watch(uint32_t i, const void *heap)
{
    struct heap_listener *told_alloc = &events_log.listeners[2 * i];
    struct heap_listener *told_free = &events_log.listeners[2 * i + 1];

    *told_alloc = (struct heap_listener){.heap_id = HEAP_ID_FROM_POINTER(heap),
                                         .event = HEAP_ALLOC,
                                         {.alloc_cb = events_told_alloc}};
    *told_free = (struct heap_listener){
        .heap_id = HEAP_ID_FROM_POINTER(heap), .event = HEAP_FREE, {.free_cb = events_told_free}};
    heap_listener_register(told_alloc);
    heap_listener_register(told_free);
}

/* The subject's events(). */
static uint32_t events_take(void *state, struct subject_event *events, uint32_t room)
{
    const uint32_t n = events_log.n;

    (void)state;
    for (uint32_t i = 0; i < n && i < room && i < EVENTS_ROOM; i++) {
        events[i] = events_log.events[i];
    }
    events_log.n = 0;
    return n;
}

#else

#define events_begin()        ((void)0)
#define events_watch(i, heap) ((void)0)
#define events_take           NULL

#endif

#endif
