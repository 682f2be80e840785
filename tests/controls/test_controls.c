/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every oracle is seen to fire, first and by name, on a heap with one planted fault, and to be
 * quiet without it.
 *
 *   test_controls          the tests
 *   test_controls --cover  the table of docs/ORACLES.md: what sees each fault when its oracle is
 * off
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controls.h"
#include "generate.h"
#include "host.h"
#include "subjects.h"
#include "text.h"

/* Fault off: passes. Fault on: this oracle, this op. */
static void check_control(const struct control *control, const struct subject *inner,
                          bool predictable)
{
    struct run_failure failure = {ORACLE_NONE, 0, ""};

    control_prepare(control, inner, predictable);
    faulty_fault = FAULT_OFF;
    const enum run_status off = run_program(&control_program, &control_subject, &control_space,
                                            &run_options_default, NULL, NULL, &failure);
    if (off != RUN_OK) {
        fail_msg("%s on %s, fault off: status %d, %s at op %zu: %s", control->name, inner->name,
                 (int)off, failure.oracle < ORACLES ? oracle_names[failure.oracle] : "none",
                 failure.op_index, failure.have_want);
    }
    faulty_fault = control->fault;
    const enum run_status on = run_program(&control_program, &control_subject, &control_space,
                                           &run_options_default, NULL, NULL, &failure);
    faulty_fault = FAULT_OFF;
    if (on != RUN_FAILED || failure.oracle != control->oracle || failure.op_index != control->op) {
        fail_msg("%s on %s: have status %d, %s at op %zu: %s; want %s at op %zu", control->name,
                 inner->name, (int)on,
                 failure.oracle < ORACLES ? oracle_names[failure.oracle] : "none", failure.op_index,
                 failure.have_want, oracle_names[control->oracle], control->op);
    }
    assert_non_null(strstr(failure.have_want, "have "));
    assert_non_null(strstr(failure.have_want, "want "));
}

static void test_control(void **state)
{
    const struct control *control = *state;
    const struct subject *inner;
    bool predictable = false;
    size_t seen = 0;

    while ((inner = control_inner(control, seen, &predictable)) != NULL) {
        check_control(control, inner, predictable);
        seen++;
    }
    assert_true(seen > 0);
}

static void test_every_oracle_has_a_control(void **state)
{
    (void)state;
    for (uint32_t oracle = 0; oracle < ORACLES; oracle++) {
        bool found = false;
        for (size_t i = 0; i < ncontrols; i++) {
            found |= controls[i].oracle == (enum oracle)oracle;
        }
        if (!found && (ORACLE_BIT(oracle) & ORACLES_THREADED) == 0) {
            fail_msg("oracle %s has no control", oracle_names[oracle]);
        }
    }
}

/* Generated programs evaluate every oracle but the author's own. */
static void test_every_oracle_is_evaluated(void **state)
{
    static const enum profile profiles[] = {PROFILE_MIXED, PROFILE_CORNERS, PROFILE_MISUSE};
    struct generate_options options = {.ops = 300};
    struct run_counts counts;
    struct run_failure failure;

    (void)state;
    memset(&counts, 0, sizeof counts);
    faulty_subject(&control_subject, &subject_kheap_listener, true);
    for (options.seed = 1; options.seed <= 90; options.seed++) {
        options.profile = profiles[options.seed % 3];
        assert_true(generate_program(&control_program, &options));
        host_space_for(&control_space, &control_program, &control_subject);
        const enum run_status status =
            run_program(&control_program, &control_subject, &control_space, &run_options_default,
                        &counts, NULL, &failure);
        if (status == RUN_FAILED) {
            fail_msg("seed %u: %s at op %zu: %s", (unsigned)options.seed,
                     oracle_names[failure.oracle], failure.op_index, failure.have_want);
        }
    }
    for (uint32_t oracle = 0; oracle < ORACLES; oracle++) {
        const bool threaded = (ORACLE_BIT(oracle) & ORACLES_THREADED) != 0;
        if (threaded && oracles_for(&control_subject) & ORACLE_BIT(oracle)) {
            fail_msg("oracle %s is offered to a heap without threads", oracle_names[oracle]);
        }
        if (!threaded && oracle != ORACLE_EXPECT && counts.evaluated[oracle] == 0) {
            fail_msg("oracle %s was never evaluated", oracle_names[oracle]);
        }
    }
    assert_true(counts.must_succeed > 0 && counts.must_fail > 0);
}

