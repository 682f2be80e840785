/* SPDX-License-Identifier: Apache-2.0 */

/* Counts the canaries in memory that survives the crash they lead to. */

#include "canary.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

/* A program that is not a fuzz target has no count of programs, and its canaries say 0. */
#pragma weak fuzz_counts

/* The file behind HEAPVET_CANARY; bank.py reads it. */
struct canary_file {
    char magic[16];
    struct {
        uint64_t times, program; /* how often; during which program first, from 0 */
    } canary[2];
};

static struct canary_file own;
static struct canary_file *file = &own;

/* Before main: the first program may be the one that dies. */
__attribute__((constructor)) static void canary_map(void)
{
    const char *const path = getenv("HEAPVET_CANARY");

    if (path != NULL && path[0] != '\0') {
        const int fd = open(path, O_RDWR | O_CREAT, 0644);
        void *mapped = MAP_FAILED;

        if (fd >= 0 && ftruncate(fd, (off_t)sizeof(*file)) == 0) {
            mapped = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        }
        if (mapped == MAP_FAILED) {
            static const char text[] = "HEAPVET_CANARY: expected a file that can be mapped\n";

            _exit(write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? 3 : 2);
        }
        close(fd);
        file = mapped;
    }
    memcpy(file->magic, "kheap-canary 1", sizeof("kheap-canary 1"));
}

void bug_canary_note(unsigned canary, int seen)
{
    if (seen) {
        if (file->canary[canary].times++ == 0 && fuzz_counts != NULL) {
            file->canary[canary].program = fuzz_counts()->programs + fuzz_counts()->does_not_fit;
        }
    }
}
