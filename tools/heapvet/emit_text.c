/* SPDX-License-Identifier: Apache-2.0 */

/* What tests with and without threads have in common. */

#include "emit.h"

#include <string.h>

#include "op.h"

static const char *define_value(const struct emit *emit, const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < emit->ndefines; i++) {
        const char *define = emit->defines[i];
        if (strncmp(define, name, length) == 0 && (define[length] == '=' || !define[length])) {
            return define[length] ? define + length + 1 : "1";
        }
    }
    return NULL;
}

bool emit_defined(const struct emit *emit, const char *name)
{
    return define_value(emit, name) != NULL;
}

/* All that must be defined, as lines of `-DNAME=VALUE` or as demands of the preprocessor. */
static void each_define(const struct emit *emit, const char *more, const char *front,
                        const char *middle, const char *end)
{
    for (size_t i = 0; i < emit->ndefines; i++) {
        const char *equals = strchr(emit->defines[i], '=');
        const size_t length =
            equals ? (size_t)(equals - emit->defines[i]) : strlen(emit->defines[i]);
        fprintf(emit->out, "%s%.*s%s%s%s", front, (int)length, emit->defines[i], middle,
                equals ? equals + 1 : "1", end);
    }
    for (const char *at = more; *at != '\0';) {
        const size_t line = strcspn(at, " ");
        const size_t length = strcspn(at, "=");
        fprintf(emit->out, "%s%.*s%s%.*s%s", front, (int)length, at, middle,
                (int)(line - length - 1), at + length + 1, end);
        at += line + (at[line] == ' ');
    }
}

void emit_head(const struct emit *emit, const char *const *includes, const char *sources,
               const char *more_defines)
{
    FILE *out = emit->out;
    fprintf(out,
            "// SPDX-License-Identifier: Apache-2.0\n\n"
            "// %s: %zu ops, written by heapvet emit-c. In the root of kheap's tree:\n//\n"
            "// $ cc -std=gnu11 -g -I lib/include -I lib/src",
            emit->name, emit->program->nops);
    each_define(emit, more_defines, " -D", "=", "");
    fprintf(out,
            " '-DKHEAP_STEP()=do{extern void probed(void);probed();}while(0)'"
            " '-DKHEAP_ENTER(o)=do{extern void entered(const void*);entered(o);}while(0)'"
            " %s %s -o test && ./test\n"
            "//\n"
            "// Exit status 0: all is as the contract says. 1: a line says which op was answered\n"
            "// otherwise, and how. With -fsanitize=address also a stray access ends it.\n\n",
            emit->output, sources);
    for (size_t i = 0; includes[i]; i++) {
        fprintf(out, "#include \"kheap/%s.h\"\n", includes[i]);
    }
    fputs("\n#include <stdarg.h>\n#include <stdbool.h>\n#include <stdint.h>\n#include <stdio.h>\n"
          "#include <stdlib.h>\n#include <string.h>\n\n",
          out);
    each_define(emit, more_defines, "#if ", " != ", "\n#error \"compile as said above\"\n#endif\n");
    fputc('\n', out);
}

void emit_part(const struct emit *emit, const char *text)
{
    const char *rest = strstr(text, "*/");
    fputs(rest ? rest + 3 : text, emit->out);
}

/* "100", "SIZE_MAX - 15". */
static void emit_size(FILE *out, const struct op *op)
{
    if (op->form == SIZE_TOP) {
        fprintf(out, op->value ? "SIZE_MAX - %u" : "SIZE_MAX", (unsigned)op->value);
    } else if (op->form == SIZE_ABOVE_4G) {
        fprintf(out, "(size_t)(0x100000000u + %uu)", (unsigned)op->value);
    } else {
        fprintf(out, "%u", (unsigned)op->value);
    }
}

static void emit_wait(FILE *out, uint8_t wait)
{
    if (wait == 0) {
        fputs("K_NO_WAIT", out);
    } else if (wait == WAIT_FOREVER) {
        fputs("K_FOREVER", out);
    } else {
        fprintf(out, "K_TICKS(%u)", wait);
    }
}

void emit_call(FILE *out, const char *call, const struct op *op, const char *block, size_t bytes)
{
    for (const char *at = call; *at; at++) {
        if (*at != '$') {
            fputc(*at, out);
            continue;
        }
        switch (*++at) {
        case 'p':
            fputs(block, out);
            break;
        case 'n':
            emit_size(out, op);
            break;
        case 'c':
            fprintf(out, "%u", (unsigned)op->count);
            break;
        case 'm':
            fprintf(out, "%zuu", bytes);
            break;
        case 'w':
            emit_wait(out, op->wait);
            break;
        default:
            fprintf(out, "%u", (unsigned)op->align);
        }
    }
}

void emit_slots(const struct emit *emit, const uint16_t *order, size_t count)
{
    FILE *out = emit->out;
    fputs("\nstatic struct block p", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, i ? ", p%u" : "%u", (unsigned)order[i]);
    }
    fputs(";\nstatic struct block *const slots[] = {", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, i ? ", &p%u" : "&p%u", (unsigned)order[i]);
    }
    fprintf(out, "};\nstatic const unsigned nslots = %zu;\n", count);
}

void emit_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
    fputc('"', out);
}
