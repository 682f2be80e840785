/* SPDX-License-Identifier: Apache-2.0 */

#include "measured.h"

#include "kheap/sys_heap.h"
#include "machine.h"
#include "port.h"

extern const struct subject subject_kheap;

/* The plugin watches for stores to these bytes; their addresses carry the label. */
volatile uint8_t measured_labels[GROUPS * CALLS];

static uint32_t group;
static bool begun;

/* Any function can be called through it: all arguments and results are in registers. */
typedef void (*any_function)(void);

static uintptr_t call(any_function function, const void *state, uintptr_t b, uintptr_t c,
                      uintptr_t d)
{
    const uintptr_t arguments[4] = {(uintptr_t)state, b, c, d};

    return measured_call((measured_function)function, arguments);
}

static void label(enum call kind)
{
    measured_labels[group * CALLS + (uint32_t)kind] = 1;
}

/* The subject's state begins with its struct sys_heap. */
static void *measured_alloc(void *state, size_t bytes)
{
    void *const p = (void *)call((any_function)sys_heap_alloc, state, bytes, 0, 0);

    label(CALL_ALLOC);
    return p;
}

static void measured_free(void *state, void *p)
{
    (void)call((any_function)sys_heap_free, state, (uintptr_t)p, 0, 0);
    label(p == NULL ? CALL_FREE_NULL : CALL_FREE);
}

static void *measured_aligned(void *state, size_t align, size_t bytes)
{
    void *const p = (void *)call((any_function)sys_heap_aligned_alloc, state, align, bytes, 0);

    label(CALL_ALIGNED);
    return p;
}

/* A realloc that acts as alloc or free, or fails, is neither in place nor moved. */
static void label_realloc(const void *before, const void *after)
{
    if (before == NULL || after == NULL) {
        label(CALL_REALLOC_OTHER);
    } else {
        label(before == after ? CALL_REALLOC_INPLACE : CALL_REALLOC_MOVED);
    }
}

static void *measured_realloc(void *state, void *p, size_t bytes)
{
    void *const q = (void *)call((any_function)sys_heap_realloc, state, (uintptr_t)p, bytes, 0);

    label_realloc(p, q);
    return q;
}

static void *measured_arealloc(void *state, void *p, size_t align, size_t bytes)
{
    void *const q =
        (void *)call((any_function)sys_heap_aligned_realloc, state, (uintptr_t)p, align, bytes);

    label_realloc(p, q);
    return q;
}

void measured_subject(struct subject *measured)
{
    *measured = subject_kheap;
    measured->alloc = measured_alloc;
    measured->free = measured_free;
    measured->aligned = measured_aligned;
    measured->realloc = measured_realloc;
    measured->arealloc = measured_arealloc;
}

bool measured_group(const char *name)
{
    if (begun) {
        group++;
    }
    begun = true;
    if (group >= GROUPS) {
        port_write("FAIL more programs than the image has groups for\n");
        return false;
    }
    port_write("group ");
    port_write_number(group);
    port_write(" ");
    port_write(name);
    port_write("\n");
    return true;
}

void measured_proof(void)
{
    static const uint32_t turns[] = {1, 2, 10, 100, 1000, 10000};

    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        (void)call((any_function)measured_empty, NULL, 0, 0, 0);
        label(CALL_EMPTY);
        const uintptr_t arguments[4] = {turns[i], 0, 0, 0};
        (void)measured_call(measured_loop, arguments);
        label(CALL_LOOP);
    }
}

void measured_names(void)
{
    static const char *const words[CALLS] = {
#define CALL_WORD(name, word) [CALL_##name] = (word),
        CALL_TABLE(CALL_WORD)
#undef CALL_WORD
    };

    for (uint32_t i = 0; i < CALLS; i++) {
        port_write("call ");
        port_write_number(i);
        port_write(" ");
        port_write(words[i]);
        port_write("\n");
    }
}
