/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_RECORD_H
#define OPS_RECORD_H

/*
 * Record form, little-endian, 8 bytes each; the fuzzers' input and the firmware's corpus.
 *
 * header, byte by byte
 * - 0: kind (modulo PROGRAM_KINDS)
 * - 1: offset (3 bits) | slots_log2 << 3 (5 bits)
 * - 2: fill (above 100 means none)
 * - 3: swarm_off
 * - 4 to 7: region
 *
 * op
 * - 0: kind (low 6 bits; 63: continuation) | expect << 6; a kind that there is not, or not in such
 *   a program, is modulo OP_KINDS_PLAIN, in programs with threads modulo OP_KINDS_THREADED
 * - 1: log2 of align (5 bits, 31: align 0) | form << 5 (2 bits, 3 means plain) | bit 7: align is
 *   3 * 2^log2
 * - 2 and 3: slot (modulo the number of slots); in programs with threads byte 2 is the slot and
 *   byte 3 thread | wait << 4 (thread 15: interrupt, 8 to 14 modulo 8; wait 15: for ever)
 * - 4 to 7: value; of an op with numbers each of them modulo one more than the most it may be
 *
 * A calloc is two records: the second is a continuation whose value is the count. A calloc without
 * one has count 1. A continuation behind anything else is ignored.
 *
 * slots_log2 above 16, or 8 in programs with threads, means the default. Fields an op kind does not
 * have are ignored and written as 0. The decoder is total: any bytes are a program (a tail shorter
 * than 8 bytes is ignored; no header at all: the default header).
 */

#include "op.h"

#define RECORD_BYTES 8u

/* Decodes at most program->capacity ops; sets nops and header. Returns the number of bytes used. */
size_t record_decode(struct program *program, const uint8_t *data, size_t size);

/*
 * The same, but the program is of this kind whatever the header says: a fuzz target runs one kind,
 * and no input may be lost to it. misuse: may words that OP_MISUSES come out? Else their numbers
 * are taken for other kinds.
 */
size_t record_decode_as(struct program *program, enum program_kind kind, bool misuse,
                        const uint8_t *data, size_t size);

/* Bytes that record_encode needs for this program, header included. */
size_t record_size(const struct program *program);

/* Writes the canonical form; returns bytes written, 0 when size is less than record_size(). */
size_t record_encode(const struct program *program, uint8_t *data, size_t size);

/* One at a time, for machines that stream a program. decode_op returns false for a record that adds
 * no op by itself (a continuation: it is applied to *op, the op decoded last). */
void record_decode_header(struct program_header *header, const uint8_t bytes[RECORD_BYTES]);
bool record_decode_op(const struct program_header *header, struct op *op,
                      const uint8_t bytes[RECORD_BYTES]);
bool record_is_continuation(const uint8_t bytes[RECORD_BYTES]);

#endif
