/* SPDX-License-Identifier: Apache-2.0 */

/* A run from its memory to its end, and how it fails. */

#include "sim_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "die.h"
#include "payload.h"
#include "poison.h"

#define STATE_BYTES 65536u
/* The region is at a multiple of a power of two no smaller than itself, and the offset behind. */
#define ARENA_BYTES (2u * SIM_REGION + SPACE_GUARD + 8u)

struct sim_run_state sim;
struct slot sim_slots[SIM_SLOTS];
bool sim_slot_busy[SIM_SLOTS];
uint8_t sim_ended[SIM_ACTORS];
uint16_t sim_next_op[SIM_OPS];

static uint8_t arena_memory[SPACE_GUARD + ARENA_BYTES + SIM_REGION];
static _Alignas(SUBJECT_STATE_ALIGN) uint8_t subject_state[STATE_BYTES];
static _Alignas(16) uint8_t shadow_state[SHADOW_STATE_BYTES];

static uint8_t *arena(void)
{
    const uintptr_t first = (uintptr_t)arena_memory + SPACE_GUARD;

    return arena_memory + SPACE_GUARD + (size_t)(0u - first) % SIM_REGION;
}

/* ---- failures ---- */

bool sim_asks(enum oracle oracle)
{
    if ((sim.oracles & ORACLE_BIT(oracle)) == 0) {
        return false;
    }
    sim.counts->run.evaluated[oracle]++;
    return true;
}

void sim_leave_if_over(void)
{
    if (sim.end != SIM_OK && !sim.in_callback) {
        sim_fibers_leave();
    }
}

bool sim_fail(enum oracle oracle, const char *format, ...)
{
    va_list list;

    if ((sim.oracles & ORACLE_BIT(oracle)) == 0) {
        return true;
    }
    if (sim.end == SIM_OK) {
        const struct op *op = sim_here()->op;
        const bool own =
            op != NULL && op >= sim.program->ops && op < sim.program->ops + sim.program->nops;
        sim.end = SIM_FAILED;
        sim.failure->oracle = oracle;
        sim.failure->op_index = own ? (size_t)(op - sim.program->ops) : sim.program->nops;
        va_start(list, format);
        (void)vsnprintf(sim.failure->have_want, sizeof sim.failure->have_want, format, list);
        va_end(list);
    }
    sim_leave_if_over();
    return false;
}

/* The oracle that a sentence begins with. */
static enum oracle oracle_of(const char *sentence)
{
    for (uint32_t i = 0; i < ORACLES; i++) {
        const size_t length = strlen(oracle_names[i]);
        if (strncmp(sentence, oracle_names[i], length) == 0 && sentence[length] == ':') {
            return (enum oracle)i;
        }
    }
    return ORACLE_NONE;
}

bool sim_holds(const char *sentence, const char *what, const uint8_t *p)
{
    if (sentence == NULL) {
        return true;
    }
    const enum oracle oracle = oracle_of(sentence);
    if (oracle == ORACLE_NONE || (sim.oracles & ORACLE_BIT(oracle)) == 0) {
        return p == NULL; /* the shadow refused: it is astray from now on */
    }
    const char *text = sentence + strlen(oracle_names[oracle]) + 2;
    return p == NULL ? sim_fail(oracle, "have: %s", text)
                     : sim_fail(oracle, "%s at +0x%zx: have: %s", what,
                                (size_t)((uintptr_t)p - (uintptr_t)sim.heap.region), text);
}

/* ---- the program ---- */

/* Whose op it is: a thread's number, SIM_ENVIRONMENT, or SIM_MAIN for the schedule. */
static uint32_t owner_of(const struct op *op)
{
    if (op->kind == OP_SCHED) {
        return SIM_MAIN;
    }
    if (op->kind == OP_TICK || (op->thread == THREAD_ISR && op->kind != OP_PRIO)) {
        return SIM_ENVIRONMENT;
    }
    return op->thread % PROGRAM_THREADS;
}

