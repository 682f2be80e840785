/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_PACK_H
#define OPS_PACK_H

/*
 * A pack is a file of many programs in record form, read front to back (firmware streams it).
 *
 *   file   8 bytes "heapvet\1"; u32 number of programs; u32 0
 *   each   32 bytes name, NUL-padded (cut if longer); u32 records (header excluded); u32 0;
 *          then the 8-byte record header and the records (record.h)
 *
 * All little-endian. The reader is strict: wrong magic, a name without NUL or a truncated program
 * are errors.
 */

#include "record.h"

#define PACK_MAGIC        "heapvet\1"
#define PACK_HEADER_BYTES 16u
#define PACK_ENTRY_BYTES  40u
#define PACK_NAME_BYTES   32u

struct pack_entry {
    char name[PACK_NAME_BYTES];
    uint32_t records; /* continuation records included */
};

/* False: not a pack. */
bool pack_decode_header(const uint8_t bytes[PACK_HEADER_BYTES], uint32_t *programs);
/* False: the name is not NUL-terminated. */
bool pack_decode_entry(const uint8_t bytes[PACK_ENTRY_BYTES], struct pack_entry *entry);
void pack_encode_header(uint8_t bytes[PACK_HEADER_BYTES], uint32_t programs);
void pack_encode_entry(uint8_t bytes[PACK_ENTRY_BYTES], const char *name, uint32_t records);

#endif
