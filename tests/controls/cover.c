/* SPDX-License-Identifier: Apache-2.0 */

/* Which heaps a control is planted in, and the table of what else would see its fault. */

#include "controls.h"

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "subjects.h"
#include "text.h"

static struct op ops[CONTROL_OPS];
struct program control_program = {.capacity = CONTROL_OPS, .ops = ops};
struct subject control_subject;
struct space control_space;

static const struct {
    uint32_t on;
    bool predictable;
    const struct subject *inner;
} planted[] = {
    {ON_HEAP, true, &subject_kheap_small},      {ON_HEAP, true, &subject_kheap_big},
    {ON_MULTI, true, &subject_multi},           {ON_POOL, true, &subject_system_legacy},
    {ON_SYSTEM, true, &subject_system},         {ON_LISTENER, true, &subject_kheap_listener},
    {ON_HARD, true, &subject_kheap_hard_small}, {ON_HARD, true, &subject_kheap_hard_big},
    {ON_ANY, false, &subject_firstfit},
};

const struct subject *control_inner(const struct control *control, size_t i, bool *predictable)
{
    for (size_t row = 0; row < sizeof planted / sizeof planted[0]; row++) {
        if ((control->on & planted[row].on) != 0 && i-- == 0) {
            *predictable = planted[row].predictable;
            return planted[row].inner;
        }
    }
    return NULL;
}

void control_prepare(const struct control *control, const struct subject *inner, bool predictable)
{
    struct text_error error = {0, ""};

    control_program.name = control->name;
    if (!text_parse(&control_program, control->text, strlen(control->text), &error)) {
        host_bad_input(control->name, error.line, "%s", error.message);
    }
    faulty_subject(&control_subject, inner, predictable);
    host_space_for(&control_space, &control_program, &control_subject);
}

/* Switches off what fires, one after the other, until nothing does. */
static void print_others(const struct control *control)
{
    struct run_options options = run_options_default;
    const char *separator = "";

    faulty_fault = control->fault;
    for (;;) {
        struct shrink_outcome outcome;
        shrink_try(&control_program, &control_subject, &control_space, &options, 10, &outcome);
        if (!outcome.failed) {
            break;
        }
        if (outcome.oracle == ORACLE_NONE) {
            printf("%sa crash", separator);
            separator = ", ";
            break;
        }
        if (outcome.oracle != control->oracle) {
            printf("%s%s", separator, oracle_names[outcome.oracle]);
            separator = ", ";
        }
        options.oracles &= ~ORACLE_BIT(outcome.oracle);
    }
    printf("%s", separator[0] == '\0' ? "nobody" : "");
    faulty_fault = FAULT_OFF;
}

static void print_row(const struct control *control)
{
    static const struct subject *const columns[] = {
        &subject_kheap_small,   &subject_kheap_listener, &subject_system, &subject_multi,
        &subject_system_legacy, &subject_firstfit,       &subject_libc,
    };
    bool predictable = false;
    const struct subject *inner = control_inner(control, 0, &predictable);

    control_prepare(control, inner, predictable);
    printf("| %s | %s | %s | %s | ", oracle_names[control->oracle], oracle_texts[control->oracle],
           control->name, inner->name);
    print_others(control);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        printf(" | %s", oracles_for(columns[i]) & ORACLE_BIT(control->oracle) ? "yes" : "-");
    }
    printf(" |\n");
}

int controls_cover(void)
{
    printf(
        "| oracle | it fires when | control | first seen on | seen without it by, in turn | kheap "
        "| listener | system | multi | legacy | firstfit | libc |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (uint32_t oracle = 0; oracle < ORACLES; oracle++) {
        for (size_t i = 0; i < ncontrols; i++) {
            if (controls[i].oracle == (enum oracle)oracle) {
                print_row(&controls[i]);
            }
        }
    }
    return 0;
}
