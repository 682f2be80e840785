/* SPDX-License-Identifier: Apache-2.0 */

#define MOST 4096u /* results that are compared between the passes */
#define TOLD 16u

struct range {
    size_t from, to;
};

/* What listeners are told. */
struct told {
    char kind; /* 'a' allocated, 'f' freed */
    const void *p;
    size_t bytes;
};

static uint8_t before[REGION + 1u];
static int pass;
static unsigned probed_chunks, tags;
static size_t places[MOST];
static unsigned nplaces;
static struct told told[TOLD], wanted[TOLD];
static unsigned ntold, nwanted;
static bool watching;
static uint32_t ncounted;    /* events that were not written down */
static struct block leaving; /* what is given back or resized at this moment */

static unsigned reports_expected, reports_seen;

/* A heap beside the program's: whoever made it counts the reports about it. */
static const void *spare;
static uint32_t spare_reports;

/* Replaces the library's stop. */
void kheap_fault(const struct kheap_fault *fault)
{
    if (spare != NULL && fault->heap == spare) {
        spare_reports++;
        return;
    }
    if (++reports_seen > reports_expected) {
        fails("have a report, %s, want %u of them", fault->invariant, reports_expected);
    }
}

/* KHEAP_STEP() and KHEAP_ENTER() of the compile line. */
void probed(void);
void entered(const void *object);
void probed(void)
{
    probed_chunks++;
}
void entered(const void *object)
{
    (void)object; /* there is only one thread */
}

/* A listener's callback. What is reported as freed still holds its user's first bytes. */
HELPER void tell(char kind, void *p, size_t bytes)
{
    if (!watching) {
        ncounted++;
        return;
    }
    if (ntold == TOLD) {
        fails("have more than %u events, want fewer", TOLD);
    }
    told[ntold++] = (struct told){kind, p, bytes};
    if (kind == 'f' && leaving.at == p && p != NULL) {
        payload(&leaving, leaving.bytes < 4u ? leaving.bytes : 4u);
    }
}

static void want_told(char kind, const void *p, size_t bytes)
{
    wanted[nwanted++] = (struct told){kind, p, bytes};
}

/* While the heap runs, users' bytes are nobody's; whole granules, for their ends are shared. */
static void blocks_forbidden(bool forbidden)
{
    for (unsigned i = 0; i < nslots; i++) {
        const size_t bytes = slots[i]->bytes & ~(size_t)7;
        if (slots[i]->at != NULL && forbidden) {
            FORBID(slots[i]->at, bytes);
        } else if (slots[i]->at != NULL) {
            ALLOW(slots[i]->at, bytes);
        }
    }
}

HELPER void op(int op_number, const char *op_text)
{
    number = op_number;
    text = op_text;
    probed_chunks = 0;
    ntold = nwanted = 0;
    leaving.at = NULL;
    memcpy(before, region, region_bytes);
    blocks_forbidden(true);
}

static void call_over(void)
{
    blocks_forbidden(false);
    if (PROBES != 0 && probed_chunks > PROBES) {
        fails("chunks probed: have %u, want at most %u", probed_chunks, PROBES);
    }
    probed_chunks = 0;
}

/* What was to be reported was. */
HELPER void reported(void)
{
    equals("reports", reports_seen, reports_expected);
    reports_seen = reports_expected = 0;
}

/* All passes place blocks alike: old contents and payload do not matter. */
static void placed(const uint8_t *p)
{
    const size_t place = p == NULL ? SIZE_MAX : (size_t)(p - region);

    if (nplaces < MOST && pass == 0) {
        places[nplaces] = place;
    } else if (nplaces < MOST && places[nplaces] != place) {
        fails("pass %d: have the block at +%zu, want it at +%zu as in the first", pass, place,
              places[nplaces]);
    }
    nplaces++;
}

static void enters(struct block *b, uint8_t *p, size_t bytes, size_t kept)
{
    const struct block old = *b;

    b->at = p;
    b->bytes = bytes;
    if (old.at == NULL) {
        b->tag = ++tags * 29u + (unsigned)pass * 101u;
    }
    payload(b, kept);
    fill(b, kept);
    placed(p);
}

