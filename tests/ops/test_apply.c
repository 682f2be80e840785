/* SPDX-License-Identifier: Apache-2.0 */
/* What apply_op calls and when, seen by a subject that writes its calls down; replay and digest. */
#include "support.h"

#include "digest.h"
#include "replay.h"

#include <stdio.h>
#include <string.h>

/* Answers with whatever the test put into `answer`, and logs. */
static char log_text[200];
static uint8_t arena[1024];
static uint8_t *answer;

static void note(const char *call, const void *p, size_t align, size_t bytes)
{
    size_t used = strlen(log_text);
    int at = p == NULL ? -1 : (int)((const uint8_t *)p - arena);
    snprintf(log_text + used, sizeof log_text - used, "%s(%d,%zu,%zu) ", call, at, align, bytes);
}

static int log_init(void *heap, void *mem, size_t bytes)
{
    (void)heap;
    note("init", mem, 0, bytes);
    return bytes < 8 ? -12 : 0;
}
static void log_fini(void *heap)
{
    (void)heap;
    note("fini", NULL, 0, 0);
}
static void *log_alloc(void *heap, size_t bytes)
{
    (void)heap;
    note("alloc", NULL, 0, bytes);
    return answer;
}
static void log_free(void *heap, void *p)
{
    (void)heap;
    note("free", p, 0, 0);
}
static void *log_aligned(void *heap, size_t align, size_t bytes)
{
    (void)heap;
    note("aligned", NULL, align, bytes);
    return answer;
}
static void *log_realloc(void *heap, void *p, size_t bytes)
{
    (void)heap;
    note("realloc", p, 0, bytes);
    return answer;
}
static void *log_arealloc(void *heap, void *p, size_t align, size_t bytes)
{
    (void)heap;
    note("arealloc", p, align, bytes);
    return answer;
}
static size_t log_usable(void *heap, void *p)
{
    (void)heap;
    note("usable", p, 0, 0);
    return 44;
}

static struct subject subject;
static struct slot slots[16];
static struct heap_under_test heap;
static struct applied_result result;

static void fresh(uint32_t promises)
{
    static const struct subject full = {.init = log_init,
                                        .alloc = log_alloc,
                                        .free = log_free,
                                        .fini = log_fini,
                                        .aligned = log_aligned,
                                        .realloc = log_realloc,
                                        .arealloc = log_arealloc,
                                        .usable = log_usable};
    subject = full;
    subject.promises = promises;
    memset(slots, 0, sizeof slots);
    memset(&heap, 0, sizeof heap);
    heap.subject = &subject;
    heap.region = arena;
    heap.slots = slots;
    program_header_default(&heap.header);
    answer = arena + 16;
    log_text[0] = '\0';
}

/* Applies one line of text; the log must then hold exactly `calls`. */
static enum applied apply(const char *line, const char *calls)
{
    static struct owned_program owned;
    char text[100];
    snprintf(text, sizeof text, "heap 1024\n%s\n", line);
    must_parse(&owned, text, strlen(text));
    log_text[0] = '\0';
    apply_op(&heap, &owned.ops[0], NULL, &result);
    assert_string_equal(log_text, calls);
    return result.how;
}

static void test_calls(void **state)
{
    (void)state;
    fresh(SUBJECT_NULL_ON_BAD);
    assert_int_equal(apply("alloc p0 40", "alloc(-1,0,40) "), APPLIED);
    assert_true(result.gives_pointer && result.before == NULL && result.p == arena + 16);
    assert_int_equal(heap.live_bytes, 40);
    assert_int_equal(apply("usable p0", "usable(16,0,0) "), APPLIED);
    assert_int_equal(result.value, 44);
    assert_false(result.gives_pointer);
    answer = arena + 32;
    assert_int_equal(apply("realloc p0 80", "realloc(16,0,80) "), APPLIED);
    assert_true(result.before == arena + 16 && slots[0].p == arena + 32);
    assert_int_equal(heap.live_bytes, 80);
    assert_int_equal(apply("calloc p1 4 25", "alloc(-1,0,100) "), APPLIED);
    assert_int_equal(result.bytes, 100);
    assert_int_equal(apply("aligned p2 64 10", "aligned(-1,64,10) "), APPLIED);
    assert_int_equal(apply("arealloc p3 32 10", "arealloc(-1,32,10) "), APPLIED);
    assert_int_equal(heap.live_bytes, 200);
    assert_int_equal(apply("free p0", "free(32,0,0) "), APPLIED);
    assert_null(slots[0].p);
    assert_int_equal(apply("free p0", "free(-1,0,0) "), APPLIED);
    assert_int_equal(heap.live_bytes, 120);
}

