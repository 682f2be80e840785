/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLAIN_H
#define TESTS_PLAIN_H

/*
 * A test runner without a framework: op programs, misuse, damage and out-of-memory walks on the one
 * kheap configuration that is linked in. plain_*.c need no libc but memcpy and friends, so the same
 * tests run with -m32 and on bare targets; main.c is the hosted shell.
 */

#include "generate.h"
#include "runner.h"

#define PLAIN_REGION_MAX 4096u /* what space->capacity must be at least */
#define PLAIN_SLOTS      64u
#define PLAIN_OPS        64u

struct plain {
    void (*write)(const char *text); /* where text goes */
    const struct subject *subject; /* a kheap subject: its state begins with its struct sys_heap */
    struct space *space;           /* capacity PLAIN_REGION_MAX, PLAIN_SLOTS slots, or more */
    bool generated; /* also runs and walks generated programs (slow on an emulator) */
    uint64_t seed;  /* of the generated programs */
    uint32_t passed, failed;
    uint32_t
        too_large; /* programs that need more memory than space has, or another format: not run */
};

/* Counts; prints "file:line: what: have ..., want ..." when have is not want. Returns have == want.
 */
bool plain_check(struct plain *plain, const char *file, int line, const char *what, uint64_t have,
                 uint64_t want);
#define CHECK(plain, have, want)                                                                   \
    plain_check((plain), __FILE__, __LINE__, #have, (uint64_t)(have), (uint64_t)(want))

/* "have" and "want" are two texts of which only the first is at hand: prints it when not ok. */
bool plain_note(struct plain *plain, const char *file, int line, bool ok, const char *text,
                const char *detail, uint64_t number);
#define NOTE(plain, ok, text, detail, number)                                                      \
    plain_note((plain), __FILE__, __LINE__, (ok), (text), (detail), (uint64_t)(number))

bool plain_begins(const char *text, const char *start);

/* A number as text behind `text`, for progress lines. */
void plain_say(struct plain *plain, const char *text, uint64_t number, const char *behind);

/* Every oracle holds, or the program does not fit, which is counted apart. */
void plain_program(struct plain *plain, const struct program *program);

/* The same with the region's size walked up from 0: each size gives a clean refusal or a pass. The
 * program's expectations are dropped: they were written for its own size. */
void plain_walk(struct plain *plain, const struct program *program);

void plain_misuse(struct plain *plain); /* level 1: reported through kheap_fault, without effect */
void plain_damage(struct plain *plain); /* each invariant, broken on purpose, is named by check() */
void plain_sweep(struct plain *plain);  /* level 2: any damaged word, any call: stays inside */
void plain_errors(struct plain *plain); /* init's errors, and that a refused heap refuses calls */

void plain_canary(struct plain *plain); /* nothing, unless built to fail (plain_canary.c) */

/* All of the above, and generated programs. */
void plain_all(struct plain *plain);

/* "N passed, N failed"; returns the exit status, 0 or 1. A run without any test is a failure. */
int plain_end(struct plain *plain);

#endif
