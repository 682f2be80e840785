/* SPDX-License-Identifier: Apache-2.0 */

/* ---- what the program below is written with ---- */

/* Even the head of a bucket that a small region has not lies in it. */
#define GUARD 256u
#define ARENA (2u * BOUNDARY + REGION + 8u)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
#include <sanitizer/asan_interface.h>
#define FORBID(p, n) __asan_poison_memory_region((p), (n))
#define ALLOW(p, n)  __asan_unpoison_memory_region((p), (n))
#else
#define FORBID(p, n) ((void)(p), (void)(n))
#define ALLOW(p, n)  ((void)(p), (void)(n))
#endif

static uint8_t memory[GUARD + ARENA + GUARD];
static const size_t region_bytes = REGION;
static uint8_t *region;
static int number;
static const char *text = "init";

/* Says which op, and ends the test. */
__attribute__((format(printf, 1, 2), noreturn)) static void fails(const char *format, ...)
{
    va_list list;

    fprintf(stderr, "FAIL op %d: %s: ", number, text);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    fflush(stderr);
    _Exit(1);
}

HELPER void equals(const char *what, unsigned long long have, unsigned long long want)
{
    if (have != want) {
        fails("%s: have %llu, want %llu", what, have, want);
    }
}

static uint8_t byte_of(const struct block *b, size_t i)
{
    return (uint8_t)(b->tag + i * 7u);
}

HELPER void fill(const struct block *b, size_t from)
{
    for (size_t i = from; i < b->bytes; i++) {
        b->at[i] = byte_of(b, i);
    }
}

HELPER void payload(const struct block *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (b->at[i] != byte_of(b, i)) {
            fails("byte %zu of the block at +%zu: have %u, want %u", i, (size_t)(b->at - region),
                  b->at[i], byte_of(b, i));
        }
    }
}

HELPER void lies_well(const struct block *own, const uint8_t *p, size_t align, size_t bytes)
{
    if ((uintptr_t)p % align != 0) {
        fails("alignment: have %zu modulo %zu, want 0", (size_t)((uintptr_t)p % align), align);
    }
    if (p < region || p > region + region_bytes || bytes > (size_t)(region + region_bytes - p)) {
        fails("have a block outside the region, want it inside");
    }
    for (unsigned i = 0; i < nslots; i++) {
        const struct block *b = slots[i];
        if (b != own && b->at != NULL && p < b->at + b->bytes && b->at < p + bytes) {
            fails("have a block at +%zu, want it beside the one at +%zu", (size_t)(p - region),
                  (size_t)(b->at - region));
        }
    }
    if (heap_usable((void *)(uintptr_t)p) != SIZE_MAX) {
        equals("usable size", heap_usable((void *)(uintptr_t)p), bytes);
    }
}

/* Empty slots, and memory that held something else. */
HELPER void arena_fill(uint8_t old)
{
    const uintptr_t past = ((uintptr_t)memory + GUARD) % BOUNDARY;

    region = memory + GUARD + (past == 0 ? 0 : BOUNDARY - past) + OFFSET;
    ALLOW(memory, sizeof(memory));
    memset(region - GUARD, 0x96, GUARD);
    memset(region, old, region_bytes);
    memset(region + region_bytes, 0x69, GUARD);
    FORBID(region - GUARD, GUARD);
    FORBID(region + region_bytes, GUARD);
    for (unsigned i = 0; i < nslots; i++) {
        memset(slots[i], 0, sizeof(*slots[i]));
    }
}

HELPER void surroundings(void)
{
    ALLOW(region - GUARD, GUARD);
    ALLOW(region + region_bytes, GUARD);
    for (size_t i = 0; i < GUARD; i++) {
        equals("a byte in front of the region", (region - GUARD)[i], 0x96);
        equals("a byte behind the region", region[region_bytes + i], 0x69);
    }
    FORBID(region - GUARD, GUARD);
    FORBID(region + region_bytes, GUARD);
}
