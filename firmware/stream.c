/* SPDX-License-Identifier: Apache-2.0 */

#include "stream.h"

#include "pack.h"

#define BUFFER_RECORDS 64u

/* Where one program lives while it runs. */
struct place {
    uint8_t *arena;
    size_t arena_bytes;
    void *state;
    struct slot *slots;
    size_t nslots;
};

struct reader {
    int handle;
    uint8_t buffer[BUFFER_RECORDS * RECORD_BYTES];
    uint32_t left; /* records of this program that are not read yet */
};

static bool does_not_fit(const char *name, const char *what, uint64_t want, uint64_t have)
{
    port_write("does-not-fit ");
    port_write(name);
    port_write(" ");
    port_write(what);
    port_write(" want ");
    port_write_number(want);
    port_write(" have ");
    port_write_number(have);
    port_write("\n");
    return false;
}

/* The subject's state comes first in the spare memory, the slots behind it. */
static bool place_make(struct place *place, const struct subject *subject)
{
    struct port_memory memory;
    port_memory(&memory);
    const uintptr_t mask = SUBJECT_STATE_ALIGN - 1u;
    const uintptr_t state = ((uintptr_t)memory.spare + mask) & ~mask;
    const uintptr_t slots = (state + subject->state_bytes + mask) & ~mask;
    const uintptr_t end = (uintptr_t)memory.spare + memory.spare_bytes;

    place->arena = memory.arena;
    place->arena_bytes = memory.arena_bytes;
    place->state = (void *)state;
    place->slots = (struct slot *)slots;
    place->nslots = slots < end ? (size_t)(end - slots) / sizeof(struct slot) : 0;
    return place->nslots > 0;
}

/* Slots are cleared by replay_begin; the region keeps what the program before it left: contents do
 * not matter. */
static bool program_begin(struct replay *replay, const struct place *place,
                          const struct stream_job *job, const struct pack_entry *entry,
                          const struct program_header *header)
{
    const uint64_t bytes = (uint64_t)header->region + header->offset;
    const size_t nslots = (size_t)1 << header->slots_log2;

    if (bytes > place->arena_bytes) {
        return does_not_fit(entry->name, "region", bytes, place->arena_bytes);
    }
    if (nslots > place->nslots) {
        return does_not_fit(entry->name, "slots", nslots, place->nslots);
    }
    if (replay_begin(replay, job->subject, place->state, header, place->arena + header->offset,
                     place->slots) != 0) {
        port_write("does-not-fit ");
        port_write(entry->name);
        port_write(" region refused by init\n");
        return false;
    }
    if (job->begin != NULL) {
        job->begin(entry->name);
    }
    return true;
}

/* One record more; false at the end of the file. */
static bool next_record(struct reader *reader, uint32_t at, const uint8_t **record)
{
    const uint32_t in_buffer = at % BUFFER_RECORDS;

    if (in_buffer == 0) {
        const uint32_t n = reader->left < BUFFER_RECORDS ? reader->left : BUFFER_RECORDS;
        if (port_read(reader->handle, reader->buffer, n * RECORD_BYTES) != n * RECORD_BYTES) {
            return false;
        }
        reader->left -= n;
    }
    *record = &reader->buffer[in_buffer * RECORD_BYTES];
    return true;
}

/* An op is performed when the next one begins: only then is it known to have no continuation. */
static bool program_records(struct reader *reader, struct replay *replay,
                            const struct program_header *header, uint32_t records)
{
    struct op op;
    bool waiting = false;

    reader->left = records;
    for (uint32_t i = 0; i < records; i++) {
        const uint8_t *record;
        if (!next_record(reader, i, &record)) {
            return false;
        }
        if (replay == NULL) {
            continue;
        }
        if (record_is_continuation(record)) {
            if (waiting) {
                (void)record_decode_op(header, &op, record);
            }
            continue;
        }
        if (waiting) {
            replay_op(replay, &op);
        }
        waiting = record_decode_op(header, &op, record);
    }
    if (waiting) {
        replay_op(replay, &op);
    }
    return true;
}

static void say_unsound(const char *name, const char *what, struct stream_totals *totals)
{
    port_write("UNSOUND ");
    port_write(name);
    port_write(" ");
    port_write(what);
    port_write("\n");
    totals->unsound++;
}

