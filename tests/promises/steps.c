/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Counts the instructions of each call of a fixed program, by single steps of a child. Prints one
 * number a call. The region is small, or with the argument `large` too large for the small format.
 * Exit status 77 where the system does not let a process trace another.
 */

#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kheap/sys_heap.h>

/* LARGE is beyond the small format. */
enum { CALLS = 60, SMALL = 8192, LARGE = 300000, UNTRACED = 77 };

static uint64_t memory[LARGE / 8];
static volatile int *call; /* the call that runs now, from 1; 0: none. Shared with the parent. */

/* Splits, joins, probes, moves and grows in place: blocks of many sizes in eight slots. */
static void program(size_t region)
{
    struct sys_heap heap;
    void *p[8] = {NULL};
    uint32_t seed = 7;

    if (sys_heap_init(&heap, memory, region) != 0) {
        _exit(1);
    }
    for (int i = 1; i <= CALLS; i++) {
        seed = seed * 1664525u + 1013904223u;
        void **const slot = &p[seed >> 20 & 7];
        const size_t bytes = 1 + (seed >> 8) % 400;

        *call = i;
        if (*slot == NULL) {
            *slot = seed >> 30 == 0 ? sys_heap_aligned_alloc(&heap, 64, bytes)
                                    : sys_heap_alloc(&heap, bytes);
        } else {
            sys_heap_free(&heap, *slot);
            *slot = NULL;
        }
        *call = 0;
    }
}

int main(int argc, char **argv)
{
    static unsigned long counts[CALLS + 1];
    int status = 0;

    call = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (call == MAP_FAILED) {
        return 1;
    }
    const pid_t child = fork();

    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(UNTRACED);
        }
        (void)raise(SIGSTOP);
        program(argc == 2 && strcmp(argv[1], "large") == 0 ? LARGE : SMALL);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
        return UNTRACED;
    }
    while (WIFSTOPPED(status)) {
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) {
            return UNTRACED;
        }
        (void)waitpid(child, &status, 0);
        counts[*call]++;
    }
    for (int i = 1; i <= CALLS; i++) {
        printf("%lu\n", counts[i]);
    }
    return WEXITSTATUS(status);
}