static void test_skips(void **state)
{
    (void)state;
    fresh(SUBJECT_NULL_ON_BAD);
    assert_int_equal(apply("usable p0", ""), SKIPPED);
    apply("alloc p0 40", "alloc(-1,0,40) ");
    assert_int_equal(apply("alloc p0 40", ""), SKIPPED);
    assert_int_equal(apply("aligned p0 8 40", ""), SKIPPED);
    assert_int_equal(apply("calloc p0 1 40", ""), SKIPPED);
    /* Functions that the subject does not have. */
    assert_int_equal(apply("noalign p1 8 40", ""), SKIPPED);
    assert_int_equal(apply("stats", ""), SKIPPED);
    assert_int_equal(apply("resetmax", ""), SKIPPED);
    assert_int_equal(apply("largest", ""), SKIPPED);
    assert_int_equal(apply("check", ""), SKIPPED);
    subject.realloc = NULL;
    subject.arealloc = NULL;
    subject.aligned = NULL;
    subject.usable = NULL;
    assert_int_equal(apply("realloc p0 40", ""), SKIPPED);
    assert_int_equal(apply("arealloc p0 8 40", ""), SKIPPED);
    assert_int_equal(apply("aligned p1 8 40", ""), SKIPPED);
    assert_int_equal(apply("usable p0", ""), SKIPPED);
    assert_int_equal(heap.live_bytes, 40);
}

static void test_swarm(void **state)
{
    (void)state;
    fresh(SUBJECT_NULL_ON_BAD);
    heap.header.swarm_off = 1u << OP_FREE | 0x80;
    assert_int_equal(apply("alloc p0 40", "alloc(-1,0,40) "), APPLIED);
    assert_int_equal(apply("free p0", ""), SKIPPED);
    assert_int_equal(apply("usable p0", ""), SKIPPED);
    assert_non_null(slots[0].p);
}

static void test_fill_target(void **state)
{
    (void)state;
    fresh(SUBJECT_NULL_ON_BAD);
    heap.header.fill = 10; /* 102 bytes */
    assert_int_equal(apply("alloc p0 103", ""), SKIPPED);
    assert_int_equal(apply("alloc p0 62", "alloc(-1,0,62) "), APPLIED);
    assert_int_equal(apply("calloc p1 41 1", ""), SKIPPED);
    assert_int_equal(apply("calloc p1 4 10", "alloc(-1,0,40) "), APPLIED);
    assert_int_equal(apply("alloc p2 1", ""), SKIPPED);
    assert_int_equal(apply("alloc p2 ~15", ""), SKIPPED);
    assert_int_equal(apply("alloc p2 4G+15", ""), SKIPPED);
    assert_int_equal(apply("calloc p2 65536 65536", ""), SKIPPED);
    /* Only what fills is held back. */
    assert_int_equal(apply("realloc p0 900", "realloc(16,0,900) "), APPLIED);
    assert_int_equal(apply("alloc p2 1", ""), SKIPPED);
    assert_int_equal(apply("free p0", "free(16,0,0) "), APPLIED);
    assert_int_equal(apply("alloc p2 1", "alloc(-1,0,1) "), APPLIED);
}

