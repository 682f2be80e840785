/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ZEPHYR_SHIM_ZTEST_H
#define ZEPHYR_SHIM_ZTEST_H

/*
 * Test suites in the manner of Zephyr's: ZTEST_SUITE(), ZTEST() and the zassert_ macros, whose
 * optional last arguments are a message. A failed check ends its test; in another thread it ends
 * that thread, and the test has failed all the same. main() is here.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zephyr/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ztest_suite {
    const char *name;
    void *(*setup)(void);
    void (*before)(void *fixture);
    void (*after)(void *fixture);
    void (*teardown)(void *fixture);
    struct ztest_case *cases;
    struct ztest_suite *next;
};

struct ztest_case {
    const char *name;
    void (*function)(void);
    struct ztest_case *next;
};

void ztest_suite_add(struct ztest_suite *suite);
void ztest_case_add(struct ztest_suite *suite, struct ztest_case *one);
/* Fails the running test unless `good`. */
void ztest_check(bool good, const char *file, int line, const char *what, const char *format, ...);
/* Ends the running test, which is counted apart. Only in the test's own thread. */
void ztest_test_skip(void);

#define ZTEST_SUITE(suite, predicate, setup_, before_, after_, teardown_)                          \
    struct ztest_suite ztest_suite_##suite = {.name = #suite,                                      \
                                              .setup = (setup_),                                   \
                                              .before = (before_),                                 \
                                              .after = (after_),                                   \
                                              .teardown = (teardown_)};                            \
    __attribute__((constructor)) static void ztest_suite_add_##suite(void)                         \
    {                                                                                              \
        ztest_suite_add(&ztest_suite_##suite);                                                     \
    }                                                                                              \
    struct ztest_suite

#define ZTEST(suite, test)                                                                         \
    static void test(void);                                                                        \
    extern struct ztest_suite ztest_suite_##suite;                                                 \
    __attribute__((constructor)) static void ztest_add_##test(void)                                \
    {                                                                                              \
        static struct ztest_case one = {.name = #test, .function = test};                          \
        ztest_case_add(&ztest_suite_##suite, &one);                                                \
    }                                                                                              \
    static void test(void)

#define ZTEST_CHECK(good, what, ...) ztest_check((good), __FILE__, __LINE__, what, "" __VA_ARGS__)

#define zassert_true(x, ...)         ZTEST_CHECK((x), #x " is true", __VA_ARGS__)
#define zassert_false(x, ...)        ZTEST_CHECK(!(x), #x " is false", __VA_ARGS__)
#define zassert_ok(x, ...)           ZTEST_CHECK((x) == 0, #x " is 0", __VA_ARGS__)
#define zassert_is_null(x, ...)      ZTEST_CHECK((x) == NULL, #x " is NULL", __VA_ARGS__)
#define zassert_not_null(x, ...)     ZTEST_CHECK((x) != NULL, #x " is not NULL", __VA_ARGS__)
#define zassert_equal(a, b, ...)     ZTEST_CHECK((a) == (b), #a " is " #b, __VA_ARGS__)
#define zassert_not_equal(a, b, ...) ZTEST_CHECK((a) != (b), #a " is not " #b, __VA_ARGS__)
#define zassert_equal_ptr(a, b, ...)                                                               \
    ZTEST_CHECK((const void *)(a) == (const void *)(b), #a " is " #b, __VA_ARGS__)
#define zassert_between_inclusive(a, low, high, ...)                                               \
    ZTEST_CHECK((a) >= (low) && (a) <= (high), #a " is from " #low " to " #high, __VA_ARGS__)
#define zassert_mem_equal(a, b, bytes, ...)                                                        \
    ZTEST_CHECK(memcmp((a), (b), (bytes)) == 0, #a " has the bytes of " #b, __VA_ARGS__)
#define zassert_unreachable(...) ZTEST_CHECK(false, "never here", __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
