/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_HOST_H
#define OPS_HOST_H

/*
 * What needs an operating system: files, memory for runs, subjects from shared objects, child
 * processes. Not part of firmware builds.
 */

#include "die.h"
#include "op.h"
#include "pack.h"
#include "shrink.h"

/* Bad input: prints "file:line: message" (line 0: none) as one line to stderr and exits with
 * status 2. */
_Noreturn void host_bad_input(const char *file, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A whole file; "-" is standard input. Exits as host_bad_input when it cannot be read. Free with
 * free(). */
uint8_t *host_read_file(const char *path, size_t *size);

/*
 * All programs of a file: a pack (magic), text (*.ops, or bytes that are all printable text), else
 * records. A list owns its programs. Errors in the file end the process as host_bad_input.
 */
struct program_list {
    struct program *programs;
    size_t count;
};
void host_load_programs(const char *path, struct program_list *list);
void host_free_programs(struct program_list *list);
/* The paths themselves, and every file below those that are folders, sorted; README* and hidden
 * files are left out. */
void host_expand_paths(char *const *paths, size_t npaths, char ***files, size_t *nfiles);
void host_free_paths(char **files, size_t nfiles);

/* Writes to path.tmp and renames: nothing half written. "-" is standard output. */
void host_write_file(const char *path, const void *data, size_t size);

/* A space that serves regions up to capacity and programs of nslots slots on this subject; memory
 * from mmap. */
void host_space_open(struct space *space, size_t capacity, size_t nslots, size_t state_bytes);
void host_space_close(struct space *space);
/* Grows the space so that the program fits. */
void host_space_for(struct space *space, const struct program *program,
                    const struct subject *subject);

/* Loads a subject from a shared object: bad ABI, missing entry or a missing needed function is bad
 * input. */
const struct subject *host_load_subject(const char *path);
/* Checks one that is linked in. Returns NULL or what is wrong with it. */
const char *subject_problem(const struct subject *subject);

/* Sets die_hooks for a hosted program: text to stderr; then abort(), or exit(1). */
void host_die_by_abort(void);
void host_die_by_exit(void);

#endif
