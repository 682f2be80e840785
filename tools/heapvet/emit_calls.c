/* SPDX-License-Identifier: Apache-2.0 */

#include "emit_calls.h"

#include <stdlib.h>
#include <string.h>

static const char *const heap_includes[] = {"sys_heap", "heap_listener", NULL};
static const char *const system_includes[] = {"system_heap", "k_heap", "heap_listener", NULL};
static const char *const legacy_includes[] = {"system_heap", "mem_pool", NULL};
static const char *const multi_includes[] = {"multi_heap", "sys_heap", "heap_listener", NULL};

#define ALL_SOURCES "lib/src/*.c lib/src/heaps/*.c lib/port/none/port.c"

static const struct emit_calls heap_calls = {
    .call =
        {
            [OP_ALLOC] = "sys_heap_alloc(&heap, $n)",
            [OP_FREE] = "sys_heap_free(&heap, $p)",
            [OP_REALLOC] = "sys_heap_realloc(&heap, $p, $n)",
            [OP_ALIGNED] = "sys_heap_aligned_alloc(&heap, $a, $n)",
            [OP_AREALLOC] = "sys_heap_aligned_realloc(&heap, $p, $a, $n)",
            [OP_CALLOC] = "sys_heap_alloc(&heap, $m)",
            [OP_NOALIGN] = "sys_heap_noalign_alloc(&heap, $a, $n)",
            [OP_USABLE] = "sys_heap_usable_size(&heap, $p)",
            [OP_STATS] = "stats",
            [OP_RESETMAX] = "sys_heap_runtime_stats_reset_max(&heap)",
            [OP_LARGEST] = "sys_heap_largest_free(&heap)",
            [OP_CHECK] = "check",
            [OP_PRINT] = "print",
            [OP_STRESS] = "stress",
            [OP_REGISTRY] = "registry",
            [OP_API] = "api",
        },
    .includes = heap_includes,
    .sources = ALL_SOURCES,
    .part = emit_text_heap,
    .heap = "&heap",
};

#define SYSTEM_CALLS                                                                               \
    [OP_ALLOC] = "k_malloc($n)", [OP_FREE] = "k_free($p)", [OP_REALLOC] = "k_realloc($p, $n)",     \
    [OP_ALIGNED] = "k_aligned_alloc($a, $n)", [OP_CALLOC] = "k_calloc($c, $n)"

static const struct emit_calls system_calls = {
    .call =
        {
            SYSTEM_CALLS,
            [OP_USABLE] = "heap_usable($p)",
            [OP_STATS] = "stats",
            [OP_RESETMAX] = "sys_heap_runtime_stats_reset_max(&kheap_system_heap.heap)",
            [OP_LARGEST] = "sys_heap_largest_free(&kheap_system_heap.heap)",
            [OP_CHECK] = "check",
        },
    .includes = system_includes,
    .sources = ALL_SOURCES,
    .part = emit_text_system,
    .heap = "&kheap_system_heap.heap",
};

static const struct emit_calls legacy_calls = {
    .call = {SYSTEM_CALLS},
    .includes = legacy_includes,
    .sources = ALL_SOURCES,
    .part = emit_text_legacy,
};

static const struct emit_calls multi_calls = {
    .call =
        {
            [OP_ALLOC] = "sys_multi_heap_alloc(&multi, &nparts, $n)",
            [OP_FREE] = "sys_multi_heap_free(&multi, $p)",
            [OP_REALLOC] = "sys_multi_heap_realloc(&multi, &nparts, $p, $n)",
            [OP_ALIGNED] = "sys_multi_heap_aligned_alloc(&multi, &nparts, $a, $n)",
            [OP_AREALLOC] = "sys_multi_heap_aligned_realloc(&multi, &nparts, $p, $a, $n)",
            [OP_CALLOC] = "sys_multi_heap_alloc(&multi, &nparts, $m)",
            [OP_USABLE] = "heap_usable($p)",
            [OP_CHECK] = "check",
        },
    .includes = multi_includes,
    .sources = ALL_SOURCES,
    .part = emit_text_multi,
};

static const char *const kheap_includes[] = {"k_heap", "heap_listener", "port", NULL};
static const char *const pool_includes[] = {"mem_pool", "system_heap", "heap_listener", "port",
                                            NULL};
/* The test is the port. */
#define PORTLESS_SOURCES "lib/src/*.c lib/src/heaps/*.c"

