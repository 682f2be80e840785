/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include <string.h>

const struct subject *const threads_subjects[] = {&sim_kheap, &sim_pool, &sim_poolmalloc, NULL};

static enum run_status status_of(enum sim_end end)
{
    switch (end) {
    case SIM_FAILED:
        return RUN_FAILED;
    case SIM_NOT_FIT:
        return RUN_DOES_NOT_FIT;
    default:
        return RUN_OK;
    }
}

enum run_status threads_run_or_die(const struct program *program, const struct subject *subject,
                                   uint32_t oracles, struct sim_counts *counts)
{
    const struct sim_options options = {.oracles = oracles};
    return status_of(sim_run_or_die(program, subject, &options, counts));
}

enum run_status threads_run(const struct program *program, const struct subject *subject,
                            uint32_t oracles, struct run_failure *failure)
{
    const struct sim_options options = {.oracles = oracles};
    struct sim_counts counts;
    memset(&counts, 0, sizeof(counts));
    return status_of(sim_run(program, subject, &options, &counts, failure));
}
