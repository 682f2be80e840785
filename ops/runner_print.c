/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Oracle print: what a heap prints of itself, line by line (subject.h, print), against the model:
 * its sizes and totals, every bucket's free chunks, and every chunk in its place.
 */

#include <string.h>

#include "runner_internal.h"

#define NO_LINE UINT64_MAX /* a line that must be there and was not */

void print_begin(struct run *run)
{
    run->printed = (struct printed){.what = NULL};
}

/* The first thing that is not as it should be. */
static void differs(struct printed *printed, const char *what, uint64_t have, uint64_t want)
{
    if (printed->what == NULL && have != want) {
        printed->what = what;
        printed->have = have;
        printed->want = want;
    }
}

/* Takes the word, and spaces in front of it, off the line. By hand: targets have no strncmp. */
static bool take_word(const char **at, const char *word)
{
    while (**at == ' ') {
        (*at)++;
    }
    const char *end = *at;

    while (*word != '\0' && *end == *word) {
        end++;
        word++;
    }
    if (*word != '\0') {
        return false;
    }
    *at = end;
    return true;
}

static bool take_number(const char **at, uint64_t *number)
{
    (void)take_word(at, "");
    const char *const first = *at;
    *number = 0;
    while (**at >= '0' && **at <= '9') {
        *number = *number * 10u + (uint64_t)(*(*at)++ - '0');
    }
    return *at != first;
}

/* "units for chunks 12": its number, if this is the line. */
static bool total(const char *line, const char *name, uint64_t *number)
{
    return take_word(&line, name) && take_number(&line, number);
}

static void read_totals(struct printed *printed, const char *line)
{
    static const char *const names[PRINTED_TOTALS] = {
        [PRINTED_UNITS] = "units for chunks",    [PRINTED_METADATA] = "units of metadata",
        [PRINTED_ALLOCATED] = "allocated bytes", [PRINTED_FREE] = "free bytes",
        [PRINTED_MOST] = "most allocated bytes",
    };
    for (uint32_t i = 0; i < PRINTED_TOTALS; i++) {
        uint64_t number;
        if (total(line, names[i], &number)) {
            printed->total[i] = number;
            printed->totals |= 1u << i;
        }
    }
}

static void read_bucket(struct run *run, const char *line)
{
    struct printed *printed = &run->printed;
    struct model_extent extent;
    uint64_t bucket, chunks, bytes;
    uint64_t want_chunks = 0, want_bytes = 0;
    uint32_t cursor = 0;

    if (!(take_word(&line, "bucket") && take_number(&line, &bucket) && take_word(&line, "chunks") &&
          take_number(&line, &chunks) && take_word(&line, "bytes") && take_number(&line, &bytes))) {
        return;
    }
    while (model_extent_next(run->model, &cursor, UINT32_MAX, &extent)) {
        if (model_listed(run->model, extent.units) && model_bucket(extent.units) == bucket) {
            want_chunks++;
            want_bytes += extent.units * (uint64_t)8;
        }
    }
    differs(printed, "free chunks of a bucket", chunks, want_chunks);
    differs(printed, "free bytes of a bucket", bytes, want_bytes);
    printed->listed += (uint32_t)chunks;
}

/* The next chunk, in address order: a live block, or the extent up to the next one. */
static void read_chunk(struct run *run, const char *line)
{
    struct printed *printed = &run->printed;
    const struct model *model = run->model;
    uint64_t unit, bytes;

    if (!take_word(&line, "unit ") || !take_number(&line, &unit)) {
        return;
    }
    const bool used = take_word(&line, "used");
    if (!(used || take_word(&line, "free")) || !take_number(&line, &bytes)) {
        return;
    }
    const bool more = printed->block < model->nblocks;
    const struct model_block *block = &model->blocks[printed->block];
    const bool is_block = more && block->unit == printed->unit;
    const uint32_t end = more ? block->unit : model->units;
    const uint32_t units = is_block ? block->units : end - printed->unit;

    differs(printed, "unit of a chunk", unit,
            printed->unit + printed->total[PRINTED_METADATA] - 1u);
    differs(printed, "used, of a chunk", used, is_block);
    differs(printed, "bytes of a chunk", bytes, units * (uint64_t)8);
    printed->block += is_block;
    printed->unit += units;
    printed->chunks++;
}

void print_text(void *context, const char *text)
{
    struct run *run = (struct run *)context;
    struct printed *printed = &run->printed;

    for (; *text != '\0' && run->modelled; text++) {
        if (*text != '\n') {
            printed->line[printed->used] = *text;
            printed->used += printed->used + 1u < sizeof printed->line;
            continue;
        }
        printed->line[printed->used] = '\0';
        printed->used = 0;
        read_totals(printed, printed->line);
        read_bucket(run, printed->line);
        read_chunk(run, printed->line);
    }
}

static void compare_totals(struct run *run)
{
    struct printed *printed = &run->printed;
    const struct model *model = run->model;
    const uintptr_t region = ((uintptr_t)run->heap.region + 7u) / 8u * 8u;
    const uintptr_t first = (uintptr_t)run->info.first - (run->info.header == 4 ? 4 : 0);
    const struct {
        const char *what;
        uint64_t want;
        bool printed;
    } rows[PRINTED_TOTALS] = {
        [PRINTED_UNITS] = {"units for chunks", model->units, true},
        [PRINTED_METADATA] = {"units of metadata", (first - region) / 8u + 1u, true},
        [PRINTED_ALLOCATED] = {"allocated bytes", model->allocated, run->subject->stats != NULL},
        [PRINTED_FREE] = {"free bytes", model_free_bytes(model), run->subject->stats != NULL},
        [PRINTED_MOST] = {"most allocated bytes", model->max_allocated,
                          run->subject->stats != NULL},
    };
    for (uint32_t i = 0; i < PRINTED_TOTALS; i++) {
        const bool there = (printed->totals >> i & 1u) != 0;
        if (there || rows[i].printed) {
            differs(printed, rows[i].what, there ? printed->total[i] : NO_LINE, rows[i].want);
        }
    }
}

bool print_judge(struct run *run)
{
    struct printed *printed = &run->printed;
    struct model_extent extent;
    uint32_t cursor = 0;
    uint32_t listed = 0;

    if (!run->modelled || !run_asks(run, ORACLE_PRINT)) {
        return true;
    }
    while (model_extent_next(run->model, &cursor, UINT32_MAX, &extent)) {
        listed += model_listed(run->model, extent.units);
    }
    compare_totals(run);
    differs(printed, "free chunks of all buckets", printed->listed, listed);
    differs(printed, "units of the chunks printed", printed->unit,
            op_number(run->op, 0) != 0 ? run->model->units : 0);
    if (printed->what == NULL) {
        return true;
    }
    struct text text = run_fail(run, ORACLE_PRINT);
    text_word(&text, printed->what);
    text_word(&text, ": have ");
    if (printed->have == NO_LINE) {
        text_word(&text, "no such line");
    } else {
        text_number(&text, printed->have);
    }
    text_word(&text, ", want ");
    text_number(&text, printed->want);
    return false;
}
