/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_LITTLE_H
#define OPS_LITTLE_H

/* Little-endian words of records and packs, on machines of any byte order and alignment. */

#include <stdint.h>

static inline uint32_t load32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline void store32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)(value >> 16);
    bytes[3] = (uint8_t)(value >> 24);
}

#endif
