/* SPDX-License-Identifier: Apache-2.0 */

/* Runs the suites that a program's constructors have added. */

#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include <zephyr/ztest.h>

enum ending { PASSED, FAILED, SKIPPED };

static struct ztest_suite *suites;
static jmp_buf end_of_test;
static pthread_t test_thread;
static atomic_bool failed; /* the running test, by any thread */

/* At the end of the list, so that suites and tests run in the order in which they are written. */
void ztest_suite_add(struct ztest_suite *suite)
{
    struct ztest_suite **place = &suites;

    while (*place != NULL) {
        place = &(*place)->next;
    }
    *place = suite;
}

void ztest_case_add(struct ztest_suite *suite, struct ztest_case *one)
{
    struct ztest_case **place = &suite->cases;

    while (*place != NULL) {
        place = &(*place)->next;
    }
    *place = one;
}

void ztest_check(bool good, const char *file, int line, const char *what, const char *format, ...)
{
    va_list arguments;

    if (good) {
        return;
    }
    (void)printf("    %s:%d: want: %s ", file, line, what);
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)printf("\n");
    atomic_store(&failed, true);
    if (pthread_equal(pthread_self(), test_thread)) {
        longjmp(end_of_test, FAILED);
    }
    pthread_exit(NULL);
}

void ztest_test_skip(void)
{
    longjmp(end_of_test, SKIPPED);
}

/* The function sets no variable that is read behind the jump. */
static enum ending run(const struct ztest_suite *suite, const struct ztest_case *one, void *fixture)
{
    atomic_store(&failed, false);
    const int ending = setjmp(end_of_test);

    if (ending == 0) {
        if (suite->before != NULL) {
            suite->before(fixture);
        }
        one->function();
        if (suite->after != NULL) {
            suite->after(fixture);
        }
    }
    return atomic_load(&failed) ? FAILED : (enum ending)ending;
}

int main(void)
{
    static const char *const words[] = {"PASS", "FAIL", "SKIP"};
    unsigned count[3] = {0, 0, 0};

    test_thread = pthread_self();
    for (struct ztest_suite *suite = suites; suite != NULL; suite = suite->next) {
        void *const fixture = suite->setup == NULL ? NULL : suite->setup();

        (void)printf("Running TESTSUITE %s\n", suite->name);
        for (struct ztest_case *one = suite->cases; one != NULL; one = one->next) {
            (void)printf("START - %s\n", one->name);
            const enum ending ending = run(suite, one, fixture);

            count[ending]++;
            (void)printf(" %s - %s\n", words[ending], one->name);
        }
        if (suite->teardown != NULL) {
            suite->teardown(fixture);
        }
    }
    (void)printf("%u passed, %u failed, %u skipped\n", count[PASSED], count[FAILED],
                 count[SKIPPED]);
    /* A program without tests has checked nothing. */
    return count[PASSED] == 0 || count[FAILED] > 0 ? 1 : 0;
}
