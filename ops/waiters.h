/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_WAITERS_H
#define OPS_WAITERS_H

/*
 * The model of those who wait for memory: who calls, until when, who sleeps, who comes first. It is
 * told what happens, and asks a shadow what a request may get at that moment. Implemented in
 * reference/ from the contract alone.
 *
 * Functions that return a sentence return NULL when all is as it must be; the sentence begins with
 * the name of the oracle it belongs to, "deadline: ...".
 */

#include "shadow.h"

/* Callers are numbered: threads, the interrupt, and who cleans up. */
#define WAITERS          10u

#define WAIT_UNTIL_WOKEN INT64_MAX /* deadline of a call that waits for ever */
#define WAIT_NOT         INT64_MIN /* of one that does not wait */

/* What an allocating call asks for. */
struct waiter_request {
    size_t align, bytes;
    const uint8_t *old; /* the block that a realloc is to resize; NULL: a new one */
    bool waits;
    bool forever;
    int64_t ticks; /* to wait, with waits and not forever */
};

struct waiter {
    struct waiter_request request;
    bool calling;   /* an allocating call is running */
    bool timed;     /* its first step was taken: the deadline is fixed */
    bool attempted; /* it held the lock and got nothing */
    bool queued;    /* sleeps, or slept and has not been seen to try again */
    bool has_place; /* slept in this call: a place among equals, which it keeps */
    bool late;      /* ran at or after its deadline since it went to sleep */
    bool served;
    int priority;
    uint32_t place;   /* smaller: has waited longer */
    int64_t deadline; /* absolute tick, WAIT_UNTIL_WOKEN or WAIT_NOT */
    int64_t last_attempt;
    enum verdict verdict; /* at the last attempt */
    enum verdict seen;    /* at the last attempt or, asleep, at the last release */
};

struct waiters {
    const struct shadow *shadow;
    const void *state; /* the shadow's */
    struct waiter of[WAITERS];
    uint32_t places; /* given out so far */
    uint32_t queued; /* how many are */
    uint32_t round;  /* who was served last in this section; WAITERS: nobody */
};

void waiters_begin(struct waiters *waiters, const struct shadow *shadow, const void *state);

/* A call begins; its first step is taken at `now`; it ended. */
void waiters_call(struct waiters *waiters, uint32_t who, const struct waiter_request *request);
void waiters_first_step(struct waiters *waiters, uint32_t who, int64_t now);
/* null: it returned no block. */
const char *waiters_return(struct waiters *waiters, uint32_t who, bool null);

/* The lock was taken by somebody. */
void waiters_section(struct waiters *waiters);
/* `who` holds the lock, and has found out that he gets nothing now. */
void waiters_attempt(struct waiters *waiters, uint32_t who, int64_t now);
/* He goes to sleep until `deadline`, as he told the port; he runs again. */
const char *waiters_sleep(struct waiters *waiters, uint32_t who, int priority, int64_t now,
                          int64_t deadline);
void waiters_resume(struct waiters *waiters, uint32_t who, int64_t now);
/* Asked right before the shadow takes the block that a sleeping caller is given. */
const char *waiters_serve(struct waiters *waiters, uint32_t who);
/* Memory was given back, and the lock is about to be given up. */
const char *waiters_released(struct waiters *waiters);

/*
 * Nothing will happen any more unless a timer does: must somebody be served? Not who might have
 * been, when he was tried last: the bounded search excuses that. Such a request can come to be one
 * that must succeed without a release, when somebody takes what was in the search's way.
 */
const char *waiters_idle(const struct waiters *waiters, bool timer);

#endif
