/* SPDX-License-Identifier: Apache-2.0 */
#include "generate_plan.h"

const char *const profile_words[PROFILES_ALL] = {
#define PROFILE_WORD(name, word) word,
    PROFILE_TABLE(PROFILE_WORD)
#undef PROFILE_WORD
        [PROFILE_THREADS] = "threads",
};

/* A working mix: mostly what changes the heap, now and then a question. */
#define EVERY_KIND                                                                                 \
    [OP_ALLOC] = 36, [OP_FREE] = 26, [OP_REALLOC] = 14, [OP_ALIGNED] = 10, [OP_AREALLOC] = 6,      \
    [OP_CALLOC] = 5, [OP_NOALIGN] = 3, [OP_USABLE] = 2, [OP_STATS] = 2, [OP_RESETMAX] = 1,         \
    [OP_LARGEST] = 2, [OP_CHECK] = 1

static const struct plan plans[PROFILES_ALL] = {
    [PROFILE_MIXED] = {.weight = {EVERY_KIND},
                       .sizes = SIZES_CLASS_EDGES,
                       .low = 1,
                       .drawn_header = true,
                       .hostile = 6},
    [PROFILE_STEADY] =
        {.weight = {[OP_ALLOC] = 1}, .region = 65536, .low = 8, .high = 2048, .live = 50},
    [PROFILE_RANDOM] = {.weight = {[OP_ALLOC] = 3, [OP_FREE] = 2},
                        .region = 65536,
                        .low = 8,
                        .high = 2048,
                        .live = 60},
    [PROFILE_FIFO] = {.weight = {[OP_ALLOC] = 3, [OP_FREE] = 2},
                      .order = ORDER_FIFO,
                      .region = 65536,
                      .low = 64,
                      .high = 1500,
                      .live = 70},
    [PROFILE_SMALL] = {.weight = {[OP_ALLOC] = 3, [OP_FREE] = 2},
                       .region = 16384,
                       .low = 8,
                       .high = 128,
                       .live = 60},
    [PROFILE_EDGES] = {.weight = {[OP_ALLOC] = 8, [OP_FREE] = 6, [OP_REALLOC] = 4, [OP_CALLOC] = 1},
                       .sizes = SIZES_CLASS_EDGES,
                       .region = 16384,
                       .low = 1,
                       .high = 2048,
                       .live = 60,
                       .drawn_header = true},
    [PROFILE_ALIGNED] = {.weight = {[OP_ALLOC] = 4,
                                    [OP_FREE] = 10,
                                    [OP_ALIGNED] = 12,
                                    [OP_AREALLOC] = 6,
                                    [OP_NOALIGN] = 1},
                         .sizes = SIZES_CLASS_EDGES,
                         .region = 16384,
                         .low = 1,
                         .high = 1024,
                         .live = 50,
                         .drawn_header = true},
    [PROFILE_RESIZE] = {.weight = {[OP_ALLOC] = 4, [OP_FREE] = 3, [OP_REALLOC] = 13},
                        .region = 32768,
                        .low = 8,
                        .high = 2048,
                        .live = 60},
    [PROFILE_PHASES] =
        {.weight = {[OP_ALLOC] = 14, [OP_FREE] = 1, [OP_REALLOC] = 2, [OP_ALIGNED] = 2},
         .region = 32768,
         .low = 8,
         .high = 1024,
         .live = 90,
         .runs = true},
    [PROFILE_HOSTILE] = {.weight = {EVERY_KIND},
                         .sizes = SIZES_CLASS_EDGES,
                         .low = 1,
                         .drawn_header = true,
                         .hostile = 80},
    [PROFILE_CORNERS] =
        {.weight = {EVERY_KIND, [OP_PRINT] = 3, [OP_STRESS] = 1, [OP_REGISTRY] = 2, [OP_API] = 5},
         .sizes = SIZES_CLASS_EDGES,
         .low = 1,
         .drawn_header = true,
         .hostile = 6},
    [PROFILE_MISUSE] = {.weight = {EVERY_KIND, [OP_DOUBLE] = 6, [OP_BADFREE] = 4,
                                   [OP_BADREALLOC] = 3, [OP_BADUSABLE] = 2, [OP_FLIP] = 8,
                                   [OP_OVERFLOW] = 3, [OP_UNDERFLOW] = 3, [OP_MEND] = 8},
                        .sizes = SIZES_CLASS_EDGES,
                        .low = 1,
                        .drawn_header = true,
                        .hostile = 6},
    [PROFILE_THREADS] = {.weight = {EVERY_KIND},
                         .sizes = SIZES_CLASS_EDGES,
                         .low = 1,
                         .contended = true,
                         .hostile = 3},
};