static void test_unreachable(void **state)
{
    (void)state;
    char call[60];
    fresh(SUBJECT_NULL_ON_BAD);
    slots[0].p = arena;
    assert_int_equal(apply("calloc p1 2 ~0", ""), UNREACHABLE);
    assert_true(result.gives_pointer);
    assert_null(result.p);
    assert_null(slots[1].p);
    assert_int_equal(apply("calloc p1 4294967295 ~15", ""), UNREACHABLE);
    answer = NULL;
    snprintf(call, sizeof call, "realloc(0,0,%zu) ", SIZE_MAX - 7);
    assert_int_equal(apply("realloc p0 ~7", call), APPLIED);
    if (sizeof(size_t) == 4) {
        assert_int_equal(apply("realloc p0 4G+7", ""), UNREACHABLE);
        assert_int_equal(apply("alloc p1 4G+0", ""), UNREACHABLE);
    } else {
        assert_int_equal(apply("realloc p0 4G+7", "realloc(0,0,4294967303) "), APPLIED);
        assert_int_equal(apply("alloc p1 4G+0", "alloc(-1,0,4294967296) "), APPLIED);
    }
    assert_ptr_equal(slots[0].p, arena);
}

static void test_failures_keep_the_slot(void **state)
{
    (void)state;
    fresh(SUBJECT_NULL_ON_BAD);
    apply("alloc p0 40", "alloc(-1,0,40) ");
    answer = NULL;
    apply("realloc p0 80", "realloc(16,0,80) ");
    assert_ptr_equal(slots[0].p, arena + 16);
    assert_int_equal(slots[0].bytes, 40);
    apply("arealloc p0 24 0", "arealloc(16,24,0) ");
    assert_ptr_equal(slots[0].p, arena + 16);
    assert_int_equal(heap.live_bytes, 40);
    apply("arealloc p0 16 0", "arealloc(16,16,0) ");
    assert_null(slots[0].p);
    assert_int_equal(heap.live_bytes, 0);
    apply("alloc p0 40", "alloc(-1,0,40) ");
    assert_null(slots[0].p);
    assert_int_equal(heap.live_bytes, 0);
}

/* A subject of which nobody knows what realloc to 0 means is asked to free instead. */
static void test_realloc_to_zero_of_malloc_likes(void **state)
{
    (void)state;
    fresh(0);
    apply("alloc p0 40", "alloc(-1,0,40) ");
    assert_int_equal(apply("realloc p0 0", "free(16,0,0) "), APPLIED);
    assert_null(slots[0].p);
    apply("alloc p0 40", "alloc(-1,0,40) ");
    apply("arealloc p0 24 0", "free(16,0,0) ");
    assert_null(slots[0].p);
    assert_int_equal(heap.live_bytes, 0);
    apply("realloc p0 0", "realloc(-1,0,0) ");
    assert_ptr_equal(slots[0].p, arena + 16);
}

/* Time, priorities and schedules are not a heap's, and misuse is the runner's; the subject of these
 * tests has no function for the rest: nothing is called, also with all switched on. */
static void test_threaded_kinds_are_skipped(void **state)
{
    (void)state;
    fresh(SUBJECT_NULL_ON_BAD);
    heap.header.kind = KIND_KHEAP;
    for (uint8_t kind = OP_KINDS_PLAIN; kind < OP_KINDS; kind++) {
        const struct op op = {.kind = kind, .value = 3};
        apply_op(&heap, &op, NULL, &result);
        assert_int_equal(result.how, SKIPPED);
        assert_false(result.gives_pointer);
    }
    assert_string_equal(log_text, "");
    /* Whose op it is, and how long it may wait, is not the heap's business either. */
    const struct op op = {.kind = OP_ALLOC, .value = 8, .thread = THREAD_ISR, .wait = WAIT_FOREVER};
    apply_op(&heap, &op, NULL, &result);
    assert_string_equal(log_text, "alloc(-1,0,8) ");
}

static void note_hook(void *context, const struct op *op)
{
    assert_int_equal(op->kind, OP_ALLOC);
    note(context == arena ? "hook" : "?", NULL, 0, 0);
}

