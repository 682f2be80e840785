/* SPDX-License-Identifier: Apache-2.0 */

/* Leading zeros of all numbers of 32 bits but 0, by the instruction or (other flags) by the table.
 */

#include "every.h"

#include "clz.c"

int main(void)
{
    uint64_t next = 2;
    uint32_t want = 31;

    for (uint64_t x = 1; x <= UINT32_MAX; x++) {
        if (x == next) {
            next *= 2;
            want--;
        }
        EXPECT(leading_zeros((uint32_t)x) == want, x);
    }
    return every_done();
}
