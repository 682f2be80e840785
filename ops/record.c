/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "little.h"

#define CONTINUATION              63u
#define KIND_MASK                 63u
#define EXPECT_SHIFT              6u
#define ALIGN_MASK                31u
#define ALIGN_NONE                31u
#define FORM_SHIFT                5u
#define FORM_MASK                 3u
#define ALIGN_THREE               0x80u
#define OFFSET_MASK               7u
#define SLOTS_SHIFT               3u
#define THREAD_MASK               15u
#define WAIT_SHIFT                4u

/* The kinds whose number in a record is their own, as bits. */
#define KIND_BIT(fields, without) (((fields) & (without)) == 0 ? 1u : 0u)
#define ROW_PLAIN(name, word, fields)                                                              \
    | (uint64_t)KIND_BIT(fields, OP_THREADED | OP_MISUSES) << OP_##name
#define ROW_THREADED(name, word, fields) | (uint64_t)KIND_BIT(fields, OP_MISUSES) << OP_##name
#define ROW_MISUSED(name, word, fields)  | (uint64_t)KIND_BIT(fields, OP_THREADED) << OP_##name
#define ROW_ALL(name, word, fields)      | (uint64_t)1 << OP_##name

/* What a decoder makes of records: of which programs, and whether misuse may come out of them. */
struct decoding {
    bool threaded;
    uint32_t slots_mask;
    uint64_t own; /* bit k: kind k is itself */
};

static struct decoding decoding_of(const struct program_header *header, bool misuse)
{
    static const uint64_t own[2][2] = {{0 OP_TABLE(ROW_PLAIN), 0 OP_TABLE(ROW_MISUSED)},
                                       {0 OP_TABLE(ROW_THREADED), 0 OP_TABLE(ROW_ALL)}};
    const bool threaded = program_threaded(header);

    return (struct decoding){
        .threaded = threaded,
        .slots_mask = (1u << header->slots_log2) - 1u,
        .own = own[threaded][misuse],
    };
}

/* A choice between two numbers that are there anyway: no branch, for the reason below. */
static inline uint32_t decode_kind(const struct decoding *decoding, uint8_t byte, uint32_t modulus)
{
    const uint32_t code = byte & KIND_MASK;
    const uint32_t folded = code % modulus;

    return (decoding->own >> code & 1u) != 0 ? code : folded;
}

static void decode_header(struct program_header *header, enum program_kind kind,
                          const uint8_t bytes[RECORD_BYTES])
{
    uint8_t slots_log2 = (uint8_t)(bytes[1] >> SLOTS_SHIFT);
    header->kind = (uint8_t)kind;
    header->offset = bytes[1] & OFFSET_MASK;
    header->slots_log2 =
        slots_log2 > program_slots_log2_max(header) ? PROGRAM_SLOTS_LOG2_DEFAULT : slots_log2;
    header->fill = bytes[2] > 100 ? 0 : bytes[2];
    header->swarm_off = bytes[3];
    header->region = load32(bytes + 4);
}

void record_decode_header(struct program_header *header, const uint8_t bytes[RECORD_BYTES])
{
    decode_header(header, (enum program_kind)(bytes[0] % PROGRAM_KINDS), bytes);
}

bool record_is_continuation(const uint8_t bytes[RECORD_BYTES])
{
    return (bytes[0] & KIND_MASK) == CONTINUATION;
}

/* All ones when the kind has the field: fields are masked, not branched on, for fuzzers decode
 * random kinds, and no processor can predict those. */
static uint32_t field_mask(uint32_t fields, uint32_t field)
{
    return (fields & field) != 0 ? UINT32_MAX : 0;
}

static uint32_t decode_align(uint8_t byte)
{
    uint32_t log2 = byte & ALIGN_MASK;
    uint32_t factor = (byte & ALIGN_THREE) != 0 ? 3u : 1u;
    return (factor << log2) & (log2 == ALIGN_NONE ? 0 : UINT32_MAX);
}

