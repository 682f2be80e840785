/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: whatever threads and interrupts ask of a k_heap, in whatever order the schedule lets
 * them run, every oracle of the contract holds. The input is a program with threads in record form
 * (ops/record.h), its schedule included; any bytes are one.
 */
#include "sim.h"
#include "target.h"

const enum program_kind fuzz_kind = KIND_KHEAP;
const bool fuzz_misuse = false;
const struct subject *const fuzz_subject = &sim_kheap;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run_records(data, size, FUZZ_FOR_THREADS);
    return 0;
}
