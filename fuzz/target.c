/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

/* A power of two no smaller than the capacity, as struct space asks. */
#define ARENA_ALIGN 0x80000u
#define ARENA_BYTES (FUZZ_CAPACITY + 8u + SPACE_GUARD)
_Static_assert(ARENA_ALIGN >= FUZZ_CAPACITY, "the arena's boundary must not depend on the address");

#define SLOTS       (1u << FUZZ_SLOTS_LOG2)
#define STATE_BYTES 4096u

/* Every binary links subjects/kheap.c in one configuration, under its default name. */
extern const struct subject subject_kheap;
const struct subject *const fuzz_subject = &subject_kheap;

/*
 * The file behind HEAPVET_STATS is this struct, mapped shared: counts survive any way the process
 * ends, and AFL++'s forked children add to the same ones.
 */
struct stats_file {
    char magic[16];
    uint32_t oracles, applicable;
    char names[ORACLES][16];
    struct run_counts counts;
};
_Static_assert(offsetof(struct stats_file, counts) % 8u == 0, "one layout for 32 and 64 bits");

/* Aligned by hand: loaders before Linux 5.10 do not honour so large an alignment in an executable.
 */
static uint8_t memory[2][SPACE_GUARD + 2u * ARENA_ALIGN + ARENA_BYTES];
static uint8_t snapshot[FUZZ_CAPACITY + 8u];
static struct slot slots[2][SLOTS];
static struct model_block blocks[SLOTS + 1u];
static _Alignas(SUBJECT_STATE_ALIGN) uint8_t state[STATE_BYTES];
static struct op ops[FUZZ_MAX_OPS];
static struct program program_storage = {.capacity = FUZZ_MAX_OPS, .ops = ops, .name = ""};
static struct space space;
static struct run_options options;
static struct stats_file own_stats;
static struct stats_file *stats = &own_stats;

static uint8_t *arena(uint8_t *raw)
{
    const uintptr_t first = (uintptr_t)(raw + SPACE_GUARD);
    const uintptr_t past = first % ARENA_ALIGN;

    return raw + SPACE_GUARD + (past == 0 ? 0 : ARENA_ALIGN - past);
}

static void map_stats(const char *path)
{
    const int fd = open(path, O_RDWR | O_CREAT, 0644);
    if (fd < 0 || ftruncate(fd, (off_t)sizeof(struct stats_file)) != 0) {
        host_bad_input(path, 0, "expected a file that can be written, for HEAPVET_STATS");
    }
    void *mapped = mmap(NULL, sizeof(struct stats_file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
        host_bad_input(path, 0, "expected a file that can be mapped, for HEAPVET_STATS");
    }
    close(fd);
    stats = mapped;
}

static void setup_stats(void)
{
    const char *path = getenv("HEAPVET_STATS");

    if (path != NULL && path[0] != '\0') {
        map_stats(path);
    }
    memcpy(stats->magic, "heapvet-stats 1", sizeof(stats->magic));
    stats->oracles = ORACLES;
    stats->applicable = oracles_for(fuzz_subject) & options.oracles;
    for (size_t i = 0; i < ORACLES; i++) {
        strncpy(stats->names[i], oracle_names[i], sizeof(stats->names[i]) - 1u);
    }
}

void fuzz_setup(void)
{
    static bool done;

    if (done) {
        return;
    }
    done = true;
    if (fuzz_subject->state_bytes > STATE_BYTES) {
        host_bad_input(fuzz_subject->name, 0, "expected a state of at most %u bytes", STATE_BYTES);
    }
    host_die_by_abort();
    space = (struct space){
        .arena = arena(memory[0]),
        .twin = arena(memory[1]),
        .snapshot = snapshot,
        .capacity = FUZZ_CAPACITY,
        .slots = slots[0],
        .twin_slots = slots[1],
        .nslots = SLOTS,
        .blocks = blocks,
        .state = state,
        .state_bytes = sizeof(state),
    };
    options = run_options_default;
    /* Every program ends with a check; on the way there every sixteenth op is often enough to tell
     * where. */
    options.check_every = 16;
    /* program_limit drops the expectations: nothing is left for this oracle to look at. */
    options.oracles &= ~ORACLE_BIT(ORACLE_EXPECT);
    setup_stats();
}

void fuzz_run(struct program *program, enum fuzz_reach reach)
{
    struct run_options chosen = options;

    fuzz_limit(program, reach);
    if (reach == FUZZ_FORMAT_EDGE) {
        /* A quarter of a megabyte copied around every call that fails would eat the engine's time;
         * replays do it. */
        chosen.oracles &= ~ORACLE_BIT(ORACLE_UNTOUCHED);
    }
    (void)run_or_die(program, fuzz_subject, &space, &chosen, &stats->counts, NULL);
}

void fuzz_run_records(const uint8_t *data, size_t size, enum fuzz_reach reach)
{
    fuzz_setup();
    (void)record_decode(&program_storage, data, size);
    fuzz_run(&program_storage, reach);
}

enum run_status fuzz_run_bare(struct program *program)
{
    uint32_t digest;

    fuzz_limit(program, FUZZ_SMALL_REGIONS);
    return run_bare(program, fuzz_subject, &space, &digest);
}

const struct run_counts *fuzz_counts(void)
{
    return &stats->counts;
}

struct program *fuzz_program(void)
{
    return &program_storage;
}

/* Engines call this once before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_setup();
    return 0;
}
