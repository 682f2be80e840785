/* SPDX-License-Identifier: Apache-2.0 */

/* The fault hook that is there when a program brings none. */

#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <kheap/k_heap.h>
#include <kheap/mem_pool.h>
#include <kheap/multi_heap.h>

K_HEAP_DEFINE(heap, 1024);
K_MEM_POOL_DEFINE(pool, 64, 256, 1, 8);

static void free_twice(void)
{
    void *p = k_heap_alloc(&heap, 32, K_NO_WAIT);

    k_heap_free(&heap, p);
    k_heap_free(&heap, p);
}

static void free_block_twice(void)
{
    struct k_mem_block block;

    (void)k_mem_pool_alloc(&pool, &block, 64, K_NO_WAIT);
    k_mem_pool_free(&block);
    k_mem_pool_free(&block);
}

static void free_of_nobody(void)
{
    static uint64_t elsewhere;
    struct sys_multi_heap multi;

    sys_multi_heap_init(&multi, NULL);
    sys_multi_heap_free(&multi, &elsewhere);
}

static void no_fault(void)
{
    k_heap_free(&heap, NULL);
}

/* The signal that ended a child that makes the call; 0: none did. */
static int signal_of(void (*call)(void))
{
    static const struct rlimit no_core = {0, 0};
    int status = 0;
    const pid_t child = fork();

    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGABRT, SIG_DFL);
        call();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_fault_without_a_hook_aborts_on_a_host(void **state)
{
    (void)state;
    assert_int_equal(signal_of(no_fault), 0);
    assert_int_equal(signal_of(free_twice), SIGABRT);
    assert_int_equal(signal_of(free_block_twice), SIGABRT);
    assert_int_equal(signal_of(free_of_nobody), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_without_a_hook_aborts_on_a_host),
    };

    return cmocka_run_group_tests_name("the default fault hook", tests, NULL, NULL);
}
