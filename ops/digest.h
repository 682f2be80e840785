/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_DIGEST_H
#define OPS_DIGEST_H

/*
 * A hash over (op index, offset from the region's start or NULL, usable size) of every op that
 * returns a pointer, and what `print` prints and `stress` needs. Equal on every machine for one
 * header format. 32-bit arithmetic, so that small cores are not slowed down.
 */

#include "apply.h"

#define DIGEST_NULL_OFFSET 0xffffffffu

uint32_t digest_begin(void);
uint32_t digest_add(uint32_t digest, uint32_t index, uint32_t offset, uint32_t usable);

/* Adds one applied op: nothing unless it returns a pointer and was not skipped. UNREACHABLE counts
 * as NULL. Subjects without SUBJECT_IN_REGION count every block as offset 0. usable is 0 when the
 * subject has no usable(). */
uint32_t digest_result(uint32_t digest, uint32_t index, const struct heap_under_test *heap,
                       const struct applied_result *result);

#endif
