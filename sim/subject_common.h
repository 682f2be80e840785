/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_SUBJECT_COMMON_H
#define SIM_SUBJECT_COMMON_H

/* What the subjects of the simulation share: names, timeouts, listeners, the fault hook. */

#include "kheap/fault.h"
#include "kheap/heap_listener.h"
#include "kheap/timeout.h"
#include "sim.h"
#include "sim_port.h"

/*
 * -DSIM_SUFFIX=_faulty names the subjects sim_kheap_faulty and so on, so that several libraries can
 * be in one program.
 */
#ifdef SIM_SUFFIX
#define SIM_PASTE_2(name, suffix) name##suffix
#define SIM_PASTE(name, suffix)   SIM_PASTE_2(name, suffix)
#define SIM_SUBJECT(name)         SIM_PASTE(name, SIM_SUFFIX)
#define SIM_QUOTE_2(text)         #text
#define SIM_QUOTE(text)           SIM_QUOTE_2(text)
#define SIM_NAME(name)            name SIM_QUOTE(SIM_SUFFIX)
#else
#define SIM_SUBJECT(name) name
#define SIM_NAME(name)    name
#endif

/* How long the running op may wait. */
k_timeout_t sim_timeout(void);

/* From now on the events of this heap or pool are told; no more than one is. */
void sim_listen(uintptr_t heap_id);
void sim_listen_no_more(void);

#endif