static void say_differs(const char *name, uint32_t have, uint32_t want,
                        struct stream_totals *totals)
{
    port_write("DIFFERS ");
    port_write(name);
    port_write(" have ");
    port_write_hex32(have);
    port_write(" want ");
    port_write_hex32(want);
    port_write("\n");
    totals->differ++;
}

static uint32_t little_u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* What the next program's digest should be. False: not known. */
static bool next_want(const struct stream_job *job, uint32_t *want)
{
    uint8_t bytes[8];

    if (job->want < 0 || port_read(job->want, bytes, sizeof(bytes)) != sizeof(bytes)) {
        return false;
    }
    *want = little_u32(&bytes[4]);
    return little_u32(bytes) == 1u;
}

static void program_end(struct replay *replay, const struct stream_job *job, const char *name,
                        const uint32_t *want, struct stream_totals *totals)
{
    const struct subject *subject = job->subject;
    struct subject_fault fault = {NULL, 0};

    if (subject->faults != NULL && subject->faults(replay->heap.state) != 0) {
        say_unsound(name, "the heap reported misuse", totals);
    }
    if (subject->check != NULL && !subject->check(replay->heap.state, &fault)) {
        say_unsound(name, fault.invariant, totals);
    }
    const uint32_t digest = replay_end(replay);
    port_write_hex32(digest);
    port_write(" ");
    port_write(name);
    port_write("\n");
    if (want != NULL && *want != digest) {
        say_differs(name, digest, *want, totals);
    }
}

static bool program_replay(struct reader *reader, const struct place *place,
                           const struct stream_job *job, struct stream_totals *totals)
{
    static struct replay replay;
    uint8_t bytes[PACK_ENTRY_BYTES], first[RECORD_BYTES];
    struct pack_entry entry;
    struct program_header header;
    uint32_t want;

    if (port_read(reader->handle, bytes, sizeof(bytes)) != sizeof(bytes) ||
        !pack_decode_entry(bytes, &entry) ||
        port_read(reader->handle, first, sizeof(first)) != sizeof(first)) {
        return port_complain(job->path, "truncated or damaged program entry");
    }
    record_decode_header(&header, first);
    const bool known = next_want(job, &want);
    const bool fits = program_begin(&replay, place, job, &entry, &header);
    if (!program_records(reader, fits ? &replay : NULL, &header, entry.records)) {
        return port_complain(entry.name, "truncated program");
    }
    totals->programs++;
    if (!fits) {
        totals->does_not_fit++;
        return true;
    }
    totals->replayed++;
    program_end(&replay, job, entry.name, known ? &want : NULL, totals);
    return true;
}

bool stream_replay(const struct stream_job *job, struct stream_totals *totals)
{
    static struct reader reader;
    struct place place;
    uint8_t bytes[PACK_HEADER_BYTES];
    uint32_t programs;

    if (!place_make(&place, job->subject)) {
        return port_complain(job->path, "no memory for slots");
    }
    reader.handle = port_open(job->path);
    if (reader.handle < 0) {
        return port_complain(job->path, "cannot be opened");
    }
    bool whole = port_read(reader.handle, bytes, sizeof(bytes)) == sizeof(bytes) &&
                 pack_decode_header(bytes, &programs);
    if (!whole) {
        (void)port_complain(job->path, "is not a pack");
    }
    for (uint32_t i = 0; whole && i < programs; i++) {
        whole = program_replay(&reader, &place, job, totals);
    }
    port_close(reader.handle);
    return whole;
}

int stream_verdict(bool whole, const struct stream_totals *totals)
{
    port_write("programs ");
    port_write_number(totals->programs);
    port_write(" replayed ");
    port_write_number(totals->replayed);
    port_write(" does-not-fit ");
    port_write_number(totals->does_not_fit);
    port_write(" differ ");
    port_write_number(totals->differ);
    port_write(" unsound ");
    port_write_number(totals->unsound);
    port_write("\n");
    if (!whole || totals->programs == 0 || totals->differ != 0 || totals->unsound != 0) {
        return EXIT_FAIL;
    }
    return totals->replayed == 0 ? EXIT_SKIP : EXIT_PASS;
}
