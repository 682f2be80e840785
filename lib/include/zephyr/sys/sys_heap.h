/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_ZEPHYR_SYS_HEAP_H
#define KHEAP_ZEPHYR_SYS_HEAP_H

/*
 * sys_heap under the name that code written for Zephyr includes.
 */

#include "kheap/sys_heap.h"

#endif
