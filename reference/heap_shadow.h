/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REFERENCE_HEAP_SHADOW_H
#define REFERENCE_HEAP_SHADOW_H

/* A heap model that is asked by addresses instead of units; one shadow_heap, several in a multi
 * heap. What each function means is in ops/shadow.h. */

#include "shadow.h"

struct heap_shadow {
    struct model model;
    uintptr_t user; /* address of unit 0's user bytes */
    struct model_block blocks[SHADOW_BLOCKS + 1];
};

void heap_shadow_begin(struct heap_shadow *heap, const struct subject_info *info);

/* Does p lie between the first chunk and the end marker? */
bool heap_shadow_owns(const struct heap_shadow *heap, const uint8_t *p);

enum verdict heap_shadow_alloc(const struct heap_shadow *heap, size_t align, size_t bytes);
enum verdict heap_shadow_ever(const struct heap_shadow *heap, size_t align, size_t bytes);
enum verdict heap_shadow_realloc(const struct heap_shadow *heap, const uint8_t *p, size_t align,
                                 size_t bytes, bool *in_place);
const char *heap_shadow_pick(const struct heap_shadow *heap, const uint8_t *p, size_t align,
                             size_t bytes);
const char *heap_shadow_take(struct heap_shadow *heap, const uint8_t *p, size_t bytes);
const char *heap_shadow_resize(struct heap_shadow *heap, const uint8_t *p, size_t bytes);
const char *heap_shadow_drop(struct heap_shadow *heap, const uint8_t *p);
size_t heap_shadow_usable(const struct heap_shadow *heap, const uint8_t *p);

#endif
