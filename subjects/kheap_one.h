/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_ONE_H
#define SUBJECTS_KHEAP_ONE_H

/*
 * What a subject answers whose blocks all lie in one sys_heap, whatever calls it takes them by. Who
 * includes this says which heap that is.
 */

#include "kheap_look.h"

static struct sys_heap *one_heap(void *state);

static inline size_t one_usable(void *state, void *p)
{
    return sys_heap_usable_size(one_heap(state), p);
}

#if CONFIG_SYS_HEAP_RUNTIME_STATS
static inline int one_stats(void *state, struct subject_stats *stats)
{
    return look_stats(one_heap(state), stats);
}

static inline int one_reset_max(void *state)
{
    return sys_heap_runtime_stats_reset_max(one_heap(state));
}
#endif

static inline size_t one_largest(void *state)
{
    PROBE_RESET();
    return sys_heap_largest_free(one_heap(state));
}

static inline bool one_check(void *state, struct subject_fault *fault)
{
    return look_check(one_heap(state), fault);
}

static inline void one_info(void *state, struct subject_info *info)
{
    look_info(one_heap(state), info);
}

#endif
