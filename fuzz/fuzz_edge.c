/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: a heap that chooses its header format by the region's size keeps the contract on both
 * sides of the edge. The input is fuzz_heap's; every region lies around 0x7fff units.
 */
#include "target.h"

const enum program_kind fuzz_kind = KIND_HEAP;
const bool fuzz_misuse = false;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run_records(data, size, FUZZ_FORMAT_EDGE);
    return 0;
}
