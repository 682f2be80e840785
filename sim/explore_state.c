/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "kheap/mem_pool.h"

/*
 * What decides how a run can go on, as bytes, and 128 bits of digest of them. Threads that are
 * alike come in the order of their bytes, so that it does not matter which of them is which.
 */

/* ---- bytes to digest ---- */

/* The finaliser of a 64-bit mixer: every bit of the input changes half of the output. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

struct text_of_state {
    size_t n;
    uint8_t bytes[1024];
};

static void put(struct text_of_state *text, const void *data, size_t size)
{
    if (text->n + size > sizeof text->bytes) {
        host_bad_input("explore", 0, "expected a state of at most %zu bytes, have a larger one",
                       sizeof text->bytes);
    }
    memcpy(text->bytes + text->n, data, size);
    text->n += size;
}

static void put_number(struct text_of_state *text, uint64_t number)
{
    uint16_t small = (uint16_t)number;
    put(text, &small, sizeof small);
}

static struct digest128 digest(struct text_of_state *text)
{
    struct digest128 d = {mix(text->n + 1u), mix(text->n + 0x9e3779b97f4a7c15u)};
    memset(text->bytes + text->n, 0, (8u - text->n % 8u) % 8u);
    for (size_t i = 0; i < text->n; i += 8) {
        uint64_t word;
        memcpy(&word, text->bytes + i, sizeof word);
        d.a = mix(d.a ^ word) + d.b;
        d.b = mix(d.b + word * 0x9e3779b97f4a7c15u) ^ d.a;
    }
    d.a |= 1u; /* never the empty cell */
    return d;
}

/* ---- the heap ---- */

/*
 * A sys_heap's state is its bucket heads, and headers and links of its chunks; the bytes of its
 * users and what is left of them are not, and neither are the statistics, which nothing reads.
 * Small format: left and size as 16 bits, the links behind them; big format: 32 bits.
 */
static void put_heap(struct text_of_state *text, const struct subject_info *info)
{
    put(text, info->heads, info->heads_bytes);
    const uint8_t *chunk = info->first;
    for (uint32_t unit = 0; unit < info->units;) {
        uint32_t size = 0;
        uint16_t narrow;
        if (info->header == 4u) {
            memcpy(&narrow, chunk + 2, sizeof narrow);
            size = narrow;
        } else {
            memcpy(&size, chunk + 4, sizeof size);
        }
        bool used = (size & 1u) != 0;
        size >>= 1;
        bool links = !used && (info->header == 4u || size > 1u);
        put(text, chunk, links ? 2u * info->header : info->header);
        if (size == 0) {
            return; /* a damaged heap; that is an oracle's business */
        }
        unit += size;
        chunk += 8u * (size_t)size;
    }
}

/* A pool's is its bits. The state of a pool's subject begins with the pool. */
static void put_pool(struct text_of_state *text, const void *state)
{
    const struct k_mem_pool *pool = state;
    const size_t words = K_MEM_POOL_WORDS(pool->min_size, pool->max_size, pool->n_max);
    put_number(text, pool->opened);
    put(text, pool->free, words * sizeof *pool->free);
}

static void put_region(struct text_of_state *text, const struct sim_view *view)
{
    if (view->program->header.kind == KIND_POOL) {
        put_pool(text, view->subject_state);
        return;
    }
    struct subject_info info;
    view->subject->info(view->subject_state, &info);
    put_heap(text, &info);
}

/* ---- the threads ---- */

/* Only distances count, and one that has come counts as now. */
static uint64_t distance(const struct sim_view *view, int64_t deadline)
{
    if (deadline == INT64_MAX) {
        return 0xffffu;
    }
    return deadline <= view->now ? 0u : (uint64_t)(deadline - view->now);
}

/* In the queue, or about to leave it because its deadline has come. */
static bool waits(const struct sim_actor *actor)
{
    return actor->status != SIM_DONE && actor->in_op != 0 && actor->step == SIM_RESUME &&
           !actor->granted;
}

/* Place in the queue: how many came before. */
static uint32_t rank(const struct sim_view *view, uint32_t thread)
{
    uint32_t before = 0;
    for (uint32_t t = 0; t < PROGRAM_THREADS; t++) {
        const struct sim_actor *a = &view->actors[t];
        before += waits(a) && a->asleep_since < view->actors[thread].asleep_since;
    }
    return before;
}

static void put_slot(struct text_of_state *text, const struct sim_view *view, uint32_t slot)
{
    const struct slot *s = &view->slots[slot];
    put_number(text, s->p == NULL ? 0xffffu : (uint64_t)(s->p - view->region));
    put_number(text, s->bytes);
}

static void put_ops(struct text_of_state *text, const struct explored *explored, uint8_t thread,
                    uint32_t from)
{
    uint16_t left = 0;
    const size_t at = text->n;
    put_number(text, left);
    for (uint32_t i = from; i < explored->program.nops; i++) {
        if (explored->ops[i].thread == thread) {
            put_number(text, explored->codes[i]);
            left++;
        }
    }
    memcpy(text->bytes + at, &left, sizeof left);
}

