/* SPDX-License-Identifier: Apache-2.0 */

/* A static heap of another file, for test_define.c. */

#include "kheap/k_heap.h"

K_HEAP_DEFINE(elsewhere, 256);
