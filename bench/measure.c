/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "host.h"
#include "replay.h"
#include "ticks.h"
#include "timed.h"

#define WARM_UPS                      2u
/* Empty timings before each replay. */
#define COST_SAMPLES                  64u
#define NO_CALL                       CALLS

#define CALL_WORD(name, word, gated)  word,
#define CALL_GATED(name, word, gated) gated,
const char *const call_words[CALLS] = {CALL_TABLE(CALL_WORD)};
const bool call_gated[CALLS] = {CALL_TABLE(CALL_GATED)};

/* What a kind of op is when it is no realloc of a live block; check may walk the whole heap and is
 * not measured. */
static const uint8_t kind_calls[OP_KINDS] = {
    [OP_ALLOC] = CALL_ALLOC,     [OP_FREE] = CALL_FREE,        [OP_REALLOC] = CALL_ALLOC,
    [OP_ALIGNED] = CALL_ALIGNED, [OP_AREALLOC] = CALL_ALIGNED, [OP_CALLOC] = CALL_CALLOC,
    [OP_NOALIGN] = CALL_ALLOC,   [OP_USABLE] = CALL_QUERY,     [OP_STATS] = CALL_QUERY,
    [OP_RESETMAX] = CALL_QUERY,  [OP_LARGEST] = CALL_QUERY,    [OP_CHECK] = NO_CALL,
};

void *measure_map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED) {
        fprintf(stderr, "bench_heap: expected %zu bytes of memory for samples, have none\n", bytes);
        exit(2);
    }
    return memory;
}

void measure_unmap(void *memory, size_t bytes)
{
    munmap(memory, bytes);
}

/* free(NULL) and realloc-to-zero of an empty slot do nothing and would only flatter the figures. */
static uint8_t call_of(const struct op *op, const struct applied_result *result)
{
    const bool resizes = (op_table[op->kind].fields & OP_RESIZES) != 0;

    if (result->how != APPLIED) {
        return NO_CALL;
    }
    if (result->before == NULL) {
        const bool nothing = op->kind == OP_FREE || (resizes && result->bytes == 0);
        return nothing ? (uint8_t)NO_CALL : kind_calls[op->kind];
    }
    if (!resizes) {
        return kind_calls[op->kind];
    }
    if (result->bytes == 0) {
        return CALL_FREE;
    }
    if (result->p == NULL) {
        return CALL_REALLOC_FAILED;
    }
    return result->p == result->before ? CALL_REALLOC_INPLACE : CALL_REALLOC_MOVING;
}

/* What is done with each op of a replay. */
struct pass {
    uint8_t *kinds;    /* written when samples is NULL, else compared with */
    uint32_t *samples; /* NULL: warm-up */
    size_t failed;
};

static uint32_t sample_of(const struct pass *pass, size_t index, uint8_t call)
{
    if (call != pass->kinds[index] || timed_ticks() >= STATS_NO_SAMPLE) {
        return STATS_NO_SAMPLE;
    }
    return (uint32_t)timed_ticks();
}

/* libc's blocks outlive the replay unless they are given back here; so the next replay starts from
 * the same state. */
static void give_back(struct heap_under_test *heap, const struct subject *subject)
{
    const size_t nslots = (size_t)1 << heap->header.slots_log2;

    for (size_t i = 0; i < nslots; i++) {
        if (heap->slots[i].p != NULL) {
            subject->free(heap->state, heap->slots[i].p);
            heap->slots[i].p = NULL;
        }
    }
}

/*
 * A program has nearly always just used the block that it frees or resizes, so its first and last
 * byte are in the cache; the replay, which never touches user bytes, would otherwise measure the
 * memory of this machine.
 */
static void use_block(const struct heap_under_test *heap, const struct op *op)
{
    const struct slot *slot = &heap->slots[op->slot];

    if (slot->p != NULL && slot->bytes != 0) {
        (void)*(volatile const uint8_t *)slot->p;
        (void)*(volatile const uint8_t *)(slot->p + slot->bytes - 1);
    }
}

/* False: does not fit. pass NULL: nothing is recorded or timed. */
static bool replay_once(const struct program *program, const struct subject *subject,
                        struct space *space, struct pass *pass)
{
    struct replay replay;
    struct applied_result result;
    const struct subject *called = pass == NULL ? subject : timed_begin(subject);

    if (replay_begin(&replay, called, space->state, &program->header,
                     space->arena + program->header.offset, space->slots) != 0) {
        return false;
    }
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];

        use_block(&replay.heap, op);
        apply_op(&replay.heap, op, NULL, &result);
        if (pass == NULL) {
            continue;
        }
        const uint8_t call = call_of(op, &result);
        if (pass->samples == NULL) {
            pass->kinds[i] = call;
            pass->failed +=
                call != NO_CALL && result.gives_pointer && result.p == NULL && result.bytes != 0;
        } else {
            pass->samples[i] = sample_of(pass, i, call);
        }
    }
    give_back(&replay.heap, subject);
    (void)replay_end(&replay);
    return true;
}

bool measure_replay(const struct program *program, const struct subject *subject,
                    struct space *space)
{
    host_space_for(space, program, subject);
    return replay_once(program, subject, space, NULL);
}

/* Sample storage of one cell: rows of one replay, and what was measured between them. */
struct samples {
    uint32_t *ops;   /* replays * nops */
    uint32_t *cost;  /* replays * COST_SAMPLES */
    uint32_t *chain; /* replays */
    uint8_t *kinds;  /* nops */
};

static double op_cycles(const struct samples *samples, size_t nops, size_t index, uint32_t *column,
                        struct cell *cell)
{
    size_t counted;

