/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Programs with threads: they run once in the simulation, which says what each op came to and when.
 * The test carries the schedule, and a port that follows it as the simulation does.
 */

#include <stdlib.h>
#include <string.h>

#include "emit_ledger.h"
#include "sim.h"

static void on_ended(void *context, const struct sim_ended *ended)
{
    struct ledger *ledger = context;
    if (ended->op >= ledger->emit->program->nops) {
        return;
    }
    ledger->outcomes[ended->op] = (struct outcome){
        .ended = true,
        .refused = ended->refused,
        .live = ended->usable != 0,
        .result = *ended->result,
        .usable = ended->usable,
    };
    ledger->in_time += !ended->cleaning;
    fprintf(ledger->ends, "%s{%u, %lld},", ledger->nends % 8 ? " " : "\n    ",
            (unsigned)ended->op + 1u, (long long)ended->now);
    ledger->nends++;
}

static void on_told(void *context, char kind, const uint8_t *p, size_t bytes, uint32_t section)
{
    struct ledger *ledger = context;
    fprintf(ledger->tells, "\n    {'%c', %zu, %u, ", kind, bytes, (unsigned)section);
    if (emit_shows_places(ledger)) {
        fprintf(ledger->tells, "%zu},", (size_t)(p - sim_last_view()->region));
    } else {
        fputs("SIZE_MAX},", ledger->tells);
    }
    ledger->ntells++;
}

/* ---- the parts of a test ---- */

static void put_thread(const struct ledger *ledger, unsigned thread)
{
    const struct program *program = ledger->emit->program;
    fprintf(ledger->emit->out, "\nstatic void t%u(void)\n{", thread);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if (op->kind != OP_SCHED && !emit_is_environments(op) &&
            op->thread % PROGRAM_THREADS == thread) {
            emit_act(ledger, i, false);
        }
    }
    fputs("}\n", ledger->emit->out);
}

static bool has_thread(const struct program *program, unsigned thread)
{
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if (op->kind != OP_SCHED && !emit_is_environments(op) &&
            op->thread % PROGRAM_THREADS == thread) {
            return true;
        }
    }
    return false;
}

static void put_interrupts(const struct ledger *ledger)
{
    const struct program *program = ledger->emit->program;
    FILE *out = ledger->emit->out;
    for (size_t i = 0; i < program->nops; i++) {
        if (emit_is_environments(&program->ops[i]) && program->ops[i].kind != OP_TICK) {
            fprintf(out, "\nstatic void interrupt_%zu(void)\n{\n", i + 1);
            emit_act(ledger, i, true);
            fputs("}\n", out);
        }
    }
}

/* Time and interrupts, in order; and who goes on where more than one can. */
static void put_schedule(const struct ledger *ledger)
{
    const struct program *program = ledger->emit->program;
    FILE *out = ledger->emit->out;
    size_t n = 0;
    size_t nevents = 0;
    fputs("\n/* ---- time, interrupts, and who goes on ---- */\n\n"
          "struct event {\n    int ticks;\n    void (*interrupt)(void); /* NULL: ticks */\n};\n",
          out);
    for (size_t i = 0; i < program->nops; i++) {
        if (emit_is_environments(&program->ops[i]) && program->ops[i].kind != OP_TICK) {
            fprintf(out, "static void interrupt_%zu(void);\n", i + 1);
        }
    }
    fputs("static const struct event events[] = {", out);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if (op->kind == OP_TICK) {
            fprintf(out, "{%u, NULL}, ", (unsigned)op->value);
        } else if (emit_is_environments(op)) {
            fprintf(out, "{0, interrupt_%zu}, ", i + 1);
        }
        nevents += emit_is_environments(op);
    }
    fprintf(out, "{0, NULL}};\nstatic const unsigned nevents = %zu;\n", nevents);
    fputs("static const unsigned char choices[] = {", out);
    for (size_t i = 0; i < program->nops; i++) {
        for (uint32_t k = 0; program->ops[i].kind == OP_SCHED && k < 8; k++) {
            fprintf(out, "%u, ", (unsigned)(program->ops[i].value >> 4u * k & 15u));
            n++;
        }
    }
    fprintf(out, "0};\nstatic const unsigned nchoices = %zu;\n", n);
    for (unsigned t = 0; t < PROGRAM_THREADS; t++) {
        if (has_thread(program, t)) {
            fprintf(out, "static void t%u(void);\n", t);
        }
    }
    fputs("static void (*const bodies[8])(void) = {", out);
    for (unsigned t = 0; t < PROGRAM_THREADS; t++) {
        fprintf(out, has_thread(program, t) ? "%st%u" : "%sNULL", t ? ", " : "", t);
    }
    fputs("};\n", out);
}

