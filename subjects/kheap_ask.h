/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_ASK_H
#define SUBJECTS_KHEAP_ASK_H

/*
 * The words print, stress and registry on a sys_heap (ops/op.h), for every subject that has one.
 * Public headers alone; static, because each subject is one object with one global name.
 */

#include "kheap/sys_heap.h"
#include "kheap_events.h"
#include "verdict.h"

#include <errno.h>
#include <string.h>

/* Who listens to what the heap prints now; the library's hook has no room for it. */
static struct {
    void (*text)(void *context, const char *text);
    void *context;
} ask_printing;

/* Strong: replaces the library's, which drops the text. */
void kheap_print(const char *text)
{
    if (ask_printing.text != NULL) {
        ask_printing.text(ask_printing.context, text);
    }
}

static inline void ask_print(struct sys_heap *heap, bool chunks,
                             void (*text)(void *context, const char *text), void *context)
{
    ask_printing.text = text;
    ask_printing.context = context;
    sys_heap_print_info(heap, chunks);
    ask_printing.text = NULL;
}

/* What the test's calls did, written down by the functions it is given. */
struct ask_stress {
    struct sys_heap *heap;
    uint32_t rounds, calls;
    uint32_t allocs, blocks, frees;
    uint64_t in_use, accumulated; /* bytes asked for */
    size_t usable, peak;          /* usable bytes of the blocks */
    uint32_t damaged;             /* blocks that did not hold any more what was written */
};

/* One more round is over; what is freed behind the last one does not count. */
static inline void ask_count(struct ask_stress *log)
{
    if (++log->calls <= log->rounds) {
        log->accumulated += log->in_use;
    }
}

/* Its size is all the shortest block has room for: at least 4 bytes. */
static void *ask_stress_alloc(void *arg, size_t bytes)
{
    struct ask_stress *log = (struct ask_stress *)arg;
    const uint32_t size = (uint32_t)bytes;
    void *p = sys_heap_alloc(log->heap, bytes);

    log->allocs++;
    if (p != NULL) {
        log->blocks++;
        log->in_use += bytes;
        log->usable += sys_heap_usable_size(log->heap, p);
        log->peak = log->usable > log->peak ? log->usable : log->peak;
        memcpy(p, &size, sizeof size);
    }
    ask_count(log);
    return p;
}

static void ask_stress_free(void *arg, void *p)
{
    struct ask_stress *log = (struct ask_stress *)arg;
    const size_t usable = sys_heap_usable_size(log->heap, p);
    uint32_t size;

    memcpy(&size, p, sizeof size);
    log->frees++;
    log->damaged += size > usable;
    log->in_use -= size;
    log->usable -= usable;
    sys_heap_free(log->heap, p);
    ask_count(log);
}

#define ASK_SLOT_BYTES (sizeof(void *) + sizeof(size_t)) /* what the test keeps of a block */
#define ASK_SLOTS      255u

static inline bool ask_stress(struct sys_heap *heap, uint32_t rounds, uint32_t slots,
                              uint32_t percent, size_t *peak, struct subject_verdict *verdict)
{
    static _Alignas(void *) unsigned char scratch[ASK_SLOTS * ASK_SLOT_BYTES];
    struct ask_stress log = {.heap = heap, .rounds = slots == 0 ? 0 : rounds};
    struct z_heap_stress_result result = {1, 1, 1, 1};
    struct sys_heap_layout layout = {.units = 0};

    *verdict = (struct subject_verdict){.what = NULL};
    (void)sys_heap_layout_get(heap, &layout);
    sys_heap_stress(ask_stress_alloc, ask_stress_free, &log, layout.units * 8u, rounds, scratch,
                    slots * ASK_SLOT_BYTES, percent > 127 ? (int)percent - 256 : (int)percent,
                    &result);
    *peak = log.peak;
    (void)verdict_is(verdict, "rounds of stress", log.calls < log.rounds ? log.calls : log.rounds,
                     slots == 0 ? 0 : rounds);
    (void)verdict_is(verdict, "stress: total_allocs", result.total_allocs, log.allocs);
    (void)verdict_is(verdict, "stress: successful_allocs", result.successful_allocs, log.blocks);
    (void)verdict_is(verdict, "stress: total_frees", result.total_frees, log.frees);
    (void)verdict_is(verdict, "stress: accumulated_in_use_bytes",
                     (int64_t)result.accumulated_in_use_bytes, (int64_t)log.accumulated);
    (void)verdict_is(verdict, "stress: blocks freed", log.frees, log.blocks);
    (void)verdict_is(verdict, "stress: blocks that changed", log.damaged, 0);
#if CONFIG_SYS_HEAP_LISTENER
    struct subject_event events[1];
    (void)verdict_is(verdict, "stress: events", events_take(NULL, events, 0),
                     log.blocks + log.frees);
#endif
    return verdict->what == NULL;
}

/* What array_save() must answer, by who is there. */
static inline int ask_registry_answer(struct sys_heap *const *heaps, int n,
                                      const struct sys_heap *heap)
{
    for (int i = 0; i < n; i++) {
        if (heaps[i] == heap) {
            return -EINVAL;
        }
    }
    return heap == NULL || n == CONFIG_SYS_HEAP_ARRAY_SIZE ? -EINVAL : 0;
}

/* Saves the heap, and looks at who is there before and after. */
static inline bool ask_save(struct sys_heap *heap, struct subject_verdict *verdict)
{
    struct sys_heap *before[CONFIG_SYS_HEAP_ARRAY_SIZE + 1] = {NULL};
    struct sys_heap **heaps = NULL;
    const int n = sys_heap_array_get(&heaps);

    for (int i = 0; i < n && i < CONFIG_SYS_HEAP_ARRAY_SIZE; i++) {
        before[i] = heaps[i];
    }
    const int want = ask_registry_answer(before, n, heap);
    (void)verdict_is(verdict, "array_save()", sys_heap_array_save(heap), want);
    before[n] = heap;
    const int now = sys_heap_array_get(&heaps);
    (void)verdict_is(verdict, "array_get()", now, n + (want == 0));
    for (int i = 0; i < now && verdict->what == NULL; i++) {
        (void)verdict_is(verdict, "heap in the registry kept its place", heaps[i] == before[i],
                         true);
    }
    return verdict->what == NULL;
}

static inline bool ask_registry(struct sys_heap *heap, uint32_t which,
                                struct subject_verdict *verdict)
{
    static struct sys_heap others[CONFIG_SYS_HEAP_ARRAY_SIZE + 1];
    struct sys_heap **heaps = &heap;

    *verdict = (struct subject_verdict){.what = NULL};
    if (which == 1 || which == 2) {
        return ask_save(which == 1 ? heap : NULL, verdict);
    }
    for (int i = 0; which == 3 && i <= CONFIG_SYS_HEAP_ARRAY_SIZE; i++) {
        (void)ask_save(&others[i], verdict);
    }
    if (which == 4) {
        return verdict_is(verdict, "array_get(NULL)", sys_heap_array_get(NULL), -EINVAL);
    }
    const int n = sys_heap_array_get(&heaps);
    (void)verdict_is(verdict, "more heaps than places", n > CONFIG_SYS_HEAP_ARRAY_SIZE, false);
    return verdict_is(verdict, "array_get(): an array", heaps != NULL,
                      CONFIG_SYS_HEAP_ARRAY_SIZE > 0);
}

#endif