static void test_what_does_not_fit_is_counted(void **state)
{
    const struct control *control = &controls[0];
    struct run_failure failure;
    struct run_counts counts;
    struct space small;

    (void)state;
    memset(&counts, 0, sizeof counts);
    control_prepare(control, &subject_kheap_small, true);
    host_space_open(&small, 512, 16, control_subject.state_bytes);
    assert_int_equal(run_program(&control_program, &control_subject, &small, &run_options_default,
                                 &counts, NULL, &failure),
                     RUN_DOES_NOT_FIT); /* region */
    control_program.header.region = 8;
    assert_int_equal(run_program(&control_program, &control_subject, &small, &run_options_default,
                                 &counts, NULL, &failure),
                     RUN_DOES_NOT_FIT); /* init */
    control_program.header.region = 512;
    control_program.header.slots_log2 = 5;
    assert_int_equal(run_program(&control_program, &control_subject, &small, &run_options_default,
                                 &counts, NULL, &failure),
                     RUN_DOES_NOT_FIT); /* slots */
    assert_int_equal(counts.does_not_fit, 3);
    assert_int_equal(counts.programs, 0);
    assert_int_equal(run_bare(&control_program, &control_subject, &small, NULL), RUN_DOES_NOT_FIT);
    host_space_close(&small);
}

/* The oracles change nothing: the digest is that of the calls alone. */
static void test_the_bare_replay_agrees(void **state)
{
    struct generate_options options = {.profile = PROFILE_MIXED, .ops = 200};
    struct run_failure failure;

    (void)state;
    for (options.seed = 100; options.seed < 120; options.seed++) {
        uint32_t digest = 0;
        uint32_t bare = 1;
        assert_true(generate_program(&control_program, &options));
        host_space_for(&control_space, &control_program, &subject_kheap_big);
        const enum run_status status =
            run_program(&control_program, &subject_kheap_big, &control_space, &run_options_default,
                        NULL, &digest, &failure);
        assert_int_equal(run_bare(&control_program, &subject_kheap_big, &control_space, &bare),
                         status);
        if (status == RUN_OK) {
            assert_int_equal(digest, bare);
        }
    }
}

static void shrink_control(const char *name, size_t most)
{
    struct generate_options options = {.profile = PROFILE_RANDOM, .seed = 7, .ops = 300};
    struct shrink_outcome outcome;
    struct op trigger = {.kind = OP_ALLOC, .slot = 3, .value = TRIGGER};
    const struct control *control = controls;

    while (strcmp(control->name, name) != 0) {
        control++;
    }
    faulty_subject(&control_subject, &subject_kheap_small, true);
    assert_true(generate_program(&control_program, &options));
    control_program.ops[150] = (struct op){.kind = OP_FREE, .slot = 3};
    control_program.ops[151] = trigger;
    host_space_for(&control_space, &control_program, &control_subject);
    faulty_fault = control->fault;
    assert_true(shrink_program(&control_program, &control_subject, &control_space,
                               &run_options_default, NULL, NULL, &outcome));
    assert_int_equal(outcome.oracle, control->oracle);
    if (control_program.nops > most) {
        fail_msg("%s: have %zu ops, want at most %zu", name, control_program.nops, most);
    }
    /* 1-minimal: without any one op it does not fail so any more. */
    const size_t nops = control_program.nops;
    struct op *ops = control_program.ops;
    for (size_t i = 0; i < nops; i++) {
        struct op kept[8];
        assert_true(nops <= 8);
        memcpy(kept, ops, nops * sizeof *ops);
        memmove(ops + i, ops + i + 1, (nops - i - 1) * sizeof *ops);
        control_program.nops = nops - 1;
        shrink_try(&control_program, &control_subject, &control_space, &run_options_default, 10,
                   &outcome);
        assert_false(outcome.failed && outcome.oracle == control->oracle);
        memcpy(ops, kept, nops * sizeof *ops);
    }
    faulty_fault = FAULT_OFF;
}

