/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

/* Any odd multiplier permutes the 32-bit words; this one is 2^32 divided by the golden ratio. */
#define DIGEST_MULTIPLIER 0x9e3779b1u
#define DIGEST_BEGIN      0x6b686561u

uint32_t digest_begin(void)
{
    return DIGEST_BEGIN;
}

/*
 * One word: multiplication carries low bits up, the shift brings high bits down again. Each step
 * can be undone, so two digests that differ stay different while the same words are added.
 */
static uint32_t add_word(uint32_t digest, uint32_t word)
{
    digest = (digest ^ word) * DIGEST_MULTIPLIER;
    return digest ^ digest >> 15;
}

uint32_t digest_add(uint32_t digest, uint32_t index, uint32_t offset, uint32_t usable)
{
    return add_word(add_word(add_word(digest, index), offset), usable);
}

uint32_t digest_result(uint32_t digest, uint32_t index, const struct heap_under_test *heap,
                       const struct applied_result *result)
{
    if (!result->gives_pointer || result->how == SKIPPED) {
        return result->digests_value ? digest_add(digest, index, (uint32_t)result->value, 0)
                                     : digest;
    }
    if (result->p == NULL) {
        return digest_add(digest, index, DIGEST_NULL_OFFSET, 0);
    }
    const struct subject *subject = heap->subject;
    uint32_t offset = 0;
    uint32_t usable = 0;
    if ((subject->promises & SUBJECT_IN_REGION) != 0) {
        /* Addresses, not pointers: a broken subject may answer with a block that lies elsewhere. */
        offset = (uint32_t)((uintptr_t)result->p - (uintptr_t)heap->region);
    }
    if (subject->usable != NULL) {
        usable = (uint32_t)subject->usable(heap->state, result->p);
    }
    return digest_add(digest, index, offset, usable);
}
