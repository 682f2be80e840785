/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"

#include "little.h"

#include <string.h>

/* The magic's own NUL is not part of it. */
#define MAGIC_BYTES 8u
_Static_assert(sizeof PACK_MAGIC == MAGIC_BYTES + 1, "the magic has 8 bytes");
_Static_assert(PACK_ENTRY_BYTES == PACK_NAME_BYTES + 8, "an entry is a name and two words");

bool pack_decode_header(const uint8_t bytes[PACK_HEADER_BYTES], uint32_t *programs)
{
    if (memcmp(bytes, PACK_MAGIC, MAGIC_BYTES) != 0) {
        return false;
    }
    *programs = load32(bytes + MAGIC_BYTES);
    return true;
}

bool pack_decode_entry(const uint8_t bytes[PACK_ENTRY_BYTES], struct pack_entry *entry)
{
    size_t length = 0;
    while (length < PACK_NAME_BYTES && bytes[length] != 0) {
        length++;
    }
    if (length == PACK_NAME_BYTES) {
        return false;
    }
    memcpy(entry->name, bytes, PACK_NAME_BYTES);
    entry->records = load32(bytes + PACK_NAME_BYTES);
    return true;
}

void pack_encode_header(uint8_t bytes[PACK_HEADER_BYTES], uint32_t programs)
{
    memcpy(bytes, PACK_MAGIC, MAGIC_BYTES);
    store32(bytes + MAGIC_BYTES, programs);
    store32(bytes + MAGIC_BYTES + 4, 0);
}

void pack_encode_entry(uint8_t bytes[PACK_ENTRY_BYTES], const char *name, uint32_t records)
{
    memset(bytes, 0, PACK_ENTRY_BYTES);
    for (size_t i = 0; i + 1 < PACK_NAME_BYTES && name[i] != '\0'; i++) {
        bytes[i] = (uint8_t)name[i];
    }
    store32(bytes + PACK_NAME_BYTES, records);
}
