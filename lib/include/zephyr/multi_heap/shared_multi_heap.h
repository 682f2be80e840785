/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_ZEPHYR_SHARED_MULTI_HEAP_H
#define KHEAP_ZEPHYR_SHARED_MULTI_HEAP_H

/*
 * shared_multi_heap under the name that code written for Zephyr includes.
 */

#include "kheap/shared_multi_heap.h"

#endif
