/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <string.h>

#include "kheap/sys_heap.h"

/*
 * k_heap: three small blocks fit at once, a small one fits beside a middle one, two middle ones do
 * not, and whole is the largest there is. Two sizes below small and one above whole, so that every
 * realloc down gives something back and every realloc up asks for more, the last one in vain.
 *
 * Pool: one block that is four of the smallest.
 */
#define WHOLE_BYTES 124u
struct alphabet alphabets[] = {
    {"kheap",
     &sim_kheap,
     KIND_KHEAP,
     true,
     (uint32_t)SYS_HEAP_REGION_SIZE_FOR(WHOLE_BYTES),
     {4u, 12u, 28u, 76u, WHOLE_BYTES, 160u, 160u},
     2u,
     3u,
     4u},
    {"pool", &sim_pool, KIND_POOL, false, 256u, {64u, 64u, 64u, 64u, 256u, 256u, 256u}, 2u, 3u, 4u},
};
const size_t alphabet_count = sizeof alphabets / sizeof alphabets[0];

static const uint8_t waits[4] = {0, 1, 2, WAIT_FOREVER};

/* The interrupt owns a middle block from the start (of a pool: a small one), for what it frees. */
static const struct letter isr_letters[FAMILY_ISR] = {
    {LETTER_FREE, 0}, {LETTER_SMALL, 0}, {LETTER_WHOLE, 0},
    {LETTER_DOWN, 0}, {LETTER_UP, 0},    {LETTER_ZERO, 0},
};

/* Where a slot stands when all before has succeeded: an index of sizes, or empty. */
#define EMPTY 0xffu

static uint8_t level_after(const struct alphabet *alphabet, uint8_t level, enum letter_kind kind)
{
    switch (kind) {
    case LETTER_SMALL:
        return alphabet->level_small;
    case LETTER_WHOLE:
        return alphabet->level_whole;
    case LETTER_UP:
        return level < alphabet->level_whole ? (uint8_t)(level + 1u) : level;
    case LETTER_DOWN:
        return level > 0 ? (uint8_t)(level - 1u) : 0;
    default:
        return EMPTY;
    }
}

/* What is asked for; a realloc up of the whole heap asks for more than there is. */
static uint32_t bytes_of(const struct alphabet *alphabet, uint8_t level, enum letter_kind kind)
{
    if (kind == LETTER_FREE || kind == LETTER_ZERO) {
        return 0;
    }
    if (kind == LETTER_UP) {
        return alphabet->sizes[level + 1u];
    }
    return alphabet->sizes[level_after(alphabet, level, kind)];
}

static enum op_kind kind_of(enum letter_kind kind)
{
    if (kind == LETTER_SMALL || kind == LETTER_WHOLE) {
        return OP_ALLOC;
    }
    return kind == LETTER_FREE ? OP_FREE : OP_REALLOC;
}

static struct op *append(struct explored *out, uint8_t thread, enum op_kind kind, uint32_t slot)
{
    struct op *op = &out->ops[out->program.nops];
    *op = (struct op){.kind = (uint8_t)kind, .thread = thread, .slot = (uint16_t)slot};
    out->program.nops++;
    return op;
}

/* Equal codes for ops that do the same to the slot of whoever does them. */
static void append_letter(struct explored *out, const struct alphabet *alphabet, uint8_t thread,
                          uint32_t slot, struct letter letter, uint8_t *level)
{
    uint32_t bytes = bytes_of(alphabet, *level, letter.kind);
    struct op *op = append(out, thread, kind_of(letter.kind), slot);
    op->value = bytes;
    op->wait = letter.wait;
    out->codes[out->program.nops - 1u] =
        (uint16_t)(op->kind | (uint32_t)letter.wait << 4 | bytes << 8);
    *level = level_after(alphabet, *level, letter.kind);
}

static void begin(struct explored *out, const struct alphabet *alphabet)
{
    memset(out, 0, offsetof(struct explored, ops));
    out->program = (struct program){.capacity = PROGRAM_ROOM, .ops = out->ops, .name = "explored"};
    program_header_default(&out->program.header);
    out->program.header.kind = alphabet->kind;
    out->program.header.region = alphabet->region;
    out->program.header.slots_log2 = 3;
    out->setup = 0;
    out->alike = true;
    out->shared = false;
}

