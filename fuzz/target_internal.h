/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_TARGET_INTERNAL_H
#define FUZZ_TARGET_INTERNAL_H

/* Between target.c and what runs programs: target_run.c, or target_sim.c where there are threads.
 */

#include "target.h"

/* The memory of a run; called once, before anything else. */
void fuzz_open(void);

/* Those that this target evaluates, of the ones that apply to its subject. */
extern const uint32_t fuzz_oracles;

/* The same but for those that HEAPVET_ORACLES_OFF names (a,b): to see what nobody else would find.
 */
uint32_t fuzz_wanted(void);

/* Where counts are added up. */
struct run_counts *fuzz_counting(void);

#endif
