/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_ZEPHYR_HEAP_LISTENER_H
#define KHEAP_ZEPHYR_HEAP_LISTENER_H

/*
 * The heap listener under the name that code written for Zephyr includes.
 */

#include "kheap/heap_listener.h"

#endif
