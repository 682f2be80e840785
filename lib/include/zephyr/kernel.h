/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_ZEPHYR_KERNEL_H
#define KHEAP_ZEPHYR_KERNEL_H

/*
 * The heap part of the kernel's header, under the name that code written for Zephyr includes:
 * k_heap, system heap, memory pool and timeouts. Threads, clocks and printk are not here: heap code
 * that uses them keeps getting them from its own system. docs/DIFFERENCES.md says what differs.
 */

#include "kheap/k_heap.h"
#include "kheap/mem_pool.h"
#include "kheap/system_heap.h"

#endif
