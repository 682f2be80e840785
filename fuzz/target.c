/* SPDX-License-Identifier: Apache-2.0 */

/* What every target shares: counters, storage for a program, how a failure ends the process. */

#include "target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "target_internal.h"

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

static struct op ops[FUZZ_MAX_OPS];
static struct program program_storage = {.capacity = FUZZ_MAX_OPS, .ops = ops, .name = ""};
static struct stats_file own_stats;
static struct stats_file *stats = &own_stats;

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

static uint32_t oracle_named(const char *word, size_t length)
{
    for (unsigned i = 0; i < ORACLES; i++) {
        if (strlen(oracle_names[i]) == length && memcmp(oracle_names[i], word, length) == 0) {
            return ORACLE_BIT(i);
        }
    }
    host_bad_input("HEAPVET_ORACLES_OFF", 0, "expected names of oracles, have \"%s\"", word);
}

uint32_t fuzz_wanted(void)
{
    const char *word = getenv("HEAPVET_ORACLES_OFF");
    uint32_t off = 0;

    while (word != NULL && word[0] != '\0') {
        const size_t length = strcspn(word, ",");
        off |= oracle_named(word, length);
        word += length + (word[length] == ',');
    }
    return fuzz_oracles & ~off;
}

static void setup_stats(void)
{
    const char *path = getenv("HEAPVET_STATS");

    if (path != NULL && path[0] != '\0') {
        map_stats(path);
    }
    memcpy(stats->magic, "heapvet-stats 1", sizeof(stats->magic));
    stats->oracles = ORACLES;
    stats->applicable = oracles_for(fuzz_subject) & fuzz_wanted();
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
    host_die_by_abort();
    fuzz_open();
    setup_stats();
}

struct run_counts *fuzz_counting(void)
{
    return &stats->counts;
}

const struct run_counts *fuzz_counts(void)
{
    return &stats->counts;
}

struct program *fuzz_program(void)
{
    return &program_storage;
}

void fuzz_run_records(const uint8_t *data, size_t size, enum fuzz_reach reach)
{
    fuzz_setup();
    (void)record_decode_as(&program_storage, fuzz_kind, fuzz_misuse, data, size);
    fuzz_run(&program_storage, reach);
}

/* Engines call this once before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_setup();
    return 0;
}
