/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "host.h"
#include "own_subjects.h"
#include "ticks.h"

/* Large enough for most programs and for a huge page: a walk through page tables, which the
 * firmware that kheap is for does not have, and which a virtual machine does twice, would be
 * measured as the heap's. */
#define ARENA_BYTES ((size_t)1 << 22)

static void *must(void *memory)
{
    if (memory == NULL) {
        host_bad_input("bench_heap", 0, "expected memory for the table, have none");
    }
    return memory;
}

/* "./old/kheap-old.so" is called "kheap-old": two builds of one library have the same name inside.
 */
static const char *label_of_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *label = must(strdup(slash == NULL ? path : slash + 1));
    char *dot = strrchr(label, '.');

    if (dot != NULL && dot != label) {
        *dot = '\0';
    }
    return label;
}

void table_add(struct table *table, const struct subject *subject, const char *label)
{
    for (size_t i = 0; i < table->nsubjects; i++) {
        if (strcmp(table->subjects[i].label, label) == 0) {
            host_bad_input("bench_heap", 0, "expected a subject once, have \"%s\" twice", label);
        }
    }
    const size_t bytes = (table->nsubjects + 1) * sizeof(*table->subjects);
    table->subjects = must(realloc(table->subjects, bytes));
    table->subjects[table->nsubjects++] = (struct bench_subject){subject, label};
}

void table_add_subject(struct table *table, const char *word)
{
    const size_t length = strlen(word);
    const bool is_path =
        strchr(word, '/') != NULL || (length > 3 && strcmp(word + length - 3, ".so") == 0);

    const struct subject *subject = is_path ? host_load_subject(word) : bench_subjects_find(word);
    if (subject == NULL) {
        host_bad_input("bench_heap", 0, "expected a subject's name or path, have \"%s\"", word);
    }
    table_add(table, subject, is_path ? label_of_path(word) : subject->name);
}

void table_open(struct table *table, uint32_t replays)
{
    const size_t cells = table->nsubjects * table->programs.count;

    table->replays = replays;
    table->tick_ns = 1.0 / ticks_per_ns();
    table->cells = must(calloc(cells + 1, sizeof(*table->cells)));
    table->generations = must(calloc(cells + 1, sizeof(*table->generations)));
    table->space = must(calloc(1, sizeof(*table->space)));
    table->preferred = measure_preferred();
    host_space_open(table->space, ARENA_BYTES, 1u << 8, 256);
    (void)madvise(table->space->arena, ARENA_BYTES, MADV_HUGEPAGE);
}

const struct cell *table_cell(struct table *table, size_t subject, size_t program,
                              unsigned generation)
{
    const size_t index = program * table->nsubjects + subject;
    struct cell *cell = &table->cells[index];

    while (table->generations[index] < generation) {
        measure_release(cell);
        measure_cell(table->programs.list[program].program, table->subjects[subject].subject,
                     table->space, table->replays, cell);
        table->generations[index]++;
    }
    return cell;
}

bool table_kinds(struct table *table, size_t subject, size_t program, size_t counts[CALLS])
{
    return measure_kinds(table->programs.list[program].program, table->subjects[subject].subject,
                         table->space, counts);
}

bool table_replay(struct table *table, size_t subject, size_t program)
{
    return measure_replay(table->programs.list[program].program, table->subjects[subject].subject,
                          table->space);
}

double table_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void table_pool(const struct table *table, size_t subject, enum call call,
                struct stats_summary *summary)
{
    size_t n = 0, filled = 0;

    for (size_t p = 0; p < table->programs.count; p++) {
        n += table->cells[p * table->nsubjects + subject].calls[call].n;
    }
    const size_t bytes = (n + 1) * sizeof(double);
    double *values = measure_map(bytes);
    for (size_t p = 0; p < table->programs.count; p++) {
        const struct cell *cell = &table->cells[p * table->nsubjects + subject];
        const size_t count = cell->calls[call].n;

        if (count != 0) {
            memcpy(values + filled, cell->cycles[call], count * sizeof(*values));
            filled += count;
        }
    }
    stats_summarise(values, n, summary);
    measure_unmap(values, bytes);
}

double table_ticks_per_cycle(const struct table *table, double *low, double *high)
{
    const size_t cells = table->nsubjects * table->programs.count;
    double *ratios = must(calloc(cells + 1, sizeof(*ratios)));
    struct stats_summary summary;
    size_t n = 0;

    for (size_t i = 0; i < cells; i++) {
        if (table->cells[i].fits) {
            ratios[n++] = table->cells[i].ticks_per_cycle;
        }
    }
    stats_summarise(ratios, n, &summary);
    *low = n == 0 ? 0.0 : ratios[0];
    *high = summary.max;
    free(ratios);
    return summary.p50;
}

