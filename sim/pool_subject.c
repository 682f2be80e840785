/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A memory pool as a subject of the simulation, by its two ways to a block: k_mem_pool_alloc(),
 * whose struct is kept in a table, and k_mem_pool_malloc().
 */

#include "kheap/mem_pool.h"
#include "kheap/system_heap.h"
#include "subject_common.h"

#define POOL_MIN    64u
/* Blocks of the smallest size; a larger region is used in part. */
#define POOL_BLOCKS 1024u
#define POOL_WORDS  256u
_Static_assert(K_MEM_POOL_WORDS(POOL_MIN, POOL_MIN, POOL_BLOCKS) <= POOL_WORDS, "all small");
_Static_assert(K_MEM_POOL_WORDS(POOL_MIN, POOL_MIN *POOL_BLOCKS, 1) <= POOL_WORDS, "one large");

struct pool_state {
    struct k_mem_pool pool;
    uint32_t bits[POOL_WORDS];
    struct k_mem_block blocks[POOL_BLOCKS]; /* by where they begin; data NULL: none */
};

static struct pool_state *state_of(void *state)
{
    return (struct pool_state *)state;
}

/* The largest 64 * 4^k that fits, and as many of them as fit. */
static int init(void *state, void *mem, size_t bytes)
{
    struct pool_state *pool = state_of(state);
    const size_t lost = (size_t)(0u - (uintptr_t)mem) % 8u;
    const size_t most = (size_t)POOL_MIN * POOL_BLOCKS;
    size_t room = bytes < lost ? 0 : bytes - lost;
    size_t max = POOL_MIN;

    room = room > most ? most : room;
    while (max * 4u <= room) {
        max *= 4u;
    }
    if (room < max) {
        return -EINVAL;
    }
    const int status =
        k_mem_pool_init(&pool->pool, (uint8_t *)mem + lost, pool->bits, POOL_MIN, max, room / max);
    if (status == 0) {
        for (uint32_t i = 0; i < POOL_BLOCKS; i++) {
            pool->blocks[i].data = NULL;
        }
        sim_listen(HEAP_ID_FROM_POINTER(&pool->pool));
    }
    return status;
}

static void fini(void *state)
{
    (void)state;
    sim_listen_no_more();
}

static struct k_mem_block *place_of(struct pool_state *pool, const void *data)
{
    const size_t index = (size_t)((const uint8_t *)data - pool->pool.buffer) / POOL_MIN;

    return &pool->blocks[index % POOL_BLOCKS];
}

/* -EAGAIN is for a time that ran out, and only for that. */
static void judge_status(int status, const void *data)
{
    const bool waited = sim_wait() != 0 && !kheap_port_in_isr();

    if ((status == 0) != (data != NULL) ||
        (status != 0 && status != -ENOMEM && !(status == -EAGAIN && waited))) {
        sim_told_wrong(ORACLE_NULLS, "have a status of k_mem_pool_alloc() that its result denies");
    }
}

static void *alloc(void *state, size_t bytes)
{
    struct pool_state *pool = state_of(state);
    struct k_mem_block block = {0};
    const int status = k_mem_pool_alloc(&pool->pool, &block, bytes, sim_timeout());

    judge_status(status, block.data);
    if (block.data != NULL) {
        *place_of(pool, block.data) = block;
    }
    return block.data;
}

static void release(void *state, void *p)
{
    struct pool_state *pool = state_of(state);

    if (p != NULL) {
        /* Whoever gets it next, perhaps in this very call, writes his own. */
        struct k_mem_block block = *place_of(pool, p);
        place_of(pool, p)->data = NULL;
        k_mem_pool_free(&block);
    }
}

static void shape(void *state, struct subject_pool *shape)
{
    const struct k_mem_pool *pool = &state_of(state)->pool;

    shape->buffer = pool->buffer;
    shape->min = pool->min_size;
    shape->max = pool->max_size;
    shape->count = pool->n_max;
    shape->descriptor = 0;
}

static void *pool_malloc(void *state, size_t bytes)
{
    return k_mem_pool_malloc(&state_of(state)->pool, bytes);
}

static void pool_free(void *state, void *p)
{
    (void)state;
    k_free(p);
}

static void malloc_shape(void *state, struct subject_pool *pool)
{
    shape(state, pool);
    pool->descriptor = K_MEM_POOL_DESCRIPTOR;
}

const struct subject SIM_SUBJECT(sim_pool) = {
    .abi = SUBJECT_ABI,
    .name = SIM_NAME("sim_pool"),
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_PREDICTABLE |
                SUBJECT_NULL_ON_BAD,
    .kind = KIND_POOL,
    .align = 8,
    .state_bytes = sizeof(struct pool_state),
    .init = init,
    .fini = fini,
    .alloc = alloc,
    .free = release,
    .pool = shape,
};

const struct subject SIM_SUBJECT(sim_poolmalloc) = {
    .abi = SUBJECT_ABI,
    .name = SIM_NAME("sim_poolmalloc"),
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_PREDICTABLE |
                SUBJECT_NULL_ON_BAD | SUBJECT_ZERO_IS_ONE,
    .kind = KIND_POOL,
    .align = 8,
    .state_bytes = sizeof(struct pool_state),
    .init = init,
    .fini = fini,
    .alloc = pool_malloc,
    .free = pool_free,
    .pool = malloc_shape,
};
