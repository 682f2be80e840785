/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_ZEPHYR_MEM_STATS_H
#define KHEAP_ZEPHYR_MEM_STATS_H

/*
 * struct sys_memory_stats under the name that code written for Zephyr includes.
 */

#include "kheap/sys_heap.h"

#endif
