/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_OP_H
#define OPS_OP_H

/*
 * The one vocabulary of operations. An op program is a header (which heap, how large, how
 * misaligned) and a list of operations on numbered slots. Three forms carry it: this struct, text
 * (text.h) and fixed little-endian records (record.h); they convert without loss.
 *
 * Programs are total: every op is legal in every state. An op on an empty slot passes NULL; an
 * op that would fill a slot that is live is skipped. So any sub-list of a program is a program.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

/* What an op's text line and record carry, in the order of the line. */
#define OP_HAS_SLOT  1u
#define OP_HAS_ALIGN 2u
#define OP_HAS_COUNT 4u
#define OP_HAS_SIZE  8u
#define OP_FILLS     16u  /* puts a new block into an empty slot; skipped when the slot is live */
#define OP_RESIZES   32u  /* realloc family */
#define OP_HAS_VALUE 64u  /* one to three plain numbers, no sizes: op_number() */
#define OP_SCHEDULES 128u /* value: eight choices of four bits, the first in the low bits */
#define OP_THREADED  256u /* only in programs with threads (program_threaded) */
#define OP_UNTHREADED                                                                              \
    512u /* the environment's: belongs to no thread, also in programs with threads */
#define OP_MISUSES                                                                                 \
    1024u /* what no user may do; only heaps that promise to notice are treated like that */

/*
 * name, text word, fields. The order is the record form's numbering: append only. Counted ops are
 * those an oracle can judge; all are.
 *
 * Numbers of those that OP_HAS_VALUE:
 * - print D: the heap prints itself, with its chunks when D is 1
 * - stress OPS SLOTS PERCENT: the heap's own stress test, with room for so many blocks
 * - registry N: 0 who is in it, 1 this heap enters, 2 nobody does, 3 others until it is full,
 *   4 who is in it, asked wrongly
 * - api N: the N-th call of the subject at the edge of what its interface allows; those behind the
 *   last one begin again
 * Misuse (runner_misuse.c):
 * - double p0: frees the block again that the slot held last
 * - badfree, badrealloc, badusable p0 N: of the address N bytes behind the slot's block, or behind
 *   the region's start when the slot is empty; ~N is N + 1 bytes in front
 * - flip N B: bit B of the N-th 32-bit word of the heap's metadata, as it lies there now
 * - overflow p0 N B: the user writes N bytes B behind the end of his block; underflow: in front
 * - mend: puts back what these three have changed, if nobody else has changed it since
 */
#define OP_TABLE(X)                                                                                \
    X(ALLOC, "alloc", OP_HAS_SLOT | OP_HAS_SIZE | OP_FILLS)                                        \
    X(FREE, "free", OP_HAS_SLOT)                                                                   \
    X(REALLOC, "realloc", OP_HAS_SLOT | OP_HAS_SIZE | OP_RESIZES)                                  \
    X(ALIGNED, "aligned", OP_HAS_SLOT | OP_HAS_ALIGN | OP_HAS_SIZE | OP_FILLS)                     \
    X(AREALLOC, "arealloc", OP_HAS_SLOT | OP_HAS_ALIGN | OP_HAS_SIZE | OP_RESIZES)                 \
    X(CALLOC, "calloc", OP_HAS_SLOT | OP_HAS_COUNT | OP_HAS_SIZE | OP_FILLS)                       \
    X(NOALIGN, "noalign", OP_HAS_SLOT | OP_HAS_ALIGN | OP_HAS_SIZE | OP_FILLS)                     \
    X(USABLE, "usable", OP_HAS_SLOT)                                                               \
    X(STATS, "stats", 0u)                                                                          \
    X(RESETMAX, "resetmax", 0u)                                                                    \
    X(LARGEST, "largest", 0u)                                                                      \
    X(CHECK, "check", 0u)                                                                          \
    X(TICK, "tick", OP_HAS_VALUE | OP_THREADED | OP_UNTHREADED)                                    \
    X(PRIO, "prio", OP_HAS_VALUE | OP_THREADED)                                                    \
    X(SCHED, "sched", OP_SCHEDULES | OP_THREADED | OP_UNTHREADED)                                  \
    X(PRINT, "print", OP_HAS_VALUE)                                                                \
    X(STRESS, "stress", OP_HAS_VALUE)                                                              \
    X(REGISTRY, "registry", OP_HAS_VALUE)                                                          \
    X(API, "api", OP_HAS_VALUE)                                                                    \
    X(DOUBLE, "double", OP_HAS_SLOT | OP_MISUSES)                                                  \
    X(BADFREE, "badfree", OP_HAS_SLOT | OP_HAS_SIZE | OP_MISUSES)                                  \
    X(BADREALLOC, "badrealloc", OP_HAS_SLOT | OP_HAS_SIZE | OP_MISUSES)                            \
    X(BADUSABLE, "badusable", OP_HAS_SLOT | OP_HAS_SIZE | OP_MISUSES)                              \
    X(FLIP, "flip", OP_HAS_VALUE | OP_MISUSES)                                                     \
    X(OVERFLOW, "overflow", OP_HAS_SLOT | OP_HAS_VALUE | OP_MISUSES)                               \
    X(UNDERFLOW, "underflow", OP_HAS_SLOT | OP_HAS_VALUE | OP_MISUSES)                             \
    X(MEND, "mend", OP_MISUSES)

