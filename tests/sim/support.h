/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIM_SUPPORT_H
#define TESTS_SIM_SUPPORT_H

/* Programs from text or a seed, runs of them, and a number that stands for how a run went. */

#include <string.h>

#include "generate.h"
#include "sim.h"
#include "text.h"

#define OPS_ROOM 2048u

struct owned_program {
    struct op ops[OPS_ROOM];
    struct program program;
};

static inline void owned_begin(struct owned_program *owned)
{
    owned->program = (struct program){.ops = owned->ops, .capacity = OPS_ROOM, .name = ""};
}

static inline bool owned_parse(struct owned_program *owned, const char *text)
{
    struct text_error error;

    owned_begin(owned);
    return text_parse(&owned->program, text, strlen(text), &error);
}

/* A small region, so that somebody has to wait. False: a program that is not the same on every
 * width of a pointer. */
static inline bool owned_generate(struct owned_program *owned, enum program_kind kind,
                                  uint64_t seed)
{
    const struct generate_options options = {
        .kind = kind,
        .profile = (enum profile)(seed % PROFILES_ALL),
        .seed = seed,
        .ops = 24,
        .region = (uint32_t)(100 + seed % 9 * 60),
        .effective = true,
    };

    owned_begin(owned);
    if (!generate_program(&owned->program, &options)) {
        return false;
    }
    for (size_t i = 0; i < owned->program.nops; i++) {
        if (owned->program.ops[i].form != SIZE_PLAIN) {
            return false;
        }
    }
    return true;
}

static inline uint32_t mix(uint32_t sum, uint64_t value)
{
    return (sum ^ (uint32_t)value ^ (uint32_t)(value >> 32)) * 0x01000193u;
}

/* How the last run went, and how it left things. */
static inline uint32_t outcome(const struct sim_counts *counts, enum sim_end end)
{
    const struct sim_view *view = sim_last_view();
    uint32_t sum = mix(0x811c9dc5u, end);

    if (end == SIM_NOT_FIT) {
        return sum;
    }
    sum = mix(sum, counts->steps);
    sum = mix(sum, counts->waits);
    sum = mix(sum, counts->timeouts);
    sum = mix(sum, counts->grants);
    sum = mix(sum, (uint64_t)view->now);
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        sum = mix(sum, view->actors[i].results);
        sum = mix(sum, view->actors[i].status);
    }
    for (uint32_t i = 0; i < 1u << view->program->header.slots_log2; i++) {
        const uint8_t *p = view->slots[i].p;
        sum = mix(sum, p == NULL ? 0u : 1u + (uint32_t)(p - view->region));
    }
    return sum;
}

#endif
