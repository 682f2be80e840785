/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation itself: time, turns, interrupts, ends, and that a schedule can be had again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "support.h"

static struct owned_program owned;
static struct sim_counts counts;
static struct run_failure failure;

static enum sim_end run_with(const struct program *program, const struct sim_options *options)
{
    counts = (struct sim_counts){0};
    const struct subject *subject = program->header.kind == KIND_POOL ? &sim_pool : &sim_kheap;
    const enum sim_end end = sim_run(program, subject, options, &counts, &failure);
    if (end == SIM_FAILED) {
        fail_msg("oracle %s, op %zu: %s", oracle_names[failure.oracle], failure.op_index,
                 failure.have_want);
    }
    return end;
}

static enum sim_end run_text(const char *text)
{
    static const struct sim_options options = {.oracles = ORACLES_ALL};

    assert_true(owned_parse(&owned, text));
    return run_with(&owned.program, &options);
}

/* How op number n of an actor ended: 1 nothing, 2 a block. */
static uint32_t result(uint32_t actor, uint32_t n)
{
    return sim_last_view()->actors[actor].results >> 2u * n & 3u;
}

static void test_a_waiter_is_served(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 1024\nalloc p0 800\nt1 alloc p1 700 wait forever\n"
                              "t2 free p0\n"),
                     SIM_OK);
    assert_int_equal(counts.waits, 1);
    assert_int_equal(counts.grants, 1);
    assert_int_equal(counts.timeouts, 0);
    assert_int_equal(counts.stuck, 0);
    assert_int_equal(result(1, 0), 2);
}

static void test_the_clock_jumps_to_a_deadline(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 1024\nalloc p0 800\nt1 alloc p1 700 wait 7\n"), SIM_OK);
    assert_int_equal(counts.timeouts, 1);
    assert_int_equal(counts.ticks, 7);
    assert_int_equal(sim_last_view()->now, 7);
    assert_int_equal(result(1, 0), 1);
}

static void test_ticks_are_the_environments(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 1024\nalloc p0 800\nt1 alloc p1 700 wait 3\ntick 2\n"
                              "isr free p0\ntick 0\ntick 5\n"),
                     SIM_OK);
    assert_int_equal(counts.ticks, 7);
    assert_int_equal(counts.isr_ops, 1);
    assert_int_equal(result(1, 0), 2);
}

/* t2 has the higher priority, t1 came first. */
static void test_priorities_are_the_threads(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 1024\nalloc p0 800\nt1 alloc p1 600 wait 9\nt2 prio 1\n"
                              "t2 alloc p2 600 wait 9\nt3 free p0\n"),
                     SIM_OK);
    assert_int_equal(result(1, 0), 1);
    assert_int_equal(result(2, 1), 2);
}

static void test_a_program_may_block_itself(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 1024\nalloc p0 800\nt1 alloc p1 700 wait forever\n"
                              "t1 alloc p2 10\n"),
                     SIM_OK);
    assert_int_equal(counts.stuck, 1);
    assert_int_equal(sim_last_view()->actors[1].status, SIM_ASLEEP);
    /* It was served when everything was freed, and took it no further. */
    assert_int_equal(counts.grants, 1);
    assert_int_equal(result(1, 1), 0);
}

static void test_a_busy_slot_is_skipped(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 1024\nalloc p0 300\nalloc p1 500\n"
                              "t1 realloc p0 600 wait 4\nt2 free p0\nt2 alloc p0 8\n"),
                     SIM_OK);
    assert_int_equal(counts.run.skipped, 2);
    assert_non_null(sim_last_view()->slots[0].p);
}

static void test_an_interrupt_may_not_wait(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 1024\nalloc p0 100\nisr alloc p1 10 wait 3\n"
                              "isr realloc p0 0 wait forever\nisr realloc p0 50\n"),
                     SIM_OK);
    assert_null(sim_last_view()->slots[1].p);
    assert_non_null(sim_last_view()->slots[0].p);
    assert_int_equal(result(SIM_ENVIRONMENT, 2), 2);
}

static void test_what_does_not_fit_is_not_run(void **state)
{
    (void)state;
    assert_int_equal(run_text("kheap 8\nalloc p0 1\n"), SIM_NOT_FIT);
    assert_int_equal(run_text("pool 63\nalloc p0 1\n"), SIM_NOT_FIT);
    assert_int_equal(counts.run.programs, 0);
    assert_int_equal(counts.run.does_not_fit, 1);
    assert_true(owned_parse(&owned, "heap 1024\nalloc p0 1\n"));
    assert_int_equal(sim_run(&owned.program, &sim_kheap, &(struct sim_options){0}, NULL, &failure),
                     SIM_NOT_FIT);
}

static void test_an_expectation_that_does_not_hold_is_reported(void **state)
{
    const struct sim_options options = {.oracles = ORACLES_ALL};

    (void)state;
    assert_true(owned_parse(&owned, "kheap 1024\nt1 alloc p0 8\nt1 alloc p1 2000 wait 3 -> ok\n"));
    assert_int_equal(sim_run(&owned.program, &sim_kheap, &options, NULL, &failure), SIM_FAILED);
    assert_int_equal(failure.oracle, ORACLE_EXPECT);
    assert_int_equal(failure.op_index, 1);
    /* And the next run knows nothing of it. */
    assert_int_equal(run_text("kheap 1024\nt1 alloc p0 8 -> ok\n"), SIM_OK);
}

/* ---- schedulers ---- */

struct watcher {
    struct rng rng;
    uint32_t asked, stop_at;
};

