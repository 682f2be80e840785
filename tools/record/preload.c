/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Preloaded into a program, logs what it asks of malloc. glibc exports its allocator under a second
 * set of names, so no lookup is needed that would itself allocate: every entry works before any
 * constructor has run.
 *
 * One lock covers a call and its log entry. Otherwise a block could be freed by one thread, handed
 * out to another, and the log would show it handed out twice.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

extern void *__libc_malloc(size_t bytes);
extern void __libc_free(void *p);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *p, size_t bytes);
extern void *__libc_memalign(size_t align, size_t bytes);

enum state { UNDECIDED, OFF, ON };

static _Atomic int tracing = UNDECIDED;
static atomic_flag busy = ATOMIC_FLAG_INIT;
static struct record_log *record_log;

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire)) {
        sched_yield();
    }
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

/* A forked child has a heap of its own from here on; its events would only confuse the parent's. */
static void in_forked_child(void)
{
    atomic_store(&tracing, OFF);
}

static struct record_log *map_log(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    struct stat about;
    void *p = MAP_FAILED;
    if (fstat(fd, &about) == 0 && (size_t)about.st_size > sizeof(struct record_log)) {
        p = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (p == MAP_FAILED) {
        return NULL;
    }
    struct record_log *log = p;
    return log->magic == RECORD_LOG_MAGIC ? log : NULL;
}

/* Only the process that the command was started as, whatever programs it becomes by exec. */
static bool chosen_process(void)
{
    const char *text = getenv(RECORD_ENV_PID);
    long pid = 0;
    for (; text && *text >= '0' && *text <= '9'; text++) {
        pid = pid * 10 + (*text - '0');
    }
    return pid == (long)getpid();
}

/* Called with the lock held. Leaves the decision open while libc has not set up the environment. */
static void decide(void)
{
    if (atomic_load(&tracing) != UNDECIDED || !environ) {
        return;
    }
    int kept = errno;
    const char *path = getenv(RECORD_ENV_FILE);
    if (path && chosen_process()) {
        record_log = map_log(path);
    }
    if (record_log) {
        record_log->events = 0;
        record_log->lost = 0;
        record_log->images++;
    }
    atomic_store(&tracing, record_log ? ON : OFF);
    errno = kept;
}

/* True: this call is logged, and the lock is held until unlock(). */
static bool begin(void)
{
    int now = atomic_load_explicit(&tracing, memory_order_relaxed);
    if (now == OFF) {
        return false;
    }
    lock();
    if (now == UNDECIDED) {
        decide();
    }
    if (atomic_load(&tracing) == ON) {
        return true;
    }
    unlock();
    return false;
}

static void note(enum record_kind kind, void *old, void *now, size_t size, size_t extra)
{
    struct record_log *log = record_log;
    if (log->events >= log->capacity) {
        log->lost++;
        return;
    }
    struct record_event *event = &log->event[log->events];
    event->kind = (uint64_t)kind;
    event->old = (uint64_t)(uintptr_t)old;
    event->now = (uint64_t)(uintptr_t)now;
    event->size = size;
    event->extra = extra;
    log->events++;
}

__attribute__((constructor)) static void start(void)
{
    pthread_atfork(NULL, NULL, in_forked_child);
    if (begin()) {
        unlock();
    }
}

void *malloc(size_t bytes)
{
    if (!begin()) {
        return __libc_malloc(bytes);
    }
    void *p = __libc_malloc(bytes);
    if (p) {
        note(RECORD_ALLOC, NULL, p, bytes, 0);
    }
    unlock();
    return p;
}

void free(void *p)
{
    if (!p) {
        return;
    }
    int kept = errno; /* older C libraries let free() change it */
    if (!begin()) {
        __libc_free(p);
    } else {
        note(RECORD_FREE, p, NULL, 0, 0);
        __libc_free(p);
        unlock();
    }
    errno = kept;
}

void *calloc(size_t count, size_t bytes)
{
    if (!begin()) {
        return __libc_calloc(count, bytes);
    }
    void *p = __libc_calloc(count, bytes);
    if (p) {
        note(RECORD_CALLOC, NULL, p, bytes, count);
    }
    unlock();
    return p;
}

void *realloc(void *old, size_t bytes)
{
    if (!begin()) {
        return __libc_realloc(old, bytes);
    }
    uintptr_t before = (uintptr_t)old; /* old itself may not be looked at after the call */
    void *p = __libc_realloc(old, bytes);
    if (p) {
        note(RECORD_REALLOC, (void *)before, p, bytes, 0);
    } else if (before && bytes == 0) {
        note(RECORD_FREE, (void *)before, NULL, 0, 0);
    }
    unlock();
    return p;
}

void *reallocarray(void *old, size_t count, size_t bytes)
{
    size_t product = 0;
    if (__builtin_mul_overflow(count, bytes, &product)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, product);
}

void *memalign(size_t align, size_t bytes)
{
    if (!begin()) {
        return __libc_memalign(align, bytes);
    }
    void *p = __libc_memalign(align, bytes);
    if (p) {
        note(RECORD_ALIGNED, NULL, p, bytes, align);
    }
    unlock();
    return p;
}

void *aligned_alloc(size_t align, size_t bytes)
{
    return memalign(align, bytes);
}

int posix_memalign(void **out, size_t align, size_t bytes)
{
    if (align < sizeof(void *) || (align & (align - 1)) != 0) {
        return EINVAL;
    }
    int kept = errno; /* the result is returned, and errno is nobody's business */
    void *p = memalign(align, bytes);
    errno = kept;
    if (!p) {
        return ENOMEM;
    }
    *out = p;
    return 0;
}

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *valloc(size_t bytes)
{
    return memalign(page_bytes(), bytes);
}

void *pvalloc(size_t bytes)
{
    size_t page = page_bytes();
    size_t sum = 0;
    if (__builtin_add_overflow(bytes, page - 1, &sum)) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(page, sum & ~(page - 1));
}
