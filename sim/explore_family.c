/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <stdlib.h>

#include "host.h"

const struct family families[] = {
    {'A', "3 threads", 3, 2, false, false, false, false, 4},
    {'B', "2 threads and an interrupt", 2, 3, false, false, true, false, 24},
    {'C', "2 threads and who frees the first one's block", 2, 2, true, false, false, true, 2},
    {'P', "3 threads of distinct priorities", 3, 1, true, true, false, false, 1},
    {'Q', "2 threads of distinct priorities and an interrupt", 2, 2, true, true, true, false, 2},
};
const size_t family_count = sizeof families / sizeof families[0];

/* ---- the formula, which knows nothing of the enumeration ---- */

/* Letters by what they do to the slot: into an empty one; out of a full one to empty; full. */
struct letter_numbers {
    uint64_t fill, leave, stay;
};

static struct letter_numbers letter_numbers(const struct alphabet *alphabet)
{
    /* {small, whole} x 4 waits; free and realloc 0 x 4; realloc up and down x 4. */
    return (struct letter_numbers){8u, alphabet->reallocs ? 1u + 4u : 1u,
                                   alphabet->reallocs ? 8u : 0u};
}

/* Sequences of at most `bound` letters. */
static uint64_t sequences_formula(struct letter_numbers l, uint8_t bound)
{
    uint64_t one = l.fill;
    uint64_t two = one * (l.leave + l.stay);
    uint64_t three = one * (l.leave * l.fill + l.stay * (l.leave + l.stay));
    uint64_t all[] = {1u, 1u + one, 1u + one + two, 1u + one + two + three};
    return all[bound];
}

static uint64_t extras_formula(const struct alphabet *alphabet, const struct family *family)
{
    if (family->interrupt) {
        return alphabet->reallocs ? FAMILY_ISR : 3u;
    }
    return family->stranger ? 2u : 1u;
}

uint64_t space_formula(const struct alphabet *alphabet, const struct family *family, uint8_t bound,
                       char *text, size_t size)
{
    uint64_t s = sequences_formula(letter_numbers(alphabet), bound);
    uint64_t extras = extras_formula(alphabet, family);
    uint64_t number = 1;
    for (uint64_t i = 0; i < family->threads; i++) {
        number = family->ordered ? number * s : number * (s + i) / (i + 1u);
    }
    char tuples[64];
    if (family->ordered) {
        snprintf(tuples, sizeof tuples, "%llu^%u", (unsigned long long)s, family->threads);
    } else {
        snprintf(tuples, sizeof tuples, "C(%llu+%u,%u)", (unsigned long long)s,
                 family->threads - 1u, family->threads);
    }
    if (extras > 1u) {
        snprintf(text, size, "%s*%llu", tuples, (unsigned long long)extras);
    } else {
        snprintf(text, size, "%s", tuples);
    }
    return number * extras;
}

/* ---- the enumeration ---- */

void sequences_enumerate(struct space_of_programs *space);

/* Room for all sequences of an alphabet at a bound: each letter at most 13 continuations. */
static size_t room_for(uint8_t bound)
{
    size_t room = 1, level = 1;
    for (uint32_t n = 0; n < bound; n++) {
        level *= 13u;
        room += level;
    }
    return room;
}

void space_build(struct space_of_programs *space, const struct alphabet *alphabet,
                 const struct family *family, uint8_t bound)
{
    *space = (struct space_of_programs){
        .alphabet = alphabet, .family = family, .bound = bound, .extras = 1};
    space->sequences = calloc(room_for(bound), sizeof *space->sequences);
    if (space->sequences == NULL) {
        host_bad_input("explore", 0, "expected memory for the sequences, have none");
    }
    sequences_enumerate(space);
    if (family->interrupt) {
        space->extras = alphabet->reallocs ? FAMILY_ISR : 3u;
    } else if (family->stranger) {
        space->extras = 2u;
    }
}

void space_free(struct space_of_programs *space)
{
    free(space->sequences);
    space->sequences = NULL;
}

struct each {
    const struct space_of_programs *space;
    space_visit_t visit;
    void *context;
    struct choice_of_program choice;
    bool stopped;
};

/*
 * States of different programs are equal when what is left to do is equal, so programs that end
 * alike belong into one slice: it is a function of the extra and of the last letters, and does not
 * depend on the threads' order.
 */
static uint8_t slice_of(const struct each *each)
{
    const struct space_of_programs *space = each->space;
    uint32_t sum = 0;
    for (uint32_t t = 0; t < space->family->threads; t++) {
        const struct sequence *s = &space->sequences[each->choice.sequence[t]];
        if (s->n > 0) {
            struct letter last = s->letters[s->n - 1u];
            sum += (uint32_t)last.kind * 5u + (uint32_t)(last.wait & 3u) + 1u;
        }
    }
    uint32_t slices = space->family->slices;
    uint32_t parts = slices / space->extras;
    if (parts == 0 || slices % space->extras != 0) {
        return (uint8_t)((sum + each->choice.extra) % slices);
    }
    return (uint8_t)(each->choice.extra * parts + sum % parts);
}

/* Chooses the sequences of threads t and above so that their lengths add up to `ops`. */
static void choose_from(struct each *each, uint32_t t, uint32_t ops)
{
    const struct space_of_programs *space = each->space;
    uint32_t left = space->family->threads - t;
    if (left == 0) {
        each->choice.slice = slice_of(each);
        each->stopped = !each->visit(each->context, &each->choice);
        return;
    }
    uint32_t first = 0;
    if (t > 0 && !space->family->ordered) {
        first = each->choice.sequence[t - 1u];
    }
    for (uint32_t n = 0; n <= space->bound && n <= ops && !each->stopped; n++) {
        if (ops - n > (left - 1u) * space->bound) {
            continue;
        }
        uint32_t i = space->first_of_length[n];
        for (i = i < first ? first : i; i < space->first_of_length[n + 1u] && !each->stopped; i++) {
            each->choice.sequence[t] = i;
            choose_from(each, t + 1u, ops - n);
        }
    }
}

void space_each(const struct space_of_programs *space, space_visit_t visit, void *context)
{
    struct each each = {.space = space, .visit = visit, .context = context};
    uint32_t ops_max = (uint32_t)space->family->threads * space->bound;
    for (uint32_t ops = 0; ops <= ops_max && !each.stopped; ops++) {
        for (uint32_t extra = 0; extra < space->extras && !each.stopped; extra++) {
            each.choice.extra = (uint8_t)extra;
            choose_from(&each, 0, ops);
        }
    }
}
