/* SPDX-License-Identifier: Apache-2.0 */
/* Shrinking programs with threads, against a stand-in that says exactly what a failure needs. */
#include "support.h"

#include "host.h"

#include <string.h>

/* What has to be in a program for it to fail; the rest of it does not matter. */
static bool needs_order(const struct program *program)
{
    bool freed = false, waits = false, switches = false, late = false;
    uint32_t threads = 0;
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        freed |= op->kind == OP_FREE && op->thread == THREAD_ISR;
        waits |= op->kind == OP_ALLOC && op->wait >= 4 && op->wait != WAIT_FOREVER;
        switches |= op->kind == OP_SCHED && (op->value >> 8 & 15u) >= 3;
        late |= op->kind == OP_TICK && op->value >= 5;
        threads |= op->kind == OP_ALLOC ? 1u << op->thread : 0;
    }
    return freed && waits && switches && late && (threads & (threads - 1)) != 0;
}

/* A lost wake-up: whoever sleeps for ever does, whatever the order. */
static bool needs_a_sleeper(const struct program *program)
{
    for (size_t i = 0; i < program->nops; i++) {
        if (program->ops[i].kind == OP_ALLOC && program->ops[i].wait != 0) {
            return true;
        }
    }
    return false;
}

static bool (*fails)(const struct program *program);

static enum run_status run_stand_in(const struct program *program, const struct subject *subject,
                                    struct space *space, const struct run_options *options,
                                    struct run_failure *failure)
{
    (void)subject;
    (void)space;
    (void)options;
    assert_true(program_threaded(&program->header));
    failure->oracle = ORACLE_WAKEUP;
    failure->op_index = program->nops;
    return fails(program) ? RUN_FAILED : RUN_OK;
}

static void assert_shrinks_to(bool (*failing)(const struct program *), struct owned_program *owned,
                              const char *canonical)
{
    char out[1000];
    struct shrink_outcome outcome;
    fails = failing;
    shrink_run = run_stand_in;
    assert_true(
        shrink_program(&owned->program, NULL, NULL, &run_options_default, NULL, NULL, &outcome));
    assert_int_equal(outcome.oracle, ORACLE_WAKEUP);
    text_print(&owned->program, out, sizeof out);
    assert_string_equal(out, canonical);
}

static void test_nothing_but_what_it_needs(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] =
        "kheap 700 offset 3\nslots 8\nswarm -other\nt5 prio 3\nsched 12345678\nalloc p7 88 wait 9\n"
        "t3 calloc p1 3 9\ntick 200\nt5 alloc p2 9\nsched 11111111\nt6 realloc p2 44 wait forever\n"
        "isr free p3\nisr free p2\ntick 2\nt7 check\n";
    must_parse(&owned, text, sizeof text - 1);
    assert_shrinks_to(needs_order, &owned,
                      "kheap 128\nsched 00300000\nalloc p0 0 wait 4\ntick 5\nt1 alloc p1 0\n"
                      "isr free p2\n");
}

/* The shortest wait that fails, and the thread that needs no name. */
static void test_waits_and_threads(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "pool 256\nt1 prio 2\nt1 check\nt7 aligned p3 64 100\n"
                               "t7 alloc p4 1000 wait forever -> null\nsched 00000001\n";
    must_parse(&owned, text, sizeof text - 1);
    assert_shrinks_to(needs_a_sleeper, &owned, "pool 128\nalloc p0 0 wait 1\n");
}

/* From whatever is drawn, the same: nothing that does not matter is left. */
static void test_from_generated_programs(void **state)
{
    (void)state;
    static struct owned_program owned;
    uint32_t tried = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        must_generate_kind(&owned, KIND_KHEAP, PROFILE_THREADS, seed, 40);
        if (!needs_a_sleeper(&owned.program)) {
            continue;
        }
        owned.program.header.region = 128;
        assert_shrinks_to(needs_a_sleeper, &owned, "kheap 128\nalloc p0 0 wait 1\n");
        tried++;
    }
    assert_true(tried > 10);
}

static void test_what_does_not_fail(void **state)
{
    (void)state;
    static struct owned_program owned, before;
    struct shrink_outcome outcome;
    static const char text[] = "kheap 256\nt1 check\nsched 00000001\n";
    must_parse(&owned, text, sizeof text - 1);
    must_parse(&before, text, sizeof text - 1);
    fails = needs_order;
    shrink_run = run_stand_in;
    assert_false(
        shrink_program(&owned.program, NULL, NULL, &run_options_default, NULL, NULL, &outcome));
    assert_true(program_equal(&owned.program, &before.program));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_but_what_it_needs),
        cmocka_unit_test(test_waits_and_threads),
        cmocka_unit_test(test_from_generated_programs),
        cmocka_unit_test(test_what_does_not_fail),
    };
    return cmocka_run_group_tests_name("shrinking threads", tests, NULL, NULL);
}