/* The kinds that every program had from the beginning come first, then those with threads. A random
 * record is mostly one of these: the rest costs more and finds less. */
#define OP_KINDS_PLAIN    ((uint32_t)OP_TICK)
#define OP_KINDS_THREADED ((uint32_t)OP_PRINT)

enum op_kind {
#define OP_ENUM(name, word, fields) OP_##name,
    OP_TABLE(OP_ENUM)
#undef OP_ENUM
        OP_KINDS
};

/* What the program's author expects, only where the contract fixes it. */
enum op_expect {
    EXPECT_ANY,
    EXPECT_NULL, /* "-> null" */
    EXPECT_OK,   /* "-> ok"   not NULL */
    EXPECT_SAME  /* "-> same" the pointer the slot held before; OP_RESIZES only */
};

/* How `value` becomes a size_t, so that one program means the same on every pointer width. */
enum op_form {
    SIZE_PLAIN,   /* value */
    SIZE_TOP,     /* SIZE_MAX - value, written ~15 */
    SIZE_ABOVE_4G /* 2^32 + value, written 4G+15; where size_t has 32 bits: NULL without a call */
};

struct op {
    uint8_t kind;   /* enum op_kind */
    uint8_t form;   /* enum op_form */
    uint8_t expect; /* enum op_expect */
    uint8_t thread; /* who does it: 0..7, or THREAD_ISR; 0 without threads */
    uint16_t slot;
    uint8_t wait;   /* 0: do not; 1..14 ticks; WAIT_FOREVER. 0 without threads */
    uint32_t align; /* 0, 2^k or 3*2^k, k <= 30 (the latter: a bad alignment on purpose) */
    uint32_t value; /* bytes, through form; or numbers */
    uint32_t count; /* calloc: elements; else 0 */
    uint32_t line;  /* source line in a text file, else 0; not part of the program's meaning */
};

/*
 * Programs with threads: "t1 alloc p0 100 wait 5", "isr free p0", "t1 prio 3", "tick 3",
 * "sched 01200000". Each thread performs its own ops in order. `tick` and what the interrupt does
 * belong to the environment, which performs them in order, too, between the threads' steps. `sched`
 * says who runs next where more than one can; when its choices are used up, the running one goes
 * on. An interrupt has no priority: `prio` is always a thread's.
 */
