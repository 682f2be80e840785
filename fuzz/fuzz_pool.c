/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: whatever threads and interrupts ask of a memory pool, in whatever order the schedule
 * lets them run, every oracle of the contract holds; by k_mem_pool_alloc and by k_mem_pool_malloc.
 * The input is a program with threads in record form (ops/record.h); any bytes are one.
 */
#include "sim.h"
#include "target.h"

const enum program_kind fuzz_kind = KIND_POOL;
const bool fuzz_misuse = false;
const struct subject *const fuzz_subject = &sim_pool;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program *program = fuzz_program();

    fuzz_setup();
    (void)record_decode_as(program, fuzz_kind, fuzz_misuse, data, size);
    fuzz_run(program, FUZZ_FOR_THREADS);
    fuzz_run_on(program, &sim_poolmalloc, FUZZ_FOR_THREADS);
    return 0;
}