/* What a scheduler is shown: actors in order, none that cannot go on, no interrupt under a lock. */
static uint32_t watch(void *context, const struct sim_view *view, const struct sim_enabled *enabled,
                      uint32_t n)
{
    struct watcher *watcher = context;
    uint32_t held = 0;

    assert_in_range(n, 2, SIM_ACTORS + 1u);
    for (uint32_t i = 0; i < SIM_ACTORS; i++) {
        held += view->actors[i].holds;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct sim_actor *actor = &view->actors[enabled[i].actor];
        assert_int_equal(actor->status, SIM_READY);
        assert_true(i < 2 || enabled[i - 1].actor == SIM_ENVIRONMENT ||
                    enabled[i].actor > enabled[i - 1].actor || enabled[i].actor == SIM_ENVIRONMENT);
        assert_false(held > 0 && enabled[i].step == SIM_ISR);
        assert_false(held > 0 && enabled[i].step == SIM_LOCK);
        assert_false(held > 0 && enabled[i].step == SIM_RESUME);
    }
    return ++watcher->asked == watcher->stop_at ? SIM_STOP : rng_below(&watcher->rng, n);
}

static enum sim_end run_watched(uint64_t seed, uint32_t stop_at, uint32_t free_ticks)
{
    struct watcher watcher = {.stop_at = stop_at};
    const struct sim_scheduler scheduler = {watch, &watcher};
    const struct sim_options options = {
        .oracles = ORACLES_ALL, .scheduler = &scheduler, .free_ticks = free_ticks, .record = true};

    rng_seed(&watcher.rng, seed);
    return run_with(&owned.program, &options);
}

static void each_kind(uint32_t programs, void (*check)(uint64_t seed))
{
    for (uint64_t seed = 1; seed <= programs; seed++) {
        if (owned_generate(&owned, KIND_KHEAP, seed)) {
            check(seed);
        }
        if (owned_generate(&owned, KIND_POOL, seed)) {
            check(seed);
        }
    }
}

static void check_again(uint64_t seed)
{
    enum sim_end end = run_watched(seed, 0, 3);
    const uint32_t first = outcome(&counts, end);

    /* A run that is cut anywhere leaves nothing behind. */
    (void)run_watched(seed + 1, 1 + (uint32_t)(seed % 40), 3);
    end = run_watched(seed, 0, 3);
    assert_int_equal(outcome(&counts, end), first);
}

static void test_the_same_choices_give_the_same_run(void **state)
{
    (void)state;
    each_kind(300, check_again);
}

static uint32_t appended;

static void check_append(uint64_t seed)
{
    static const struct sim_options options = {.oracles = ORACLES_ALL};
    static char text[40000];
    static struct owned_program read;

    enum sim_end end = run_watched(seed, 0, (uint32_t)(seed % 4));
    if (end != SIM_OK) {
        return;
    }
    const uint32_t first = outcome(&counts, end);
    const size_t before = owned.program.nops;
    assert_true(sim_schedule_append(&owned.program));
    appended += owned.program.nops > before;
    assert_true(text_print(&owned.program, text, sizeof text) < sizeof text);
    assert_true(owned_parse(&read, text));
    end = run_with(&read.program, &options);
    assert_int_equal(outcome(&counts, end), first);
}

static void test_a_program_can_carry_its_schedule(void **state)
{
    (void)state;
    appended = 0;
    each_kind(300, check_append);
    assert_true(appended > 300);
}

static uint32_t last_one(void *context, const struct sim_view *view,
                         const struct sim_enabled *enabled, uint32_t n)
{
    (void)context;
    (void)view;
    (void)enabled;
    return n - 1;
}

static void test_a_schedule_needs_room(void **state)
{
    const struct sim_scheduler scheduler = {last_one, NULL};
    const struct sim_options options = {
        .oracles = ORACLES_ALL, .scheduler = &scheduler, .record = true};

    (void)state;
    assert_true(owned_parse(&owned, "kheap 1024\nalloc p0 8\nt1 alloc p1 8\n"));
    assert_int_equal(run_with(&owned.program, &options), SIM_OK);
    owned.program.capacity = owned.program.nops;
    assert_false(sim_schedule_append(&owned.program));
}

/* Eight threads at a region for two blocks. */
static void test_eight_threads(void **state)
{
    char text[20000] = "kheap 512\n";
    char line[64];

    (void)state;
    for (uint32_t i = 0; i < 160; i++) {
        const uint32_t t = i % 8;
        const bool takes = i / 8 % 2 == 0;
        (void)snprintf(line, sizeof line, "t%u %s p%u%s\n", t, takes ? "alloc" : "free", t,
                       takes ? " 180 wait forever" : "");
        strcat(text, line);
    }
    assert_true(owned_parse(&owned, text));
    assert_int_equal(run_watched(1, 0, 0), SIM_OK);
    assert_int_equal(counts.stuck, 0);
    assert_true(counts.waits >= 20);
    for (uint32_t t = 0; t < 8; t++) {
        for (uint32_t n = 0; n < 20; n++) {
            assert_int_equal(result(t, n), n % 2 == 0 ? 2 : 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_waiter_is_served),
        cmocka_unit_test(test_the_clock_jumps_to_a_deadline),
        cmocka_unit_test(test_ticks_are_the_environments),
        cmocka_unit_test(test_priorities_are_the_threads),
        cmocka_unit_test(test_a_program_may_block_itself),
        cmocka_unit_test(test_a_busy_slot_is_skipped),
        cmocka_unit_test(test_an_interrupt_may_not_wait),
        cmocka_unit_test(test_what_does_not_fit_is_not_run),
        cmocka_unit_test(test_an_expectation_that_does_not_hold_is_reported),
        cmocka_unit_test(test_the_same_choices_give_the_same_run),
        cmocka_unit_test(test_a_program_can_carry_its_schedule),
        cmocka_unit_test(test_a_schedule_needs_room),
        cmocka_unit_test(test_eight_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
