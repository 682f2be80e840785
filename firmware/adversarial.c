/* SPDX-License-Identifier: Apache-2.0 */

/*
 * [lead][hole][used][hole][used] ... [hole][used][ --- rest --- ]
 *
 * Each heap is built in many rounds. The first ten holes are one of five mixtures, all others one
 * of four sizes: so every bucket but that size's is as full with 1,000 holes as with ten, and in
 * other rounds it is another bucket. The lead has another length in each round, so that holes lie
 * at every distance from an aligned address even where there are only ten. Requests miss every hole
 * that they probe, take one from a list that stays non-empty or becomes empty, and what is left
 * over goes to empty lists and to others. Every situation is undone before the next begins.
 */

#include "adversarial.h"

#include "port.h"

#define UNIT          8u
#define HOLES_MAX     1000u
#define REST_UNITS    1024u
#define WALL_UNITS    2u
#define METADATA_ROOM 512u

/* In units. */
static const uint8_t mixtures[][10] = {
    {9, 33, 9, 33, 9, 33, 9, 33, 9, 33},   {9, 33, 9, 33, 17, 9, 33, 9, 33, 65},
    {33, 65, 9, 33, 17, 9, 33, 65, 9, 17}, {9, 17, 5, 40, 9, 17, 40, 9, 17, 5},
    {3, 17, 17, 50, 17, 9, 50, 17, 5, 50},
};
#define MIXTURES (sizeof(mixtures) / sizeof(mixtures[0]))
static const uint8_t fillers[] = {3, 5, 9, 17};
#define FILLERS (sizeof(fillers) / sizeof(fillers[0]))
#define ROUNDS  (MIXTURES * FILLERS)

static const uint16_t holes_of[] = {10, 100, 1000};

/* Both sides of the edges of the holes' buckets. */
static const uint16_t sizes[] = {1, 4, 5, 9, 10, 16, 18, 33, 34, 65};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const uint16_t aligns[] = {16, 32, 64, 128, 256};
#define ALIGNS (sizeof(aligns) / sizeof(aligns[0]))

static const uint8_t shifts[] = {0, 1, 9};
#define SHIFTS (sizeof(shifts) / sizeof(shifts[0]))

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

static void *get_aligned(struct battery *b, size_t align, size_t units)
{
    void *const p = b->subject->aligned(b->state, align, bytes_of(b, units));

    b->ok = b->ok && p != NULL;
    return p;
}

/* The blocks in front shift where the chunk begins that the aligned block is cut from. */
static void aligned(struct battery *b, size_t align, size_t s)
{
    for (size_t shift = 0; shift < SHIFTS; shift++) {
        void *const front = shifts[shift] == 0 ? NULL : get(b, shifts[shift]);
        void *const p = get_aligned(b, align, s);
        void *const q = get_aligned(b, align, s);
        put(b, p);
        void *const r = get_aligned(b, align, s);
        put(b, q);
        put(b, r);
        if (front != NULL) {
            put(b, front);
        }
    }
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

static size_t hole_units(size_t round, size_t i)
{
    return i < 10u ? mixtures[round % MIXTURES][i] : fillers[round / MIXTURES % FILLERS];
}

static size_t region_bytes(size_t round, size_t n)
{
    size_t units = 0;

    for (size_t i = 0; i < n; i++) {
        units += hole_units(round, i) + WALL_UNITS;
    }
    return METADATA_ROOM + (units + ROUNDS + REST_UNITS) * UNIT;
}

/* Building is not measured: it uses the plain subject's calls. */
static bool build(struct battery *b, const struct subject *plain, uint8_t *region, size_t n,
                  size_t round)
{
    void **const hole = b->holes;
    struct subject_info info;

    if (plain->init(b->state, region, region_bytes(round, n)) != 0) {
        return fail("init refused the region");
    }
    plain->info(b->state, &info);
    b->header = info.header;
    const size_t lead = round + WALL_UNITS;
    uint8_t *expect = plain->alloc(b->state, bytes_of(b, lead));
    expect += lead * UNIT;
    for (size_t i = 0; i < n; i++) {
        const size_t units = hole_units(round, i);
        hole[i] = plain->alloc(b->state, bytes_of(b, units));
        uint8_t *const wall = plain->alloc(b->state, bytes_of(b, WALL_UNITS));
        if (hole[i] != expect || wall != expect + units * UNIT) {
            return fail("blocks of a fresh heap do not lie side by side");
        }
        expect = wall + WALL_UNITS * UNIT;
    }
    for (size_t i = 0; i < n; i++) {
        plain->free(b->state, hole[i]);
    }
    return true;
}

static bool round_run(struct battery *b, uint8_t *region, size_t n, size_t round)
{
    extern const struct subject subject_kheap;
    struct subject_fault fault;

    if (!build(b, &subject_kheap, region, n, round)) {
        return false;
    }
    run_battery(b);
    if (!b->ok) {
        return fail("a call of the battery failed");
    }
    if (b->subject->check != NULL && !b->subject->check(b->state, &fault)) {
        return fail(fault.invariant);
    }
    return true;
}

bool adversarial_run(const struct subject *subject, void (*begin)(const char *name))
{
    static const char *const names[] = {"free-10", "free-100", "free-1000"};
    const uintptr_t mask = SUBJECT_STATE_ALIGN - 1u;
    struct port_memory memory;

    port_memory(&memory);
    const uintptr_t state = ((uintptr_t)memory.spare + mask) & ~mask;
    const uintptr_t holes = (state + subject->state_bytes + mask) & ~mask;
    if (holes + HOLES_MAX * sizeof(void *) > (uintptr_t)memory.spare + memory.spare_bytes) {
        return fail("no room on this target");
    }
    struct battery b = {subject, (void *)state, (void **)holes, 0, true};
    for (size_t i = 0; i < sizeof(holes_of) / sizeof(holes_of[0]); i++) {
        begin(names[i]);
        for (size_t round = 0; round < ROUNDS; round++) {
            if (!round_run(&b, memory.arena, holes_of[i], round)) {
                return false;
            }
        }
    }
    return true;
}
