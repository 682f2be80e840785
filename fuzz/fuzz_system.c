/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: whatever is asked of k_malloc and its family, every oracle of the contract holds: on a
 * k_heap, and in another binary on a memory pool.
 * The input is a program in record form (ops/record.h); any bytes are one.
 */
#include "target.h"

const enum program_kind fuzz_kind = KIND_SYSTEM;
const bool fuzz_misuse = false;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run_records(data, size, FUZZ_SMALL_REGIONS);
    return 0;
}
