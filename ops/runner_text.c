/* SPDX-License-Identifier: Apache-2.0 */
#include "runner_internal.h"

void text_begin(struct text *text, char *out, size_t size)
{
    text->out = out;
    text->room = size;
    text->used = 0;
    if (size > 0) {
        out[0] = '\0';
    }
}

void text_word(struct text *text, const char *word)
{
    for (; *word != '\0' && text->used + 1 < text->room; word++) {
        text->out[text->used++] = *word;
    }
    if (text->room > 0) {
        text->out[text->used] = '\0';
    }
}

static void text_digits(struct text *text, uint64_t value, uint32_t base)
{
    char digits[21];
    size_t at = sizeof digits - 1;

    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    text_word(text, digits + at);
}

void text_number(struct text *text, uint64_t value)
{
    text_digits(text, value, 10);
}

void text_signed(struct text *text, int64_t value)
{
    if (value < 0) {
        text_word(text, "-");
    }
    text_number(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void text_hex(struct text *text, uint64_t value)
{
    text_word(text, "0x");
    text_digits(text, value, 16);
}

void text_slot(struct text *text, uint32_t slot)
{
    text_word(text, "p");
    text_number(text, slot);
}

void text_place(struct text *text, const struct run *run, const uint8_t *p)
{
    const uintptr_t region = (uintptr_t)run->heap.region;
    const uintptr_t address = (uintptr_t)p;
    const uintptr_t near = run->heap.region_bytes + 0x10000u;

    if (address >= region && address - region <= near) {
        text_word(text, "+");
        text_hex(text, address - region);
    } else if (address < region && region - address <= near) {
        text_word(text, "-");
        text_hex(text, region - address);
    } else {
        text_hex(text, address);
    }
}

void text_have_want(struct text *text, uint64_t have, uint64_t want)
{
    text_word(text, "have ");
    text_number(text, have);
    text_word(text, ", want ");
    text_number(text, want);
}

/* One extent or block of a map: "48", or "[48]" when it is free. */
static void map_piece(struct text *text, uint32_t units, bool is_free)
{
    if (text->used > 0) {
        text_word(text, " ");
    }
    text_word(text, is_free ? "[" : "");
    text_number(text, (uint64_t)units * 8u);
    text_word(text, is_free ? "]" : "");
}

size_t run_map(const struct space *space, char *out, size_t size)
{
    const struct model *model = &space->model;
    struct text text;
    uint32_t unit = 0;

    text_begin(&text, out, size);
    if (!space->modelled) {
        return 0;
    }
    for (uint32_t i = 0; i < model->nblocks; i++) {
        if (text.used + 32 > size) {
            text_word(&text, " ...");
            return text.used;
        }
        if (model->blocks[i].unit > unit) {
            map_piece(&text, model->blocks[i].unit - unit, true);
        }
        map_piece(&text, model->blocks[i].units, false);
        unit = model->blocks[i].unit + model->blocks[i].units;
    }
    if (model->units > unit) {
        map_piece(&text, model->units - unit, true);
    }
    return text.used;
}
