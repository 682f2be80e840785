/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Deliberate failures, each seen to fail by tests/matrix.py: a matrix in which nothing can fail
 * checks nothing. Normal builds have none.
 */

#include "plain.h"

#ifndef PLAIN_CANARY
#define PLAIN_CANARY 0
#endif

#if PLAIN_CANARY != 0

/* The canaries' faults must not be seen through by the compiler. */
static volatile unsigned plain_canary_hidden = 77;
static const struct subject *plain_canary_sound;
static const volatile uint8_t *plain_canary_end; /* of the region */

/* A subject that looks at what its region held before. */
static int init_by_old_contents(void *state, void *mem, size_t bytes)
{
    if (PLAIN_CANARY == 4 && bytes > 0 && *(const volatile uint8_t *)mem == 77) {
        return -1;
    }
    plain_canary_end = (const uint8_t *)mem + bytes;
    return plain_canary_sound->init(state, mem, bytes);
}

static void *alloc_wrong(void *state, size_t bytes)
{
    void *const p = plain_canary_sound->alloc(state, bytes);

    if (PLAIN_CANARY == 2) {
        plain_canary_hidden = plain_canary_end[3]; /* the harness forbids what lies outside */
    } else if (PLAIN_CANARY == 3) {
        plain_canary_hidden = (unsigned)(1 << plain_canary_hidden);
    }
    return p;
}

/* A checker that sees nothing, a heap that never complains, a free that writes too far. */
static bool check_blind(void *state, struct subject_fault *fault)
{
    (void)state;
    (void)fault;
    return true;
}

static uint32_t faults_never(void *state)
{
    (void)state;
    return 0;
}

static void free_wrong(void *state, void *p)
{
    *(volatile uint8_t *)(uintptr_t)(plain_canary_end + 3) = 0;
    plain_canary_sound->free(state, p);
}

/* One program under all oracles, with this canary's fault. */
static void program_canary(struct plain *plain)
{
    static struct op ops[] = {{.kind = OP_ALLOC, .slot = 0, .value = 8, .expect = EXPECT_ANY}};
    struct program program = {.nops = 1, .capacity = 1, .ops = ops, .name = "canary"};

    program_header_default(&program.header);
    ops[0].expect = PLAIN_CANARY == 1 ? EXPECT_NULL : EXPECT_ANY;
    plain_program(plain, &program);
}

void plain_canary(struct plain *plain)
{
    struct subject subject = *plain->subject;

    plain_canary_sound = plain->subject;
    plain->subject = &subject;
    subject.init = init_by_old_contents;
    subject.alloc = alloc_wrong;
    if (PLAIN_CANARY <= 4) {
        program_canary(plain);
    } else if (PLAIN_CANARY == 5) {
        subject.check = check_blind;
        plain_damage(plain);
    } else if (PLAIN_CANARY == 6) {
        subject.faults = faults_never;
        plain_misuse(plain);
    } else {
        subject.free = free_wrong;
        plain_sweep(plain);
    }
    plain->subject = plain_canary_sound;
}

#else

void plain_canary(struct plain *plain)
{
    (void)plain;
}

#endif
