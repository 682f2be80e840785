/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORD_LOG_H
#define TOOLS_RECORD_LOG_H

/*
 * What the preloaded recorder writes and `heapvet record` reads: one sparse file, mapped shared, so
 * that nothing is lost when the traced program ends by _exit() or a signal. The two sides always
 * come from one build, so the layout is the compiler's.
 */

#include <stdint.h>

#define RECORD_LOG_MAGIC 0x31676f6c74766568ull /* the bytes "hevtlog1" */
#define RECORD_ENV_FILE  "HEAPVET_RECORD_FILE" /* absolute path of the log */
#define RECORD_ENV_PID   "HEAPVET_RECORD_PID"  /* the one process to trace */
#define RECORD_LIBRARY   "heapvet-record.so"

enum record_kind {
    RECORD_ALLOC,   /* now = block of size bytes */
    RECORD_CALLOC,  /* now = block of extra elements of size bytes */
    RECORD_REALLOC, /* old became now, size bytes */
    RECORD_ALIGNED, /* now = block of size bytes at a multiple of extra */
    RECORD_FREE     /* old was given back */
};

struct record_event {
    uint64_t kind; /* enum record_kind */
    uint64_t old, now;
    uint64_t size;
    uint64_t extra;
};

struct record_log {
    uint64_t magic;
    uint64_t capacity; /* events there is room for; set by the reader before the program starts */
    uint64_t events;   /* written so far */
    uint64_t lost;     /* more that found no room */
    uint64_t images;   /* how often a program image started logging: an exec starts anew */
    struct record_event event[];
};

#endif
