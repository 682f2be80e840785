/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the heap did, as its listeners are told, and the shadow in step with it.
 *
 * A block is reported before anybody says whose it is: the one in whose section it is reported, or
 * a sleeper, who then is woken. So a report is kept until that is known, or the next one comes.
 */

#include "sim_internal.h"

#include <string.h>

#include "payload.h"

static struct waiter_request *request_of(uint32_t who)
{
    return &sim.waiters.of[who].request;
}

static const void *shadow_state(void)
{
    return sim.waiters.state;
}

static void *shadow_change(void)
{
    return (void *)(uintptr_t)sim.waiters.state;
}

static void count_verdict(enum verdict verdict)
{
    sim.counts->run.must_succeed += verdict == MUST_SUCCEED;
    sim.counts->run.may += verdict == MAY_SUCCEED;
    sim.counts->run.must_fail += verdict == MUST_FAIL;
}

static void account(size_t more, size_t less)
{
    sim.allocated += more;
    sim.allocated -= less;
    if (sim.allocated > sim.max_allocated) {
        sim.max_allocated = sim.allocated;
    }
}

static bool judge_align(const uint8_t *p, size_t asked)
{
    const size_t align = asked > sim.subject->align ? asked : sim.subject->align;

    if (!sim_asks(ORACLE_ALIGN) || align == 0 || (uintptr_t)p % align == 0) {
        return true;
    }
    return sim_fail(ORACLE_ALIGN, "block at +0x%zx: have %zu modulo %zu, want 0",
                    (size_t)(p - sim.heap.region), (size_t)((uintptr_t)p % align), align);
}

/* Was `who` allowed to get something now, and in place or not? */
static bool judge_verdict(uint32_t who, const uint8_t *p)
{
    const struct waiter_request *request = request_of(who);
    bool in_place = false;
    const enum verdict verdict =
        request->old == NULL ? sim.shadow->alloc(shadow_state(), request->align, request->bytes)
                             : sim.shadow->realloc(shadow_state(), request->old, request->align,
                                                   request->bytes, &in_place);

    count_verdict(verdict);
    if (sim_asks(ORACLE_NULLS) && verdict == MUST_FAIL) {
        return sim_fail(ORACLE_NULLS,
                        "bytes %zu: have a block, want NULL: no free extent can "
                        "hold it",
                        request->bytes);
    }
    if (request->old != NULL && sim_asks(ORACLE_INPLACE) && in_place != (p == request->old)) {
        return sim_fail(ORACLE_INPLACE, "realloc to %zu bytes: have %s, want %s", request->bytes,
                        in_place ? "another block" : "the same block",
                        in_place ? "the same block" : "another block");
    }
    return true;
}

static bool judge_usable(const uint8_t *p, size_t told)
{
    const size_t want = sim.shadow->usable(shadow_state(), p);

    if (sim_asks(ORACLE_EVENTS) && told != want) {
        return sim_fail(ORACLE_EVENTS, "a block is reported with %zu bytes, want %zu", told, want);
    }
    return true;
}

/* A new block, for `who`. */
static bool enter_new(uint32_t who, const struct sim_pending *pending)
{
    const struct waiter_request *request = request_of(who);
    const uint8_t *p = pending->p;

    if (sim.contexts[who].got != NULL) {
        return sim_fail(ORACLE_EVENTS, "a call is given a second block");
    }
    sim.contexts[who].got = p;
    if (sim.blind) {
        return true;
    }
    if (!judge_verdict(who, p) || !judge_align(p, request->align)) {
        return false;
    }
    if (sim_asks(ORACLE_PICK) &&
        !sim_holds(sim.shadow->pick(shadow_state(), p, request->align, request->bytes), "block",
                   p)) {
        return false;
    }
    sim.counts->run.evaluated[ORACLE_INSIDE]++;
    sim.counts->run.evaluated[ORACLE_OVERLAP]++;
    if (!sim_holds(sim.shadow->take(shadow_change(), p, request->align, request->bytes), "block",
                   p)) {
        sim.blind = true;
        return false;
    }
    account(sim.shadow->usable(shadow_state(), p), 0);
    return judge_usable(p, pending->bytes);
}

