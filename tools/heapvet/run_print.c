/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

double run_may_percent(const struct run_counts *counts)
{
    uint64_t verdicts = counts->must_succeed + counts->may + counts->must_fail;
    return verdicts ? 100.0 * (double)counts->may / (double)verdicts : 0.0;
}

uint64_t run_evaluations(const struct run_counts *counts, unsigned *oracles)
{
    uint64_t sum = 0;
    *oracles = 0;
    for (unsigned i = 0; i < ORACLES; i++) {
        sum += counts->evaluated[i];
        *oracles += counts->evaluated[i] != 0;
    }
    return sum;
}

static bool threaded(const struct run_total *total)
{
    const struct program_header header = {.kind = (uint8_t)total->subject->kind};
    return program_threaded(&header);
}

void run_print_total(const struct run_total *total, bool bare)
{
    const struct run_counts *counts = &total->counts.run;
    printf("%s: %llu programs, %llu ops, %llu skipped, %zu do not fit", total->subject->name,
           (unsigned long long)counts->programs, (unsigned long long)counts->ops,
           (unsigned long long)counts->skipped, total->unfits);
    if (bare) {
        printf(", no oracles, %.2f s\n", total->seconds);
    } else {
        unsigned oracles = 0;
        uint64_t sum = run_evaluations(counts, &oracles);
        printf(", may %.2f %%, %u oracles evaluated %llu times, %.2f s\n", run_may_percent(counts),
               oracles, (unsigned long long)sum, total->seconds);
    }
    if (threaded(total)) {
        const struct sim_counts *sim = &total->counts;
        printf("  %llu steps, %llu choices, %llu waits, %llu time-outs, %llu grants, %llu ops of "
               "interrupts, %llu ticks, %llu stuck\n",
               (unsigned long long)sim->steps, (unsigned long long)sim->choices,
               (unsigned long long)sim->waits, (unsigned long long)sim->timeouts,
               (unsigned long long)sim->grants, (unsigned long long)sim->isr_ops,
               (unsigned long long)sim->ticks, (unsigned long long)sim->stuck);
    }
    for (size_t i = 0; i < total->unfits; i++) {
        printf("  does not fit: %s (region %u bytes)\n", total->unfit[i].name,
               (unsigned)total->unfit[i].region);
    }
}

/* A document that grows. */
struct text {
    char *bytes;
    size_t length, room;
};

static void add(struct text *text, const char *piece)
{
    size_t more = strlen(piece);
    if (text->length + more + 1 > text->room) {
        text->room = 2 * (text->length + more + 1);
        text->bytes = cli_memory(text->bytes, text->room);
    }
    memcpy(text->bytes + text->length, piece, more + 1);
    text->length += more;
}

static void add_string(struct text *text, const char *string)
{
    add(text, "\"");
    for (; *string; string++) {
        unsigned char c = (unsigned char)*string;
        char piece[8];
        if (c < 0x20 || c == '"' || c == '\\') {
            snprintf(piece, sizeof(piece), "\\u%04x", c);
        } else {
            snprintf(piece, sizeof(piece), "%c", c);
        }
        add(text, piece);
    }
    add(text, "\"");
}

static void add_number(struct text *text, const char *key, uint64_t number)
{
    char piece[80];
    snprintf(piece, sizeof(piece), ", \"%s\": %llu", key, (unsigned long long)number);
    add(text, piece);
}

static void add_total(struct text *text, const struct run_total *total)
{
    const struct run_counts *counts = &total->counts.run;
    char piece[80];
    add(text, "\n    {\"subject\": ");
    add_string(text, total->subject->name);
    add_number(text, "programs", counts->programs);
    add_number(text, "ops", counts->ops);
    add_number(text, "skipped", counts->skipped);
    add_number(text, "must_succeed", counts->must_succeed);
    add_number(text, "may", counts->may);
    add_number(text, "must_fail", counts->must_fail);
    if (threaded(total)) {
        const struct sim_counts *sim = &total->counts;
        add_number(text, "steps", sim->steps);
        add_number(text, "choices", sim->choices);
        add_number(text, "waits", sim->waits);
        add_number(text, "timeouts", sim->timeouts);
        add_number(text, "grants", sim->grants);
        add_number(text, "isr_ops", sim->isr_ops);
        add_number(text, "ticks", sim->ticks);
        add_number(text, "stuck", sim->stuck);
    }
    snprintf(piece, sizeof(piece), ", \"may_share\": %.6f, \"seconds\": %.3f,\n     ",
             run_may_percent(counts) / 100.0, total->seconds);
    add(text, piece);
    add(text, "\"does_not_fit\": [");
    for (size_t i = 0; i < total->unfits; i++) {
        add(text, i ? ", " : "");
        add_string(text, total->unfit[i].name);
    }
    add(text, "],\n     \"evaluated\": {");
    for (unsigned i = 0; i < ORACLES; i++) {
        snprintf(piece, sizeof(piece), "%s\"%s\": %llu", i ? ", " : "", oracle_names[i],
                 (unsigned long long)counts->evaluated[i]);
        add(text, piece);
    }
    add(text, "},\n     \"reported\": [");
    for (unsigned i = 0; i < RUN_INVARIANTS; i++) {
        snprintf(piece, sizeof(piece), "%s%llu", i ? ", " : "",
                 (unsigned long long)counts->reported[i]);
        add(text, piece);
    }
    add(text, "]}");
}

char *run_json(const struct run_total *totals, size_t count, bool ok)
{
    struct text text = {NULL, 0, 0};
    add(&text, ok ? "{\"ok\": true, \"subjects\": [" : "{\"ok\": false, \"subjects\": [");
    for (size_t i = 0; i < count; i++) {
        add(&text, i ? "," : "");
        add_total(&text, &totals[i]);
    }
    add(&text, "\n]}\n");
    return text.bytes;
}
