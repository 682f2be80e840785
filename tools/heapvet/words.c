/* SPDX-License-Identifier: Apache-2.0 */

/* Strings and file contents that the subcommands build: names, quoted words, program text, packs.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "pack.h"
#include "record.h"
#include "text.h"

char *cli_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = cli_memory(NULL, (size_t)length + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

char *cli_quoted(const char *word)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (*word && word[strspn(word, plain)] == '\0') {
        return cli_format("%s", word);
    }
    char *quoted = cli_memory(NULL, 4 * strlen(word) + 3);
    char *out = quoted;
    *out++ = '\'';
    for (; *word; word++) {
        if (*word == '\'') {
            memcpy(out, "'\\''", 4);
            out += 4;
        } else {
            *out++ = *word;
        }
    }
    *out++ = '\'';
    *out = '\0';
    return quoted;
}

char *cli_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    return cli_format("%.*s", (int)length, base);
}

int cli_ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t want = strlen(end);
    return length >= want && strcmp(text + length - want, end) == 0;
}

char *cli_program_text(const struct program *program, const char *comments, size_t *size)
{
    size_t front = strlen(comments);
    size_t length = text_print(program, NULL, 0);
    char *text = cli_memory(NULL, front + length + 1);
    memcpy(text, comments, front);
    text_print(program, text + front, length + 1);
    *size = front + length;
    return text;
}

uint8_t *cli_pack(const struct program *programs, char *const *names, size_t count, size_t *size)
{
    size_t total = PACK_HEADER_BYTES;
    for (size_t i = 0; i < count; i++) {
        total += PACK_ENTRY_BYTES + record_size(&programs[i]);
    }
    uint8_t *bytes = cli_memory(NULL, total);
    pack_encode_header(bytes, (uint32_t)count);
    size_t at = PACK_HEADER_BYTES;
    for (size_t i = 0; i < count; i++) {
        size_t need = record_size(&programs[i]);
        uint32_t records = (uint32_t)(need / RECORD_BYTES - 1);
        pack_encode_entry(bytes + at, names[i], records);
        at += PACK_ENTRY_BYTES;
        at += record_encode(&programs[i], bytes + at, need);
    }
    *size = at;
    return bytes;
}
