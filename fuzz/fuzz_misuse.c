/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: a heap with hardening 2 reports every pointer that is no block's, and survives every
 * damaged word: no call reads or writes outside the region, or takes for ever, and one that reports
 * something has no effect. In between it is held to every oracle that fuzz_heap holds it to.
 * The input is a program in record form (ops/record.h), with misuse; any bytes are one.
 */
#include "target.h"

const enum program_kind fuzz_kind = KIND_HEAP;
const bool fuzz_misuse = true;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run_records(data, size, FUZZ_SMALL_REGIONS);
    return 0;
}
