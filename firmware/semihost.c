/* SPDX-License-Identifier: Apache-2.0 */

/* The port over semihosting, for every machine that has the trap. */

#include <string.h>

#include "machine.h"
#include "port.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_READ = 0x06,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20
};
#define OPEN_READ_BINARY         1u
#define STOPPED_APPLICATION_EXIT 0x20026u
#define COMMAND_LINE_BYTES       512u
#define WORDS                    16u

extern uint8_t image_arena[], image_arena_bytes[], image_spare_start[], image_spare_end[];

/* Writing is collected to lines: every trap costs the emulator more than a thousand instructions
 * do. */
static char line[128];
static size_t line_length;

static void line_flush(void)
{
    line[line_length] = '\0';
    if (line_length > 0) {
        machine_semihost(SYS_WRITE0, line);
    }
    line_length = 0;
}

void port_write(const char *text)
{
    for (; *text != '\0'; text++) {
        line[line_length++] = *text;
        if (*text == '\n' || line_length == sizeof(line) - 1u) {
            line_flush();
        }
    }
}

void port_write_hex32(uint32_t value)
{
    char text[9];

    for (size_t i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28u - 4u * i) & 15u];
    }
    text[8] = '\0';
    port_write(text);
}

void port_write_number(uint64_t value)
{
    char text[21];
    size_t at = sizeof(text) - 1u;

    text[at] = '\0';
    do {
        text[--at] = (char)('0' + (int)(value % 10u));
        value /= 10u;
    } while (value != 0);
    port_write(&text[at]);
}

_Noreturn void port_exit(int status)
{
    const uintptr_t block[2] = {STOPPED_APPLICATION_EXIT, (uintptr_t)status};

    line_flush();
    for (;;) {
        machine_semihost(SYS_EXIT_EXTENDED, block);
    }
}

int port_open(const char *path)
{
    const uintptr_t block[3] = {(uintptr_t)path, OPEN_READ_BINARY, strlen(path)};

    return (int)machine_semihost(SYS_OPEN, block);
}

size_t port_read(int handle, void *buffer, size_t bytes)
{
    const uintptr_t block[3] = {(uintptr_t)handle, (uintptr_t)buffer, bytes};
    const uintptr_t missing = machine_semihost(SYS_READ, block);

    return missing > bytes ? 0 : bytes - missing;
}

void port_close(int handle)
{
    const uintptr_t block[1] = {(uintptr_t)handle};

    machine_semihost(SYS_CLOSE, block);
}

void port_memory(struct port_memory *memory)
{
    memory->arena = image_arena;
    memory->arena_bytes = (size_t)(uintptr_t)image_arena_bytes;
    memory->spare = image_spare_start;
    memory->spare_bytes = (size_t)(image_spare_end - image_spare_start);
}

/* From the linker script: what .init_array holds, in the order of the constructors' priorities. */
extern void (*const image_init_start[])(void);
extern void (*const image_init_end[])(void);

_Noreturn void port_run(void)
{
    static char text[COMMAND_LINE_BYTES];
    const char *words[WORDS];
    size_t nwords = 0;
    uintptr_t block[2] = {(uintptr_t)text, sizeof(text)};

    for (void (*const *init)(void) = image_init_start; init < image_init_end; init++) {
        (*init)();
    }

    /* A command line that is cut would leave out programs without a word. */
    if (machine_semihost(SYS_GET_CMDLINE, block) != 0) {
        port_write("FAIL the command line has more bytes than the image reads\n");
        port_exit(EXIT_FAIL);
    }
    for (char *p = text; *p != '\0';) {
        if (nwords == WORDS) {
            port_write("FAIL the command line has more words than the image reads\n");
            port_exit(EXIT_FAIL);
        }
        words[nwords++] = p;
        while (*p != '\0' && *p != ' ') {
            p++;
        }
        while (*p == ' ') {
            *p++ = '\0';
        }
    }
    const int status = image_main(words, nwords);
    port_write(status == EXIT_PASS ? "PROJECT EXECUTION SUCCESSFUL\n"
                                   : "PROJECT EXECUTION FAILED\n");
    port_exit(status);
}

_Noreturn void port_fault(const char *what, uintptr_t where)
{
    port_write("FAULT ");
    port_write(what);
    port_write(" at ");
    port_write_hex32((uint32_t)where);
    port_write("\nPROJECT EXECUTION FAILED\n");
    port_exit(EXIT_FAIL);
}

bool port_complain(const char *about, const char *what)
{
    port_write("FAIL ");
    port_write(about);
    port_write(": ");
    port_write(what);
    port_write("\n");
    return false;
}
