/* SPDX-License-Identifier: Apache-2.0 */
#include "text_scan.h"

/* Text that may not fit: `need` goes on counting where `size` ends. */
struct printer {
    char *out;
    size_t size, need;
};

static void print_char(struct printer *printer, char c)
{
    if (printer->need + 1 < printer->size) {
        printer->out[printer->need] = c;
    }
    printer->need++;
}

static void print_word(struct printer *printer, const char *text)
{
    for (; *text != '\0'; text++) {
        print_char(printer, *text);
    }
}

static void print_number(struct printer *printer, uint32_t number)
{
    char digits[10];
    size_t length = number_digits(number, digits);
    for (size_t i = 0; i < length; i++) {
        print_char(printer, digits[i]);
    }
}

/* One field: its number behind a word such as " p". */
static void print_field(struct printer *printer, const char *prefix, uint32_t number)
{
    print_word(printer, prefix);
    print_number(printer, number);
}

static void print_end(struct printer *printer)
{
    if (printer->size > 0) {
        size_t last = printer->size - 1;
        printer->out[printer->need < last ? printer->need : last] = '\0';
    }
}

/* A line that names no thread is t0's, or the environment's. */
static void print_thread(struct printer *printer, uint8_t thread)
{
    if (thread == THREAD_ISR) {
        print_word(printer, "isr ");
    } else if (thread != 0) {
        print_field(printer, "t", thread);
        print_char(printer, ' ');
    }
}

static void print_choices(struct printer *printer, uint32_t choices)
{
    print_char(printer, ' ');
    for (uint32_t i = 0; i < 8; i++) {
        print_char(printer, "0123456789abcdef"[choices >> 4 * i & 15u]);
    }
}

static void print_op(struct printer *printer, const struct op *op)
{
    static const char *const forms[] = {
        [SIZE_PLAIN] = " ", [SIZE_TOP] = " ~", [SIZE_ABOVE_4G] = " 4G+"};
    static const char *const expectations[] = {[EXPECT_ANY] = "",
                                               [EXPECT_NULL] = " -> null",
                                               [EXPECT_OK] = " -> ok",
                                               [EXPECT_SAME] = " -> same"};
    uint32_t fields = op_table[op->kind].fields;
    print_thread(printer, op->thread);
    print_word(printer, op_table[op->kind].word);
    if ((fields & OP_HAS_SLOT) != 0) {
        print_field(printer, " p", op->slot);
    }
    if ((fields & OP_HAS_ALIGN) != 0) {
        print_field(printer, " ", op->align);
    }
    if ((fields & OP_HAS_COUNT) != 0) {
        print_field(printer, " ", op->count);
    }
    if ((fields & OP_HAS_SIZE) != 0) {
        print_field(printer, forms[op->form], op->value);
    }
    for (uint32_t i = 0; i < OP_NUMBERS && op_number_most((enum op_kind)op->kind, i) != 0; i++) {
        print_field(printer, " ", op_number(op, i));
    }
    if ((fields & OP_SCHEDULES) != 0) {
        print_choices(printer, op->value);
    }
    if (op->wait == WAIT_FOREVER) {
        print_word(printer, " wait forever");
    } else if (op->wait != 0) {
        print_field(printer, " wait ", op->wait);
    }
    print_word(printer, expectations[op->expect]);
}

static void print_header(struct printer *printer, const struct program_header *header)
{
    print_word(printer, kind_words[header->kind]);
    print_field(printer, " ", header->region);
    if (header->offset != 0) {
        print_field(printer, " offset ", header->offset);
    }
    if (header->slots_log2 != PROGRAM_SLOTS_LOG2_DEFAULT) {
        print_field(printer, "\nslots ", 1u << header->slots_log2);
    }
    if (header->fill != 0) {
        print_field(printer, "\nfill ", header->fill);
    }
    if (header->swarm_off != 0) {
        print_word(printer, "\nswarm");
        for (uint32_t bit = 0; bit < 8; bit++) {
            if ((header->swarm_off >> bit & 1u) != 0) {
                print_word(printer, " -");
                print_word(printer, bit < 7 ? op_table[bit].word : "other");
            }
        }
    }
    print_char(printer, '\n');
}

size_t text_print(const struct program *program, char *out, size_t size)
{
    struct printer printer = {out, size, 0};
    print_header(&printer, &program->header);
    for (size_t i = 0; i < program->nops; i++) {
        print_op(&printer, &program->ops[i]);
        print_char(&printer, '\n');
    }
    print_end(&printer);
    return printer.need;
}

size_t text_print_op(const struct op *op, char *out, size_t size)
{
    struct printer printer = {out, size, 0};
    print_op(&printer, op);
    print_end(&printer);
    return printer.need;
}
