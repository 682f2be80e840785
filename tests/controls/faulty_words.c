/* SPDX-License-Identifier: Apache-2.0 */

/* The words print, stress, registry, api and misuse of a correct allocator with a planted fault. */

#include "faulty.h"

#include <string.h>

static const struct subject *inner;
static const void *freed; /* the block that was freed last */

/* The inner state is the first thing in the subject's, see faulty.c. */

static struct {
    void (*text)(void *context, const char *text);
    void *context;
    bool dropping; /* the rest of the line */
} printing;

static void reprint(void *context, const char *text)
{
    (void)context;
    if (faulty_fault == FAULT_PRINTS_NO_BUCKETS && strstr(text, "bucket") != NULL) {
        printing.dropping = true;
    }
    if (faulty_fault == FAULT_PRINTS_OTHERWISE && strcmp(text, "  used ") == 0) {
        text = "  free ";
    }
    if (!printing.dropping) {
        printing.text(printing.context, text);
    }
    printing.dropping = printing.dropping && strchr(text, '\n') == NULL;
}

static void faulty_print(void *state, bool chunks, void (*text)(void *context, const char *text),
                         void *context)
{
    printing.text = text;
    printing.context = context;
    printing.dropping = false;
    inner->print(state, chunks, reprint, NULL);
}

static bool faulty_stress(void *state, uint32_t rounds, uint32_t slots, uint32_t percent,
                          size_t *peak, struct subject_verdict *verdict)
{
    if (inner->stress(state, rounds, slots, percent, peak, verdict) &&
        faulty_fault != FAULT_STRESS_MISCOUNTS) {
        return true;
    }
    *verdict = (struct subject_verdict){"stress: planted", 1, -1};
    return false;
}

static bool faulty_registry(void *state, uint32_t which, struct subject_verdict *verdict)
{
    return inner->registry(state, which, verdict);
}

static bool faulty_api(void *state, uint32_t item, struct subject_verdict *verdict)
{
    if (faulty_fault == FAULT_ANSWERS_WRONGLY) {
        *verdict = (struct subject_verdict){"planted", -22, 0};
        return false;
    }
    return inner->api(state, item, verdict);
}

static const char *faulty_fault_name(void *state)
{
    return inner->fault_name(state);
}

bool faulty_swallows(const void *p)
{
    return faulty_fault == FAULT_MISUSE_UNSEEN && p == freed;
}

void faulty_freed(void *state, const void *p, uint8_t *spot)
{
    const bool twice = p == freed;
    const bool writes = faulty_fault == FAULT_MISUSE_WRITES ? twice
                        : faulty_fault == FAULT_DAMAGE_WRITES
                            ? inner->faults != NULL && inner->faults(state) > 0
                            : false;

    if (writes) {
        *spot ^= 1u;
    }
    freed = p;
}

void faulty_words(struct subject *subject, const struct subject *correct, bool predictable)
{
    inner = correct;
    freed = NULL;
    subject->stress = correct->stress == NULL ? NULL : faulty_stress;
    subject->registry = correct->registry == NULL ? NULL : faulty_registry;
    subject->api = correct->api == NULL ? NULL : faulty_api;
    subject->api_items = correct->api_items;
    subject->fault_name = correct->fault_name == NULL ? NULL : faulty_fault_name;
    if (predictable) {
        subject->print = correct->print == NULL ? NULL : faulty_print;
        subject->hardening = correct->hardening;
    }
}