/* Everybody's ops as lists, from behind. */
static void link_ops(void)
{
    const size_t nops = sim.program->nops;
    uint16_t first[SIM_CONTEXTS];

    for (uint32_t i = 0; i < SIM_CONTEXTS; i++) {
        first[i] = (uint16_t)nops;
    }
    for (size_t i = nops; i-- > 0;) {
        const struct op *op = &sim.program->ops[i];
        const uint32_t owner = owner_of(op);
        sim_next_op[i] = first[owner];
        first[owner] = (uint16_t)i;
        sim.max_steps += op->kind == OP_TICK ? op->value : 0;
    }
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        sim.actors[i].op = first[i];
    }
    sim.sched_op = first[SIM_MAIN];
}

static void actors_begin(void)
{
    memset(sim.actors, 0, sizeof sim.actors);
    memset(sim.contexts, 0, sizeof sim.contexts);
    memset(sim_ended, 0, sizeof sim_ended);
    /* What no program gets in ten times as many: an op has fewer than 64 steps, unless it is woken
     * for nothing again and again. */
    sim.max_steps = 4096u + 256u * (uint32_t)sim.program->nops;
    link_ops();
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        struct sim_actor *actor = &sim.actors[i];
        actor->deadline = actor->sleeps_until = INT64_MAX;
        actor->clock = INT64_MIN;
        actor->status = actor->op < sim.program->nops ? SIM_READY : SIM_DONE;
        if (i < PROGRAM_THREADS && actor->status == SIM_READY) {
            sim.threads |= 1u << i;
        }
    }
}

static bool fits(const struct program *program, const struct subject *subject)
{
    return program->header.region <= SIM_REGION && program->nops < SIM_OPS &&
           program->header.slots_log2 <= PROGRAM_SLOTS_LOG2_THREADED &&
           program->header.kind == subject->kind && subject->state_bytes <= STATE_BYTES;
}

static void state_begin(const struct program *program, const struct subject *subject,
                        const struct sim_options *options, struct sim_counts *counts,
                        struct run_failure *failure)
{
    sim.program = program;
    sim.subject = subject;
    sim.options = options;
    sim.counts = counts;
    sim.failure = failure;
    sim.oracles = options->oracles;
    sim.end = SIM_OK;
    sim.blind = sim.in_callback = sim.cleaning = sim.never_waits = false;
    sim.allocated = sim.max_allocated = 0;
    sim.threads = 0;
    sim.current = sim.stack = SIM_MAIN;
    sim.last = SIM_MAIN;
    sim.now = 0;
    sim.steps = 0;
    sim_global_lock.holder = 0;
    sim.locks = 0;
    sim.free_ticks_left = options->free_ticks;
    sim.sched_choice = 0;
    actors_begin();
}

/* ---- memory ---- */

static uint8_t *guard_behind(void)
{
    return sim.heap.region + sim.heap.region_bytes;
}

static uint8_t *guard_before(void)
{
    return sim.heap.region - SPACE_GUARD;
}

static void memory_begin(void)
{
    const struct program_header *header = &sim.program->header;
    const size_t nslots = (size_t)1 << header->slots_log2;

    sim.heap = (struct heap_under_test){
        .subject = sim.subject,
        .state = subject_state,
        .region = arena() + header->offset,
        .region_bytes = header->region,
        .slots = sim_slots,
        .header = *header,
    };
    memset(sim_slots, 0, nslots * sizeof sim_slots[0]);
    memset(sim_slot_busy, 0, nslots);
    region_fill(guard_before(), SPACE_GUARD, 0x96);
    region_fill(sim.heap.region, header->region, 0xa5);
    region_fill(guard_behind(), SPACE_GUARD, 0x69);
    POISON_FORBID(guard_before(), SPACE_GUARD);
    POISON_FORBID(guard_behind(), SPACE_GUARD);
}

/* Not poisoned are up to 7 bytes in front of a region that begins inside a granule. */
static void memory_end(void)
{
    POISON_ALLOW(guard_before(), 2u * SPACE_GUARD + sim.heap.region_bytes);
    if (sim.end != SIM_OK || !sim_asks(ORACLE_INSIDE)) {
        return;
    }
    for (uint32_t i = 0; i < SPACE_GUARD; i++) {
        if (guard_before()[i] != 0x96 || guard_behind()[i] != 0x69) {
            (void)sim_fail(ORACLE_INSIDE, "have a byte outside the region written, want none");
            return;
        }
    }
}

