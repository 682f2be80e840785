/* SPDX-License-Identifier: Apache-2.0 */
#include "op.h"

const struct op_info op_table[OP_KINDS] = {
#define OP_ROW(name, word, fields) {word, fields},
    OP_TABLE(OP_ROW)
#undef OP_ROW
};

/* Of the kinds that OP_HAS_VALUE. */
static const uint16_t numbers_most[OP_KINDS][OP_NUMBERS] = {
    [OP_TICK] = {PROGRAM_TICK_MAX},
    [OP_PRIO] = {PROGRAM_PRIO_MAX},
    [OP_PRINT] = {1},
    [OP_STRESS] = {PROGRAM_STRESS_MAX, 255, 255},
    [OP_REGISTRY] = {PROGRAM_REGISTRY_MAX},
    [OP_API] = {255},
    [OP_FLIP] = {UINT16_MAX, 31},
    [OP_OVERFLOW] = {PROGRAM_DAMAGE_MAX, 255},
    [OP_UNDERFLOW] = {PROGRAM_DAMAGE_MAX, 255},
};
static const uint8_t number_shift[OP_NUMBERS] = {0, 16, 24};
static const uint16_t number_mask[OP_NUMBERS] = {UINT16_MAX, UINT8_MAX, UINT8_MAX};

const char *const kind_words[PROGRAM_KINDS] = {
#define KIND_ROW(name, word) word,
    KIND_TABLE(KIND_ROW)
#undef KIND_ROW
};

/* The record form keeps the kind in six bits, of which the highest value marks a continuation. */
_Static_assert(OP_KINDS <= 63, "an op kind does not fit its record field");
/* A program in memory is ops in an array: a mutator copies thousands of them a second. */
_Static_assert(sizeof(struct op) <= 24, "struct op has grown");

bool program_threaded(const struct program_header *header)
{
    return header->kind == KIND_KHEAP || header->kind == KIND_POOL;
}

uint8_t program_slots_log2_max(const struct program_header *header)
{
    return program_threaded(header) ? PROGRAM_SLOTS_LOG2_THREADED : PROGRAM_SLOTS_LOG2_MAX;
}

void program_header_default(struct program_header *header)
{
    header->kind = KIND_HEAP;
    header->offset = 0;
    header->slots_log2 = PROGRAM_SLOTS_LOG2_DEFAULT;
    header->fill = 0;
    header->swarm_off = 0;
    header->region = 1024;
}

static bool header_equal(const struct program_header *a, const struct program_header *b)
{
    return a->kind == b->kind && a->offset == b->offset && a->slots_log2 == b->slots_log2 &&
           a->fill == b->fill && a->swarm_off == b->swarm_off && a->region == b->region;
}

/* Field by field: the padding of a struct op may hold anything, and its line means nothing. */
static bool op_equal(const struct op *a, const struct op *b)
{
    return a->kind == b->kind && a->form == b->form && a->expect == b->expect &&
           a->thread == b->thread && a->wait == b->wait && a->slot == b->slot &&
           a->align == b->align && a->value == b->value && a->count == b->count;
}

bool program_equal(const struct program *a, const struct program *b)
{
    if (!header_equal(&a->header, &b->header) || a->nops != b->nops) {
        return false;
    }
    for (size_t i = 0; i < a->nops; i++) {
        if (!op_equal(&a->ops[i], &b->ops[i])) {
            return false;
        }
    }
    return true;
}

/* Of 32 random bits nearly all ask for more than there ever is, whatever the form. Sizes near the
 * top and above 4 GiB stay where their numbers are small. */
static void limit_size(struct op *op, uint32_t region)
{
    if ((op_table[op->kind].fields & OP_HAS_SIZE) == 0) {
        return;
    }
    if (op->form != SIZE_PLAIN && op->value > UINT16_MAX) {
        op->form = SIZE_PLAIN;
    }
    if (op->form == SIZE_PLAIN && op->value > region) {
        op->value %= (region >> (op->value >> 29)) + 1;
    }
}

void program_limit(struct program *program, uint32_t max_region, size_t max_ops)
{
    if (program->nops > max_ops) {
        program->nops = max_ops;
    }
    if (program->header.region > max_region) {
        /* max_region 0 leaves no region at all, and no division by it either. */
        program->header.region = max_region == 0 ? 0 : program->header.region % max_region;
    }
    const bool threaded = program_threaded(&program->header);
    for (size_t i = 0; i < program->nops; i++) {
        program->ops[i].expect = EXPECT_ANY;
        if (threaded) {
            limit_size(&program->ops[i], program->header.region);
        }
    }
}

uint32_t op_number_most(enum op_kind kind, uint32_t i)
{
    return numbers_most[kind][i];
}

uint32_t op_number(const struct op *op, uint32_t i)
{
    return op->value >> number_shift[i] & number_mask[i];
}

uint32_t op_number_put(uint32_t value, uint32_t i, uint32_t number)
{
    const uint32_t mask = (uint32_t)number_mask[i] << number_shift[i];

    return (value & ~mask) | (number << number_shift[i] & mask);
}

uint32_t op_numbers_tidy(enum op_kind kind, uint32_t value)
{
    uint32_t tidy = 0;

    for (uint32_t i = 0; i < OP_NUMBERS; i++) {
        const uint32_t number = value >> number_shift[i] & number_mask[i];
        tidy = op_number_put(tidy, i, number % (numbers_most[kind][i] + 1u));
    }
    return tidy;
}

bool op_bytes(const struct op *op, size_t *bytes)
{
    switch (op->form) {
    case SIZE_TOP:
        *bytes = SIZE_MAX - op->value;
        return true;
    case SIZE_ABOVE_4G:
#if SIZE_MAX > 0xffffffffu
        *bytes = ((size_t)1 << 32) + op->value;
        return true;
#else
        *bytes = SIZE_MAX;
        return false;
#endif
    default:
        *bytes = op->value;
        return true;
    }
}