/*
 * Only ops that return a pointer can be expected to return one, and only a realloc has a pointer
 * from before to return again: any other expectation is a field that the kind does not have.
 */
static uint8_t decode_expect(uint32_t fields, uint8_t byte)
{
    static const uint8_t allowed[3][4] = {
        {EXPECT_ANY, EXPECT_ANY, EXPECT_ANY, EXPECT_ANY},
        {EXPECT_ANY, EXPECT_NULL, EXPECT_OK, EXPECT_ANY},
        {EXPECT_ANY, EXPECT_NULL, EXPECT_OK, EXPECT_SAME},
    };
    _Static_assert(OP_RESIZES == 2 * OP_FILLS, "the two flags make a row of the table");
    return allowed[(fields & (OP_FILLS | OP_RESIZES)) / OP_FILLS][byte >> EXPECT_SHIFT];
}

/* All fields but slot, thread and wait; returns the kind's fields. */
static inline uint32_t decode_common(struct op *op, uint32_t kind,
                                     const uint8_t bytes[RECORD_BYTES])
{
    uint32_t fields = op_table[kind].fields;
    uint32_t sized = field_mask(fields, OP_HAS_SIZE);
    uint32_t form = (uint32_t)bytes[1] >> FORM_SHIFT & FORM_MASK & sized;
    op->kind = (uint8_t)kind;
    op->form = (uint8_t)(form <= SIZE_ABOVE_4G ? form : SIZE_PLAIN);
    op->expect = decode_expect(fields, bytes[0]);
    op->align = decode_align(bytes[1]) & field_mask(fields, OP_HAS_ALIGN);
    op->value = load32(bytes + 4) & sized;
    op->count = field_mask(fields, OP_HAS_COUNT) & 1u;
    op->line = 0;
    if ((fields & OP_HAS_VALUE) != 0) {
        op->value = op_numbers_tidy((enum op_kind)kind, load32(bytes + 4));
    }
    return fields;
}

static inline void decode_plain(struct op *op, const struct decoding *decoding,
                                const uint8_t bytes[RECORD_BYTES])
{
    uint32_t fields = decode_common(op, decode_kind(decoding, bytes[0], OP_KINDS_PLAIN), bytes);
    uint32_t slot = (uint32_t)bytes[2] | (uint32_t)bytes[3] << 8;
    op->slot = (uint16_t)(slot & decoding->slots_mask & field_mask(fields, OP_HAS_SLOT));
    op->thread = 0;
    op->wait = 0;
}

static void decode_threaded(struct op *op, const struct decoding *decoding,
                            const uint8_t bytes[RECORD_BYTES])
{
    uint32_t fields = decode_common(op, decode_kind(decoding, bytes[0], OP_KINDS_THREADED), bytes);
    uint32_t waits = field_mask(fields, OP_FILLS | OP_RESIZES);
    uint32_t thread = bytes[3] & THREAD_MASK;
    op->slot = (uint16_t)(bytes[2] & decoding->slots_mask & field_mask(fields, OP_HAS_SLOT));
    op->wait = (uint8_t)(bytes[3] >> WAIT_SHIFT & waits);
    if (thread != THREAD_ISR || op->kind == OP_PRIO) {
        thread %= PROGRAM_THREADS;
    }
    op->thread = (uint8_t)(thread & ~field_mask(fields, OP_UNTHREADED));
    if (op->kind == OP_SCHED) {
        op->value = load32(bytes + 4);
    }
}

static inline void decode_op(const struct decoding *decoding, struct op *op,
                             const uint8_t bytes[RECORD_BYTES])
{
    if (decoding->threaded) {
        decode_threaded(op, decoding, bytes);
    } else {
        decode_plain(op, decoding, bytes);
    }
}

static void continue_op(struct op *op, const uint8_t bytes[RECORD_BYTES])
{
    if (op->kind == OP_CALLOC) {
        op->count = load32(bytes + 4);
    }
}

