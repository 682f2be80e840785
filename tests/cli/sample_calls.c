/* SPDX-License-Identifier: Apache-2.0 */

/* A program whose calls are known one by one: what `heapvet record` must have seen of it. */

#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept[64]; /* volatile: no call may be optimised away */
static volatile size_t huge = SIZE_MAX / 2;

/* Runs before main, and before the constructors of most libraries have been asked for anything. */
__attribute__((constructor)) static void early(void)
{
    kept[0] = malloc(4321);
}

static int calls(void)
{
    kept[1] = calloc(3, 100);
    kept[2] = malloc(0);
    kept[1] = realloc(kept[1], 5000);
    free(kept[2]);
    kept[2] = memalign(64, 10);
    void *p = NULL;
    if (posix_memalign(&p, 128, 20) != 0 || posix_memalign(&p, 3, 20) != EINVAL) {
        return 3;
    }
    kept[3] = p;
    kept[4] = aligned_alloc(256, 512);
    kept[5] = valloc(1);
    kept[6] = pvalloc(1);
    kept[7] = reallocarray(NULL, 7, 11);
    kept[7] = reallocarray(kept[7], 9, 11);
    errno = 0;
    if (reallocarray(kept[7], huge, 3) != NULL || errno != ENOMEM) {
        return 4;
    }
    kept[8] = realloc(kept[0], 0); /* frees */
    free(NULL);
    kept[9] = malloc(huge); /* fails: no block, no op */
    kept[0] = strdup("twelve bytes");
    if ((uintptr_t)kept[2] % 64 || (uintptr_t)kept[3] % 128 || (uintptr_t)kept[4] % 256 ||
        (uintptr_t)kept[5] % 4096 || (uintptr_t)kept[6] % 4096) {
        return 5;
    }
    errno = 77;
    free(kept[0]);
    return errno == 77 ? 0 : 6;
}

/* The child's calls must not show up; _exit() must not lose the parent's. */
static int children(void)
{
    kept[1] = malloc(11);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++) {
            kept[2] = malloc(99);
            free(kept[1]);
            kept[1] = kept[2];
        }
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    free(kept[1]);
    kept[1] = malloc(22);
    _exit(status == 0 ? 0 : 3);
}

static void *churn(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    void *block[50] = {NULL};
    for (int i = 0; i < 5000; i++) {
        seed = seed * 1103515245u + 12345u;
        void **p = &block[(seed >> 16) % 50];
        if (seed & 0x40000000u) {
            *p = realloc(*p, 1 + (seed >> 8) % 500);
        } else {
            free(*p);
            *p = malloc(1 + (seed >> 8) % 500);
        }
    }
    for (int i = 0; i < 50; i++) {
        free(block[i]);
    }
    return NULL;
}

static int threads(void)
{
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++) {
        if (pthread_create(&thread[i], NULL, churn, (void *)(i + 1)) != 0) {
            return 3;
        }
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "calls";
    if (strcmp(mode, "threads") == 0) {
        return threads();
    }
    if (strcmp(mode, "children") == 0) {
        return children();
    }
    if (strcmp(mode, "signal") == 0) {
        kept[1] = malloc(33);
        abort();
    }
    return calls();
}
