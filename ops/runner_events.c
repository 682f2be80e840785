/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Oracle events: the ledger. What an op did follows from its result; its listeners must have been
 * told that, once, in the contract's order, and nothing else:
 *
 *   a new block          alloc(new)
 *   freed                free(old)
 *   resized in place     alloc(new) free(old), same address; nothing when the usable size is as
 *                        before
 *   moved                alloc(new) free(old)
 *   anything else        nothing
 *
 * Sizes are usable sizes, or what was asked for where the heap knows no other. A block that is
 * reported as freed still holds its user's bytes.
 */

#include "runner_internal.h"

#define ROOM 4u /* one more than any op may cause */

struct ledger {
    uint32_t n;
    struct subject_event events[2];
};

static void ledger_add(struct ledger *ledger, enum subject_event_kind kind, const uint8_t *p,
                       size_t bytes)
{
    ledger->events[ledger->n++] = (struct subject_event){.kind = kind, .p = p, .bytes = bytes};
}

/* What the op must have caused. */
static void ledger_fill(const struct run *run, struct ledger *ledger)
{
    const struct forecast *forecast = &run->forecast;
    const struct applied_result *result = &run->result;
    const bool sized = run->subject->usable != NULL;
    const size_t bytes = sized ? run->said_usable : result->bytes;

    ledger->n = 0;
    if (!forecast->called || result->how != APPLIED) {
        return;
    }
    if (forecast->releases) {
        ledger_add(ledger, EVENT_FREE, result->before, forecast->old_bytes);
    } else if (result->gives_pointer && result->p != NULL) {
        if (result->p == result->before && bytes == forecast->old_bytes) {
            return;
        }
        ledger_add(ledger, EVENT_ALLOC, result->p, bytes);
        if (result->before != NULL) {
            ledger_add(ledger, EVENT_FREE, result->before, forecast->old_bytes);
        }
    }
}

static const char *kind_word(const struct subject_event *event)
{
    return event->kind == EVENT_ALLOC ? "alloc " : "free ";
}

static void text_event(struct text *text, const struct run *run, const struct subject_event *event)
{
    text_word(text, kind_word(event));
    text_number(text, event->bytes);
    text_word(text, " at ");
    text_place(text, run, event->p);
}

static bool fail_event(struct run *run, const struct subject_event *have,
                       const struct subject_event *want)
{
    struct text text = run_fail(run, ORACLE_EVENTS);

    text_word(&text, "have ");
    if (have == NULL) {
        text_word(&text, "no event");
    } else {
        text_event(&text, run, have);
    }
    text_word(&text, ", want ");
    if (want == NULL) {
        text_word(&text, "no event");
    } else {
        text_event(&text, run, want);
    }
    return false;
}

static bool agrees(const struct subject_event *have, const struct subject_event *want)
{
    return have->kind == want->kind && have->p == want->p && have->bytes == want->bytes;
}

/* The old block's first bytes while it was reported as freed, against its payload. */
static bool judge_seen(struct run *run, const struct subject_event *event)
{
    const uint32_t tag = run->heap.slots[run->op->slot].tag;
    const size_t old = run->forecast.old_bytes;
    const bool stays = run->result.p == event->p; /* the new size is in force when it is reported */
    const size_t payload = stays && run->said_usable < old ? run->said_usable : old;

    if (event->kind != EVENT_FREE || !run_wants(run, ORACLE_PAYLOAD)) {
        return true;
    }
    for (size_t i = 0; i < SUBJECT_EVENT_BYTES && i < payload; i++) {
        if (event->seen[i] != payload_byte(i, tag)) {
            struct text text = run_fail(run, ORACLE_EVENTS);
            text_word(&text, "byte ");
            text_number(&text, i);
            text_word(&text, " of a block reported as freed: have ");
            text_hex(&text, event->seen[i]);
            text_word(&text, ", want it untouched, ");
            text_hex(&text, payload_byte(i, tag));
            return false;
        }
    }
    return true;
}

bool events_check(struct run *run)
{
    struct subject_event events[ROOM];
    struct ledger ledger;
    const uint32_t told = run->subject->events(run->heap.state, events, ROOM);

    run->counts.evaluated[ORACLE_EVENTS]++;
    ledger_fill(run, &ledger);
    for (uint32_t i = 0; i < told && i < ledger.n; i++) {
        if (!agrees(&events[i], &ledger.events[i])) {
            return fail_event(run, &events[i], &ledger.events[i]);
        }
        if (!judge_seen(run, &events[i])) {
            return false;
        }
    }
    if (told < ledger.n) {
        return fail_event(run, NULL, &ledger.events[told]);
    }
    return told == ledger.n || fail_event(run, &events[ledger.n], NULL);
}
