/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints one hash over many generated and mutated programs, in text and in records. It is built
 * for 64 and for 32 bits: the numbers must be equal. Argument: the first seed.
 */
#include "generate.h"
#include "mutate.h"
#include "record.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPS = 200, RECORD_MAX = (2 * OPS + 1) * 8, TEXT_MAX = OPS * 64 };

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 1099511628211u;
    }
    return hash;
}

int main(int argc, char **argv)
{
    static struct op ops[OPS];
    static uint8_t records[RECORD_MAX];
    static char text[TEXT_MAX];
    uint64_t hash = 14695981039346656037u;
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + 500; seed++) {
        struct program program = {.capacity = OPS, .ops = ops, .name = ""};
        struct generate_options options = {.kind = (enum program_kind)(seed % PROGRAM_KINDS),
                                           .profile = (enum profile)(seed % PROFILES_ALL),
                                           .seed = seed,
                                           .ops = seed % PROFILES_ALL == PROFILE_STEADY ? OPS / 2
                                                                                        : OPS,
                                           .effective = seed % 3 == 0};
        if (!generate_program(&program, &options)) {
            return 1;
        }
        size_t size = record_encode(&program, records, sizeof records);
        hash = hash_bytes(hash, records, size);
        hash = hash_bytes(hash, text, text_print(&program, text, sizeof text));
        size = mutate_records(records, size, sizeof records, records, 0, seed);
        hash = hash_bytes(hash, records, size);
    }
    printf("%016" PRIx64 "\n", hash);
    return 0;
}
