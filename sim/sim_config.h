/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_CONFIG_H
#define SIM_CONFIG_H

/* KHEAP_CONFIG_HEADER of every library that runs in the simulation. */

#define CONFIG_SYS_HEAP_LISTENER 1

void sim_enter(const void *object);
#define KHEAP_ENTER(object) sim_enter(object)

#endif
