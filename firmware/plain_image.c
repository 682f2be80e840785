/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The plain runner of tests/plain as an image: op programs with model and oracles, walks of the
 * region's size, misuse and damage. Words on the command line: packs whose programs are run as
 * well, each under all oracles.
 */

#include "plain.h"

#include "die.h"
#include "pack.h"
#include "port.h"

#define CAPACITY 65536u
#define NSLOTS   1024u
#define RECORDS  4096u
#define ARENA_STEP                                                                                 \
    0x100000u /* 1 MiB: every arena starts on a boundary that serves the largest region */

extern const struct subject subject_kheap;

static struct slot slots[NSLOTS], twin_slots[NSLOTS];
static struct model_block blocks[NSLOTS + 1u];
static _Alignas(SUBJECT_STATE_ALIGN) uint8_t state[256];
static uint8_t records[(RECORDS + 1u) * RECORD_BYTES];
static struct op ops[RECORDS];

static void stop(void)
{
    port_exit(EXIT_FAIL);
}

/* Records that are too many for the buffer are read over; such a program is counted as too large.
 */
static bool read_program(struct plain *plain, int file, const char *path)
{
    uint8_t bytes[PACK_ENTRY_BYTES];
    struct pack_entry entry;

    if (port_read(file, bytes, sizeof(bytes)) != sizeof(bytes) ||
        !pack_decode_entry(bytes, &entry)) {
        return port_complain(path, "truncated or damaged program entry");
    }
    const bool fits = entry.records <= RECORDS;
    for (uint32_t left = entry.records + 1u; left > 0;) {
        const uint32_t n = left > RECORDS + 1u ? RECORDS + 1u : left;
        if (port_read(file, records, n * RECORD_BYTES) != n * RECORD_BYTES) {
            return port_complain(path, "truncated program");
        }
        left -= n;
    }
    if (!fits) {
        plain->too_large++;
        return true;
    }
    struct program program = {.capacity = RECORDS, .ops = ops, .name = entry.name};
    (void)record_decode(&program, records, (entry.records + 1u) * RECORD_BYTES);
    plain_program(plain, &program);
    return true;
}

static bool read_pack(struct plain *plain, const char *path)
{
    uint8_t bytes[PACK_HEADER_BYTES];
    uint32_t programs = 0;
    const int file = port_open(path);

    if (file < 0 || port_read(file, bytes, sizeof(bytes)) != sizeof(bytes) ||
        !pack_decode_header(bytes, &programs)) {
        return port_complain(path, "cannot be opened, or is not a pack");
    }
    bool whole = true;
    for (uint32_t i = 0; i < programs && whole; i++) {
        whole = read_program(plain, file, path);
    }
    port_close(file);
    return whole;
}

int image_main(const char *const *words, size_t nwords)
{
    struct port_memory memory;
    port_memory(&memory);
    struct space space = {.arena = memory.arena + ARENA_STEP,
                          .twin = memory.arena + 2u * ARENA_STEP,
                          .snapshot = memory.arena + 3u * ARENA_STEP,
                          .capacity = CAPACITY,
                          .slots = slots,
                          .twin_slots = twin_slots,
                          .nslots = NSLOTS,
                          .blocks = blocks,
                          .state = state,
                          .state_bytes = sizeof(state)};
    struct plain plain = {
        .write = port_write, .subject = &subject_kheap, .space = &space, .seed = 1};
    bool whole = true;

    if (memory.arena_bytes < 4u * ARENA_STEP || subject_kheap.state_bytes > sizeof(state)) {
        port_write("does-not-fit: the plain runner needs 4 MiB of arena\n");
        return EXIT_SKIP;
    }
    die_hooks.write = port_write;
    die_hooks.stop = stop;
    plain_all(&plain);
    for (size_t i = 1; i < nwords && whole; i++) {
        whole = read_pack(&plain, words[i]);
    }
    port_write("too large: ");
    port_write_number(plain.too_large);
    port_write("\n");
    const int status = plain_end(&plain);
    return whole ? status : EXIT_FAIL;
}
