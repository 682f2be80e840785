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

#define MAX_OPS 512u

static struct op ops[MAX_OPS];
static struct program program = {.capacity = MAX_OPS, .ops = ops};
static struct subject subject;
static struct space space;

static void prepare(const struct control *control, const struct subject *inner, bool predictable)
{
    struct text_error error = {0, ""};

    program.name = control->name;
    if (!text_parse(&program, control->text, strlen(control->text), &error)) {
        host_bad_input(control->name, error.line, "%s", error.message);
    }
    faulty_subject(&subject, inner, predictable);
    host_space_for(&space, &program, &subject);
}

/* Fault off: passes. Fault on: this oracle, this op. */
static void check_control(const struct control *control, const struct subject *inner,
                          bool predictable)
{
    struct run_failure failure = {ORACLE_NONE, 0, ""};

    prepare(control, inner, predictable);
    faulty_fault = FAULT_OFF;
    const enum run_status off =
        run_program(&program, &subject, &space, &run_options_default, NULL, NULL, &failure);
    if (off != RUN_OK) {
        fail_msg("%s on %s, fault off: status %d, %s at op %zu: %s", control->name, inner->name,
                 (int)off, failure.oracle < ORACLES ? oracle_names[failure.oracle] : "none",
                 failure.op_index, failure.have_want);
    }
    faulty_fault = control->fault;
    const enum run_status on =
        run_program(&program, &subject, &space, &run_options_default, NULL, NULL, &failure);
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

    check_control(control, &subject_kheap_small, true);
    check_control(control, &subject_kheap_big, true);
    if (control->everywhere) {
        check_control(control, &subject_firstfit, false);
    }
}

static void test_every_oracle_has_a_control(void **state)
{
    (void)state;
    for (uint32_t oracle = 0; oracle < ORACLES; oracle++) {
        bool found = false;
        for (size_t i = 0; i < ncontrols; i++) {
            found |= controls[i].oracle == (enum oracle)oracle;
        }
        if (!found) {
            fail_msg("oracle %s has no control", oracle_names[oracle]);
        }
    }
}

