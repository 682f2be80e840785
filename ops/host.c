/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "host.h"

#include "shadow.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void host_bad_input(const char *file, uint32_t line, const char *format, ...)
{
    va_list arguments;

    (void)fflush(stdout);
    fprintf(stderr, "%s:", file);
    if (line != 0) {
        fprintf(stderr, "%u:", line);
    }
    fputc(' ', stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static void *map_bytes(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    if (p == MAP_FAILED) {
        host_bad_input("memory", 0, "expected %zu bytes for a space, have none", size);
    }
    return p;
}

/* A power of two at least as large as the region: offsets then depend on nothing but the program.
 */
static size_t arena_align(size_t capacity)
{
    size_t align = 4096;

    while (align < capacity) {
        align *= 2;
    }
    return align;
}

/* Guard, arena, eight bytes for the misaligned start, guard; on the boundary that is asked for. */
static uint8_t *open_arena(size_t capacity)
{
    const size_t align = arena_align(capacity);
    const size_t size = 4096 + align + capacity + 8 + SPACE_GUARD;
    uint8_t *raw = map_bytes(size);
    const size_t past = ((uintptr_t)raw + 4096) % align;

    return raw + 4096 + (past == 0 ? 0 : align - past);
}

static void close_arena(uint8_t *arena, size_t capacity)
{
    /* Where the mapping began is forgotten; the pages around an arena hold nothing and cost
     * nothing, so those that were used are given back. */
    if (arena != NULL) {
        (void)munmap(arena - 4096, 4096 + (capacity + 8 + SPACE_GUARD + 4095) / 4096 * 4096);
    }
}

void host_space_open(struct space *space, size_t capacity, size_t nslots, size_t state_bytes)
{
    memset(space, 0, sizeof *space);
    space->capacity = capacity;
    space->nslots = nslots;
    space->state_bytes = state_bytes;
    space->arena = open_arena(capacity);
    space->twin = open_arena(capacity);
    space->snapshot = map_bytes(capacity + 8);
    space->slots = map_bytes(nslots * sizeof *space->slots);
    space->twin_slots = map_bytes(nslots * sizeof *space->twin_slots);
    space->blocks = map_bytes((nslots + 1) * sizeof *space->blocks);
    space->state = map_bytes(state_bytes + 1);
    space->shadow_state = map_bytes(SHADOW_STATE_BYTES);
}

void host_space_close(struct space *space)
{
    close_arena(space->arena, space->capacity);
    close_arena(space->twin, space->capacity);
    if (space->slots != NULL) {
        (void)munmap(space->snapshot, space->capacity + 8);
        (void)munmap(space->slots, space->nslots * sizeof *space->slots);
        (void)munmap(space->twin_slots, space->nslots * sizeof *space->twin_slots);
        (void)munmap(space->blocks, (space->nslots + 1) * sizeof *space->blocks);
        (void)munmap(space->state, space->state_bytes + 1);
        (void)munmap(space->shadow_state, SHADOW_STATE_BYTES);
    }
    memset(space, 0, sizeof *space);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

void host_space_for(struct space *space, const struct program *program,
                    const struct subject *subject)
{
    const size_t capacity = larger(space->capacity, program->header.region);
    const size_t nslots = larger(space->nslots, (size_t)1 << program->header.slots_log2);
    const size_t state = larger(space->state_bytes, subject->state_bytes);

    if (capacity != space->capacity || nslots != space->nslots || state != space->state_bytes) {
        host_space_close(space);
        host_space_open(space, capacity, nslots, state);
    }
}

const char *subject_problem(const struct subject *subject)
{
    if (subject == NULL) {
        return "expected a subject from " SUBJECT_ENTRY "(), have NULL";
    }
    if (subject->abi != SUBJECT_ABI) {
        return "expected a subject of ABI 2, have another number";
    }
    if (subject->name == NULL || subject->name[0] == '\0') {
        return "expected a subject with a name, have none";
    }
    if (subject->init == NULL) {
        return "expected a subject with init(), have NULL";
    }
    if (subject->alloc == NULL) {
        return "expected a subject with alloc(), have NULL";
    }
    if (subject->free == NULL) {
        return "expected a subject with free(), have NULL";
    }
    const bool described = subject->info != NULL || subject->parts != NULL || subject->pool != NULL;
    if ((subject->promises & SUBJECT_PREDICTABLE) != 0 &&
        (!described || (subject->promises & SUBJECT_IN_REGION) == 0)) {
        return "expected info(), parts() or pool(), and SUBJECT_IN_REGION, with the promise "
               "SUBJECT_PREDICTABLE";
    }
    if (subject->align == 0 || (subject->align & (subject->align - 1)) != 0) {
        return "expected an alignment that is a power of two";
    }
    return NULL;
}

/* dlopen looks names without a slash up elsewhere; dlerror's text is kept to one line. */
const struct subject *host_load_subject(const char *path)
{
    char here[4096];
    const int length = snprintf(here, sizeof here, "%s%s", strchr(path, '/') ? "" : "./", path);

    if (length < 0 || (size_t)length >= sizeof here) {
        host_bad_input(path, 0, "expected a shorter path");
    }
    if (access(here, R_OK) != 0) {
        host_bad_input(path, 0, "expected a shared object, have no such file");
    }
    void *library = dlopen(here, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        host_bad_input(path, 0, "expected a shared object that loads: %s", dlerror());
    }
    const struct subject *(*entry)(void) = NULL;
    void *symbol = dlsym(library, SUBJECT_ENTRY);
    if (symbol == NULL) {
        host_bad_input(path, 0, "expected a function %s(), have none", SUBJECT_ENTRY);
    }
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from an object to a function */
    const struct subject *subject = entry();
    const char *problem = subject_problem(subject);
    if (problem != NULL) {
        host_bad_input(path, 0, "%s", problem);
    }
    return subject;
}

static void write_stderr(const char *text)
{
    (void)fputs(text, stderr);
}

static void stop_by_abort(void)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    abort();
}

static void stop_by_exit(void)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    exit(1);
}

void host_die_by_abort(void)
{
    die_hooks.write = write_stderr;
    die_hooks.stop = stop_by_abort;
}

void host_die_by_exit(void)
{
    die_hooks.write = write_stderr;
    die_hooks.stop = stop_by_exit;
}
