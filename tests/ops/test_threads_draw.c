/* SPDX-License-Identifier: Apache-2.0 */
/* What the generator and the mutator draw for programs with threads: no holes, nothing foreign. */
#include "support.h"

#include "mutate.h"

#include <string.h>

struct census {
    uint32_t kind[OP_KINDS], thread[16], wait[16], choice[16], priority[8];
    uint32_t isr_frees, isr_allocs, isr_waits, frees_of_others, waits_of_most, threads_many;
};

static void count_op(struct census *census, const struct program_header *header,
                     const struct op *op, uint8_t *owner)
{
    uint32_t fields = op_table[op->kind].fields;
    census->kind[op->kind]++;
    if ((fields & OP_UNTHREADED) == 0) {
        census->thread[op->thread]++;
    }
    for (uint32_t shift = 0; op->kind == OP_SCHED && shift < 32; shift += 4) {
        census->choice[op->value >> shift & 15u]++;
    }
    if (op->kind == OP_PRIO) {
        census->priority[op->value]++;
    }
    if ((fields & (OP_FILLS | OP_RESIZES)) != 0) {
        census->wait[op->wait]++;
        census->isr_allocs += op->thread == THREAD_ISR;
        census->isr_waits += op->thread == THREAD_ISR && op->wait != 0;
        census->waits_of_most +=
            op->wait != 0 && op->form == SIZE_PLAIN && op->value > header->region / 2;
    }
    if ((fields & OP_FILLS) != 0) {
        owner[op->slot] = op->thread;
    } else if (op->kind == OP_FREE) {
        census->isr_frees += op->thread == THREAD_ISR;
        census->frees_of_others += owner[op->slot] != 0xff && owner[op->slot] != op->thread;
        owner[op->slot] = 0xff;
    }
}

static void count_program(struct census *census, const struct program *program)
{
    uint8_t owner[1u << PROGRAM_SLOTS_LOG2_THREADED];
    uint32_t used = 0;
    memset(owner, 0xff, sizeof owner);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        count_op(census, &program->header, op, owner);
        used |= op->thread < PROGRAM_THREADS ? 1u << op->thread : 0;
    }
    census->threads_many += (used & (used - 1)) != 0;
}

static void assert_no_hole(const uint32_t *counts, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == 0) {
            fail_msg("hole: %s %u never occurs", what, (unsigned)i);
        }
    }
}

static void test_no_holes(void **state)
{
    (void)state;
    static struct owned_program owned;
    enum { PROGRAMS = 600 };
    for (uint32_t part = 0; part < 4; part++) {
        struct census census;
        memset(&census, 0, sizeof census);
        for (uint32_t seed = 0; seed < PROGRAMS; seed++) {
            must_generate_kind(&owned, part % 2 == 0 ? KIND_KHEAP : KIND_POOL,
                               part < 2 ? PROFILE_THREADS : PROFILE_MIXED, seed, 40);
            assert_true(owned.program.header.region >= 8);
            count_program(&census, &owned.program);
        }
        if (part % 2 == 0) {
            assert_no_hole(census.kind, OP_KINDS_THREADED, "kind");
        } else {
            /* A pool has nothing but these. */
            assert_no_hole(&census.kind[OP_TICK], OP_KINDS_THREADED - OP_TICK,
                           "environment's kind");
            assert_int_equal(census.kind[OP_ALLOC] + census.kind[OP_CALLOC] + census.kind[OP_FREE] +
                                 census.kind[OP_TICK] + census.kind[OP_PRIO] +
                                 census.kind[OP_SCHED],
                             PROGRAMS * 40);
        }
        assert_no_hole(census.thread, PROGRAM_THREADS, "thread");
        assert_no_hole(&census.thread[THREAD_ISR], 1, "interrupt,");
        assert_no_hole(census.wait, WAIT_FOREVER + 1, "wait");
        assert_no_hole(census.choice, 16, "choice");
        assert_no_hole(census.priority, 8, "priority");
        assert_no_hole(&census.isr_frees, 1, "free by an interrupt,");
        assert_no_hole(&census.isr_allocs, 1, "alloc by an interrupt,");
        assert_no_hole(&census.frees_of_others, 1, "free of another's block,");
        assert_int_equal(census.isr_waits, 0);
        assert_true(census.threads_many > PROGRAMS * 9 / 10);
        /* Waiting for half of what there is: two such, and one sleeps. */
        assert_true(part >= 2 || census.waits_of_most > PROGRAMS);
    }
}

