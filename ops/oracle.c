/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include "op.h"
#include "shadow.h"

const char *const oracle_names[ORACLES] = {
#define ORACLE_NAME(name, word, text) word,
    ORACLE_TABLE(ORACLE_NAME)
#undef ORACLE_NAME
};

const char *const oracle_texts[ORACLES] = {
#define ORACLE_TEXT(name, word, text) text,
    ORACLE_TABLE(ORACLE_TEXT)
#undef ORACLE_TEXT
};

/* What follows from the contract alone, for heaps that promise to keep to it. */
static uint32_t predicted_oracles(const struct subject *subject)
{
    const bool one_heap = shadow_for(subject) == NULL; /* the rest is promised by sys_heap alone */
    /* An expectation states what the contract fixes; other heaps may fail or succeed elsewhere. */
    uint32_t oracles = ORACLE_BIT(ORACLE_NULLS) | ORACLE_BIT(ORACLE_UNTOUCHED) |
                       ORACLE_BIT(ORACLE_PICK) | ORACLE_BIT(ORACLE_DRAIN) |
                       ORACLE_BIT(ORACLE_EXPECT);
    if (subject->realloc != NULL || subject->arealloc != NULL) {
        oracles |= ORACLE_BIT(ORACLE_INPLACE);
    }
    if (one_heap && subject->stats != NULL) {
        oracles |= ORACLE_BIT(ORACLE_STATS);
    }
    if (one_heap && subject->largest != NULL) {
        oracles |= ORACLE_BIT(ORACLE_LARGEST);
    }
    if (one_heap && subject->steps != NULL) {
        oracles |= ORACLE_BIT(ORACLE_STEPS);
    }
    if (one_heap && subject->print != NULL) {
        oracles |= ORACLE_BIT(ORACLE_PRINT);
    }
    if (one_heap && subject->hardening > 0 && subject->faults != NULL) {
        oracles |= ORACLE_BIT(ORACLE_MISUSE);
    }
    return oracles;
}

uint32_t oracles_for(const struct subject *subject)
{
    uint32_t oracles =
        ORACLE_BIT(ORACLE_ALIGN) | ORACLE_BIT(ORACLE_OVERLAP) | ORACLE_BIT(ORACLE_PAYLOAD);

    if ((subject->promises & SUBJECT_PREDICTABLE) != 0 &&
        (subject->info != NULL || shadow_for(subject) != NULL)) {
        oracles |= predicted_oracles(subject);
    }
    if ((subject->promises & SUBJECT_IN_REGION) != 0) {
        oracles |= ORACLE_BIT(ORACLE_INSIDE);
    }
    if ((subject->promises & SUBJECT_DETERMINISTIC) != 0) {
        oracles |= ORACLE_BIT(ORACLE_DETERMINISM);
    }
    if ((subject->promises & SUBJECT_NULL_ON_BAD) != 0) {
        oracles |= ORACLE_BIT(ORACLE_NULLS);
    }
    if (subject->usable != NULL) {
        oracles |= ORACLE_BIT(ORACLE_USABLE);
    }
    if (subject->check != NULL) {
        oracles |= ORACLE_BIT(ORACLE_CHECK);
    }
    if (subject->faults != NULL) {
        oracles |= ORACLE_BIT(ORACLE_FAULT);
    }
    if (subject->events != NULL) {
        oracles |= ORACLE_BIT(ORACLE_EVENTS);
    }
    if (subject->stress != NULL || subject->registry != NULL || subject->api != NULL) {
        oracles |= ORACLE_BIT(ORACLE_API);
    }
    const struct program_header header = {.kind = (uint8_t)subject->kind};
    if (program_threaded(&header)) {
        /* The simulation listens by itself. It runs a program once, does not copy the region at
         * each of a thread's steps, and who probes how much is the plain runner's question. */
        oracles |= ORACLES_THREADED | ORACLE_BIT(ORACLE_EVENTS);
        oracles &=
            ~(ORACLE_BIT(ORACLE_DETERMINISM) | ORACLE_BIT(ORACLE_UNTOUCHED) |
              ORACLE_BIT(ORACLE_STEPS) | ORACLE_BIT(ORACLE_PRINT) | ORACLE_BIT(ORACLE_MISUSE));
    }
    return oracles;
}
