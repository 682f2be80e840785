/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_API_BASE_H
#define SUBJECTS_KHEAP_API_BASE_H

/* What an api item of a sys_heap is given, and how it says what differs. */

#include "kheap/sys_heap.h"
#include "verdict.h"

#include <errno.h>
#include <string.h>

#define API_SPARE_BYTES 1024u

struct api {
    struct sys_heap *heap;  /* in use */
    struct sys_heap *spare; /* anything may be done to it */
    uint32_t *faults;       /* reports about the spare one */
    struct subject_verdict *verdict;
    unsigned char *memory; /* API_SPARE_BYTES, for the spare heap */
};

static inline void api_is(struct api *api, const char *what, int64_t have, int64_t want)
{
    (void)verdict_is(api->verdict, what, have, want);
}

static inline void api_null(struct api *api, const char *what, const void *have)
{
    api_is(api, what, have != NULL, 0);
}

#endif
