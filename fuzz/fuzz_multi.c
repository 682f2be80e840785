/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: whatever is asked of a multi heap, the children serve it in the callback's order, each
 * keeps its own contract, and listeners are told of all of it. The input is a program in record
 * form (ops/record.h); any bytes are one.
 */
#include "target.h"

const enum program_kind fuzz_kind = KIND_MULTI;
const bool fuzz_misuse = false;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run_records(data, size, FUZZ_SMALL_REGIONS);
    return 0;
}
