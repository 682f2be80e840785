/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A sys_heap that keeps the library's own hook: a report ends the program. Its one api item looks
 * at that from outside, in a child process; it promises nothing else, so that no program is
 * stopped.
 */

#include "kheap/sys_heap.h"
#include "verdict.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int stop_init(void *state, void *mem, size_t bytes)
{
    return sys_heap_init(state, mem, bytes);
}

static void *stop_alloc(void *state, size_t bytes)
{
    return sys_heap_alloc(state, bytes);
}

static void stop_free(void *state, void *p)
{
    sys_heap_free(state, p);
}

static bool stop_api(void *state, uint32_t item, struct subject_verdict *verdict)
{
    static _Alignas(8) unsigned char memory[256];
    const struct rlimit none = {0, 0};
    struct sys_heap heap;
    int status = 0;

    (void)state;
    (void)item;
    *verdict = (struct subject_verdict){.what = NULL};
    const pid_t pid = fork();
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)sys_heap_init(&heap, memory, sizeof memory);
        sys_heap_free(&heap, memory + 4);
        _exit(0);
    }
    (void)waitpid(pid, &status, 0);
    return verdict_is(verdict, "signal that ends a misuse",
                      WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGABRT);
}

extern const struct subject SUBJECT_SYMBOL;
const struct subject SUBJECT_SYMBOL = {
    .abi = SUBJECT_ABI,
    .name = SUBJECT_NAME,
    .promises = SUBJECT_IN_REGION | SUBJECT_DETERMINISTIC | SUBJECT_NULL_ON_BAD,
    .align = 8,
    .state_bytes = sizeof(struct sys_heap),
    .init = stop_init,
    .alloc = stop_alloc,
    .free = stop_free,
    .api = stop_api,
    .api_items = 1,
};