static void test_shrinks_to_a_few_ops(void **state)
{
    (void)state;
    shrink_control("spurious-null", 1);
    shrink_control("check-fails", 1);
    shrink_control("tail-scribbled", 2);
    shrink_control("reads-payload",
                   4); /* payload depends on slot and index: taking one op changes it */
    shrink_control("stats-off", 0); /* fails without any op: at the end of the empty program */
}

static void test_a_sound_program_is_not_shrunk(void **state)
{
    struct shrink_outcome outcome;

    (void)state;
    control_prepare(&controls[0], &subject_kheap_small, true);
    const size_t nops = control_program.nops;
    assert_false(shrink_program(&control_program, &control_subject, &control_space,
                                &run_options_default, NULL, NULL, &outcome));
    assert_int_equal(control_program.nops, nops);
}

static char printed[4096];
static jmp_buf stopped;

static void keep_text(const char *text)
{
    strncat(printed, text, sizeof printed - strlen(printed) - 1);
}

static void stop_here(void)
{
    longjmp(stopped, 1);
}

static void report_of(const char *control_name, const char *program_name)
{
    const struct control *control = controls;

    while (strcmp(control->name, control_name) != 0) {
        control++;
    }
    control_prepare(control, &subject_kheap_small, true);
    control_program.name = program_name;
    die_hooks.write = keep_text;
    die_hooks.stop = stop_here;
    printed[0] = '\0';
    faulty_fault = control->fault;
    if (setjmp(stopped) == 0) {
        (void)run_or_die(&control_program, &control_subject, &control_space, &run_options_default,
                         NULL, NULL);
        fail_msg("run_or_die came back");
    }
    faulty_fault = FAULT_OFF;
}

static void test_report_of_a_file(void **state)
{
    (void)state;
    report_of("realloc-moves", "corpus/x.ops");
    const char *want[] = {
        "FAIL corpus/x.ops:3: realloc p0 100\n  oracle inplace: realloc: have +0x",
        ", want the same block, +0x", "\n  map  24 [",
        "]\n  run  heapvet run --subject faulty corpus/x.ops\n"};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        if (strstr(printed, want[i]) == NULL) {
            fail_msg("have\n%swant in it\n%s", printed, want[i]);
        }
    }
    assert_ptr_equal(strstr(printed, want[0]), printed);
}

static void test_report_of_a_program_without_file(void **state)
{
    (void)state;
    report_of("realloc-moves", "");
    const char *want =
        "heap 1024\nalloc p0 20\nrealloc p0 100\nfree p0\nFAIL failing.ops:3: realloc ";
    char squeezed[sizeof printed];
    size_t used = 0;
    for (const char *c = printed; *c != '\0'; c++) {
        if (*c != ' ' || used == 0 || squeezed[used - 1] != ' ') {
            squeezed[used++] = *c; /* the printer aligns its columns as it likes */
        }
    }
    squeezed[used] = '\0';
    if (strncmp(squeezed, want, strlen(want)) != 0) {
        fail_msg("have\n%swant it to begin\n%s", printed, want);
    }
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[128] = {
        cmocka_unit_test(test_every_oracle_has_a_control),
        cmocka_unit_test(test_every_oracle_is_evaluated),
        cmocka_unit_test(test_what_does_not_fit_is_counted),
        cmocka_unit_test(test_the_bare_replay_agrees),
        cmocka_unit_test(test_shrinks_to_a_few_ops),
        cmocka_unit_test(test_a_sound_program_is_not_shrunk),
        cmocka_unit_test(test_report_of_a_file),
        cmocka_unit_test(test_report_of_a_program_without_file),
    };
    size_t used = 0;

    if (argc == 2 && strcmp(argv[1], "--cover") == 0) {
        return controls_cover();
    }
    while (tests[used].name != NULL) {
        used++;
    }
    for (size_t i = 0; i < ncontrols; i++) {
        tests[used].name = controls[i].name;
        tests[used].test_func = test_control;
        tests[used++].initial_state = (void *)(uintptr_t)&controls[i];
    }
    return _cmocka_run_group_tests("controls", tests, used, NULL, NULL);
}