bool record_decode_op(const struct program_header *header, struct op *op,
                      const uint8_t bytes[RECORD_BYTES])
{
    if (record_is_continuation(bytes)) {
        continue_op(op, bytes);
        return false;
    }
    const struct decoding decoding = decoding_of(header, true);
    decode_op(&decoding, op, bytes);
    return true;
}

size_t record_decode_as(struct program *program, enum program_kind kind, bool misuse,
                        const uint8_t *data, size_t size)
{
    size_t used = 0;
    program->nops = 0;
    if (size < RECORD_BYTES) {
        program_header_default(&program->header);
        program->header.kind = (uint8_t)kind;
        return 0;
    }
    decode_header(&program->header, kind, data);
    const struct decoding decoding = decoding_of(&program->header, misuse);
    /* Where the continuations of nothing go: an op of a kind that takes none. */
    struct op none = {.kind = OP_CHECK};
    struct op *last = &none;
    for (used = RECORD_BYTES; size - used >= RECORD_BYTES; used += RECORD_BYTES) {
        const uint8_t *record = data + used;
        if (record_is_continuation(record)) {
            continue_op(last, record);
            continue;
        }
        if (program->nops == program->capacity) {
            break;
        }
        last = &program->ops[program->nops];
        decode_op(&decoding, last, record);
        program->nops++;
    }
    return used;
}

size_t record_decode(struct program *program, const uint8_t *data, size_t size)
{
    enum program_kind kind = KIND_HEAP;
    if (size >= RECORD_BYTES) {
        kind = (enum program_kind)(data[0] % PROGRAM_KINDS);
    }
    return record_decode_as(program, kind, true, data, size);
}

size_t record_size(const struct program *program)
{
    size_t records = 1 + program->nops;
    for (size_t i = 0; i < program->nops; i++) {
        if (program->ops[i].kind == OP_CALLOC) {
            records++;
        }
    }
    return records * RECORD_BYTES;
}

static void encode_header(const struct program_header *header, uint8_t *bytes)
{
    bytes[0] = header->kind;
    bytes[1] = (uint8_t)(header->offset | header->slots_log2 << SLOTS_SHIFT);
    bytes[2] = header->fill;
    bytes[3] = header->swarm_off;
    store32(bytes + 4, header->region);
}

static uint8_t encode_align(uint32_t align)
{
    if (align == 0) {
        return ALIGN_NONE;
    }
    uint8_t log2 = 0;
    while ((align & 1u) == 0) {
        align >>= 1;
        log2++;
    }
    return align == 3 ? (uint8_t)(log2 | ALIGN_THREE) : log2;
}

static void encode_op(bool threaded, const struct op *op, uint8_t *bytes)
{
    uint32_t fields = op_table[op->kind].fields;
    bytes[0] = (uint8_t)(op->kind | op->expect << EXPECT_SHIFT);
    bytes[1] = (fields & OP_HAS_ALIGN) != 0 ? encode_align(op->align) : 0;
    bytes[1] = (uint8_t)(bytes[1] | op->form << FORM_SHIFT);
    bytes[2] = (uint8_t)op->slot;
    bytes[3] = (uint8_t)(threaded ? op->thread | op->wait << WAIT_SHIFT : op->slot >> 8);
    store32(bytes + 4, op->value);
}

size_t record_encode(const struct program *program, uint8_t *data, size_t size)
{
    size_t need = record_size(program);
    if (size < need) {
        return 0;
    }
    const bool threaded = program_threaded(&program->header);
    encode_header(&program->header, data);
    uint8_t *out = data + RECORD_BYTES;
    for (size_t i = 0; i < program->nops; i++) {
        const struct op *op = &program->ops[i];
        encode_op(threaded, op, out);
        out += RECORD_BYTES;
        if (op->kind == OP_CALLOC) {
            out[0] = CONTINUATION;
            out[1] = out[2] = out[3] = 0;
            store32(out + 4, op->count);
            out += RECORD_BYTES;
        }
    }
    return need;
}
