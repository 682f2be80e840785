/* SPDX-License-Identifier: Apache-2.0 */

/* The hidden pool: the library lets testbeds put it over another region. */
extern struct k_mem_pool kheap_system_pool;

HELPER unsigned heap_children(struct sys_heap **children)
{
    children[0] = NULL;
    return 0;
}

/* The largest documented size of which a block fits, at the alignment the library gives it. */
HELPER int heap_init(void *mem, size_t bytes)
{
    static uint32_t bits[K_MEM_POOL_WORDS(64, 16384, 1)];
    const uintptr_t start = (uintptr_t)mem;

    for (size_t size = 16384; size >= 256; size /= 4) {
        const size_t align = size < 1024 ? size : 1024;
        const size_t skip = (align - start % align) % align;
        if (skip <= bytes && size <= bytes - skip) {
            return k_mem_pool_init(&kheap_system_pool, (uint8_t *)mem + skip, bits, 64, size, 1);
        }
    }
    return -1;
}

/* There is no word for it. */
HELPER size_t heap_usable(void *p)
{
    (void)p;
    return SIZE_MAX;
}

HELPER void *heap_alloc(size_t bytes)
{
    return k_malloc(bytes);
}

HELPER void heap_free(void *p)
{
    k_free(p);
}
