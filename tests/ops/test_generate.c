/* SPDX-License-Identifier: Apache-2.0 */
/* The generator: deterministic, exact in what it promises, and without holes. */
#include "support.h"

#include "apply.h"

#include <stdlib.h>
#include <string.h>

static void test_same_options_same_program(void **state)
{
    (void)state;
    static struct owned_program a, b;
    uint32_t differ = 0;
    for (uint32_t seed = 0; seed < 200; seed++) {
        enum profile profile = (enum profile)(seed % PROFILES);
        must_generate(&a, profile, seed, 64);
        must_generate(&b, profile, seed, 64);
        assert_true(program_equal(&a.program, &b.program));
        must_generate(&b, profile, seed + 1, 64);
        differ += !program_equal(&a.program, &b.program);
    }
    assert_int_equal(differ, 200);
}

static void test_exact_length_and_region(void **state)
{
    (void)state;
    static struct owned_program owned;
    for (enum profile profile = 0; profile < PROFILES; profile++) {
        for (uint32_t ops = 0; ops < 200; ops += 33) {
            struct generate_options options = {
                .profile = profile, .seed = ops, .ops = ops, .region = 777};
            owned_init(&owned);
            assert_true(generate_program(&owned.program, &options));
            assert_int_equal(owned.program.header.region, 777);
            uint32_t counted = 0;
            for (size_t i = 0; i < owned.program.nops; i++) {
                counted += profile != PROFILE_STEADY || owned.ops[i].kind == OP_ALLOC;
            }
            assert_int_equal(counted, ops);
        }
    }
}

static void test_too_little_room(void **state)
{
    (void)state;
    struct op ops[10];
    struct program program = {.capacity = 10, .ops = ops, .name = ""};
    struct generate_options options = {.profile = PROFILE_MIXED, .ops = 11};
    assert_false(generate_program(&program, &options));
    options.ops = 10;
    assert_true(generate_program(&program, &options));
    options.profile = PROFILE_STEADY;
    options.ops = 8000;
    assert_false(generate_program(&program, &options));
    assert_true(program.nops <= 10);
}

/* What a thousand mixed programs contain between them: a hole here is a state nobody ever tests. */
struct census {
    uint32_t kind[OP_KINDS], form[3], offset[8], swarm[8], align[31], bad_align[12];
    uint32_t align_zero, size_zero, slots[7], fill, above_region, wrapping_calloc,
        regions_below_100;
    uint32_t auto_boundary, into_live, of_empty, most_live;
};

static void count_op(struct census *census, const struct program_header *header, bool *live,
                     const struct op *op)
{
    uint32_t fields = op_table[op->kind].fields;
    assert_int_equal(op->expect, EXPECT_ANY);
    census->kind[op->kind]++;
    if ((fields & OP_HAS_SIZE) != 0) {
        census->form[op->form]++;
        census->size_zero += op->form == SIZE_PLAIN && op->value == 0;
        census->above_region += op->form == SIZE_PLAIN && op->value > header->region;
        census->wrapping_calloc += (uint64_t)op->value * op->count > UINT32_MAX;
    }
    if ((fields & OP_HAS_ALIGN) != 0) {
        census->align_zero += op->align == 0;
        for (uint32_t k = 0; k < 31; k++) {
            census->align[k] += op->align == 1u << k;
            if (k < 12) {
                census->bad_align[k] += op->align == 3u << k;
            }
        }
    }
    census->into_live += (fields & OP_FILLS) != 0 && live[op->slot];
    census->of_empty += op->kind == OP_FREE && !live[op->slot];
    if ((fields & OP_HAS_SLOT) != 0) {
        live[op->slot] = op->kind != OP_FREE && (live[op->slot] || op->kind != OP_USABLE);
    }
}

static void count_program(struct census *census, const struct program *program)
{
    static bool live[1u << PROGRAM_SLOTS_LOG2_MAX];
    const struct program_header *header = &program->header;
    memset(live, 0, sizeof live);
    census->offset[header->offset]++;
    census->fill += header->fill != 0;
    census->regions_below_100 += header->region < 100;
    census->auto_boundary += header->region > 262100 && header->region < 262200;
    if (header->slots_log2 < 7) {
        census->slots[header->slots_log2]++;
    }
    for (uint32_t k = 0; k < 8; k++) {
        census->swarm[k] += header->swarm_off >> k & 1u;
    }
    for (size_t i = 0; i < program->nops; i++) {
        count_op(census, header, live, &program->ops[i]);
        uint32_t now = 0;
        for (uint32_t slot = 0; slot < 1u << header->slots_log2; slot++) {
            now += live[slot];
        }
        census->most_live = now > census->most_live ? now : census->most_live;
    }
}

