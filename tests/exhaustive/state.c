/* SPDX-License-Identifier: Apache-2.0 */

/* What makes two heaps the same, and the set of those that were seen. */

#include "exhaust.h"

#include <stdlib.h>
#include <string.h>

#define UNIT_BYTES   8u
#define FIRST_PLACES (1u << 12)

void states_open(struct states *states)
{
    states->places = FIRST_PLACES;
    states->count = 0;
    states->table = calloc(states->places, sizeof *states->table);
    if (states->table == NULL) {
        host_bad_input("exhaust", 0, "expected memory for the states seen, have none left");
    }
}

void states_close(struct states *states)
{
    free(states->table);
    states->table = NULL;
}

static bool table_add(struct states *states, uint64_t hash)
{
    size_t at = (size_t)hash & (states->places - 1);

    while (states->table[at] != 0) {
        if (states->table[at] == hash) {
            return false;
        }
        at = (at + 1) & (states->places - 1);
    }
    states->table[at] = hash;
    states->count++;
    return true;
}

static void states_grow(struct states *states)
{
    const struct states old = *states;

    states->places = old.places * 2;
    states->count = 0;
    states->table = calloc(states->places, sizeof *states->table);
    if (states->table == NULL) {
        host_bad_input("exhaust", 0, "expected memory for %zu states, have less", old.places);
    }
    for (size_t i = 0; i < old.places; i++) {
        if (old.table[i] != 0) {
            (void)table_add(states, old.table[i]);
        }
    }
    free(old.table);
}

bool states_add(struct states *states, uint64_t hash)
{
    if (states->count >= states->places / 2) {
        states_grow(states);
    }
    return table_add(states, hash == 0 ? 1 : hash);
}

/* Each step is one-to-one in the hash so far: different words never lead to the same one by
 * themselves. */
static uint64_t mix(uint64_t hash, uint32_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const uint8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += sizeof(uint32_t)) {
        uint32_t word;

        memcpy(&word, from + i, sizeof word);
        hash = mix(hash, word);
    }
    return hash;
}

/* A chunk as the heap wrote it and as the model knows it. */
static uint64_t mix_chunk(uint64_t hash, const struct subject_info *info, uint32_t unit,
                          uint32_t units, bool used, size_t bytes)
{
    hash = mix(hash, unit << 1 | used);
    hash = mix(hash, units);
    return mix_bytes(hash, info->first + (size_t)unit * UNIT_BYTES, bytes);
}

static uint64_t mix_chunks(uint64_t hash, const struct model *model,
                           const struct subject_info *info)
{
    struct model_extent extent;
    uint32_t cursor = 0;

    for (uint32_t i = 0; i < model->nblocks; i++) {
        hash = mix_chunk(hash, info, model->blocks[i].unit, model->blocks[i].units, true,
                         info->header);
    }
    while (model_extent_next(model, &cursor, UINT32_MAX, &extent)) {
        /* Both links together are as long as the header. */
        const bool listed = model_listed(model, extent.units);

        hash = mix_chunk(hash, info, extent.unit, extent.units, false,
                         listed ? 2 * info->header : info->header);
    }
    return mix_bytes(hash, info->first + (size_t)info->units * UNIT_BYTES, info->header);
}

uint64_t heap_state(const struct space *space, const struct program_header *header,
                    const struct subject *subject)
{
    const uintptr_t region = (uintptr_t)space->arena + header->offset;
    const uint8_t *start = space->arena + header->offset + (-region & (UNIT_BYTES - 1));
    struct subject_info info;

    if (subject->reset_max != NULL) {
        (void)subject->reset_max(space->state);
    }
    subject->info(space->state, &info);
    const uint64_t metadata = mix_bytes(info.units, start, (size_t)(info.first - start));
    const uint64_t hash = mix_chunks(metadata, &space->model, &info);
    return hash ^ hash >> 32;
}