/* The same block with another size. */
static bool enter_resized(uint32_t who, const struct sim_pending *pending)
{
    const struct waiter_request *request = request_of(who);
    const uint8_t *p = pending->p;

    sim.contexts[who].resized = true;
    if (sim.blind) {
        return true;
    }
    if (p != request->old) {
        return sim_fail(ORACLE_EVENTS, "a block is resized that nobody asked for");
    }
    if (!judge_verdict(who, p) || !judge_usable(p, pending->old_bytes)) {
        return false;
    }
    const size_t before = sim.shadow->usable(shadow_state(), p);
    if (!sim_holds(sim.shadow->resize(shadow_change(), p, request->bytes), "block", p)) {
        sim.blind = true;
        return false;
    }
    const size_t after = sim.shadow->usable(shadow_state(), p);
    account(after, before);
    if (after < before) {
        sim_here()->released = true;
    }
    return judge_usable(p, pending->bytes);
}

/* What was reported last is `who`'s. */
static bool settle(uint32_t who)
{
    struct sim_context *here = sim_here();
    const struct sim_pending pending = here->pending;

    if (pending.p == NULL) {
        return true;
    }
    here->pending.p = NULL;
    sim.counts->run.evaluated[ORACLE_EVENTS]++;
    if (!sim.waiters.of[who].calling) {
        if (!sim_asks(ORACLE_EVENTS)) {
            sim.blind = true;
            return true;
        }
        return sim_fail(ORACLE_EVENTS, "a block of %zu bytes is given out that nobody asked for",
                        pending.bytes);
    }
    return pending.resized ? enter_resized(who, &pending) : enter_new(who, &pending);
}

/* ---- sections ---- */

void sim_section_begin(void)
{
    sim.sections++;
    sim_here()->released = false;
    waiters_section(&sim.waiters);
}

void sim_section_end(void)
{
    struct sim_context *here = sim_here();

    if (!settle(sim.current) || sim.blind) {
        return;
    }
    if (here->allocates && here->got == NULL && !here->resized &&
        !sim.waiters.of[sim.current].served) {
        waiters_attempt(&sim.waiters, sim.current, sim.now);
    }
    if (here->released && sim_asks(ORACLE_WAKEUP)) {
        (void)sim_holds(waiters_released(&sim.waiters), "", NULL);
    }
}

void sim_granted(uint32_t who)
{
    struct waiter *waiter = &sim.waiters.of[who];

    if (sim_here()->pending.p == NULL) {
        return; /* woken for nothing: he will look himself */
    }
    if (!sim.blind && waiter->calling && sim_asks(ORACLE_ORDER) &&
        !sim_holds(waiters_serve(&sim.waiters, who), "", NULL)) {
        return;
    }
    if (settle(who)) {
        waiter->served = true;
        sim.actors[who].granted = 1;
        sim.counts->grants++;
    }
}

/* ---- what listeners are told ---- */

/* The user's bytes of a block that is reported as freed are still as he left them. */
static bool judge_untouched(const uint8_t *p)
{
    const size_t nslots = (size_t)1 << sim.heap.header.slots_log2;

    if (!sim_asks(ORACLE_PAYLOAD)) {
        return true;
    }
    for (size_t i = 0; i < nslots; i++) {
        const struct slot *slot = &sim_slots[i];
        if (slot->p != p) {
            continue;
        }
        const size_t at = payload_verify(p, slot->usable, slot->tag);
        return at == slot->usable ||
               sim_fail(ORACLE_PAYLOAD, "byte %zu of p%zu changed before it was freed", at, i);
    }
    return true;
}