/* One run of a generated program evaluates every oracle but the author's own. */
static void test_every_oracle_is_evaluated(void **state)
{
    struct generate_options options = {.profile = PROFILE_MIXED, .ops = 300};
    struct run_counts counts;
    struct run_failure failure;

    (void)state;
    memset(&counts, 0, sizeof counts);
    faulty_subject(&subject, &subject_kheap_small, true);
    for (options.seed = 1; options.seed <= 50; options.seed++) {
        assert_true(generate_program(&program, &options));
        host_space_for(&space, &program, &subject);
        const enum run_status status =
            run_program(&program, &subject, &space, &run_options_default, &counts, NULL, &failure);
        if (status == RUN_FAILED) {
            fail_msg("seed %u: %s at op %zu: %s", (unsigned)options.seed,
                     oracle_names[failure.oracle], failure.op_index, failure.have_want);
        }
    }
    for (uint32_t oracle = 0; oracle < ORACLES; oracle++) {
        if (oracle != ORACLE_EXPECT && counts.evaluated[oracle] == 0) {
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
    prepare(control, &subject_kheap_small, true);
    host_space_open(&small, 512, 16, subject.state_bytes);
    assert_int_equal(
        run_program(&program, &subject, &small, &run_options_default, &counts, NULL, &failure),
        RUN_DOES_NOT_FIT); /* region */
    program.header.region = 8;
    assert_int_equal(
        run_program(&program, &subject, &small, &run_options_default, &counts, NULL, &failure),
        RUN_DOES_NOT_FIT); /* init */
    program.header.region = 512;
    program.header.slots_log2 = 5;
    assert_int_equal(
        run_program(&program, &subject, &small, &run_options_default, &counts, NULL, &failure),
        RUN_DOES_NOT_FIT); /* slots */
    assert_int_equal(counts.does_not_fit, 3);
    assert_int_equal(counts.programs, 0);
    assert_int_equal(run_bare(&program, &subject, &small, NULL), RUN_DOES_NOT_FIT);
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
        assert_true(generate_program(&program, &options));
        host_space_for(&space, &program, &subject_kheap_big);
        const enum run_status status = run_program(&program, &subject_kheap_big, &space,
                                                   &run_options_default, NULL, &digest, &failure);
        assert_int_equal(run_bare(&program, &subject_kheap_big, &space, &bare), status);
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
    faulty_subject(&subject, &subject_kheap_small, true);
    assert_true(generate_program(&program, &options));
    program.ops[150] = (struct op){.kind = OP_FREE, .slot = 3};
    program.ops[151] = trigger;
    host_space_for(&space, &program, &subject);
    faulty_fault = control->fault;
    assert_true(
        shrink_program(&program, &subject, &space, &run_options_default, NULL, NULL, &outcome));
    assert_int_equal(outcome.oracle, control->oracle);
    if (program.nops > most) {
        fail_msg("%s: have %zu ops, want at most %zu", name, program.nops, most);
    }
    /* 1-minimal: without any one op it does not fail so any more. */
    const size_t nops = program.nops;
    for (size_t i = 0; i < nops; i++) {
        struct op kept[8];
        assert_true(nops <= 8);
        memcpy(kept, ops, nops * sizeof *ops);
        memmove(ops + i, ops + i + 1, (nops - i - 1) * sizeof *ops);
        program.nops = nops - 1;
        shrink_try(&program, &subject, &space, &run_options_default, 10, &outcome);
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
    prepare(&controls[0], &subject_kheap_small, true);
    const size_t nops = program.nops;
    assert_false(
        shrink_program(&program, &subject, &space, &run_options_default, NULL, NULL, &outcome));
    assert_int_equal(program.nops, nops);
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
    prepare(control, &subject_kheap_small, true);
    program.name = program_name;
    die_hooks.write = keep_text;
    die_hooks.stop = stop_here;
    printed[0] = '\0';
    faulty_fault = control->fault;
    if (setjmp(stopped) == 0) {
        (void)run_or_die(&program, &subject, &space, &run_options_default, NULL, NULL);
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

static void print_cover(const struct control *control)
{
    struct run_options options = run_options_default;
    const char *separator = "";

    prepare(control, &subject_kheap_small, true);
    faulty_fault = control->fault;
    for (;;) {
        struct shrink_outcome outcome;
        shrink_try(&program, &subject, &space, &options, 10, &outcome);
        if (!outcome.failed) {
            break;
        }
        if (outcome.oracle == ORACLE_NONE) {
            printf("%sa crash", separator);
            separator = ", ";
            break;
        }
        if (outcome.oracle != control->oracle) {
            printf("%s%s", separator, oracle_names[outcome.oracle]);
            separator = ", ";
        }
        options.oracles &= ~ORACLE_BIT(outcome.oracle);
    }
    printf("%s", separator[0] == '\0' ? "nobody" : "");
    faulty_fault = FAULT_OFF;
}

static int cover(void)
{
    printf("| oracle | it fires when | control | seen without it by, in turn | kheap | firstfit | "
           "libc |\n|---|---|---|---|---|---|---|\n");
    for (uint32_t oracle = 0; oracle < ORACLES; oracle++) {
        for (size_t i = 0; i < ncontrols; i++) {
            if (controls[i].oracle != (enum oracle)oracle) {
                continue;
            }
            printf("| %s | %s | %s | ", oracle_names[oracle], oracle_texts[oracle],
                   controls[i].name);
            print_cover(&controls[i]);
            printf(" | %s | %s | %s |\n",
                   oracles_for(&subject_kheap_small) & ORACLE_BIT(oracle) ? "yes" : "-",
                   oracles_for(&subject_firstfit) & ORACLE_BIT(oracle) ? "yes" : "-",
                   oracles_for(&subject_libc) & ORACLE_BIT(oracle) ? "yes" : "-");
        }
    }
    return 0;
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
        return cover();
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
