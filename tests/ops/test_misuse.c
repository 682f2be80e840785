/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The programs of corpus/misuse, on the heaps that they are for: every oracle holds, and between
 * them every invariant of ARCHITECTURE.md is reported in both header formats. A program whose name
 * begins with an invariant ("i5-links-big.ops") is one that reports it.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "oracle.h"
#include "runner.h"
#include "subjects.h"
#include "support.h"

#define INVARIANTS 11u

static const struct subject *const hard[] = {&subject_kheap_hard_small, &subject_kheap_hard_big};

static struct space space;

/* Adds what each format reported; false for names that are no program's. */
static bool run_file(const char *name, uint64_t reported[2][RUN_INVARIANTS])
{
    char path[1000];
    struct program_list list;
    const size_t length = strlen(name);

    if (length < 5 || strcmp(name + length - 4, ".ops") != 0) {
        return false;
    }
    snprintf(path, sizeof path, "%s/%s", MISUSE_DIR, name);
    host_load_programs(path, &list);
    for (size_t i = 0; i < list.count; i++) {
        for (int format = 0; format < 2; format++) {
            struct run_counts counts = {.programs = 0};
            struct run_failure failure;
            host_space_for(&space, &list.programs[i], hard[format]);
            const enum run_status status =
                run_program(&list.programs[i], hard[format], &space, &run_options_default, &counts,
                            NULL, &failure);
            if (status != RUN_OK) {
                fail_msg("%s on %s: %s at op %zu: %s", name, hard[format]->name,
                         oracle_names[failure.oracle], failure.op_index, failure.have_want);
            }
            for (size_t k = 0; k < RUN_INVARIANTS; k++) {
                reported[format][k] += counts.reported[k];
            }
        }
    }
    host_free_programs(&list);
    return true;
}

static void test_every_invariant_is_reported(void **state)
{
    uint64_t all[2][RUN_INVARIANTS] = {{0}};
    DIR *folder = opendir(MISUSE_DIR);

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        uint64_t reported[2][RUN_INVARIANTS] = {{0}};
        const unsigned long wanted =
            entry->d_name[0] == 'i' ? strtoul(entry->d_name + 1, NULL, 10) : 0;
        if (!run_file(entry->d_name, reported)) {
            continue;
        }
        if (wanted != 0 && reported[0][wanted] + reported[1][wanted] == 0) {
            fail_msg("%s: I%lu was not reported", entry->d_name, wanted);
        }
        for (size_t k = 0; k < RUN_INVARIANTS; k++) {
            all[0][k] += reported[0][k];
            all[1][k] += reported[1][k];
        }
    }
    closedir(folder);
    for (size_t k = 1; k <= INVARIANTS; k++) {
        if (all[0][k] == 0 || all[1][k] == 0) {
            fail_msg("I%zu: have %u reports in the small format and %u in the big one", k,
                     (unsigned)all[0][k], (unsigned)all[1][k]);
        }
    }
    /* Reports without a name, or with one that is not in the table. */
    assert_int_equal(all[0][0] + all[1][0], 0);
    for (size_t k = INVARIANTS + 1; k < RUN_INVARIANTS; k++) {
        assert_int_equal(all[0][k] + all[1][k], 0);
    }
}

/* Heaps that promise nothing are not misused: nothing is reported, and every oracle holds. */
static void test_others_are_spared(void **state)
{
    static const char text[] = "heap 512\nalloc p0 20\nfree p0\ndouble p0\nflip 3 1\ncheck\nmend\n";
    static struct owned_program owned;
    struct subject meek = subject_kheap_small;
    struct run_counts counts = {.programs = 0};
    struct run_failure failure;

    (void)state;
    meek.hardening = 0;
    must_parse(&owned, text, strlen(text));
    host_space_for(&space, &owned.program, &meek);
    assert_int_equal(
        run_program(&owned.program, &meek, &space, &run_options_default, &counts, NULL, &failure),
        RUN_OK);
    assert_int_equal(counts.evaluated[ORACLE_MISUSE], 0);
    assert_int_equal(counts.skipped, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_invariant_is_reported),
        cmocka_unit_test(test_others_are_spared),
    };
    return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