/* The call must give a block that is aligned so, with so many bytes for its user. */
HELPER void takes(struct block *b, void *p, size_t align, size_t bytes)
{
    call_over();
    if (p == NULL) {
        fails("have NULL, want a block");
    }
    lies_well(b, p, align, bytes);
    want_told('a', p, bytes);
    enters(b, p, bytes, 0);
}

HELPER void takes_zeroes(struct block *b, void *p, size_t align, size_t bytes, size_t zeroes)
{
    blocks_forbidden(false);
    for (size_t i = 0; p != NULL && i < zeroes; i++) {
        equals("a byte of the zeroed block", ((const uint8_t *)p)[i], 0);
    }
    takes(b, p, align, bytes);
}

/* The search may take the block from here, and from nowhere else: where it may begin. */
HELPER void begins_in(const struct block *b, const struct range *ranges, unsigned n)
{
    const size_t place = (size_t)(b->at - region);

    for (unsigned i = 0; i < n; i++) {
        if (place >= ranges[i].from && place <= ranges[i].to) {
            return;
        }
    }
    fails("have a block at +%zu, want one from a chunk the search may take", place);
}

/* Hands a block back to the heap: by a free, or to be resized. */
HELPER void *leaves(struct block *b)
{
    uint8_t *p = b->at;

    ALLOW(p, b->bytes);
    payload(b, b->bytes);
    want_told('f', p, b->bytes);
    leaving = *b;
    b->at = NULL;
    return p;
}
HELPER void *resized(struct block *b)
{
    ALLOW(b->at, b->bytes);
    payload(b, b->bytes);
    leaving = *b;
    return b->at;
}

/* A realloc must stay where it is, or it must move. As much as was asked for is as it was. */
HELPER void stays(struct block *b, void *p, size_t align, size_t bytes, size_t asked)
{
    const size_t old = b->bytes;

    call_over();
    if (p != b->at) {
        fails("have %s, want the same block", p == NULL ? "NULL" : "another block");
    }
    lies_well(b, p, align, bytes);
    if (bytes != old) {
        want_told('a', p, bytes);
        want_told('f', p, old);
    }
    enters(b, p, bytes, old < asked ? old : asked);
}
HELPER void moves(struct block *b, void *p, size_t align, size_t bytes, size_t asked)
{
    const struct block old = *b;

    call_over();
    if (p == NULL || p == b->at) {
        fails("have %s, want another block", p == NULL ? "NULL" : "the same block");
    }
    lies_well(b, p, align, bytes);
    want_told('a', p, bytes);
    want_told('f', old.at, old.bytes);
    enters(b, p, bytes, old.bytes < asked ? old.bytes : asked);
}

/* A failing search may turn the bucket heads, and nothing else. */
static void untouched(void)
{
    struct sys_heap *children[CHILDREN + 1u];
    const unsigned n = heap_children(children);

    for (size_t i = 0; i < region_bytes; i++) {
        bool head = false;
        for (unsigned k = 0; k < n; k++) {
            struct sys_heap_layout layout;
            (void)sys_heap_layout_get(children[k], &layout);
            const uint8_t *heads = layout.heads;
            head = head || (region + i >= heads && region + i < heads + layout.heads_bytes);
        }
        if (!head && region[i] != before[i]) {
            fails("a call that returned NULL changed byte +%zu: have %u, want %u", i, region[i],
                  before[i]);
        }
    }
}

HELPER void none(const void *p)
{
    call_over();
    if (p != NULL) {
        fails("have a block, want NULL");
    }
    untouched();
    placed(NULL);
}

/* The block was freed by another name. */
HELPER void gone(const void *p)
{
    call_over();
    if (p != NULL) {
        fails("have a block, want NULL");
    }
    placed(NULL);
}