/* Also notes what else a pool's shape says. */
static bool describes_inside(void)
{
    uintptr_t from = 0;
    uintptr_t bytes = 0;

    if (sim.subject->pool != NULL) {
        struct subject_pool pool;
        sim.subject->pool(sim.heap.state, &pool);
        from = (uintptr_t)pool.buffer;
        bytes = (uintptr_t)pool.max * pool.count;
        sim.never_waits = pool.descriptor != 0; /* k_mem_pool_malloc() */
    } else {
        struct subject_info info = {0};
        sim.subject->info(sim.heap.state, &info);
        from = (uintptr_t)info.first;
        bytes = (uintptr_t)info.units * 8u;
    }
    const uintptr_t past = from - (uintptr_t)sim.heap.region;
    return past <= sim.heap.region_bytes && bytes <= sim.heap.region_bytes - past;
}

/* ---- the run ---- */

static void view_begin(void)
{
    sim.view = (struct sim_view){
        .program = sim.program,
        .actors = sim.actors,
        .now = sim.now,
        .slots = sim_slots,
        .region = sim.heap.region,
        .shadow = sim.shadow,
        .shadow_state = shadow_state,
        .subject = sim.subject,
        .subject_state = subject_state,
    };
}

/* Before the cleaning changes it. */
static void view_keep(void)
{
    memcpy(sim.left_actors, sim.actors, sizeof sim.actors);
    memcpy(sim.left_slots, sim_slots,
           ((size_t)1 << sim.heap.header.slots_log2) * sizeof sim_slots[0]);
    sim.view.actors = sim.left_actors;
    sim.view.slots = sim.left_slots;
    sim.view.now = sim.now;
}

const struct sim_view *sim_last_view(void)
{
    return &sim.view;
}

static void count_stuck(void)
{
    uint32_t asleep = 0;

    for (uint32_t t = 0; t < PROGRAM_THREADS; t++) {
        asleep += (sim.threads >> t & 1u) != 0 && sim.actors[t].status != SIM_DONE;
    }
    sim.counts->stuck += asleep != 0;
}

static void run_ops(void)
{
    sim.shadow = sim.subject->pool != NULL ? &shadow_pool : &shadow_heap;
    sim.shadow->begin(shadow_state, sim.subject, subject_state);
    waiters_begin(&sim.waiters, sim.shadow, shadow_state);
    view_begin();
    sim_look_at_first();
    sim.sections = 0;
    sim_choices_begin();
    sim_schedule_begin();
    sim_fibers_begin();
    sim_schedule_all();
    view_keep();
    if (sim.end == SIM_OK) {
        count_stuck();
        sim_clean();
    }
    if (sim.subject->fini != NULL) {
        sim.subject->fini(subject_state);
    }
}

enum sim_end sim_run(const struct program *program, const struct subject *subject,
                     const struct sim_options *options, struct sim_counts *counts,
                     struct run_failure *failure)
{
    static struct sim_counts nobodys;

    if (counts == NULL) {
        counts = &nobodys;
    }
    if (!fits(program, subject)) {
        counts->run.does_not_fit++;
        return SIM_NOT_FIT;
    }
    state_begin(program, subject, options, counts, failure);
    memory_begin();
    /* Memory that held something else before: what init forgets to set is found out. */
    memset(subject_state, 0xa5, subject->state_bytes);
    if (subject->init(subject_state, sim.heap.region, program->header.region) != 0) {
        memory_end();
        counts->run.does_not_fit++;
        return SIM_NOT_FIT;
    }
    counts->run.programs++;
    if (describes_inside()) {
        run_ops();
    } else {
        (void)sim_fail(ORACLE_INSIDE, "have a heap that leaves the region, want it inside");
    }
    memory_end();
    return sim.end;
}

enum sim_end sim_run_or_die(const struct program *program, const struct subject *subject,
                            const struct sim_options *options, struct sim_counts *counts)
{
    struct run_failure failure;
    const enum sim_end end = sim_run(program, subject, options, counts, &failure);

    if (end == SIM_FAILED) {
        report_failure(program, subject, &failure, NULL);
        die();
    }
    return end;
}
