/* SPDX-License-Identifier: Apache-2.0 */

/* For machines without an instruction that counts leading zeros: the count for 0 to 63 in 32 bits.
 */

#include "guard.h"

#ifdef KHEAP_TABLE_CLZ
#define R4(x)  x, x, x, x
#define R16(x) R4(x), R4(x), R4(x), R4(x)

const uint8_t kheap_clz_table[64] = {32,     31,     30,      30,      R4(29),
                                     R4(28), R4(28), R16(27), R16(26), R16(26)};
#else
extern int kheap_clz_is_an_instruction; /* ISO C forbids an empty file. */
#endif
