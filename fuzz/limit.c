/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds of fuzzing, apart from the targets, so that the tool that turns a finding into text
 * applies the same ones.
 */
#include "target.h"

/*
 * A fuzzer's four region bytes are nearly always far above any useful size. They are folded to a
 * small region, one in sixteen to the edge where AUTO changes its format; sizes that a person would
 * write stay as they are.
 */
static uint32_t limited_region(uint32_t region)
{
    const bool edge = region >= FUZZ_EDGE - FUZZ_EDGE_SPAN && region < FUZZ_EDGE + FUZZ_EDGE_SPAN;

    if (region <= FUZZ_REGION_MAX || edge) {
        return region;
    }
    if (region >> 28 == 15u) {
        return FUZZ_EDGE - FUZZ_EDGE_SPAN + region % (2u * FUZZ_EDGE_SPAN);
    }
    return region % FUZZ_REGION_TYPICAL;
}

void fuzz_limit(struct program *program)
{
    struct program_header *header = &program->header;

    header->region = limited_region(header->region);
    if (header->slots_log2 > FUZZ_SLOTS_LOG2) {
        header->slots_log2 = (uint8_t)(header->slots_log2 - FUZZ_SLOTS_LOG2);
    }
    const uint16_t mask = (uint16_t)((1u << header->slots_log2) - 1u);
    for (size_t i = 0; i < program->nops; i++) {
        program->ops[i].slot &= mask;
    }
    program_limit(program, FUZZ_CAPACITY, FUZZ_MAX_OPS);
}
