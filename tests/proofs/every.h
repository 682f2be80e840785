/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_EVERY_H
#define PROOFS_EVERY_H

/* For programs that look at every input there is: a count, and an end at the first that is wrong.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t every_looks;

#define EXPECT(condition, input)                                                                   \
    do {                                                                                           \
        every_looks++;                                                                             \
        if (!(condition)) {                                                                        \
            printf("wrong for %llu: %s\n", (unsigned long long)(input), #condition);               \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static inline int every_done(void)
{
    printf("looks %llu\n", (unsigned long long)every_looks);
    return 0;
}

#endif