static void assert_no_hole(const uint32_t *counts, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == 0) {
            fail_msg("hole: %s %u never occurs", what, (unsigned)i);
        }
    }
}

static void test_no_holes(void **state)
{
    (void)state;
    static struct owned_program owned;
    struct census census;
    memset(&census, 0, sizeof census);
    for (uint32_t seed = 0; seed < 1000; seed++) {
        must_generate(&owned, PROFILE_MIXED, seed, 64);
        count_program(&census, &owned.program);
    }
    assert_no_hole(census.kind, OP_KINDS_PLAIN, "kind");
    assert_no_hole(census.form, 3, "form");
    assert_no_hole(census.offset, 8, "offset");
    assert_no_hole(census.swarm, 8, "swarm bit");
    assert_no_hole(census.align, 13, "alignment 2^");
    assert_no_hole(census.bad_align, 12, "alignment 3*2^");
    assert_no_hole(census.slots, 7, "slots 2^");
    assert_no_hole(&census.align_zero, 1, "alignment 0,");
    assert_no_hole(&census.size_zero, 1, "size 0,");
    assert_no_hole(&census.above_region, 1, "size above the region,");
    assert_no_hole(&census.wrapping_calloc, 1, "wrapping calloc,");
    assert_no_hole(&census.fill, 1, "fill target,");
    assert_no_hole(&census.regions_below_100, 1, "tiny region,");
    assert_no_hole(&census.auto_boundary, 1, "region at the AUTO boundary,");
    assert_no_hole(&census.into_live, 1, "op into a live slot,");
    assert_no_hole(&census.of_empty, 1, "free of an empty slot,");
    assert_true(census.most_live > 24);
}

/* Uniform draws from the region's size make two live blocks; these programs must make many. */
static void test_many_blocks_live(void **state)
{
    (void)state;
    static struct owned_program owned;
    uint32_t deep = 0;
    for (uint32_t seed = 0; seed < 1000; seed++) {
        struct census census;
        memset(&census, 0, sizeof census);
        must_generate(&owned, PROFILE_MIXED, seed, 64);
        count_program(&census, &owned.program);
        deep += census.most_live > 8;
    }
    assert_true(deep > 500);
}

/* A heap that never says no: whatever it is asked for lies at a made-up address. */
static void *always(void *heap, size_t bytes)
{
    uintptr_t *next = heap;
    (void)bytes;
    *next += 16;
    return (void *)*next;
}
static void *always_aligned(void *heap, size_t align, size_t bytes)
{
    (void)align;
    return always(heap, bytes);
}
static void *always_realloc(void *heap, void *p, size_t bytes)
{
    return bytes == 0 ? NULL : p == NULL ? always(heap, bytes) : p;
}
static void *always_arealloc(void *heap, void *p, size_t align, size_t bytes)
{
    (void)align;
    return always_realloc(heap, p, bytes);
}
static void free_nothing(void *heap, void *p)
{
    (void)heap;
    (void)p;
}
static size_t usable_none(void *heap, void *p)
{
    (void)heap;
    (void)p;
    return 1;
}
static int stats_none(void *heap, struct subject_stats *stats)
{
    (void)heap;
    (void)stats;
    return 0;
}
static int reset_none(void *heap)
{
    (void)heap;
    return 0;
}
static size_t largest_none(void *heap)
{
    (void)heap;
    return 0;
}
static bool check_none(void *heap, struct subject_fault *fault)
{
    (void)heap;
    (void)fault;
    return true;
}

static void print_nothing(void *heap, bool chunks, void (*text)(void *context, const char *text),
                          void *context)
{
    (void)heap;
    (void)chunks;
    (void)text;
    (void)context;
}

static bool stress_nothing(void *heap, uint32_t rounds, uint32_t slots, uint32_t percent,
                           size_t *peak, struct subject_verdict *verdict)
{
    (void)heap;
    (void)rounds;
    (void)slots;
    (void)percent;
    (void)verdict;
    *peak = 0;
    return true;
}

static bool item_holds(void *heap, uint32_t item, struct subject_verdict *verdict)
{
    (void)heap;
    (void)item;
    (void)verdict;
    return true;
}

static const struct subject generous = {
    .abi = SUBJECT_ABI,
    .promises = SUBJECT_NULL_ON_BAD,
    .alloc = always,
    .free = free_nothing,
    .aligned = always_aligned,
    .noalign = always_aligned,
    .realloc = always_realloc,
    .arealloc = always_arealloc,
    .usable = usable_none,
    .stats = stats_none,
    .reset_max = reset_none,
    .largest = largest_none,
    .check = check_none,
    .print = print_nothing,
    .stress = stress_nothing,
    .registry = item_holds,
    .api = item_holds,
    .api_items = 1,
};

