/* SPDX-License-Identifier: Apache-2.0 */

/* An image that ends as its command line says: the driver must see each ending for what it is. */

#include <stdbool.h>
#include <string.h>

#include "port.h"

/* Every overlap and every alignment of a few bytes, against a byte-wise answer. */
static bool memory_functions(void)
{
    uint8_t have[24], want[24];

    for (size_t from = 0; from < 8; from++) {
        for (size_t to = 0; to < 8; to++) {
            for (size_t n = 0; n <= 16; n++) {
                for (size_t i = 0; i < sizeof(have); i++) {
                    have[i] = want[i] = (uint8_t)i;
                }
                for (size_t i = 0; i < n; i++) {
                    want[to + i] = (uint8_t)(from + i);
                }
                memmove(&have[to], &have[from], n);
                if (memcmp(have, want, sizeof(have)) != 0) {
                    return false;
                }
                memset(have, 0xff, sizeof(have));
                memcpy(&have[to], &want[to], n);
                memset(&want[0], 0xff, to);
                memset(&want[to + n], 0xff, sizeof(want) - to - n);
                if (memcmp(have, want, sizeof(have)) != 0) {
                    return false;
                }
            }
        }
    }
    return strlen("heap") == 4 && strcmp("a", "b") < 0 && strcmp("ab", "a") > 0 &&
           strcmp("a", "a") == 0 && memcmp("\x80", "\x7f", 1) > 0;
}

static int unaligned(void)
{
    static uint8_t bytes[8];
    volatile uint32_t *p = (volatile uint32_t *)(void *)&bytes[1];

    /* A compiler that sees the address would store single bytes. */
    __asm__ volatile("" : "+r"(p));
    *p = 1;
    return EXIT_PASS;
}

/* Nothing can be pushed any more when the fault comes: an ARM core locks up. */
static int lock_up(void)
{
#ifdef __arm__
    __asm__ volatile("movs r0, #0\n mov sp, r0\n udf #0");
#else
    for (;;) {
    }
#endif
    return EXIT_PASS;
}

int image_main(const char *const *words, size_t nwords)
{
    const char *const how = nwords > 1 ? words[1] : "";

    if (strcmp(how, "pass") == 0) {
        return EXIT_PASS;
    }
    if (strcmp(how, "skip") == 0) {
        return EXIT_SKIP;
    }
    if (strcmp(how, "seven") == 0) {
        return 7;
    }
    if (strcmp(how, "memory") == 0) {
        return memory_functions() ? EXIT_PASS : EXIT_FAIL;
    }
    if (strcmp(how, "undefined") == 0) {
#ifdef __arm__
        __asm__ volatile("udf #0");
#else
        __asm__ volatile("unimp");
#endif
    }
    if (strcmp(how, "unaligned") == 0) {
        return unaligned();
    }
    if (strcmp(how, "lock-up") == 0) {
        return lock_up();
    }
    while (strcmp(how, "hang") == 0) {
    }
    return EXIT_FAIL;
}
