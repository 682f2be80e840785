/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_ZEPHYR_MULTI_HEAP_H
#define KHEAP_ZEPHYR_MULTI_HEAP_H

/*
 * sys_multi_heap under the name that code written for Zephyr includes.
 */

#include "kheap/multi_heap.h"

#endif