bool generator_chance(struct generator *g, uint32_t of_256)
{
    return rng_below(&g->rng, 256) < of_256;
}

static uint32_t draw_region(struct generator *g)
{
    if (g->plan->contended) {
        /* Room for a few blocks; a pool's smallest block of all is a quarter of a quarter. */
        bool pool = g->program->header.kind == KIND_POOL;
        return rng_log_uniform(&g->rng, pool ? 256 : 96, pool ? 4096 : 768);
    }
    uint32_t choice = rng_below(&g->rng, 64);
    if (choice == 0) {
        /* Both sides of the boundary at which AUTO changes the header format. */
        return 262136 - 16 + rng_below(&g->rng, 33);
    }
    if (choice < 6) {
        return rng_log_uniform(&g->rng, 8, 200);
    }
    return rng_log_uniform(&g->rng, 200, 8192);
}

/* Slots for twice the blocks that are expected to live at once. */
static uint8_t slots_for(uint64_t target, uint32_t low, uint32_t high, uint8_t most)
{
    /* The mean of a log-uniform draw is (high - low) / ln(high / low), which this does not exceed.
     */
    uint32_t octaves = 1;
    while (low << octaves < high && octaves < 31) {
        octaves++;
    }
    uint64_t mean = (uint64_t)(high - low) / octaves + 8;
    uint8_t log2 = 3;
    while (log2 < most && ((uint64_t)1 << log2) * mean < 2 * target) {
        log2++;
    }
    return log2;
}

static void draw_swarm(struct generator *g)
{
    uint32_t mask = (uint32_t)rng_next(&g->rng) & (uint32_t)rng_next(&g->rng) & 0xffu;
    uint32_t fills = 0;
    for (uint32_t kind = 0; kind < OP_KINDS; kind++) {
        if ((op_table[kind].fields & OP_FILLS) != 0 && g->weight[kind] != 0) {
            fills |= 1u << kind;
        }
    }
    if ((mask & fills) == fills) {
        /* Something has to fill the heap. */
        mask &= ~(1u << OP_ALLOC);
    }
    if (g->options->effective) {
        /* Without free every slot would soon be full, and nothing left that acts. */
        mask &= ~(1u << OP_FREE);
    }
    g->program->header.swarm_off = (uint8_t)mask;
    for (uint32_t kind = 0; kind < OP_KINDS; kind++) {
        if ((mask >> (kind < 7 ? kind : 7) & 1u) != 0) {
            g->weight[kind] = 0;
        }
    }
}

/* No fill target: it would keep everybody from waiting. */
static void draw_contended_header(struct generator *g)
{
    g->program->header.offset = (uint8_t)(generator_chance(g, 64) ? rng_below(&g->rng, 8) : 0);
    g->program->header.slots_log2 = (uint8_t)(2 + rng_below(&g->rng, 3));
    if (generator_chance(g, 32)) {
        draw_swarm(g);
    }
}

