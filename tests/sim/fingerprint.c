/* SPDX-License-Identifier: Apache-2.0 */
/* sim_fingerprint SEED: one number for how many generated programs with threads went. The same on
 * every machine, whatever switches its fibers. */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#define PROGRAMS 3000u

static uint32_t run_one(const struct program *program, const struct subject *subject)
{
    const struct sim_options options = {.oracles = ORACLES_ALL};
    struct sim_counts counts = {0};
    struct run_failure failure;
    const enum sim_end end = sim_run(program, subject, &options, &counts, &failure);

    if (end == SIM_FAILED) {
        fprintf(stderr, "oracle %s, op %zu: %s\n", oracle_names[failure.oracle], failure.op_index,
                failure.have_want);
        exit(1);
    }
    return outcome(&counts, end);
}

int main(int argc, char **argv)
{
    static struct owned_program owned;
    const uint64_t seed = argc == 2 ? strtoull(argv[1], NULL, 0) : 1;
    uint32_t sum = 0;

    for (uint32_t i = 0; i < PROGRAMS; i++) {
        if (owned_generate(&owned, KIND_KHEAP, seed * PROGRAMS + i)) {
            sum = mix(sum, run_one(&owned.program, &sim_kheap));
        }
        if (owned_generate(&owned, KIND_POOL, seed * PROGRAMS + i)) {
            sum = mix(sum, run_one(&owned.program, &sim_pool));
            sum = mix(sum, run_one(&owned.program, &sim_poolmalloc));
        }
    }
    printf("%08x\n", sum);
    return 0;
}
