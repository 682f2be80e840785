/* SPDX-License-Identifier: Apache-2.0 */
/* The op-level mutator as libFuzzer's custom mutator and cross-over. */
#include <string.h>

#include "mutate.h"
#include "record.h"
#include "target.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out, unsigned int seed);

/* Byte edits reach headers and values that op edits never write: one call in four stays with them.
 */
#define BYTE_EDITS 4u

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    if (seed % BYTE_EDITS == 0 || max_size < 2u * RECORD_BYTES) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    return mutate_records_as(fuzz_kind, fuzz_misuse, data, size, max_size, NULL, 0, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out, unsigned int seed)
{
    const size_t size = size1 < max_out ? size1 : max_out;

    memcpy(out, data1, size);
    return mutate_records_as(fuzz_kind, fuzz_misuse, out, size, max_out, data2, size2, seed);
}
