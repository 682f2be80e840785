/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The C library's malloc family as a subject. It takes nothing from the region; the region's size
 * is the largest single request that is passed on, because an overcommitting system would grant any
 * size, and the harness writes every byte it is given.
 */

#include "subjects.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

struct libc_state {
    size_t limit;
};

static bool libc_serves(void *state, size_t bytes)
{
    return bytes <= ((const struct libc_state *)state)->limit;
}

static int libc_init(void *state, void *mem, size_t bytes)
{
    (void)mem;
    ((struct libc_state *)state)->limit = bytes;
    return 0;
}

static void *libc_alloc(void *state, size_t bytes)
{
    return libc_serves(state, bytes) ? malloc(bytes) : NULL;
}

static void libc_free(void *state, void *p)
{
    (void)state;
    free(p);
}

static void *libc_aligned(void *state, size_t align, size_t bytes)
{
    void *p = NULL;

    if ((align & (align - 1)) != 0 || !libc_serves(state, bytes) || !libc_serves(state, align)) {
        return NULL;
    }
    if (align <= sizeof(void *)) {
        return malloc(bytes); /* posix_memalign refuses smaller ones */
    }
    return posix_memalign(&p, align, bytes) == 0 ? p : NULL;
}

static void *libc_noalign(void *state, size_t align, size_t bytes)
{
    (void)align;
    return libc_alloc(state, bytes);
}

static void *libc_realloc(void *state, void *p, size_t bytes)
{
    /* C leaves size 0 to the implementation; the op vocabulary does not: it frees. */
    if (bytes == 0) {
        free(p);
        return NULL;
    }
    return libc_serves(state, bytes) ? realloc(p, bytes) : NULL;
}

static size_t libc_usable(void *state, void *p)
{
    (void)state;
    return malloc_usable_size(p);
}

/* There is no such call in C: stay if the address fits and the block is large enough, else move. */
static void *libc_arealloc(void *state, void *p, size_t align, size_t bytes)
{
    if ((align & (align - 1)) != 0) {
        return NULL;
    }
    if (p == NULL) {
        return libc_aligned(state, align, bytes);
    }
    if (bytes == 0 || align <= sizeof(void *)) {
        return libc_realloc(state, p, bytes);
    }
    const size_t old = malloc_usable_size(p);
    if (((uintptr_t)p & (align - 1)) == 0 && bytes <= old) {
        return p;
    }
    void *to = libc_aligned(state, align, bytes);
    if (to != NULL) {
        memcpy(to, p, old < bytes ? old : bytes);
        free(p);
    }
    return to;
}

const struct subject subject_libc = {
    .abi = SUBJECT_ABI,
    .name = "libc",
    .promises = 0,
    .align = 8, /* what every 32-bit and 64-bit C library gives */
    .state_bytes = sizeof(struct libc_state),
    .init = libc_init,
    .alloc = libc_alloc,
    .free = libc_free,
    .aligned = libc_aligned,
    .noalign = libc_noalign,
    .realloc = libc_realloc,
    .arealloc = libc_arealloc,
    .usable = libc_usable,
};