    for (size_t r = 0; r < cell->replays; r++) {
        column[r] = samples->ops[r * nops + index];
    }
    const double ticks = stats_trimmed_mean(column, cell->replays, &counted);
    if (counted < MEASURE_SAMPLES_MIN) {
        return -1.0;
    }
    /* Not below nothing: an op faster than the timer's spread. */
    const double net = ticks > cell->timer_ticks ? ticks - cell->timer_ticks : 0.0;
    return net / cell->ticks_per_cycle;
}

/* Turns the samples into cycles per op, grouped by kind of call. */
static void evaluate(const struct samples *samples, size_t nops, struct cell *cell)
{
    const uint32_t replays = cell->replays;
    uint32_t *column = measure_map(replays * sizeof(*column));
    double *next = cell->storage;
    size_t counted;

    cell->timer_ticks = stats_trimmed_mean(samples->cost, (size_t)replays * COST_SAMPLES, &counted);
    const double chain = stats_trimmed_mean(samples->chain, replays, &counted) - cell->timer_ticks;
    cell->ticks_per_cycle = chain / (double)CALIBRATION_ADDS;
    for (unsigned call = 0; call < CALLS; call++) {
        cell->cycles[call] = next;
        for (size_t i = 0; i < nops; i++) {
            if (samples->kinds[i] != call) {
                continue;
            }
            const double cycles = op_cycles(samples, nops, i, column, cell);
            if (cycles < 0.0) {
                cell->unsteady++;
            } else {
                *next++ = cycles;
            }
        }
        stats_summarise(cell->cycles[call], (size_t)(next - cell->cycles[call]),
                        &cell->calls[call]);
    }
    measure_unmap(column, replays * sizeof(*column));
}

/* How often another process took this core. Its traces in caches and predictors are not the
 * subject's doing, and on a busy machine they reach more replays than the tenth that is dropped; so
 * such a replay is done again. */
static long times_switched_out(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_nivcsw : 0;
}

/*
 * While replays are timed, and only then, we ask to run before other programs: real-time priority,
 * since a nice value counts only within a session. Where that is not allowed the figures are the
 * same on a quiet machine and noisier on a busy one.
 */
static bool priority_set(int policy)
{
    const struct sched_param wish = {.sched_priority = policy == SCHED_FIFO ? 1 : 0};

    return sched_setscheduler(0, policy, &wish) == 0;
}

bool measure_preferred(void)
{
    return priority_set(SCHED_FIFO) && priority_set(SCHED_OTHER);
}

static void time_replays(const struct program *program, const struct subject *subject,
                         struct space *space, const struct samples *samples, struct cell *cell)
{
    struct pass pass = {.kinds = samples->kinds};

    for (uint32_t i = 0; i < WARM_UPS; i++) {
        pass.failed = 0;
        cell->fits = replay_once(program, subject, space, &pass);
        if (!cell->fits) {
            return;
        }
    }
    cell->failed = pass.failed;
    uint32_t repeats = cell->replays;
    (void)priority_set(SCHED_FIFO);
    for (uint32_t r = 0; r < cell->replays; r++) {
        const long switches = times_switched_out();

        for (size_t i = 0; i < COST_SAMPLES; i++) {
            samples->cost[r * COST_SAMPLES + i] = (uint32_t)timed_nothing();
        }
        samples->chain[r] = ticks_of_chain();
        pass.samples = samples->ops + (size_t)r * program->nops;
        (void)replay_once(program, subject, space, &pass);
        if (times_switched_out() != switches && repeats > 0) {
            repeats--;
            cell->repeated++;
            r--;
        }
    }
    (void)priority_set(SCHED_OTHER);
}

void measure_cell(const struct program *program, const struct subject *subject, struct space *space,
                  uint32_t replays, struct cell *cell)
{
    const size_t nops = program->nops == 0 ? 1 : program->nops;
    const size_t words = (size_t)replays * (nops + COST_SAMPLES + 1);
    uint32_t *memory = measure_map(words * sizeof(*memory) + nops);
    const struct samples samples = {
        .ops = memory,
        .cost = memory + (size_t)replays * nops,
        .chain = memory + (size_t)replays * (nops + COST_SAMPLES),
        .kinds = (uint8_t *)(memory + words),
    };

    *cell = (struct cell){.replays = replays, .storage_count = nops};
    host_space_for(space, program, subject);
    time_replays(program, subject, space, &samples, cell);
    if (cell->fits) {
        cell->tick_ns = 1.0 / ticks_per_ns();
        cell->storage = measure_map(nops * sizeof(*cell->storage));
        evaluate(&samples, program->nops, cell);
    }
    measure_unmap(memory, words * sizeof(*memory) + nops);
}

void measure_release(struct cell *cell)
{
    if (cell->storage != NULL) {
        measure_unmap(cell->storage, cell->storage_count * sizeof(*cell->storage));
    }
    *cell = (struct cell){0};
}

bool measure_kinds(const struct program *program, const struct subject *subject,
                   struct space *space, size_t counts[CALLS])
{
    const size_t nops = program->nops == 0 ? 1 : program->nops;
    struct pass pass = {.kinds = measure_map(nops)};
    bool fits = true;

    host_space_for(space, program, subject);
    for (uint32_t i = 0; i < WARM_UPS && fits; i++) {
        fits = replay_once(program, subject, space, &pass);
    }
    for (unsigned call = 0; call < CALLS; call++) {
        counts[call] = 0;
    }
    for (size_t i = 0; i < program->nops && fits; i++) {
        if (pass.kinds[i] != NO_CALL) {
            counts[pass.kinds[i]]++;
        }
    }
    measure_unmap(pass.kinds, nops);
    return fits;
}
