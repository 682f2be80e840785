/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The functions a compiler may call on its own. Compiled with -fno-tree-loop-distribute-patterns:
 * otherwise the loops below would be turned back into calls of themselves.
 */

#include <stdint.h>
#include <string.h>

/* Blocks of the heap are 8-aligned, so copies of whole words are the usual case. */
static int word_aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (sizeof(uint32_t) - 1u)) == 0;
}

/* The bytes at p are some other type's: may_alias keeps the compiler from assuming otherwise. */
typedef uint32_t __attribute__((may_alias)) word;

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if (word_aligned(to, from)) {
        for (; bytes >= sizeof(word); bytes -= sizeof(word)) {
            *(word *)(void *)t = *(const word *)(const void *)f;
            t += sizeof(word);
            f += sizeof(word);
        }
    }
    for (; bytes > 0; bytes--) {
        *t++ = *f++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if ((uintptr_t)t <= (uintptr_t)f) {
        for (; bytes > 0; bytes--) {
            *t++ = *f++;
        }
    } else {
        for (; bytes > 0; bytes--) {
            t[bytes - 1u] = f[bytes - 1u];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *t = to;
    const word all = (unsigned char)value * (word)0x01010101u;

    if (word_aligned(to, to)) {
        for (; bytes >= sizeof(word); bytes -= sizeof(word)) {
            *(word *)(void *)t = all;
            t += sizeof(word);
        }
    }
    for (; bytes > 0; bytes--) {
        *t++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *p = a, *q = b;

    for (; bytes > 0; bytes--, p++, q++) {
        if (*p != *q) {
            return *p < *q ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t n = 0;

    while (text[n] != '\0') {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

#if defined(__riscv)
/* Debian's compiler has no 32-bit helper library for this architecture string. */
int __clzsi2(unsigned int x);

int __clzsi2(unsigned int x)
{
    int zeros = 0;

    for (unsigned int top = 1u << 31; top != 0 && (x & top) == 0; top >>= 1) {
        zeros++;
    }
    return zeros;
}

/* And division of 64-bit numbers, which the models of pools use: bit by bit. */
static uint64_t divide(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t quotient = 0;

    *rest = 0;
    for (int bit = 63; bit >= 0; bit--) {
        *rest = *rest << 1 | (a >> bit & 1u);
        if (*rest >= b) {
            *rest -= b;
            quotient |= (uint64_t)1 << bit;
        }
    }
    return quotient;
}

uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest;

    return divide(a, b, &rest);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t rest;

    (void)divide(a, b, &rest);
    return rest;
}

/* A quotient is negative when one of the two is, a rest when the dividend is. */
int64_t __divdi3(int64_t a, int64_t b);
int64_t __moddi3(int64_t a, int64_t b);

static uint64_t magnitude(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

int64_t __divdi3(int64_t a, int64_t b)
{
    const uint64_t quotient = __udivdi3(magnitude(a), magnitude(b));

    return (int64_t)((a < 0) != (b < 0) ? 0 - quotient : quotient);
}

int64_t __moddi3(int64_t a, int64_t b)
{
    const uint64_t rest = __umoddi3(magnitude(a), magnitude(b));

    return (int64_t)(a < 0 ? 0 - rest : rest);
}
#endif
