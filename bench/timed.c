/* SPDX-License-Identifier: Apache-2.0 */
#include "timed.h"

#include "subject.h"
#include "ticks.h"

static const struct subject *inner;
static struct subject wrapper;
static uint64_t ticks;

/* The function is looked up before the clock is read: a program calls its heap by name. */
#define TIMED(call)                                                                                \
    const uint64_t begin = ticks_begin();                                                          \
    call;                                                                                          \
    ticks = ticks_end() - begin

static void *timed_alloc(void *state, size_t bytes)
{
    __typeof__(inner->alloc) const function = inner->alloc;

    TIMED(void *p = function(state, bytes));
    return p;
}

static void timed_free(void *state, void *p)
{
    __typeof__(inner->free) const function = inner->free;

    TIMED(function(state, p));
}

static void *timed_aligned(void *state, size_t align, size_t bytes)
{
    __typeof__(inner->aligned) const function = inner->aligned;

    TIMED(void *p = function(state, align, bytes));
    return p;
}

static void *timed_noalign(void *state, size_t align, size_t bytes)
{
    __typeof__(inner->noalign) const function = inner->noalign;

    TIMED(void *p = function(state, align, bytes));
    return p;
}

static void *timed_realloc(void *state, void *old, size_t bytes)
{
    __typeof__(inner->realloc) const function = inner->realloc;

    TIMED(void *p = function(state, old, bytes));
    return p;
}

static void *timed_arealloc(void *state, void *old, size_t align, size_t bytes)
{
    __typeof__(inner->arealloc) const function = inner->arealloc;

    TIMED(void *p = function(state, old, align, bytes));
    return p;
}

static size_t timed_usable(void *state, void *p)
{
    __typeof__(inner->usable) const function = inner->usable;

    TIMED(const size_t bytes = function(state, p));
    return bytes;
}

static int timed_stats(void *state, struct subject_stats *stats)
{
    __typeof__(inner->stats) const function = inner->stats;

    TIMED(const int status = function(state, stats));
    return status;
}

static int timed_reset_max(void *state)
{
    __typeof__(inner->reset_max) const function = inner->reset_max;

    TIMED(const int status = function(state));
    return status;
}

static size_t timed_largest(void *state)
{
    __typeof__(inner->largest) const function = inner->largest;

    TIMED(const size_t bytes = function(state));
    return bytes;
}

const struct subject *timed_begin(const struct subject *subject)
{
    inner = subject;
    wrapper = *subject;
    wrapper.alloc = timed_alloc;
    wrapper.free = timed_free;
    /* What the other does not have, the wrapper has not either: the replay then skips the op. */
    wrapper.aligned = subject->aligned == NULL ? NULL : timed_aligned;
    wrapper.noalign = subject->noalign == NULL ? NULL : timed_noalign;
    wrapper.realloc = subject->realloc == NULL ? NULL : timed_realloc;
    wrapper.arealloc = subject->arealloc == NULL ? NULL : timed_arealloc;
    wrapper.usable = subject->usable == NULL ? NULL : timed_usable;
    wrapper.stats = subject->stats == NULL ? NULL : timed_stats;
    wrapper.reset_max = subject->reset_max == NULL ? NULL : timed_reset_max;
    wrapper.largest = subject->largest == NULL ? NULL : timed_largest;
    return &wrapper;
}

uint64_t timed_ticks(void)
{
    return ticks;
}

uint64_t timed_nothing(void)
{
    TIMED((void)inner);
    return ticks;
}
