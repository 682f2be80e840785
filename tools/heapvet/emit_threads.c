/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Programs with threads: they run once in the simulation, which says what each op came to and when.
 * The test carries the schedule, and a port that follows it as the simulation does.
 */

#include "emit.h"

#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "emit_calls.h"
#include "sim.h"
#include "text.h"

/* What an op came to; ops that did not end on a sound heap never do. */
struct outcome {
    bool ended, refused, live; /* live: a block is in the slot behind it */
    struct applied_result result;
    size_t usable;
};

struct ledger {
    struct emit *emit;
    const struct emit_calls *calls;
    struct outcome *outcomes; /* by op */
    const uint8_t *region;
    size_t in_time; /* ops that ended before the cleaning */
    FILE *ends, *tells;
    size_t nends, ntells;
};

static bool shows_places(const struct ledger *ledger)
{
    /* A pool's header promises the lowest of the places that would do. */
    return ledger->emit->placement || ledger->emit->subject->kind == KIND_POOL;
}

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
    if (shows_places(ledger)) {
        fprintf(ledger->tells, "%zu},", (size_t)(p - sim_last_view()->region));
    } else {
        fputs("SIZE_MAX},", ledger->tells);
    }
    ledger->ntells++;
}

/* ---- ops ---- */

static bool is_environments(const struct op *op)
{
    return op->kind == OP_TICK || (op->thread == THREAD_ISR && op->kind != OP_PRIO);
}

/* The bytes that a fill target counts. */
static size_t asked_bytes(const struct op *op)
{
    size_t bytes = 0;
    if (!op_bytes(op, &bytes)) {
        return SIZE_MAX;
    }
    if (op->kind == OP_CALLOC && __builtin_mul_overflow(bytes, op->count, &bytes)) {
        return SIZE_MAX;
    }
    return bytes;
}

static const char *verb(const struct op *op, const struct outcome *outcome)
{
    const struct applied_result *result = &outcome->result;
    const bool resizes = (op_table[op->kind].fields & OP_RESIZES) != 0;
    if (!outcome->ended || result->how != APPLIED) {
        return "never";
    }
    if (!result->p) {
        return "none";
    }
    return !resizes || !result->before ? "takes" : result->p == result->before ? "stays" : "moves";
}

static void put_allocation(const struct ledger *ledger, const struct op *op,
                           const struct outcome *outcome)
{
    FILE *out = ledger->emit->out;
    const char *word = verb(op, outcome);
    const size_t bytes = asked_bytes(op);
    const size_t align = op->align > 8 ? op->align : 8;
    const bool zeroes = op->kind == OP_CALLOC && ledger->emit->subject->calloc;
    const bool frees = outcome->ended && outcome->result.before && !outcome->live;
    char block[32];
    snprintf(block, sizeof(block), frees ? "leaves(&p%u)" : "p%u.at", (unsigned)op->slot);
    fprintf(out, "        %s(", word);
    if (strcmp(word, "never") != 0) {
        fprintf(out, "&p%u, ", (unsigned)op->slot);
    }
    fputs(zeroes ? "zeroed(" : "", out);
    emit_call(out, ledger->calls->call[op->kind], op, block, bytes);
    if (zeroes) {
        fprintf(out, ", %zuu)", bytes);
    }
    if (strcmp(word, "never") != 0 && strcmp(word, "none") != 0) {
        fprintf(out, ", %zu, %zuu, %zu, ", align, outcome->result.bytes, outcome->usable);
        if (shows_places(ledger)) {
            fprintf(out, "%zu", (size_t)(outcome->result.p - ledger->region));
        } else {
            fputs("SIZE_MAX", out);
        }
    }
    fputs(");\n", out);
}

static void put_asking(const struct ledger *ledger, const struct op *op,
                       const struct outcome *outcome)
{
    FILE *out = ledger->emit->out;
    const struct subject_stats *stats = &outcome->result.stats;
    const unsigned n = (unsigned)(op - ledger->emit->program->ops) + 1u;
    switch ((enum op_kind)op->kind) {
    case OP_PRIO:
        fprintf(out, "    actors[current].priority = %u;\n", (unsigned)op->value);
        break;
    case OP_STATS:
        fprintf(out,
                "    const struct sys_memory_stats stats_%u = heap_stats();\n"
                "    equals(\"free bytes\", stats_%u.free_bytes, %zu);\n"
                "    equals(\"allocated bytes\", stats_%u.allocated_bytes, %zu);\n"
                "    equals(\"max allocated bytes\", stats_%u.max_allocated_bytes, %zu);\n",
                n, n, stats->free_bytes, n, stats->allocated_bytes, n, stats->max_allocated_bytes);
        break;
    case OP_LARGEST:
        fprintf(out, "    equals(\"largest free\", heap_largest(), %zu);\n", outcome->result.value);
        break;
    default:
        fprintf(out, "    %s;\n", ledger->calls->call[op->kind]);
    }
}

