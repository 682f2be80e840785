/* SPDX-License-Identifier: Apache-2.0 */

/* The heap model behind the interface that all models share: addresses become units. */

#include "heap_shadow.h"

#define UNIT_BYTES  8u
#define PLAIN_ALIGN 8u /* what every block has anyway */

void heap_shadow_begin(struct heap_shadow *heap, const struct subject_info *info)
{
    model_init(&heap->model, heap->blocks, SHADOW_BLOCKS + 1, info);
    heap->user = (uintptr_t)info->first + info->header;
}

bool heap_shadow_owns(const struct heap_shadow *heap, const uint8_t *p)
{
    const uintptr_t past = (uintptr_t)p - heap->user;

    return (uintptr_t)p >= heap->user && past / UNIT_BYTES < heap->model.units;
}

/* The unit whose user's bytes begin at p. False: no unit's do. */
static bool unit_at(const struct heap_shadow *heap, const uint8_t *p, uint32_t *unit)
{
    const uintptr_t past = (uintptr_t)p - heap->user;

    *unit = (uint32_t)(past / UNIT_BYTES);
    return heap_shadow_owns(heap, p) && past % UNIT_BYTES == 0;
}

static uint32_t block_at(const struct heap_shadow *heap, const uint8_t *p)
{
    uint32_t unit;

    return unit_at(heap, p, &unit) ? model_find(&heap->model, unit) : UINT32_MAX;
}

enum verdict heap_shadow_alloc(const struct heap_shadow *heap, size_t align, size_t bytes)
{
    return model_alloc_verdict(&heap->model, align, bytes);
}

enum verdict heap_shadow_ever(const struct heap_shadow *heap, size_t align, size_t bytes)
{
    struct model empty = heap->model;

    empty.nblocks = 0;
    return model_alloc_verdict(&empty, align, bytes);
}

enum verdict heap_shadow_realloc(const struct heap_shadow *heap, const uint8_t *p, size_t align,
                                 size_t bytes, bool *in_place)
{
    const uint32_t index = block_at(heap, p);

    *in_place = false;
    return index == UINT32_MAX ? MUST_FAIL
                               : model_realloc_verdict(&heap->model, index, align, bytes, in_place);
}

/* An aligned block may come from anywhere that holds it; a misplaced one is take's business. */
const char *heap_shadow_pick(const struct heap_shadow *heap, const uint8_t *p, size_t align,
                             size_t bytes)
{
    uint32_t unit;

    if (align > PLAIN_ALIGN || !unit_at(heap, p, &unit) ||
        model_pick_allowed(&heap->model, bytes, unit)) {
        return NULL;
    }
    return "pick: the block is from neither its own bucket nor the lowest non-empty one above";
}

static const char *sentence(enum model_take take)
{
    switch (take) {
    case TAKE_OUTSIDE:
        return "inside: the block does not lie in the chunk area";
    case TAKE_OVERLAP:
        return "overlap: the block shares units with a live one";
    case TAKE_FULL:
        return "full: more blocks are live than the shadow has room for";
    case TAKE_OK:
    default:
        return NULL;
    }
}

const char *heap_shadow_take(struct heap_shadow *heap, const uint8_t *p, size_t bytes)
{
    uint32_t unit;

    if (!unit_at(heap, p, &unit)) {
        return "inside: no chunk's user bytes can begin there";
    }
    return sentence(model_take(&heap->model, unit, bytes, 0));
}

const char *heap_shadow_resize(struct heap_shadow *heap, const uint8_t *p, size_t bytes)
{
    const uint32_t index = block_at(heap, p);

    return index == UINT32_MAX ? "events: what is resized is no live block"
                               : sentence(model_resize(&heap->model, index, bytes));
}

const char *heap_shadow_drop(struct heap_shadow *heap, const uint8_t *p)
{
    const uint32_t index = block_at(heap, p);

    if (index == UINT32_MAX) {
        return "events: what is freed is no live block";
    }
    model_drop(&heap->model, index);
    return NULL;
}

size_t heap_shadow_usable(const struct heap_shadow *heap, const uint8_t *p)
{
    const uint32_t index = block_at(heap, p);

    return index == UINT32_MAX ? 0 : model_usable(&heap->model, heap->model.blocks[index].units);
}

static struct heap_shadow *heap_of(void *state)
{
    return (struct heap_shadow *)state;
}

static const struct heap_shadow *look(const void *state)
{
    return (const struct heap_shadow *)state;
}

static void begin(void *state, const struct subject *subject, void *subject_state)
{
    struct subject_info info = {0};

    subject->info(subject_state, &info);
    heap_shadow_begin(heap_of(state), &info);
}

static enum verdict alloc(const void *state, size_t align, size_t bytes)
{
    return heap_shadow_alloc(look(state), align, bytes);
}

static enum verdict ever(const void *state, size_t align, size_t bytes)
{
    return heap_shadow_ever(look(state), align, bytes);
}

static enum verdict resized(const void *state, const uint8_t *p, size_t align, size_t bytes,
                            bool *in_place)
{
    return heap_shadow_realloc(look(state), p, align, bytes, in_place);
}

static const char *pick(const void *state, const uint8_t *p, size_t align, size_t bytes)
{
    return heap_shadow_pick(look(state), p, align, bytes);
}

static const char *take(void *state, const uint8_t *p, size_t align, size_t bytes)
{
    (void)align;
    return heap_shadow_take(heap_of(state), p, bytes);
}

static const char *resize(void *state, const uint8_t *p, size_t bytes)
{
    return heap_shadow_resize(heap_of(state), p, bytes);
}

static const char *drop(void *state, const uint8_t *p)
{
    return heap_shadow_drop(heap_of(state), p);
}

static size_t usable(const void *state, const uint8_t *p)
{
    return heap_shadow_usable(look(state), p);
}

static uint32_t live(const void *state)
{
    return look(state)->model.nblocks;
}

_Static_assert(sizeof(struct heap_shadow) <= SHADOW_STATE_BYTES, "room for any of them");

const struct shadow shadow_heap = {
    .name = "heap",
    .state_bytes = sizeof(struct heap_shadow),
    .begin = begin,
    .alloc = alloc,
    .realloc = resized,
    .ever = ever,
    .pick = pick,
    .take = take,
    .resize = resize,
    .drop = drop,
    .usable = usable,
    .live = live,
};
