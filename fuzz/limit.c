/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds of fuzzing, apart from the targets, so that the tool that turns a finding into text
 * applies the same ones.
 */
#include "target.h"

/* A fuzzer's four region bytes are nearly always far above any useful size; sizes a person would
 * write stay. */
static uint32_t limited_region(uint32_t region, enum fuzz_reach reach)
{
    if (reach == FUZZ_FOR_THREADS) {
        return region <= FUZZ_REGION_TYPICAL ? region : region % FUZZ_REGION_THREADS;
    }
    if (reach == FUZZ_SMALL_REGIONS) {
        return region <= FUZZ_REGION_MAX ? region : region % FUZZ_REGION_TYPICAL;
    }
    if (region >= FUZZ_EDGE - FUZZ_EDGE_SPAN && region <= FUZZ_CAPACITY) {
        return region;
    }
    return FUZZ_EDGE - FUZZ_EDGE_SPAN + region % (2u * FUZZ_EDGE_SPAN + 1u);
}

/* A stress test of many rounds would take longer than all other ops of an input. */
static void limit_rounds(struct op *op)
{
    if (op->kind == OP_STRESS) {
        op->value = op_number_put(op->value, 0, op_number(op, 0) % FUZZ_STRESS_ROUNDS);
    }
}

void fuzz_limit(struct program *program, enum fuzz_reach reach)
{
    struct program_header *header = &program->header;

    header->region = limited_region(header->region, reach);
    if (header->slots_log2 > FUZZ_SLOTS_LOG2) {
        header->slots_log2 = (uint8_t)(header->slots_log2 - FUZZ_SLOTS_LOG2);
    }
    const uint16_t mask = (uint16_t)((1u << header->slots_log2) - 1u);
    for (size_t i = 0; i < program->nops; i++) {
        program->ops[i].slot &= mask;
        limit_rounds(&program->ops[i]);
    }
    program_limit(program, FUZZ_CAPACITY, FUZZ_MAX_OPS);
}
