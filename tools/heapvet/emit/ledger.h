/* SPDX-License-Identifier: Apache-2.0 */

/* ---- ops ---- */

/* A thread's next op; false: it begins no more. */
HELPER bool next(int op_number, const char *op_text)
{
    struct actor *me = &actors[current];

    if (me->began && cleaning) {
        return false;
    }
    if (me->began) {
        announce(BEGIN);
    }
    me->began = true;
    me->number = number = op_number;
    me->text = text = op_text;
    return true;
}

#define OP(op_number, op_text)                                                                     \
    if (!next(op_number, op_text)) {                                                               \
        return;                                                                                    \
    }

HELPER void interrupt_begins(int op_number, const char *op_text)
{
    number = op_number;
    text = op_text;
    refused = false;
}

/* Ops end in this order, at these ticks. */
HELPER void ended(void)
{
    const unsigned n = nended++;

    if (n >= nends) {
        fails("have %u ops that end, want %u", n + 1u, nends);
    }
    if (ends[n].op != number || ends[n].tick != now) {
        fails("have op %d end at tick %lld, want op %d at tick %lld", number, (long long)now,
              ends[n].op, (long long)ends[n].tick);
    }
}

static bool told_all; /* what comes behind belongs to no op */

/* What the heap's listeners are told, in this order. */
static void tell(char kind, const uint8_t *p, size_t bytes)
{
    if (told_all) {
        return;
    }
    const unsigned n = ntold++;
    if (n >= ntells) {
        fails("have %c of %zu bytes told, want nothing more", kind, bytes);
    }
    if (tells[n].kind != kind || tells[n].bytes != bytes) {
        fails("have %c of %zu bytes told, want %c of %zu", kind, bytes, tells[n].kind,
              tells[n].bytes);
    }
    if (tells[n].section != sections) {
        fails("have %c of %zu bytes told in section %u, want it in %u", kind, bytes, sections,
              tells[n].section);
    }
    if (tells[n].place != SIZE_MAX && tells[n].place != (size_t)(p - region)) {
        fails("have %c at +%zu told, want +%zu", kind, (size_t)(p - region), tells[n].place);
    }
}

static void told_alloc(uintptr_t heap_id, void *p, size_t bytes)
{
    (void)heap_id;
    tell('a', p, bytes);
}

static void told_free(uintptr_t heap_id, void *p, size_t bytes)
{
    (void)heap_id;
    tell('f', p, bytes);
}

static struct heap_listener on_alloc = {.event = HEAP_ALLOC, {.alloc_cb = told_alloc}};
static struct heap_listener on_free = {.event = HEAP_FREE, {.free_cb = told_free}};

static void listen(uintptr_t heap_id)
{
    on_alloc.heap_id = on_free.heap_id = heap_id;
    heap_listener_register(&on_alloc);
    heap_listener_register(&on_free);
}

static size_t live_bytes(void)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < nslots; i++) {
        bytes += slots[i]->at != NULL ? slots[i]->asked : 0;
    }
    return bytes;
}

/* An op on a slot that another's is at is skipped, as is one that fills a full slot. */
HELPER bool fills(struct block *b, size_t bytes)
{
    const size_t live = live_bytes();

    if (b->busy || b->at != NULL ||
        (FILL != 0 && (bytes > FILL || live > FILL || bytes > FILL - live))) {
        return false;
    }
    b->busy = true;
    return true;
}
HELPER bool works_on(struct block *b)
{
    const bool free_to = !b->busy;

    b->busy = b->busy || free_to;
    return free_to;
}

HELPER void *leaves(struct block *b)
{
    uint8_t *p = b->at;

    if (p != NULL) {
        payload(b, b->bytes);
        b->at = NULL;
    }
    return p;
}

HELPER void over(struct block *b)
{
    b->busy = false;
}

/* The call gave this: a block that is aligned so and has so many bytes for its user. */
HELPER void takes(struct block *b, void *p, size_t align, size_t asked, size_t bytes, size_t place)
{
    static unsigned tags;

    if (p == NULL) {
        fails("have NULL, want a block");
    }
    if (b->at != NULL && b->at != p) {
        payload(&(struct block){.at = p, .tag = b->tag}, b->bytes < asked ? b->bytes : asked);
    } else if (b->at == p) {
        payload(b, b->bytes < asked ? b->bytes : asked);
    } else {
        b->tag = ++tags * 29u;
    }
    b->at = NULL;
    lies_well(b, p, align, bytes);
    *b = (struct block){.at = p, .bytes = bytes, .asked = asked, .tag = b->tag};
    fill(b, 0);
    if (place != SIZE_MAX && place != (size_t)(b->at - region)) {
        fails("have a block at +%zu, want it at +%zu", (size_t)(b->at - region), place);
    }
}

HELPER void stays(struct block *b, void *p, size_t align, size_t asked, size_t bytes, size_t place)
{
    if (p != b->at) {
        fails("have %s, want the same block", p == NULL ? "NULL" : "another block");
    }
    takes(b, p, align, asked, bytes, place);
}
HELPER void moves(struct block *b, void *p, size_t align, size_t asked, size_t bytes, size_t place)
{
    if (p == b->at) {
        fails("have the same block, want another");
    }
    takes(b, p, align, asked, bytes, place);
}

HELPER void *zeroed(void *p, size_t bytes)
{
    for (size_t i = 0; p != NULL && i < bytes; i++) {
        equals("a byte of the zeroed block", ((const uint8_t *)p)[i], 0);
    }
    return p;
}

/* NULL, and what is in the slot is as it was. */
HELPER void none(struct block *b, const void *p)
{
    if (p != NULL) {
        fails("have a block, want NULL");
    }
    if (b->at != NULL) {
        payload(b, b->bytes);
    }
    b->busy = false;
}

/* An op that does not end on a sound heap: what it asks for is never there. */
HELPER void never(const void *p)
{
    fails("have %s, want nobody to come back", p == NULL ? "NULL" : "a block");
}

/* Everything is freed, by whoever can, until nothing changes. */
static void clean(void)
{
    bool freed = true;

    cleaning = true;
    while (freed) {
        freed = false;
        for (unsigned i = 0; i < nslots; i++) {
            struct block *b = slots[i];
            if (b->at != NULL && !b->busy) {
                b->busy = true;
                heap_free(leaves(b));
                b->busy = false;
                freed = true;
            }
        }
        if (freed) {
            schedule();
        }
    }
}
