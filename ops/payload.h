/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_PAYLOAD_H
#define OPS_PAYLOAD_H

/*
 * What a block's owner writes into it: bytes that follow from a 32-bit tag and the offset. These
 * functions touch user bytes that are poisoned for everybody else.
 */

#include <stddef.h>
#include <stdint.h>

uint32_t payload_tag(uint32_t slot, uint32_t index, uint32_t salt);
void payload_fill(uint8_t *p, size_t from, size_t to, uint32_t tag);
/* Offset of the first byte below n that is not as filled, or n. */
size_t payload_verify(const uint8_t *p, size_t n, uint32_t tag);
uint8_t payload_byte(size_t offset, uint32_t tag);
/* Offset of the first byte below n that is not 0, or n. */
size_t payload_zeroes(const uint8_t *p, size_t n);
void region_fill(uint8_t *p, size_t n, uint8_t byte);

#endif
