/* SPDX-License-Identifier: Apache-2.0 */

/* The end of a program: everything is freed, and the heap must be what it was at first. */

#include "sim_internal.h"

#include <stddef.h>

void sim_look_at_first(void)
{
    const struct subject *subject = sim.subject;

    sim.first_largest = subject->largest == NULL ? 0 : subject->largest(sim.heap.state);
    sim.first_stats = (struct subject_stats){0};
    if (subject->stats != NULL) {
        (void)subject->stats(sim.heap.state, &sim.first_stats);
    }
}

/* Frees what nobody is at. Whoever waited for that ends his op, and may leave more to free. */
static bool free_some(void)
{
    const uint32_t nslots = 1u << sim.heap.header.slots_log2;
    bool freed = false;

    for (uint32_t i = 0; i < nslots && sim.end == SIM_OK; i++) {
        if (sim_slots[i].p != NULL && !sim_slot_busy[i]) {
            const struct op op = {.kind = OP_FREE, .slot = (uint16_t)i};
            sim_perform_op(&op, (uint32_t)sim.program->nops);
            freed = true;
        }
    }
    return freed;
}

static void drained_statistics(void)
{
    struct subject_stats stats;

    if (sim.subject->stats == NULL || sim.subject->stats(sim.heap.state, &stats) != 0) {
        return;
    }
    if (stats.free_bytes != sim.first_stats.free_bytes || stats.allocated_bytes != 0) {
        (void)sim_fail(ORACLE_DRAIN, "have %zu bytes free and %zu allocated, want %zu and 0",
                       stats.free_bytes, stats.allocated_bytes, sim.first_stats.free_bytes);
    }
}

/* A pool is whole again when all its largest blocks can be had at once. */
static void drained_pool(void)
{
    static uint8_t *blocks[SHADOW_BLOCKS];
    struct subject_pool pool;
    uint32_t n = 0;

    sim.subject->pool(sim.heap.state, &pool);
    while (n < pool.count && n < SHADOW_BLOCKS) {
        const struct waiter_request request = {.bytes = pool.max - pool.descriptor};
        sim_here()->got = NULL;
        sim_here()->allocates = true;
        waiters_call(&sim.waiters, sim.current, &request);
        uint8_t *p = sim.subject->alloc(sim.heap.state, request.bytes);
        sim.waiters.of[sim.current].calling = false;
        sim_here()->allocates = false;
        if (p == NULL) {
            (void)sim_fail(ORACLE_DRAIN, "have %u of the largest blocks, want %u", n, pool.count);
            break;
        }
        blocks[n++] = p;
    }
    while (n > 0) {
        sim_here()->freed = NULL;
        sim.subject->free(sim.heap.state, blocks[--n]);
    }
}

static void look_at_drained(void)
{
    struct subject_fault fault = {0};

    if (sim_asks(ORACLE_CHECK) && sim.subject->check != NULL &&
        !sim.subject->check(sim.heap.state, &fault)) {
        (void)sim_fail(ORACLE_CHECK, "%s at +0x%zx", fault.invariant, fault.offset);
    }
    if (sim.end != SIM_OK || sim.blind || sim.shadow->live(sim.waiters.state) != 0 ||
        !sim_asks(ORACLE_DRAIN)) {
        return;
    }
    drained_statistics();
    if (sim.end == SIM_OK && sim.subject->largest != NULL) {
        const size_t largest = sim.subject->largest(sim.heap.state);
        if (largest != sim.first_largest) {
            (void)sim_fail(ORACLE_DRAIN, "largest: have %zu bytes, want %zu", largest,
                           sim.first_largest);
        }
    }
    if (sim.end == SIM_OK && sim.subject->pool != NULL) {
        drained_pool();
    }
}

void sim_clean(void)
{
    sim.cleaning = true;
    sim.heap.header.swarm_off = 0; /* or a program without frees would never be empty */
    while (sim.end == SIM_OK && free_some()) {
        sim_schedule_all();
    }
    if (sim.end == SIM_OK) {
        look_at_drained();
    }
}