static void told_alloc(uint8_t *p, size_t bytes)
{
    if (settle(sim.current)) {
        sim_here()->pending = (struct sim_pending){.p = p, .bytes = bytes};
    }
}

static void told_free(const uint8_t *p, size_t bytes)
{
    struct sim_context *here = sim_here();

    if (here->pending.p == p && !here->pending.resized) {
        here->pending.resized = true;
        here->pending.old_bytes = bytes;
        return;
    }
    if (!settle(sim.current)) {
        return;
    }
    if (sim_asks(ORACLE_EVENTS) && here->freed != NULL) {
        (void)sim_fail(ORACLE_EVENTS, "a call frees a second block");
        return;
    }
    here->freed = p;
    here->released = true;
    if (sim.blind) {
        return;
    }
    const size_t usable = sim.shadow->usable(shadow_state(), p);
    if (!sim_holds(sim.shadow->drop(shadow_change(), p), "block", p)) {
        sim.blind = true;
        return;
    }
    account(0, usable);
    if (sim_asks(ORACLE_EVENTS) && bytes != usable) {
        (void)sim_fail(ORACLE_EVENTS, "a block is reported as freed with %zu bytes, want %zu",
                       bytes, usable);
        return;
    }
    (void)judge_untouched(p);
}

/* What belongs to no op is nobody's business. */
static void show_told(char kind, const uint8_t *p, size_t bytes)
{
    const struct sim_watcher *watcher = sim.options->watcher;

    if (watcher != NULL && sim_here()->op != NULL) {
        watcher->told(watcher->context, kind, p, bytes, sim.sections);
    }
}

void sim_told_alloc(void *p, size_t bytes)
{
    sim.in_callback = true;
    show_told('a', (const uint8_t *)p, bytes);
    told_alloc((uint8_t *)p, bytes);
    sim.in_callback = false;
}

void sim_told_free(void *p, size_t bytes)
{
    sim.in_callback = true;
    show_told('f', (const uint8_t *)p, bytes);
    told_free((const uint8_t *)p, bytes);
    sim.in_callback = false;
}

void sim_told_fault(bool isr_wait, const char *invariant)
{
    if (isr_wait && sim.current == SIM_ENVIRONMENT && sim_here()->op != NULL &&
        sim_here()->op->wait != 0) {
        sim_here()->fault_waits++;
        return;
    }
    if (sim_asks(ORACLE_FAULT)) {
        (void)sim_fail(ORACLE_FAULT, "have a report of misuse, want none: %s", invariant);
    }
}

void sim_told_stats(size_t allocated, size_t max_allocated)
{
    if (sim.blind || !sim_asks(ORACLE_STATS)) {
        return;
    }
    if (allocated != sim.allocated) {
        (void)sim_fail(ORACLE_STATS, "allocated bytes: have %zu, want %zu", allocated,
                       (size_t)sim.allocated);
    } else if (max_allocated != sim.max_allocated) {
        (void)sim_fail(ORACLE_STATS, "most bytes allocated: have %zu, want %zu", max_allocated,
                       (size_t)sim.max_allocated);
    }
}

void sim_told_largest(size_t bytes)
{
    if (sim.blind || !sim_asks(ORACLE_LARGEST)) {
        return;
    }
    if (bytes != 0 && sim.shadow->alloc(shadow_state(), 0, bytes) == MUST_FAIL) {
        (void)sim_fail(ORACLE_LARGEST, "have %zu bytes, which cannot be had", bytes);
    } else if (sim.shadow->alloc(shadow_state(), 0, bytes + 1) == MUST_SUCCEED) {
        (void)sim_fail(ORACLE_LARGEST, "have %zu bytes, and more must be had", bytes);
    }
}

void sim_told_reset_max(void)
{
    sim.max_allocated = sim.allocated;
}

void sim_told_wrong(enum oracle oracle, const char *sentence)
{
    if (sim_asks(oracle)) {
        (void)sim_fail(oracle, "%s", sentence);
    }
}