static const struct emit_calls kheap_calls = {
    .call =
        {
            [OP_ALLOC] = "k_heap_alloc(&heap, $n, $w)",
            [OP_FREE] = "k_heap_free(&heap, $p)",
            [OP_REALLOC] = "k_heap_realloc(&heap, $p, $n, $w)",
            [OP_ALIGNED] = "k_heap_aligned_alloc(&heap, $a, $n, $w)",
            [OP_AREALLOC] = "k_heap_aligned_realloc(&heap, $p, $a, $n, $w)",
            [OP_CALLOC] = "k_heap_calloc(&heap, $c, $n, $w)",
            [OP_USABLE] = "heap_usable($p)",
            [OP_STATS] = "heap_stats()",
            [OP_RESETMAX] = "heap_reset_max()",
            [OP_LARGEST] = "heap_largest()",
            [OP_CHECK] = "heap_check()",
        },
    .includes = kheap_includes,
    .sources = PORTLESS_SOURCES,
    .part = emit_text_kheap,
};

static const struct emit_calls pool_calls = {
    .call =
        {
            [OP_ALLOC] = "pool_alloc($n, $w)",
            [OP_FREE] = "heap_free($p)",
            [OP_CALLOC] = "pool_alloc($m, $w)",
        },
    .includes = pool_includes,
    .sources = PORTLESS_SOURCES,
    .part = emit_text_pool,
};

static const struct emit_calls poolmalloc_calls = {
    .call =
        {
            [OP_ALLOC] = "k_mem_pool_malloc(&pool, $n)",
            [OP_FREE] = "heap_free($p)",
            [OP_CALLOC] = "k_mem_pool_malloc(&pool, $m)",
        },
    .includes = pool_includes,
    .sources = PORTLESS_SOURCES,
    .part = emit_text_pool,
};

const struct emit_calls *emit_calls_for(const struct subject *subject)
{
    if ((subject->promises & SUBJECT_PREDICTABLE) == 0 ||
        (!subject->info && !subject->parts && !subject->pool) ||
        (subject->kind == KIND_HEAP && subject->calloc)) {
        /* A k_heap without threads, too, is one whose calls it has no names for. */
        cli_usage("emit-c", "expected a heap of kheap's whose calls it knows, have %s",
                  subject->name);
    }
    if (subject->kind == KIND_KHEAP) {
        return &kheap_calls;
    }
    if (subject->kind == KIND_POOL) {
        return (subject->promises & SUBJECT_ZERO_IS_ONE) != 0 ? &poolmalloc_calls : &pool_calls;
    }
    if (subject->kind == KIND_MULTI) {
        return &multi_calls;
    }
    if (subject->kind == KIND_SYSTEM) {
        return subject->pool ? &legacy_calls : &system_calls;
    }
    return &heap_calls;
}

static void add(const struct emit *emit, char *out, size_t size, const char *name, unsigned value)
{
    const size_t length = strlen(out);
    if (!emit_defined(emit, name) && length < size) {
        snprintf(out + length, size - length, "%s%s=%u", length ? " " : "", name, value);
    }
}

uint32_t emit_config(const struct emit *emit, void *state, char *out, size_t size)
{
    const struct subject *subject = emit->subject;
    struct subject_info infos[SUBJECT_PARTS] = {{0}};
    /* A subject says what its heaps look like, but not whether another region would be otherwise.
     */
    const char *name = strrchr(subject->name, '/');
    name = name ? name : subject->name;
    *out = '\0';
    if (strstr(name, "small")) {
        add(emit, out, size, "CONFIG_SYS_HEAP_SMALL_ONLY", 1);
    } else if (strstr(name, "big")) {
        add(emit, out, size, "CONFIG_SYS_HEAP_BIG_ONLY", 1);
    }
    if (subject->parts) {
        subject->parts(state, infos);
    } else if (subject->info) {
        subject->info(state, infos);
    }
    if (subject->hardening > 1) {
        add(emit, out, size, "CONFIG_SYS_HEAP_HARDENING_LEVEL", subject->hardening);
    }
    if (infos[0].loops) {
        add(emit, out, size, "CONFIG_SYS_HEAP_ALLOC_LOOPS", (unsigned)infos[0].loops);
    }
    if (subject->events || program_threaded(&emit->program->header)) {
        add(emit, out, size, "CONFIG_SYS_HEAP_LISTENER", 1);
    }
    if (subject->kind == KIND_SYSTEM) {
        add(emit, out, size, "CONFIG_HEAP_MEM_POOL_SIZE", subject->pool ? 16384 : 1);
        if (subject->pool) {
            add(emit, out, size, "CONFIG_HEAP_MEM_POOL_LEGACY", 1);
        }
    }
    return infos[0].loops;
}