#define PROGRAM_THREADS      8u
#define THREAD_ISR           15u
#define WAIT_FOREVER         15u
#define PROGRAM_PRIO_MAX     7u
#define PROGRAM_TICK_MAX     255u  /* of one op: no wait is longer than 14 */
#define PROGRAM_STRESS_MAX   4095u /* rounds of one stress op */
#define PROGRAM_REGISTRY_MAX 4u
#define PROGRAM_DAMAGE_MAX   4u /* bytes of one overflow: what is promised is about one word */

/* Subject kinds a program can be written for. */
#define KIND_TABLE(X)                                                                              \
    X(HEAP, "heap")     /* a sys_heap, or anybody's allocator */                                   \
    X(KHEAP, "kheap")   /* a k_heap with threads, interrupts and time */                           \
    X(SYSTEM, "system") /* k_malloc and its family */                                              \
    X(MULTI, "multi")   /* several heaps behind one callback */                                    \
    X(POOL, "pool")     /* a memory pool with threads, interrupts and time */
enum program_kind {
#define KIND_ENUM(name, word) KIND_##name,
    KIND_TABLE(KIND_ENUM)
#undef KIND_ENUM
        PROGRAM_KINDS
};

#define PROGRAM_SLOTS_LOG2_DEFAULT 4u
#define PROGRAM_SLOTS_LOG2_MAX     16u

struct program_header {
    uint8_t kind;       /* enum program_kind */
    uint8_t offset;     /* 0..7: the region starts this far behind a power-of-two boundary */
    uint8_t slots_log2; /* 0..16: slots 0 .. 2^n-1 exist; default 4 */
    uint8_t fill; /* 0 none, else percent 1..100: an op of kind OP_FILLS that would take the live
                     requested bytes above this share of the region is skipped */
    uint8_t swarm_off; /* bit k set: ops of kind k (0..6) are skipped; bit 7: all kinds from 7 on */
    uint32_t region;   /* bytes given to init */
};

struct program {
    struct program_header header;
    size_t nops;
    size_t capacity;  /* room in ops[] */
    struct op *ops;   /* storage is the caller's */
    const char *name; /* file name for messages, or "" */
};

struct op_info {
    const char *word;
    uint32_t fields;
};

/* One row per kind; the only place that knows names and fields. */
extern const struct op_info op_table[OP_KINDS];
extern const char *const kind_words[PROGRAM_KINDS];

/* Programs of this kind have threads. Their slots are at most 256, for the record form's sake. */
bool program_threaded(const struct program_header *header);
#define PROGRAM_SLOTS_LOG2_THREADED 8u
uint8_t program_slots_log2_max(const struct program_header *header);

/* The largest header the table above allows is always legal; sets the defaults: heap, 1024, 0. */
void program_header_default(struct program_header *header);

/* True when two programs mean the same (line numbers and name do not count). */
bool program_equal(const struct program *a, const struct program *b);

/*
 * Makes any decoded program safe to run unattended (fuzzing): expectations are dropped, a region
 * above max_region is reduced modulo max_region, nops is cut to max_ops. In programs with threads a
 * plain size above the region becomes one below a share of it, a whole to a 128th, and so do ~N and
 * 4G+N where N needs more than 16 bits: 32 random bits would nearly always ask for what can never
 * be served, and nobody would ever wait. The result is again a program.
 */
void program_limit(struct program *program, uint32_t max_region, size_t max_ops);

/*
 * The numbers of an op that OP_HAS_VALUE share `value`: the first has its low 16 bits, the second
 * and the third 8 bits each above. most: the largest legal one, by kind; 0: no such number.
 */
#define OP_NUMBERS 3u
uint32_t op_number_most(enum op_kind kind, uint32_t i);
uint32_t op_number(const struct op *op, uint32_t i);
uint32_t op_number_put(uint32_t value, uint32_t i, uint32_t number);
/* Each number modulo one more than its most: any 32 bits are numbers. */
uint32_t op_numbers_tidy(enum op_kind kind, uint32_t value);

/* The size an op asks for. False: size_t cannot hold it (SIZE_ABOVE_4G on 32 bits). */
bool op_bytes(const struct op *op, size_t *bytes);

#endif
