/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"
#include "record.h"

/* Programs of at most so many ops: two of them are on the stack. */
#define MUTATE_OPS_MAX 1024u

size_t mutate_records_as(enum program_kind kind, bool misuse, uint8_t *data, size_t size,
                         size_t max_size, const uint8_t *other, size_t other_size, uint64_t seed)
{
    struct op ops[MUTATE_OPS_MAX], other_ops[MUTATE_OPS_MAX];
    struct program program = {.capacity = MUTATE_OPS_MAX, .ops = ops, .name = ""};
    struct program second = {.capacity = MUTATE_OPS_MAX, .ops = other_ops, .name = ""};
    struct rng rng;
    if (max_size < RECORD_BYTES) {
        return size < max_size ? size : max_size;
    }
    rng_seed(&rng, seed);
    record_decode_as(&program, kind, misuse, data, size);
    if (other != NULL) {
        record_decode_as(&second, kind, misuse, other, other_size);
    }
    mutate_program(&program, max_size / RECORD_BYTES - 1, misuse, other != NULL ? &second : NULL,
                   &rng);
    /* A calloc takes two records: cut what no longer fits. */
    while (record_size(&program) > max_size) {
        program.nops--;
    }
    return record_encode(&program, data, max_size);
}

size_t mutate_records(uint8_t *data, size_t size, size_t max_size, const uint8_t *other,
                      size_t other_size, uint64_t seed)
{
    uint8_t kind = size < RECORD_BYTES ? KIND_HEAP : data[0] % PROGRAM_KINDS;
    return mutate_records_as((enum program_kind)kind, true, data, size, max_size, other, other_size,
                             seed);
}