static void test_hooks_enclose_the_call(void **state)
{
    (void)state;
    const struct op op = {.kind = OP_ALLOC, .value = 8};
    const struct apply_hooks both = {
        .before_call = note_hook, .after_call = note_hook, .context = arena};
    const struct apply_hooks none = {.before_call = NULL};
    fresh(SUBJECT_NULL_ON_BAD);
    apply_op(&heap, &op, &both, &result);
    assert_string_equal(log_text, "hook(-1,0,0) alloc(-1,0,8) hook(-1,0,0) ");
    log_text[0] = '\0';
    apply_op(&heap, &op, &both, &result); /* skipped */
    slots[0].p = NULL;
    apply_op(&heap, &op, &none, &result);
    assert_string_equal(log_text, "alloc(-1,0,8) ");
}

/* The digest's definition, once more and as plainly as possible. */
static uint32_t naive_digest(const uint32_t *words, size_t n)
{
    uint64_t digest = 0x6b686561;
    for (size_t i = 0; i < n; i++) {
        digest = ((digest ^ words[i]) * 2654435761u) & 0xffffffffu;
        digest = digest ^ (digest >> 15);
    }
    return (uint32_t)digest;
}

static void test_digest_by_definition(void **state)
{
    (void)state;
    const uint32_t words[] = {0, 16, 44, 1, DIGEST_NULL_OFFSET, 0, 7, 0xfffffff8, 0x80000000};
    uint32_t digest = digest_begin();
    assert_int_equal(digest, naive_digest(words, 0));
    for (size_t i = 0; i < 9; i += 3) {
        digest = digest_add(digest, words[i], words[i + 1], words[i + 2]);
        assert_int_equal(digest, naive_digest(words, i + 3));
    }
}

static void test_replay(void **state)
{
    (void)state;
    static struct owned_program owned;
    static const char text[] = "heap 512\nslots 2\nalloc p0 8\nfree p1\nalloc p0 8\nusable p0\n"
                               "calloc p1 2 ~0\nrealloc p1 5\ncheck\n";
    struct replay replay;
    fresh(SUBJECT_NULL_ON_BAD | SUBJECT_IN_REGION);
    must_parse(&owned, text, sizeof text - 1);
    memset(slots, 0xee, sizeof slots);
    assert_int_equal(replay_begin(&replay, &subject, NULL, &owned.program.header, arena, slots), 0);
    for (size_t i = 0; i < owned.program.nops; i++) {
        replay_op(&replay, &owned.ops[i]);
    }
    const uint32_t in_region[] = {0, 16, 44, 4, DIGEST_NULL_OFFSET, 0, 5, 16, 44};
    assert_int_equal(replay_end(&replay), naive_digest(in_region, 9));
    assert_string_equal(log_text, "init(0,0,512) alloc(-1,0,8) usable(16,0,0) free(-1,0,0) "
                                  "usable(16,0,0) realloc(-1,0,5) usable(16,0,0) fini(-1,0,0) ");
    /* Slots behind those of the program are nobody's. */
    assert_int_equal(((const uint8_t *)&slots[2])[0], 0xee);

    const uint32_t elsewhere[] = {0, 0, 0, 4, DIGEST_NULL_OFFSET, 0, 5, 0, 0};
    subject.promises = SUBJECT_NULL_ON_BAD;
    subject.usable = NULL;
    subject.fini = NULL;
    replay_begin(&replay, &subject, NULL, &owned.program.header, arena, slots);
    for (size_t i = 0; i < owned.program.nops; i++) {
        replay_op(&replay, &owned.ops[i]);
    }
    assert_int_equal(replay_end(&replay), naive_digest(elsewhere, 9));
    owned.program.header.region = 7;
    assert_int_equal(replay_begin(&replay, &subject, NULL, &owned.program.header, arena, slots),
                     -12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_skips),
        cmocka_unit_test(test_swarm),
        cmocka_unit_test(test_fill_target),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_failures_keep_the_slot),
        cmocka_unit_test(test_realloc_to_zero_of_malloc_likes),
        cmocka_unit_test(test_threaded_kinds_are_skipped),
        cmocka_unit_test(test_hooks_enclose_the_call),
        cmocka_unit_test(test_digest_by_definition),
        cmocka_unit_test(test_replay),
    };
    return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