static void draw_header(struct generator *g)
{
    struct program_header *header = &g->program->header;
    header->offset = (uint8_t)rng_below(&g->rng, 8);
    if (generator_chance(g, 128)) {
        draw_swarm(g);
    }
    /* A fill target would skip the hostile ops, which all ask for too much. */
    if (!g->options->effective && g->plan->hostile < 64 && generator_chance(g, 96)) {
        header->fill = (uint8_t)(1 + rng_below(&g->rng, 100));
    }
    if (g->plan->region == 0 && generator_chance(g, 128)) {
        header->slots_log2 = (uint8_t)rng_below(&g->rng, 7);
    }
    if (g->plan->region == 0 && g->weight[OP_FREE] != 0 && generator_chance(g, 64)) {
        g->runs = true;
    }
}

static void set_sizes(struct generator *g, uint32_t region)
{
    g->low = g->plan->low;
    g->high = g->plan->high;
    if (g->high == 0) {
        /* Small against the region: many blocks live at once make the states that matter. */
        uint32_t shift = g->options->effective ? 3
                         : g->plan->contended  ? rng_below(&g->rng, 4)
                                               : 2 + rng_below(&g->rng, 4);
        g->high = !g->options->effective && generator_chance(g, 16) ? region : region >> shift;
    }
    if (g->high > region / 4 && g->plan->high != 0) {
        g->high = region / 4;
    }
    if (g->high < 16) {
        g->high = 16;
    }
    if (g->low > g->high) {
        g->low = g->high;
    }
}

static void set_load(struct generator *g, uint32_t region)
{
    uint32_t percent = g->plan->live;
    if (percent == 0) {
        percent = (g->plan->contended ? 60 : 30) + rng_below(&g->rng, 100);
    }
    if (g->options->effective && percent > 40) {
        percent = 40;
    }
    g->target = (uint64_t)region * percent / 100;
    g->goal = g->target;
}

/* A pool gives out blocks and takes them back: anything else would be skipped. */
static void keep_pool_kinds(struct generator *g)
{
    for (uint32_t kind = 0; kind < OP_KINDS; kind++) {
        if (kind != OP_ALLOC && kind != OP_FREE && kind != OP_CALLOC) {
            g->weight[kind] = 0;
        }
    }
}

void generator_begin(struct generator *g, struct program *program,
                     const struct generate_options *options)
{
    struct program_header *header = &program->header;
    rng_seed(&g->rng, options->seed);
    g->program = program;
    g->options = options;
    g->plan = &plans[options->profile];
    g->runs = g->plan->runs;
    g->draining = false;
    g->order = g->plan->order;
    program->nops = 0;
    program_header_default(header);
    header->kind = (uint8_t)options->kind;
    if (options->profile == PROFILE_THREADS && !program_threaded(header)) {
        header->kind = KIND_KHEAP;
    }
    g->threaded = program_threaded(header);
    for (uint32_t kind = 0; kind < OP_KINDS; kind++) {
        g->weight[kind] = g->plan->weight[kind];
    }
    if (header->kind == KIND_POOL) {
        keep_pool_kinds(g);
    }
    header->region = options->region != 0   ? options->region
                     : g->plan->region != 0 ? g->plan->region
                                            : draw_region(g);
    set_sizes(g, header->region);
    set_load(g, header->region);
    if (g->plan->region != 0) {
        header->slots_log2 = slots_for(g->target, g->low, g->high,
                                       g->threaded ? PROGRAM_SLOTS_LOG2_THREADED : SLOTS_LOG2_MAX);
    }
    if (g->plan->drawn_header) {
        draw_header(g);
    } else if (g->plan->contended) {
        draw_contended_header(g);
    }
    if (g->threaded) {
        generator_begin_threads(g);
    }
    g->weights = 0;
    for (uint32_t kind = 0; kind < OP_KINDS; kind++) {
        g->weights += g->weight[kind];
    }
    g->live_bytes = 0;
    g->nlive = 0;
    g->nempty = 1u << header->slots_log2;
    for (uint32_t slot = 0; slot < g->nempty; slot++) {
        g->empty[slot] = (uint16_t)(g->nempty - 1 - slot);
        g->bytes[slot] = 0;
    }
}
