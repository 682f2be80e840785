/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The smallest useful subject, and the one to copy when you bring an allocator of your own: one
 * file, one include, three functions and the entry point. Build and vet it:
 *
 *     cc -shared -fPIC -I ops -o bump.so subjects/example_bump.c
 *     heapvet run --subject ./bump.so corpus/seeds
 *
 * It hands out the region from front to back and takes nothing back. That is a sound allocator:
 * it promises no more than its table says.
 */

#include "subject.h"

struct bump {
    uint8_t *next;
    size_t left;
};

static int bump_init(void *state, void *mem, size_t bytes)
{
    struct bump *bump = state;
    const size_t lost = (size_t)(0u - (uintptr_t)mem) % 8;

    if (mem == NULL || bytes < lost + 8) {
        return -1;
    }
    bump->next = (uint8_t *)mem + lost;
    bump->left = (bytes - lost) / 8 * 8;
    return 0;
}

static void *bump_alloc(void *state, size_t bytes)
{
    struct bump *bump = state;

    if (bytes == 0 || bytes > bump->left) {
        return NULL;
    }
    uint8_t *p = bump->next;
    const size_t taken = (bytes + 7) / 8 * 8; /* at most left: left is a multiple of 8 */
    bump->next += taken;
    bump->left -= taken;
    return p;
}

static void bump_free(void *state, void *p)
{
    (void)state;
    (void)p;
}

static const struct subject bump = {
    .abi = SUBJECT_ABI,
    .name = "example-bump",
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_NULL_ON_BAD,
    .align = 8,
    .state_bytes = sizeof(struct bump),
    .init = bump_init,
    .alloc = bump_alloc,
    .free = bump_free,
};

const struct subject *heapvet_subject(void);

const struct subject *heapvet_subject(void)
{
    return &bump;
}