static void append_isr(struct explored *out, const struct space_of_programs *space, uint8_t extra)
{
    const struct alphabet *alphabet = space->alphabet;
    struct letter letter = isr_letters[extra];
    uint8_t level = EMPTY;
    if (letter.kind != LETTER_SMALL && letter.kind != LETTER_WHOLE) {
        struct op *op = append(out, THREAD_ISR, OP_ALLOC, space->family->threads);
        op->value = alphabet->sizes[alphabet->level_middle];
        level = alphabet->level_middle;
        out->setup++;
    }
    append_letter(out, alphabet, THREAD_ISR, space->family->threads, letter, &level);
}

/* The first thread's block is freed by the interrupt, or by one more thread. */
static void append_stranger(struct explored *out, uint8_t thread, uint8_t extra)
{
    append(out, extra == 0 ? THREAD_ISR : thread, OP_FREE, 0);
    out->codes[out->program.nops - 1u] = 0xffffu;
}

static void append_sequence(struct explored *out, const struct alphabet *alphabet, uint8_t thread,
                            const struct sequence *sequence)
{
    uint8_t level = EMPTY;
    for (uint32_t i = 0; i < sequence->n; i++) {
        append_letter(out, alphabet, thread, thread, sequence->letters[i], &level);
    }
}

void explored_build(struct explored *out, const struct space_of_programs *space,
                    const struct choice_of_program *choice)
{
    const struct family *family = space->family;
    begin(out, space->alphabet);
    out->alike = !family->ordered;
    out->shared = family->stranger;
    out->threads = (uint8_t)(family->threads + (family->stranger ? 1u : 0u));
    for (uint32_t t = 0; family->priorities && t < family->threads; t++) {
        append(out, (uint8_t)t, OP_PRIO, 0)->value = t;
        out->setup++;
    }
    if (family->interrupt) {
        append_isr(out, space, choice->extra);
    }
    for (uint32_t t = 0; t < family->threads; t++) {
        append_sequence(out, space->alphabet, (uint8_t)t, &space->sequences[choice->sequence[t]]);
    }
    if (family->stranger) {
        append_stranger(out, family->threads, choice->extra);
    }
}

uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*seed >> 33) % below);
}

void explored_random(struct explored *out, const struct alphabet *alphabet, uint8_t threads,
                     uint8_t nops, uint64_t *seed)
{
    begin(out, alphabet);
    out->threads = threads;
    for (uint8_t t = 0; t < threads; t++) {
        uint8_t level = EMPTY;
        for (uint32_t i = 0; i < nops; i++) {
            uint32_t kind = draw(seed, 2);
            if (level != EMPTY) {
                kind = LETTER_FREE + draw(seed, alphabet->reallocs ? 4u : 1u);
            }
            bool waits_not = kind == LETTER_FREE;
            struct letter letter = {(uint8_t)kind, waits_not ? 0 : waits[draw(seed, 4)]};
            append_letter(out, alphabet, t, t, letter, &level);
        }
    }
}

/* ---- sequences ---- */

static void extend(struct space_of_programs *space, const struct sequence *from, uint32_t kind)
{
    bool waits_not = kind == LETTER_FREE;
    for (uint32_t w = 0; w < (waits_not ? 1u : 4u); w++) {
        struct sequence *to = &space->sequences[space->nsequences];
        *to = *from;
        to->letters[to->n] = (struct letter){(uint8_t)kind, waits[w]};
        to->n++;
        space->nsequences++;
    }
}

static bool sequence_full(const struct sequence *sequence)
{
    uint8_t last = sequence->n == 0 ? LETTER_ZERO : sequence->letters[sequence->n - 1u].kind;
    return last != LETTER_FREE && last != LETTER_ZERO;
}

/* Fills space->sequences with all up to the bound; there is room. */
void sequences_enumerate(struct space_of_programs *space)
{
    space->sequences[0].n = 0;
    space->nsequences = 1;
    space->first_of_length[0] = 0;
    space->first_of_length[1] = 1;
    for (uint32_t n = 0; n < space->bound; n++) {
        for (uint32_t i = space->first_of_length[n]; i < space->first_of_length[n + 1u]; i++) {
            const struct sequence *from = &space->sequences[i];
            if (!sequence_full(from)) {
                extend(space, from, LETTER_SMALL);
                extend(space, from, LETTER_WHOLE);
                continue;
            }
            extend(space, from, LETTER_FREE);
            for (uint32_t k = LETTER_UP; space->alphabet->reallocs && k <= LETTER_ZERO; k++) {
                extend(space, from, k);
            }
        }
        space->first_of_length[n + 2u] = space->nsequences;
    }
}
