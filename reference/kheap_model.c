/* SPDX-License-Identifier: Apache-2.0 */

/* Callers that wait for memory, sentence by sentence of the contract's section on k_heap. */

#include "waiters.h"

#include <string.h>

void waiters_begin(struct waiters *waiters, const struct shadow *shadow, const void *state)
{
    memset(waiters, 0, sizeof *waiters);
    waiters->shadow = shadow;
    waiters->state = state;
    waiters->round = WAITERS;
}

void waiters_call(struct waiters *waiters, uint32_t who, const struct waiter_request *request)
{
    waiters->of[who] = (struct waiter){
        .request = *request,
        .calling = true,
        .deadline = request->waits ? WAIT_UNTIL_WOKEN : WAIT_NOT,
    };
}

/* "The clock is read once, first; the deadline is fixed then." */
void waiters_first_step(struct waiters *waiters, uint32_t who, int64_t now)
{
    struct waiter *waiter = &waiters->of[who];

    if (!waiter->calling || waiter->timed) {
        return;
    }
    waiter->timed = true;
    if (waiter->request.waits && !waiter->request.forever) {
        waiter->deadline = now + waiter->request.ticks;
    }
}

/* What must happen to a request now. */
static enum verdict verdict_of(const struct waiters *waiters, const struct waiter *waiter)
{
    const struct waiter_request *request = &waiter->request;
    bool in_place;

    return request->old == NULL
               ? waiters->shadow->alloc(waiters->state, request->align, request->bytes)
               : waiters->shadow->realloc(waiters->state, request->old, request->align,
                                          request->bytes, &in_place);
}

static enum verdict ever(const struct waiters *waiters, const struct waiter *waiter)
{
    return waiters->shadow->ever(waiters->state, waiter->request.align, waiter->request.bytes);
}

void waiters_section(struct waiters *waiters)
{
    waiters->round = WAITERS;
}

void waiters_attempt(struct waiters *waiters, uint32_t who, int64_t now)
{
    struct waiter *waiter = &waiters->of[who];

    if (waiter->calling && !waiter->served) {
        waiter->attempted = true;
        waiter->verdict = waiter->seen = verdict_of(waiters, waiter);
        waiter->last_attempt = now;
    }
}

const char *waiters_sleep(struct waiters *waiters, uint32_t who, int priority, int64_t now,
                          int64_t deadline)
{
    struct waiter *waiter = &waiters->of[who];

    if (!waiter->calling) {
        return "deadline: a call that needs no memory sleeps";
    }
    if (!waiter->request.waits) {
        return "deadline: a call sleeps that must not wait";
    }
    if (deadline != waiter->deadline) {
        return "deadline: a call sleeps until another tick than its deadline";
    }
    if (waiter->late) {
        return "deadline: a call sleeps again though it ran when its deadline had come";
    }
    if (waiter->served) {
        return "wakeup: a call sleeps on though it was served";
    }
    if (ever(waiters, waiter) == MUST_FAIL) {
        return "deadline: a call sleeps for what can never be served";
    }
    waiters_attempt(waiters, who, now);
    if (waiter->verdict == MUST_SUCCEED) {
        return "wakeup: a call goes to sleep though its request must succeed";
    }
    if (!waiter->has_place) {
        waiter->has_place = true;
        waiter->place = waiters->places++;
        waiter->priority = priority;
    }
    waiter->queued = true;
    waiters->queued++;
    return NULL;
}

void waiters_resume(struct waiters *waiters, uint32_t who, int64_t now)
{
    struct waiter *waiter = &waiters->of[who];

    if (waiter->queued) {
        waiter->queued = false;
        waiters->queued--;
    }
    waiter->late = now >= waiter->deadline;
}

/* "Higher priority first, then longest waiting." */
static bool comes_before(const struct waiter *a, const struct waiter *b)
{
    return a->priority != b->priority ? a->priority > b->priority : a->place < b->place;
}

static bool waits(const struct waiter *waiter)
{
    return waiter->queued && !waiter->served;
}

/*
 * "Waiters are tried in order; each whose attempt succeeds owns its block from that moment, the
 * others keep their place." Who comes between the one served before and this one was tried in
 * between, and must not have been able to succeed; nor who comes before this one, when it is not
 * behind the one served before and so a new round has begun.
 */
const char *waiters_serve(struct waiters *waiters, uint32_t who)
{
    const struct waiter *waiter = &waiters->of[who];
    const struct waiter *last = waiters->round < WAITERS ? &waiters->of[waiters->round] : NULL;

    if (last != NULL && !comes_before(last, waiter)) {
        last = NULL;
    }
    waiters->round = who;
    for (uint32_t i = 0; i < WAITERS; i++) {
        const struct waiter *other = &waiters->of[i];
        if (waits(other) && comes_before(other, waiter) &&
            (last == NULL || comes_before(last, other)) &&
            verdict_of(waiters, other) == MUST_SUCCEED) {
            return "order: a waiter is served before one that comes first and must succeed";
        }
    }
    return NULL;
}

/* "After every release no waiter is left whose request must succeed." */
const char *waiters_released(struct waiters *waiters)
{
    bool left = false;

    for (uint32_t i = 0; waiters->queued > 0 && i < WAITERS; i++) {
        struct waiter *waiter = &waiters->of[i];
        if (waits(waiter)) {
            waiter->seen = verdict_of(waiters, waiter);
            left = left || waiter->seen == MUST_SUCCEED;
        }
    }
    return left ? "wakeup: after a release a waiter is left whose request must succeed" : NULL;
}

const char *waiters_idle(const struct waiters *waiters, bool timer)
{
    for (uint32_t i = 0; waiters->queued > 0 && i < WAITERS; i++) {
        const struct waiter *waiter = &waiters->of[i];
        if (waits(waiter) && waiter->seen != MAY_SUCCEED &&
            verdict_of(waiters, waiter) == MUST_SUCCEED) {
            return timer
                       ? "wakeup: all sleep, and a request must succeed"
                       : "deadlock: all sleep, nothing will wake them, and a request must succeed";
        }
    }
    return NULL;
}

/*
 * "A call returns NULL only after an attempt made at or after its deadline has failed, or at once
 * when the request can never be served."
 */
static const char *judge_null(const struct waiters *waiters, const struct waiter *waiter)
{
    if (!waiter->attempted) {
        /* A block can stay where it is though the empty heap has no room for its alignment. */
        return ever(waiters, waiter) == MUST_SUCCEED || verdict_of(waiters, waiter) == MUST_SUCCEED
                   ? "null: a call fails without an attempt, and the heap could serve it"
                   : NULL;
    }
    if (waiter->request.waits && waiter->last_attempt < waiter->deadline &&
        ever(waiters, waiter) == MUST_SUCCEED) {
        return "deadline: a call gave up before its deadline";
    }
    return waiter->verdict == MUST_SUCCEED
               ? "null: a call failed whose last attempt must have succeeded"
               : NULL;
}

const char *waiters_return(struct waiters *waiters, uint32_t who, bool null)
{
    struct waiter *waiter = &waiters->of[who];
    const char *sentence =
        waiter->calling && null && !waiter->served ? judge_null(waiters, waiter) : NULL;

    waiter->calling = false;
    return sentence;
}
