/* SPDX-License-Identifier: Apache-2.0 */

/*
 * [hole 9][used][hole 33][used][hole 9][used] ... [ --- rest --- ]      sizes in units
 *
 * Half of the holes lie in bucket 9-16, half in 33-64, each the smallest of its bucket: a request
 * for 10 to 16 or 34 to 64 units misses every hole it probes. All other buckets are empty but for
 * the rest of the heap and what the battery makes, so the paths that empty a list or fill an empty
 * one are taken as well. Every situation is undone before the next begins.
 */

#include "adversarial.h"

#include "port.h"

#define UNIT          8u
#define HOLES_MAX     1000u
#define HOLE_NEAR     9u
#define HOLE_FAR      33u
#define REST_BYTES    32768u
#define WALL_UNITS    2u
#define METADATA_ROOM 512u

static const uint16_t holes_of[] = {10, 100, 1000};

/* Both sides of every bucket's edge that the holes and the rest of the heap span. */
static const uint16_t sizes[] = {1,  2,  3,  4,  5,  7,  8,  9,  10, 15,  16, 17,
                                 24, 31, 32, 33, 34, 48, 63, 64, 65, 127, 200};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const uint16_t aligns[] = {8, 16, 32, 64, 128, 256};
#define ALIGNS (sizeof(aligns) / sizeof(aligns[0]))

struct battery {
    const struct subject *subject;
    void *state;
    void **holes; /* while it is built */
    size_t header;
    bool ok;
};

static bool fail(const char *what)
{
    port_write("FAIL adversarial heap: ");
    port_write(what);
    port_write("\n");
    return false;
}

/* What a chunk of so many units can hold. The big format has no use for one unit. */
static size_t bytes_of(const struct battery *b, size_t units)
{
    return units * UNIT > b->header ? units * UNIT - b->header : 1u;
}

static void *get(struct battery *b, size_t units)
{
    void *const p = b->subject->alloc(b->state, bytes_of(b, units));

    b->ok = b->ok && p != NULL;
    return p;
}

static void put(struct battery *b, void *p)
{
    b->subject->free(b->state, p);
}

static void resize(struct battery *b, void **p, size_t units)
{
    void *const q = b->subject->realloc(b->state, *p, bytes_of(b, units));

    if (q == NULL) {
        b->ok = false;
    } else {
        *p = q;
    }
}

/* Two neighbours freed in both orders: alone, with a free right side, with a free left side. */
static void pair(struct battery *b, size_t s, size_t t)
{
    void *p = get(b, s);
    void *q = get(b, t);
    put(b, p);
    put(b, q);
    p = get(b, s);
    q = get(b, t);
    put(b, q);
    put(b, p);
}

/* The middle of three is freed last: both sides join. */
static void triple(struct battery *b, size_t s, size_t t)
{
    void *const p = get(b, s);
    void *const q = get(b, t);
    void *const r = get(b, s);
    void *const wall = get(b, t);

    put(b, p);
    put(b, r);
    put(b, q);
    put(b, wall);
}

/* Shrinks and grows, with the right side free, used, and just large enough. */
static void resizes(struct battery *b, size_t s, size_t t)
{
    void *p = get(b, s);

    resize(b, &p, t);
    resize(b, &p, s);
    void *q = get(b, t);
    resize(b, &p, t);
    resize(b, &p, s);
    put(b, q);
    resize(b, &p, s + t);
    resize(b, &p, t);
    put(b, p);
}

static void aligned(struct battery *b, size_t align, size_t s)
{
    void *const p = b->subject->aligned(b->state, align, bytes_of(b, s));
    void *const q = b->subject->aligned(b->state, align, bytes_of(b, s));

    b->ok = b->ok && p != NULL && q != NULL;
    put(b, p);
    put(b, q);
}

static void run_battery(struct battery *b)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (size_t k = 0; k < SIZES; k++) {
            pair(b, sizes[i], sizes[k]);
            triple(b, sizes[i], sizes[k]);
            resizes(b, sizes[i], sizes[k]);
        }
        for (size_t k = 0; k < ALIGNS; k++) {
            aligned(b, aligns[k], sizes[i]);
        }
    }
}

/* Building is not measured: it uses the plain subject's calls. */
static bool build(struct battery *b, const struct subject *plain, uint8_t *region, size_t n)
{
    void **const hole = b->holes;
    struct subject_info info;
    uint8_t *expect = NULL;

    const size_t bytes =
        METADATA_ROOM + n * (HOLE_NEAR + HOLE_FAR + 2u * WALL_UNITS) / 2u * UNIT + REST_BYTES;
    if (plain->init(b->state, region, bytes) != 0) {
        return fail("init refused the region");
    }
    plain->info(b->state, &info);
    b->header = info.header;
    for (size_t i = 0; i < n; i++) {
        const size_t units = i % 2u == 0 ? HOLE_NEAR : HOLE_FAR;
        hole[i] = plain->alloc(b->state, bytes_of(b, units));
        uint8_t *const wall = plain->alloc(b->state, bytes_of(b, WALL_UNITS));
        if (hole[i] == NULL || (expect != NULL && hole[i] != expect) ||
            wall != (uint8_t *)hole[i] + units * UNIT) {
            return fail("blocks of a fresh heap do not lie side by side");
        }
        expect = wall + WALL_UNITS * UNIT;
    }
    for (size_t i = 0; i < n; i++) {
        plain->free(b->state, hole[i]);
    }
    return true;
}

bool adversarial_run(const struct subject *subject, void (*begin)(const char *name))
{
    static const char *const names[] = {"free-10", "free-100", "free-1000"};
    extern const struct subject subject_kheap;
    const uintptr_t mask = SUBJECT_STATE_ALIGN - 1u;
    struct port_memory memory;
    struct subject_fault fault;

    port_memory(&memory);
    const uintptr_t state = ((uintptr_t)memory.spare + mask) & ~mask;
    const uintptr_t holes = (state + subject->state_bytes + mask) & ~mask;
    if (holes + HOLES_MAX * sizeof(void *) > (uintptr_t)memory.spare + memory.spare_bytes) {
        return fail("no room on this target");
    }
    for (size_t i = 0; i < sizeof(holes_of) / sizeof(holes_of[0]); i++) {
        struct battery b = {subject, (void *)state, (void **)holes, 0, true};

        if (!build(&b, &subject_kheap, memory.arena, holes_of[i])) {
            return false;
        }
        begin(names[i]);
        run_battery(&b);
        if (!b.ok) {
            return fail("a call of the battery failed");
        }
        if (subject->check != NULL && !subject->check(b.state, &fault)) {
            return fail(fault.invariant);
        }
    }
    return true;
}