/* Every profile makes programs of every kind; without threads they are those of a heap. */
static void test_profiles_and_kinds(void **state)
{
    (void)state;
    static struct owned_program heap, owned;
    for (uint32_t seed = 0; seed < 10 * PROFILES; seed++) {
        enum profile profile = (enum profile)(seed % PROFILES);
        must_generate(&heap, profile, seed, 50);
        for (enum program_kind kind = KIND_HEAP; kind < PROGRAM_KINDS; kind++) {
            must_generate_kind(&owned, kind, profile, seed, 50);
            assert_int_equal(owned.program.header.kind, kind);
            assert_true(owned.program.header.slots_log2 <=
                        program_slots_log2_max(&owned.program.header));
            if (!program_threaded(&owned.program.header)) {
                owned.program.header.kind = KIND_HEAP;
                assert_true(program_equal(&owned.program, &heap.program));
            }
        }
    }
    must_generate_kind(&owned, KIND_HEAP, PROFILE_THREADS, 1, 50);
    assert_int_equal(owned.program.header.kind, KIND_KHEAP);
}

/* From one program, each thing that only threads have is changed by some seed. */
static void test_mutator_reaches_everything(void **state)
{
    (void)state;
    static struct owned_program before, after;
    bool thread = false, wait = false, choice = false, priority = false, ticks = false;
    bool to_isr = false, moved = false;
    static const char text[] = "kheap 256\nt1 prio 3\nsched 01230123\ntick 3\n"
                               "t1 alloc p0 100 wait 3\nt2 alloc p1 101\nt3 free p1\n";
    must_parse(&before, text, sizeof text - 1);
    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct rng rng;
        after = before;
        after.program.ops = after.ops;
        rng_seed(&rng, seed);
        mutate_program(&after.program, 64, false, NULL, &rng);
        assert_converts(&after.program);
        if (after.program.nops != 6) {
            continue;
        }
        const struct op *a = after.ops, *b = before.ops;
        for (size_t i = 0; i < 6; i++) {
            thread |= a[i].kind == b[i].kind && a[i].thread != b[i].thread;
            to_isr |= a[i].kind == b[i].kind && a[i].thread == THREAD_ISR;
            wait |= a[i].kind == b[i].kind && a[i].wait != b[i].wait;
        }
        priority |= a[0].kind == OP_PRIO && a[0].value != b[0].value;
        choice |= a[1].kind == OP_SCHED && (a[1].value ^ b[1].value) >> 28 != 0 &&
                  (a[1].value ^ b[1].value) << 4 == 0;
        ticks |= a[2].kind == OP_TICK && a[2].value != b[2].value;
        moved |= a[3].kind == OP_ALLOC && a[3].value == 101 && a[4].value == 100;
    }
    assert_true(thread && wait && choice && priority && ticks && to_isr && moved);
}

/* Programs without threads take nothing of that sort from those that have them. */
static void test_mutator_brings_no_threads(void **state)
{
    (void)state;
    static struct owned_program owned, other;
    struct rng rng;
    rng_seed(&rng, 4);
    must_generate_kind(&other, KIND_KHEAP, PROFILE_THREADS, 1, 60);
    must_generate_kind(&owned, KIND_SYSTEM, PROFILE_MIXED, 1, 30);
    for (int round = 0; round < 3000; round++) {
        mutate_program(&owned.program, 100, false, &other.program, &rng);
        assert_int_equal(owned.program.header.kind, KIND_SYSTEM);
        for (size_t i = 0; i < owned.program.nops; i++) {
            const struct op *op = &owned.ops[i];
            assert_true((op_table[op->kind].fields & (OP_THREADED | OP_MISUSES)) == 0);
            assert_true(op->thread == 0 && op->wait == 0);
        }
    }
}

/* Whatever bytes it is given, a target's mutator makes programs of the target's kind. */
static void test_mutator_keeps_to_a_target(void **state)
{
    (void)state;
    static struct owned_program owned;
    uint8_t data[200];
    struct census census;
    struct rng rng;
    size_t size = 0;
    rng_seed(&rng, 8);
    memset(&census, 0, sizeof census);
    memset(data, 0, sizeof data);
    for (uint64_t seed = 0; seed < 4000; seed++) {
        data[0] = (uint8_t)rng_next(&rng);
        size = mutate_records_as(KIND_POOL, false, data, size, sizeof data, NULL, 0, seed);
        assert_true(size >= 8 && size <= sizeof data);
        assert_int_equal(data[0], KIND_POOL);
        owned_init(&owned);
        record_decode(&owned.program, data, size);
        count_program(&census, &owned.program);
    }
    /* From nothing at all; and nobody asked for misuse. */
    assert_no_hole(census.kind, OP_DOUBLE, "kind");
    for (size_t kind = OP_DOUBLE; kind < OP_KINDS; kind++) {
        assert_int_equal(census.kind[kind], 0);
    }
    assert_no_hole(census.thread, PROGRAM_THREADS, "thread");
    assert_no_hole(census.wait, WAIT_FOREVER + 1, "wait");
    assert_no_hole(census.choice, 16, "choice");
    assert_no_hole(census.priority, 8, "priority");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_holes),
        cmocka_unit_test(test_profiles_and_kinds),
        cmocka_unit_test(test_mutator_reaches_everything),
        cmocka_unit_test(test_mutator_brings_no_threads),
        cmocka_unit_test(test_mutator_keeps_to_a_target),
    };
    return cmocka_run_group_tests_name("drawing threads", tests, NULL, NULL);
}
