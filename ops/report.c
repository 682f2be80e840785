/* SPDX-License-Identifier: Apache-2.0 */
#include "die.h"

#include <stddef.h>

#include "text.h"

static void put(const char *text)
{
    if (die_hooks.write != NULL) {
        die_hooks.write(text);
    }
}

static void put_number(size_t value)
{
    char digits[24];
    size_t at = sizeof digits - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put(digits + at);
}

static void put_op(const struct op *op)
{
    char line[128];

    (void)text_print_op(op, line, sizeof line);
    put(line);
}

/* The program as text, piece by piece, since no buffer is large enough. Returns the header's lines.
 */
static size_t put_program(const struct program *program, bool print)
{
    struct program header = *program;
    char lines[256];
    size_t count = 0;

    header.nops = 0;
    (void)text_print(&header, lines, sizeof lines);
    for (const char *c = lines; *c != '\0'; c++) {
        count += *c == '\n';
    }
    if (print) {
        put(lines);
        for (size_t i = 0; i < program->nops; i++) {
            put_op(&program->ops[i]);
            put("\n");
        }
    }
    return count;
}

/* ":8: free p1": the line in the file, or in the text printed in front. */
static void put_place(const struct program *program, size_t index, bool named, size_t header_lines)
{
    if (index >= program->nops) {
        put(": at the end of the program");
        return;
    }
    const struct op *op = &program->ops[index];
    if (op->line != 0 && named) {
        put(":");
        put_number(op->line);
    } else if (named) {
        put(": op ");
        put_number(index); /* a file that is not text has no lines */
    } else {
        put(":");
        put_number(header_lines + index + 1);
    }
    put(": ");
    put_op(op);
}

void report_failure(const struct program *program, const struct subject *subject,
                    const struct run_failure *failure, const char *map)
{
    const bool named = program->name != NULL && program->name[0] != '\0';
    const char *name = named ? program->name : "failing.ops";
    const size_t header_lines = put_program(program, !named);

    put("FAIL ");
    put(name);
    put_place(program, failure->op_index, named, header_lines);
    put("\n  oracle ");
    put(failure->oracle < ORACLES ? oracle_names[failure->oracle] : "none");
    put(": ");
    put(failure->have_want);
    if (map != NULL) {
        put("\n  map  ");
        put(map);
    }
    put("\n  run  ");
    put(die_hooks.tool != NULL ? die_hooks.tool : "heapvet run");
    put(" --subject ");
    put(subject->name);
    put(" ");
    put(name);
    put(named ? "\n" : "   (the lines above, saved as failing.ops)\n");
}
