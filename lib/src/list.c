/* SPDX-License-Identifier: Apache-2.0 */

/* The list operations out of line, for builds that optimise for size; see list.h. */

#include "list.h"

#ifdef __OPTIMIZE_SIZE__
#if !CONFIG_SYS_HEAP_BIG_ONLY
void kheap_small_remove(word *base, word *c, uint32_t bit)
{
    list_remove_body(SMALL, base, c, bit);
}

void kheap_small_insert(word *base, word *c, uint32_t bit)
{
    list_insert_body(SMALL, base, c, bit);
}

void kheap_small_replace(word *base, word *old, word *c, uint32_t bit)
{
    list_replace_body(SMALL, base, old, c, bit);
}
#endif

#if !CONFIG_SYS_HEAP_SMALL_ONLY
void kheap_big_remove(word *base, word *c, uint32_t bit)
{
    list_remove_body(BIG, base, c, bit);
}

void kheap_big_insert(word *base, word *c, uint32_t bit)
{
    list_insert_body(BIG, base, c, bit);
}

void kheap_big_replace(word *base, word *old, word *c, uint32_t bit)
{
    list_replace_body(BIG, base, old, c, bit);
}
#endif
#endif
