/* SPDX-License-Identifier: Apache-2.0 */

/* Targets of heaps with threads: programs run in the simulation, schedules and all. */

#include "target.h"

#include "sim.h"
#include "target_internal.h"

const uint32_t fuzz_oracles = ORACLES_ALL & ~ORACLE_BIT(ORACLE_EXPECT);

static struct sim_options options;

/* The simulation has its own memory. */
void fuzz_open(void)
{
    options.oracles = fuzz_wanted();
}

void fuzz_run_on(struct program *program, const struct subject *subject, enum fuzz_reach reach)
{
    struct sim_counts counts = {0};
    struct run_counts *sum = fuzz_counting();

    fuzz_limit(program, reach);
    (void)sim_run_or_die(program, subject, &options, &counts);
    sum->programs += counts.run.programs;
    sum->ops += counts.run.ops;
    sum->skipped += counts.run.skipped;
    sum->must_succeed += counts.run.must_succeed;
    sum->may += counts.run.may;
    sum->must_fail += counts.run.must_fail;
    sum->does_not_fit += counts.run.does_not_fit;
    for (size_t i = 0; i < ORACLES; i++) {
        sum->evaluated[i] += counts.run.evaluated[i];
    }
}

void fuzz_run(struct program *program, enum fuzz_reach reach)
{
    fuzz_run_on(program, fuzz_subject, reach);
}