HELPER void told_as_wanted(void)
{
    for (unsigned i = 0; LISTENED && i < ntold && i < nwanted; i++) {
        if (told[i].kind != wanted[i].kind || told[i].p != wanted[i].p ||
            told[i].bytes != wanted[i].bytes) {
            fails("event %u: have %c %zu bytes at +%zu, want %c %zu at +%zu", i, told[i].kind,
                  told[i].bytes, (size_t)((const uint8_t *)told[i].p - region), wanted[i].kind,
                  wanted[i].bytes, (size_t)((const uint8_t *)wanted[i].p - region));
        }
    }
    if (LISTENED) {
        equals("events", ntold, nwanted);
    }
    ntold = nwanted = 0;
}

/* What every op leaves: a sound heap, blocks and surroundings as they were. */
HELPER void sound(void)
{
    struct sys_heap *children[CHILDREN + 1u];
    const unsigned n = heap_children(children);

    call_over();
    told_as_wanted();
    for (unsigned i = 0; i < n; i++) {
        struct kheap_fault fault;
        if (!sys_heap_check(children[i], &fault)) {
            fails("%s: have it broken at +%zu, want a sound heap", fault.invariant, fault.offset);
        }
    }
    for (unsigned i = 0; i < nslots; i++) {
        if (slots[i]->at != NULL) {
            payload(slots[i], slots[i]->bytes);
        }
    }
    surroundings();
}

/* The same, and the statistics: bytes of users, bytes free, and the most there were of users. */
HELPER void sums(size_t allocated, size_t free_bytes, size_t most)
{
    struct sys_memory_stats stats = {0, 0, 0};
    struct sys_heap *children[CHILDREN + 1u];

    sound();
    (void)heap_children(children);
    equals("statistics", (unsigned long long)sys_heap_runtime_stats_get(children[0], &stats), 0);
    equals("allocated bytes", stats.allocated_bytes, allocated);
    equals("free bytes", stats.free_bytes, free_bytes);
    equals("max allocated bytes", stats.max_allocated_bytes, most);
}

/* Memory for a pass, with other old contents each time. */
static void memory_begin(int new_pass)
{
    static const uint8_t old[] = {0xa5, 0x00, 0xff};

    pass = new_pass;
    reports_expected = reports_seen = 0;
    number = 0;
    text = "init";
    nplaces = 0;
    tags = 0;
    arena_fill(old[pass % 3]);
}

/* What is left is freed: in an order of the program's own, then from either end. */
HELPER void drain(void)
{
    for (unsigned i = 0; i < nslots; i++) {
        struct block *b = slots[pass == 1 ? nslots - 1 - i : i];
        if (b->at != NULL) {
            op(number + 1, "free of what is left");
            heap_free(leaves(b));
            sound();
        }
    }
    op(number + 1, "the end");
}

/* The heap says that it lies in its region. */
HELPER void inside(void)
{
    struct sys_heap *children[CHILDREN + 1u];
    const unsigned n = heap_children(children);

    for (unsigned i = 0; i < n; i++) {
        struct sys_heap_layout layout;
        (void)sys_heap_layout_get(children[i], &layout);
        const uintptr_t past = (uintptr_t)layout.first - (uintptr_t)region;
        if (past > region_bytes || layout.units > (region_bytes - past) / 8u) {
            fails("have a heap that leaves the region, want it inside");
        }
    }
}

HELPER void empty(size_t allocated, size_t free_bytes)
{
    struct sys_memory_stats stats = {0, 0, 0};
    struct sys_heap *children[CHILDREN + 1u];

    sound();
    (void)heap_children(children);
    (void)sys_heap_runtime_stats_get(children[0], &stats);
    equals("allocated bytes", stats.allocated_bytes, allocated);
    equals("free bytes", stats.free_bytes, free_bytes);
}

/* These must be had one after the other. */
HELPER void has_again(const size_t *sizes, unsigned n)
{
    void *blocks[64];

    for (unsigned i = 0; i < n; i++) {
        blocks[i] = heap_alloc(sizes[i]);
        if (blocks[i] == NULL) {
            fails("have NULL, want the %zu bytes that an empty heap has", sizes[i]);
        }
    }
    for (unsigned i = 0; i < n; i++) {
        heap_free(blocks[i]);
    }
    ntold = nwanted = 0;
    sound();
}