static void put_slotted(const struct ledger *ledger, const struct op *op,
                        const struct outcome *outcome)
{
    FILE *out = ledger->emit->out;
    const unsigned slot = op->slot;
    char block[32];
    if ((op_table[op->kind].fields & OP_FILLS) != 0) {
        const size_t bytes = asked_bytes(op);
        fprintf(out,
                bytes == SIZE_MAX ? "    if (fills(&p%u, SIZE_MAX)) {\n"
                                  : "    if (fills(&p%u, %zuu)) {\n",
                slot, bytes);
        put_allocation(ledger, op, outcome);
    } else if ((op_table[op->kind].fields & OP_RESIZES) != 0) {
        fprintf(out, "    if (works_on(&p%u)) {\n", slot);
        put_allocation(ledger, op, outcome);
    } else {
        fprintf(out, "    if (works_on(&p%u)) {\n        ", slot);
        snprintf(block, sizeof(block), "leaves(&p%u)", slot);
        emit_call(out, ledger->calls->call[op->kind], op, block, 0);
        fprintf(out, ";\n        over(&p%u);\n", slot);
    }
    fputs("    }\n", out);
}

/* Is there anything to call for it? */
static bool acts(const struct ledger *ledger, const struct op *op)
{
    const uint8_t swarm = ledger->emit->program->header.swarm_off;
    const uint32_t bit = op->kind < 7 ? op->kind : 7;
    return op->kind == OP_PRIO || ((swarm >> bit & 1u) == 0 && ledger->calls->call[op->kind]);
}

static void put_op(const struct ledger *ledger, size_t index, bool interrupt)
{
    FILE *out = ledger->emit->out;
    const struct op *op = &ledger->emit->program->ops[index];
    const struct outcome *outcome = &ledger->outcomes[index];
    const unsigned slot = op->slot;
    char line[128];
    text_print_op(op, line, sizeof(line));
    fprintf(out, interrupt ? "    interrupt_begins(%zu, " : "\n    OP(%zu, ", index + 1);
    emit_quoted(out, line);
    fputs(interrupt ? ");\n" : ")\n", out);
    if (!acts(ledger, op)) {
        fputs("    /* nothing is called */\n", out);
    } else if (op->kind == OP_USABLE) {
        fprintf(out,
                "    if (works_on(&p%u)) {\n"
                "        equals(\"usable size\", p%u.at == NULL ? %zuu : "
                "heap_asked_usable(p%u.at), %zuu);\n"
                "        over(&p%u);\n    }\n",
                slot, slot, outcome->result.value, slot, outcome->result.value, slot);
    } else if ((op_table[op->kind].fields & OP_HAS_SLOT) != 0) {
        put_slotted(ledger, op, outcome);
    } else {
        put_asking(ledger, op, outcome);
    }
    if (interrupt) {
        fprintf(out, "    equals(\"reports of misuse\", refused, %d);\n", outcome->refused);
    }
    fputs("    ended();\n", out);
}

/* ---- the parts of a test ---- */

static void put_thread(const struct ledger *ledger, unsigned thread)
{
    const struct program *program = ledger->emit->program;
    fprintf(ledger->emit->out, "\nstatic void t%u(void)\n{", thread);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if (op->kind != OP_SCHED && !is_environments(op) &&
            op->thread % PROGRAM_THREADS == thread) {
            put_op(ledger, i, false);
        }
    }
    fputs("}\n", ledger->emit->out);
}

static bool has_thread(const struct program *program, unsigned thread)
{
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if (op->kind != OP_SCHED && !is_environments(op) &&
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
        if (is_environments(&program->ops[i]) && program->ops[i].kind != OP_TICK) {
            fprintf(out, "\nstatic void interrupt_%zu(void)\n{\n", i + 1);
            put_op(ledger, i, true);
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
        if (is_environments(&program->ops[i]) && program->ops[i].kind != OP_TICK) {
            fprintf(out, "static void interrupt_%zu(void);\n", i + 1);
        }
    }
    fputs("static const struct event events[] = {", out);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        if (op->kind == OP_TICK) {
            fprintf(out, "{%u, NULL}, ", (unsigned)op->value);
        } else if (is_environments(op)) {
            fprintf(out, "{0, interrupt_%zu}, ", i + 1);
        }
        nevents += is_environments(op);
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