static void put_ledger(const struct ledger *ledger, const char *ends, const char *tells)
{
    FILE *out = ledger->emit->out;
    fprintf(
        out,
        "\n/* In which order ops end, and at which tick. */\n"
        "static const struct end {\n    int op;\n    long long tick;\n} ends[] = {%s\n"
        "    {0, 0}};\nstatic const unsigned nends = %zu;\n"
        "\n/*\n * What listeners are told: 'a' allocated, 'f' freed, how many bytes, and in which\n"
        " * section under the heap's lock: what is given back is handed on in the same one.\n */\n"
        "static const struct tell {\n    char kind;\n    size_t bytes;\n    unsigned section;\n"
        "    size_t place;\n} tells[] = {%s\n"
        "    {'-', 0, 0, 0}};\nstatic const unsigned ntells = %zu;\n",
        ends, ledger->nends, tells, ledger->ntells);
}

static void put_defines(const struct emit *emit)
{
    const struct program_header *header = &emit->program->header;
    size_t boundary = 4096;
    while (boundary < header->region + 8u) {
        boundary *= 2;
    }
    fprintf(
        emit->out,
        "#define REGION    %uu /* bytes */\n"
        "#define OFFSET    %uu /* the region starts so far behind a multiple of BOUNDARY */\n"
        "#define BOUNDARY  %zuu\n"
        "#define FILL      %zuu /* bytes above which nothing more is asked for; 0: no limit */\n"
        "#define BY_MALLOC %d /* k_mem_pool_malloc() */\n\n",
        (unsigned)header->region, (unsigned)header->offset, boundary,
        (size_t)header->region * header->fill / 100,
        (emit->subject->promises & SUBJECT_ZERO_IS_ONE) != 0);
    emit_part(emit, emit_text_block);
}

/* The slots in the order of their numbers: so they are freed in the end. */
static void put_slots(const struct emit *emit)
{
    uint16_t order[1u << PROGRAM_SLOTS_LOG2_THREADED];
    size_t n = 0;
    for (uint32_t slot = 0; slot < 1u << emit->program->header.slots_log2; slot++) {
        bool used = false;
        for (size_t i = 0; i < emit->program->nops && !used; i++) {
            const struct op *op = &emit->program->ops[i];
            used = (op_table[op->kind].fields & OP_HAS_SLOT) != 0 && op->slot == slot;
        }
        if (used) {
            order[n++] = (uint16_t)slot;
        }
    }
    if (n == 0) {
        order[n++] = 0;
    }
    emit_slots(emit, order, n);
}

static void put_main(const struct ledger *ledger)
{
    fprintf(ledger->emit->out,
            "\nint main(void)\n{\n"
            "    arena_fill(0xa5);\n"
            "    listen(heap_init());\n"
            "    threads_begin();\n"
            "    schedule();\n"
            "    equals(\"ops that ended\", nended, %zu);\n"
            "    clean();\n"
            "    equals(\"ops that ended in the end\", nended, nends);\n"
            "    equals(\"events\", ntold, ntells);\n"
            "    told_all = true;\n"
            "    heap_empty();\n"
            "    surroundings();\n"
            "    puts(\"ok: %zu ops\");\n    return 0;\n}\n",
            ledger->in_time, ledger->emit->program->nops);
}

static void put_all(const struct ledger *ledger, const char *ends, const char *tells)
{
    struct emit *emit = ledger->emit;
    char defines[200];
    emit_config(emit, sim_last_view()->subject_state, defines, sizeof(defines));
    emit_head(emit, ledger->calls->includes, ledger->calls->sources, defines);
    put_defines(emit);
    put_slots(emit);
    put_schedule(ledger);
    put_ledger(ledger, ends, tells);
    fputs("\nstatic size_t heap_usable(void *p);\nstatic void heap_free(void *p);\n", emit->out);
    emit_part(emit, emit_text_common);
    emit_part(emit, emit_text_threads);
    emit_part(emit, ledger->calls->part);
    emit_part(emit, emit_text_ledger);
    fputs("\n/* ---- the program ---- */\n", emit->out);
    for (unsigned t = 0; t < PROGRAM_THREADS; t++) {
        if (has_thread(emit->program, t)) {
            put_thread(ledger, t);
        }
    }
    put_interrupts(ledger);
    put_main(ledger);
}

void emit_threads(struct emit *emit)
{
    struct ledger ledger = {.emit = emit, .calls = emit_calls_for(emit->subject)};
    const struct sim_watcher watcher = {on_ended, on_told, &ledger};
    const struct sim_options options = {.oracles = ORACLES_ALL, .watcher = &watcher};
    struct sim_counts counts = {0};
    struct run_failure failure;
    char *ends = NULL;
    char *tells = NULL;
    size_t ends_size = 0;
    size_t tells_size = 0;
    const size_t bytes = (emit->program->nops + 1) * sizeof(*ledger.outcomes);
    ledger.outcomes = cli_memory(NULL, bytes);
    memset(ledger.outcomes, 0, bytes);
    ledger.ends = open_memstream(&ends, &ends_size);
    ledger.tells = open_memstream(&tells, &tells_size);
    (void)sim_run(emit->program, emit->subject, &options, &counts, &failure);
    ledger.region = sim_last_view()->region;
    fclose(ledger.ends);
    fclose(ledger.tells);
    put_all(&ledger, ends, tells);
    free(ends);
    free(tells);
    free(ledger.outcomes);
}
