/* SPDX-License-Identifier: Apache-2.0 */

#define POOL_MIN    64u
#define POOL_BLOCKS 1024u

static struct k_mem_pool pool;
static uint32_t pool_bits[256];
static struct k_mem_block pool_blocks[POOL_BLOCKS]; /* by where they begin */

HELPER size_t heap_usable(void *p)
{
    (void)p;
    return SIZE_MAX; /* there is no word for it */
}

HELPER void *pool_alloc(size_t bytes, k_timeout_t timeout)
{
    struct k_mem_block block = {0};
    const bool waits = timeout.ticks != 0 && !kheap_port_in_isr();
    const int status = k_mem_pool_alloc(&pool, &block, bytes, timeout);

    if ((status == 0) != (block.data != NULL) ||
        (status != 0 && status != -ENOMEM && !(status == -EAGAIN && waits))) {
        fails("have status %d, want one that goes with the block", status);
    }
    if (block.data != NULL) {
        pool_blocks[(size_t)((uint8_t *)block.data - pool.buffer) / POOL_MIN % POOL_BLOCKS] = block;
    }
    return block.data;
}

static void heap_free(void *p)
{
    if (BY_MALLOC) {
        k_free(p);
    } else if (p != NULL) {
        struct k_mem_block block =
            pool_blocks[(size_t)((uint8_t *)p - pool.buffer) / POOL_MIN % POOL_BLOCKS];
        k_mem_pool_free(&block);
    }
}

/* The largest 64 * 4^k that fits, and as many of them as fit. */
static uintptr_t heap_init(void)
{
    const size_t lost = (size_t)(0u - (uintptr_t)region) % 8u;
    const size_t most = (size_t)POOL_MIN * POOL_BLOCKS;
    const size_t all = region_bytes < lost ? 0 : region_bytes - lost;
    const size_t room = all > most ? most : all;
    size_t max = POOL_MIN;

    while (max * 4u <= room) {
        max *= 4u;
    }
    memset(&pool, 0x5a, sizeof(pool)); /* init may not rely on what was there */
    equals("init",
           (unsigned long long)k_mem_pool_init(&pool, region + lost, pool_bits, POOL_MIN, max,
                                               room / max),
           0);
    return HEAP_ID_FROM_POINTER(&pool);
}

/* Nothing is live any more: all its largest blocks can be had at once. */
static void heap_empty(void)
{
    static void *blocks[POOL_BLOCKS];

    for (uint32_t i = 0; i < pool.n_max; i++) {
        blocks[i] = BY_MALLOC ? k_mem_pool_malloc(&pool, pool.max_size - K_MEM_POOL_DESCRIPTOR)
                              : pool_alloc(pool.max_size, K_NO_WAIT);
        if (blocks[i] == NULL) {
            fails("have %u of the largest blocks, want %u", (unsigned)i, (unsigned)pool.n_max);
        }
    }
    for (uint32_t i = 0; i < pool.n_max; i++) {
        heap_free(blocks[i]);
    }
}
