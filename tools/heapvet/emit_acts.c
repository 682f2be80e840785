/* SPDX-License-Identifier: Apache-2.0 */

/* The ops of a program with threads. */

#include <stdlib.h>
#include <string.h>

#include "emit_ledger.h"
#include "text.h"

bool emit_shows_places(const struct ledger *ledger)
{
    /* A pool's header promises the lowest of the places that would do. */
    return ledger->emit->placement || ledger->emit->subject->kind == KIND_POOL;
}

bool emit_is_environments(const struct op *op)
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
        if (emit_shows_places(ledger)) {
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

void emit_act(const struct ledger *ledger, size_t index, bool interrupt)
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
