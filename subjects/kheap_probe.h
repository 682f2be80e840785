/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_KHEAP_PROBE_H
#define SUBJECTS_KHEAP_PROBE_H

/*
 * The configuration header of vetted builds (-DKHEAP_CONFIG_HEADER='"kheap_probe.h"'): the search
 * loop counts the chunks it probes, so that oracle steps can hold ALLOC_LOOPS to its word. No
 * result of a call shows one probe too many. Shipped object code has an empty KHEAP_STEP().
 */

#include <stddef.h>
#include <stdint.h>

#define KHEAP_PROBE  1
#define KHEAP_STEP() ((void)++kheap_probe_steps)

extern uint32_t kheap_probe_steps;
extern const char *kheap_probe_fault; /* invariant named by the newest report; NULL: none yet */

#endif