static void print_row(const char *subject, enum call call, const struct stats_summary *s,
                      double cycle_ns, FILE *out)
{
    fprintf(out, "%-20s %-16s %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f %8zu%s\n", subject,
            call_words[call], s->p50, s->p99, s->p999, s->max, s->mean, s->p50 * cycle_ns, s->n,
            s->n < STATS_ENOUGH ? "  few ops: p99.9 is the maximum" : "");
}

void table_print(const struct table *table, FILE *out)
{
    double low, high;
    const double ratio = table_ticks_per_cycle(table, &low, &high);

    fprintf(out,
            "core cycles of a call, over all programs; 1 core cycle = %.3f ticks (%.3f to %.3f "
            "between cells) = %.3f ns\n",
            ratio, low, high, ratio * table->tick_ns);
    fprintf(out, "%-20s %-16s %8s %8s %8s %8s %8s %8s %8s\n", "subject", "call", "p50", "p99",
            "p99.9", "max", "mean", "p50 ns", "ops");
    for (size_t s = 0; s < table->nsubjects; s++) {
        for (unsigned call = 0; call < CALLS; call++) {
            struct stats_summary summary;

            table_pool(table, s, (enum call)call, &summary);
            if (summary.n != 0) {
                print_row(table->subjects[s].label, (enum call)call, &summary,
                          ratio * table->tick_ns, out);
            }
        }
    }
}

static bool is_gated(const struct table *table, size_t subject)
{
    return strncmp(table->subjects[subject].label, GATED_PREFIX, strlen(GATED_PREFIX)) == 0;
}

/* Kinds of call of one subject above the budget; out NULL: only counted. */
static size_t gate_subject(const struct table *table, size_t subject, double budget, FILE *out,
                           size_t *judged)
{
    const char *label = table->subjects[subject].label;
    size_t over = 0;

    for (unsigned call = 0; call < CALLS; call++) {
        struct stats_summary summary;

        table_pool(table, subject, (enum call)call, &summary);
        if (!call_gated[call] || summary.n == 0) {
            continue;
        }
        const bool enough = summary.n >= STATS_ENOUGH;
        const bool above = enough && summary.p999 > budget;

        *judged += enough;
        over += above;
        if (out != NULL && !enough) {
            fprintf(out, "not judged: %s %s: have %zu ops, p99.9 wants %u\n", label,
                    call_words[call], summary.n, STATS_ENOUGH);
        }
        if (out != NULL && above) {
            fprintf(out, "over budget: %s %s: p99.9 have %.1f cycles, want at most %.1f\n", label,
                    call_words[call], summary.p999, budget);
        }
    }
    return over;
}

size_t table_gate(const struct table *table, double budget, FILE *out, size_t *judged)
{
    size_t over = 0;

    *judged = 0;
    for (size_t s = 0; s < table->nsubjects; s++) {
        if (is_gated(table, s)) {
            over += gate_subject(table, s, budget, out, judged);
        }
    }
    return over;
}

/* Mean over all ops of a cell. */
static double cell_mean(const struct cell *cell)
{
    double sum = 0.0;
    size_t n = 0;

    for (unsigned call = 0; call < CALLS; call++) {
        sum += cell->calls[call].mean * (double)cell->calls[call].n;
        n += cell->calls[call].n;
    }
    return n == 0 ? 0.0 : sum / (double)n;
}

unsigned table_settle(struct table *table, size_t subject, double budget)
{
    unsigned round = 1;
    size_t judged = 0;

    while (round < SETTLE_ROUNDS && is_gated(table, subject) &&
           gate_subject(table, subject, budget, NULL, &judged) > 0) {
        round++;
        fprintf(stderr, "%s is over the budget: round %u of at most %u\n",
                table->subjects[subject].label, round, SETTLE_ROUNDS);
        for (size_t p = 0; p < table->programs.count; p++) {
            struct cell *cell = &table->cells[p * table->nsubjects + subject];
            struct cell again;

            measure_cell(table->programs.list[p].program, table->subjects[subject].subject,
                         table->space, table->replays, &again);
            if (cell_mean(&again) < cell_mean(cell)) {
                const struct cell slower = *cell;
                *cell = again;
                again = slower;
            }
            measure_release(&again);
        }
    }
    return round;
}