/* Nothing but the op's beginning was performed, if that: as good as nothing. */
static bool fresh(const struct sim_actor *actor)
{
    return actor->in_op == 0 ||
           (actor->in_op == 1u && (actor->step == SIM_CLOCK || actor->step == SIM_LOCK));
}

/*
 * Where a thread stands in its op: which step comes next after how many, and all that it can have
 * learnt on the way: the clock, the deadline, and what it was given. How long ago it read the clock
 * is told apart up to more than any wait.
 */
static void put_progress(struct text_of_state *text, const struct sim_view *view, uint32_t thread)
{
    const struct sim_actor *a = &view->actors[thread];
    const int64_t ago = a->clock == INT64_MIN ? 99 : view->now - a->clock;
    put_number(text, a->step);
    put_number(text, a->in_op);
    put_number(text, distance(view, a->deadline));
    put_number(text, ago > 3 && ago < 99 ? 3u : (uint64_t)ago);
    put_number(text, a->given == NULL ? 0xffffu : (uint64_t)(a->given - view->region));
    put_number(text, a->granted | (uint32_t)a->resized << 1 | (uint32_t)a->judged << 8);
    if (a->step == SIM_RESUME) {
        put_number(text, distance(view, a->sleeps_until));
        put_number(text, waits(a) ? rank(view, thread) : 0xffffu);
    }
}

static void put_thread(struct text_of_state *text, const struct explored *explored,
                       const struct sim_view *view, uint32_t thread)
{
    const struct sim_actor *a = &view->actors[thread];
    if (a->status == SIM_DONE || (fresh(a) && !explored->shared)) {
        put_number(text, 0x100u);
    } else {
        put_progress(text, view, thread);
    }
    put_slot(text, view, thread);
    put_ops(text, explored, (uint8_t)thread, a->op);
}

/* ---- the whole ---- */

static int compare(const struct text_of_state *a, const struct text_of_state *b)
{
    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    return memcmp(a->bytes, b->bytes, a->n);
}

static void put_state(struct text_of_state *text, const struct explored *explored,
                      const struct sim_view *view, bool results)
{
    struct text_of_state threads[FAMILY_THREADS];
    const struct text_of_state *order[FAMILY_THREADS];
    uint32_t n = 0;
    for (uint32_t t = 0; t < explored->threads; t++) {
        threads[n].n = 0;
        put_thread(&threads[n], explored, view, t);
        if (results) {
            put(&threads[n], &view->actors[t].results, sizeof view->actors[t].results);
        }
        uint32_t at = n++;
        while (explored->alike && at > 0 && compare(&threads[n - 1u], order[at - 1u]) < 0) {
            order[at] = order[at - 1u];
            at--;
        }
        order[at] = &threads[n - 1u];
    }
    for (uint32_t i = 0; i < n; i++) {
        put(text, order[i]->bytes, order[i]->n);
    }
    const struct sim_actor *environment = &view->actors[SIM_ENVIRONMENT];
    put_slot(text, view, explored->threads);
    put_ops(text, explored, THREAD_ISR, environment->op);
    put_region(text, view);
}

struct digest128 state_digest(const struct explored *explored, const struct sim_view *view)
{
    struct text_of_state text = {0};
    put_state(&text, explored, view, false);
    return digest(&text);
}

struct digest128 outcome_digest(const struct explored *explored, const struct sim_view *view)
{
    struct text_of_state text = {0};
    /* Which program it was: its ops, and in which slot what came out. */
    put(&text, explored->codes, 2u * explored->program.nops);
    put_state(&text, explored, view, true);
    const struct sim_actor *environment = &view->actors[SIM_ENVIRONMENT];
    put(&text, &environment->results, sizeof environment->results);
    return digest(&text);
}

/* ---- sets of digests ---- */

#define SET_FIRST 4096u

static void *room(size_t cells)
{
    void *p = mmap(NULL, cells * sizeof(struct digest128), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        host_bad_input("explore", 0, "expected memory for %zu states, have none", cells);
    }
    return p;
}

void state_set_free(struct state_set *set)
{
    if (set->cells != NULL) {
        munmap(set->cells, (set->mask + 1u) * sizeof *set->cells);
    }
    *set = (struct state_set){0};
}

void state_set_clear(struct state_set *set)
{
    state_set_free(set);
    set->cells = room(SET_FIRST);
    set->mask = SET_FIRST - 1u;
}

static bool place(struct state_set *set, struct digest128 d)
{
    size_t i = (size_t)d.b & set->mask;
    while (set->cells[i].a != 0) {
        if (set->cells[i].a == d.a && set->cells[i].b == d.b) {
            return false;
        }
        i = (i + 1u) & set->mask;
    }
    set->cells[i] = d;
    set->count++;
    return true;
}

static void grow(struct state_set *set)
{
    struct state_set larger = {.mask = set->mask * 2u + 1u};
    larger.cells = room(larger.mask + 1u);
    for (size_t i = 0; i <= set->mask; i++) {
        if (set->cells[i].a != 0) {
            place(&larger, set->cells[i]);
        }
    }
    state_set_free(set);
    *set = larger;
}

bool state_set_insert(struct state_set *set, struct digest128 d)
{
    if (set->count > set->mask / 2u) {
        grow(set);
    }
    return place(set, d);
}