/* True when every op of the program acts on a heap without failures. Control: plain programs do
 * not. */
static bool every_op_acts(const struct program *program)
{
    static struct slot slots[1u << PROGRAM_SLOTS_LOG2_MAX];
    uintptr_t next = 0x10000;
    struct heap_under_test heap = {
        .subject = &generous, .state = &next, .slots = slots, .header = program->header};
    memset(slots, 0, sizeof slots);
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        bool empty = slots[op->slot].p == NULL;
        struct applied_result result;
        if ((op_table[op->kind].fields & OP_MISUSES) != 0) {
            /* Performed by the runner, and by nobody where the heap does not promise to notice. */
            continue;
        }
        apply_op(&heap, op, NULL, &result);
        if (result.how != APPLIED ||
            (empty && (op->kind == OP_FREE || (op_table[op->kind].fields & OP_RESIZES) != 0))) {
            return false;
        }
    }
    return true;
}

static void test_effective_ops_act(void **state)
{
    (void)state;
    static struct owned_program owned;
    uint32_t plain = 0;
    for (uint32_t seed = 0; seed < 2000; seed++) {
        struct generate_options options = {.profile = (enum profile)(seed % PROFILES),
                                           .seed = seed,
                                           .ops = 32,
                                           .region = seed % 3 == 0 ? 0 : 2048,
                                           .effective = true};
        owned_init(&owned);
        assert_true(generate_program(&owned.program, &options));
        assert_true(every_op_acts(&owned.program));
        options.effective = false;
        assert_true(generate_program(&owned.program, &options));
        plain += every_op_acts(&owned.program);
    }
    assert_true(plain < 1900);
}

/* The trace that allocators are compared by, against its definition. */
static void test_steady(void **state)
{
    (void)state;
    static struct op ops[20000];
    static uint32_t bytes[1u << PROGRAM_SLOTS_LOG2_MAX];
    struct program program = {.capacity = 20000, .ops = ops, .name = ""};
    struct generate_options options = {.profile = PROFILE_STEADY, .seed = 1, .ops = 10000};
    assert_true(generate_program(&program, &options));
    assert_int_equal(program.header.region, 65536);
    assert_int_equal(program.header.fill, 0);
    assert_int_equal(program.header.swarm_off, 0);
    uint64_t live = 0, sum = 0;
    uint32_t near_half = 0;
    for (size_t i = 0; i < program.nops; i++) {
        const struct op *op = &ops[i];
        if (op->kind == OP_ALLOC) {
            assert_in_range(op->value, 8, 2048);
            assert_int_equal(bytes[op->slot], 0);
            bytes[op->slot] = op->value;
            live += op->value;
            assert_true(live <= 32768);
        } else {
            assert_int_equal(op->kind, OP_FREE);
            assert_int_not_equal(bytes[op->slot], 0);
            live -= bytes[op->slot];
            bytes[op->slot] = 0;
        }
        sum += op->kind == OP_ALLOC ? op->value : 0;
        near_half += live > 32768 - 4096;
    }
    assert_true(near_half > program.nops * 9 / 10);
    /* (2048 - 8) / ln(2048 / 8) = 368 */
    assert_in_range(sum / 10000, 350, 386);
}

static void test_profiles_keep_to_their_sizes(void **state)
{
    (void)state;
    static const struct {
        enum profile profile;
        uint32_t low, high;
    } cases[] = {{PROFILE_RANDOM, 8, 2048}, {PROFILE_FIFO, 64, 1500}, {PROFILE_SMALL, 8, 128}};
    static struct owned_program owned;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        must_generate(&owned, cases[c].profile, 6, OPS_MAX);
        for (size_t i = 0; i < owned.program.nops; i++) {
            if (owned.ops[i].kind == OP_ALLOC) {
                assert_in_range(owned.ops[i].value, cases[c].low, cases[c].high);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_options_same_program),
        cmocka_unit_test(test_exact_length_and_region),
        cmocka_unit_test(test_too_little_room),
        cmocka_unit_test(test_no_holes),
        cmocka_unit_test(test_many_blocks_live),
        cmocka_unit_test(test_effective_ops_act),
        cmocka_unit_test(test_steady),
        cmocka_unit_test(test_profiles_keep_to_their_sizes),
    };
    return cmocka_run_group_tests_name("generator", tests, NULL, NULL);
}
