/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_PORT_H
#define FIRMWARE_PORT_H

/*
 * What a firmware image needs from its machine. One start-up file per instruction set gives reset,
 * the trap to the debugger and the measured call (machine.h); semihost.c gives the rest to all of
 * them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The image's own main. Its result is the exit status. */
int image_main(const char *const *words, size_t nwords);

#define EXIT_PASS 0
#define EXIT_FAIL 1
#define EXIT_SKIP 77

void port_write(const char *text);
void port_write_hex32(uint32_t value);
void port_write_number(uint64_t value);
/* "FAIL <what it is about>: <what is wrong>", a line. Returns false, for callers that give up. */
bool port_complain(const char *about, const char *what);
_Noreturn void port_exit(int status);

/* A file of the host: a handle, or a negative number. */
int port_open(const char *path);
/* Bytes read; fewer than asked for only at the end of the file. */
size_t port_read(int handle, void *buffer, size_t bytes);
void port_close(int handle);

/*
 * The memory that the linker script gives to programs. The arena starts at a power-of-two boundary
 * that is at least as large as the arena; spare is what the image itself leaves of the main RAM.
 */
struct port_memory {
    uint8_t *arena;
    size_t arena_bytes;
    void *spare;
    size_t spare_bytes;
};
void port_memory(struct port_memory *memory);

/* Called by start-up code: runs the constructors (static heaps have one), reads the command line,
 * runs image_main, exits. */
_Noreturn void port_run(void);

/* Called by exception handlers: says so and exits with EXIT_FAIL. */
_Noreturn void port_fault(const char *what, uintptr_t where);

#endif
