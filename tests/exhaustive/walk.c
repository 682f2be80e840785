/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The walk, breadth first: so the first sequence that fails is one of the shortest that do, and a
 * state is met by the fewest ops that lead to it. Each sequence is performed from an empty heap by
 * the runner that everybody uses: there is no second set of oracles, and nothing to restore.
 */

#include "exhaust.h"

#include <stdlib.h>

/* How a state was met: the state it came from, and the op. */
struct node {
    uint32_t parent;
    uint16_t letter;
    uint8_t slot;
    uint8_t live; /* bit i: slot i holds a block */
};

struct walk {
    struct explored *explored;
    struct space *space;
    struct states seen;
    struct node *nodes;
    size_t count, room;
    struct op ops[EXHAUST_DEPTH_MAX + 2];
    struct program program;
};

/* Every call's oracles, then statistics, checker, guards and all payloads; the heap is left. */
static const struct run_options held = {.oracles = ORACLES_ALL, .hold = true};
/* Frees everything, too, and performs it all a second time elsewhere. */
static const struct run_options drained = {.oracles = ORACLES_ALL};

static void node_add(struct walk *walk, struct node node)
{
    if (walk->count == walk->room) {
        walk->room = walk->room == 0 ? 1024 : walk->room * 2;
        walk->nodes = realloc(walk->nodes, walk->room * sizeof *walk->nodes);
        if (walk->nodes == NULL || walk->room > UINT32_MAX) {
            host_bad_input("exhaust", 0, "expected memory for %zu states, have less", walk->room);
        }
    }
    walk->nodes[walk->count++] = node;
}

static struct op op_of(const struct walk *walk, uint16_t letter, uint8_t slot)
{
    struct op op = walk->explored->alphabet->ops[letter];

    op.line = 0;
    if ((op_table[op.kind].fields & OP_HAS_SLOT) != 0) {
        op.slot = slot;
    }
    return op;
}

/* Writes the ops that lead to a node into the program; returns their number. */
static uint32_t path_write(struct walk *walk, size_t at)
{
    uint8_t depth = 0;

    for (size_t i = at; i != 0; i = walk->nodes[i].parent) {
        depth++;
    }
    for (uint8_t left = depth; left > 0; left--) {
        walk->ops[left - 1] = op_of(walk, walk->nodes[at].letter, walk->nodes[at].slot);
        at = walk->nodes[at].parent;
    }
    return depth;
}

static uint8_t live_slots(const struct space *space)
{
    uint8_t live = 0;

    for (uint32_t i = 0; i < EXHAUST_SLOTS; i++) {
        live |= (uint8_t)((space->slots[i].p != NULL) << i);
    }
    return live;
}

static bool perform(struct walk *walk, size_t nops, const struct run_options *options)
{
    struct run_failure failure;

    walk->program.nops = nops;
    const enum run_status status = run_program(&walk->program, walk->explored->subject, walk->space,
                                               options, &walk->explored->counts, NULL, &failure);
    found_progress();
    walk->explored->refused = status == RUN_DOES_NOT_FIT;
    if (status == RUN_FAILED) {
        found_write(walk->explored, walk->space, &walk->program);
    }
    return status != RUN_FAILED;
}

/* The program is a sequence; is where it leads new? Then it is also drained. False: failed. */
static bool arrive(struct walk *walk, struct node node, size_t nops)
{
    struct explored *explored = walk->explored;

    if (!perform(walk, nops, &held)) {
        return false;
    }
    if (explored->refused) {
        return true;
    }
    const uint64_t hash = heap_state(walk->space, &explored->header, explored->subject);

    const bool new = states_add(&walk->seen, hash);

    if (new || explored->unmerged) {
        node.live = live_slots(walk->space);
        node_add(walk, node);
    }
    if (!new) {
        return true;
    }
    explored->sum += hash;
    return perform(walk, nops, &drained);
}

/* The ops that a letter stands for, in a state: slots in which it can do something of its own. */
static uint8_t slots_for(uint32_t fields, uint8_t live)
{
    const uint8_t empty = (uint8_t)(~live & -~live); /* the lowest one; slots are alike */

    if ((fields & OP_HAS_SLOT) == 0) {
        return 1;
    }
    return (fields & OP_FILLS) != 0 ? empty : live | empty;
}

static bool expand(struct walk *walk, size_t at)
{
    const struct program *alphabet = walk->explored->alphabet;
    const uint32_t depth = path_write(walk, at);

    for (uint16_t letter = 0; letter < alphabet->nops; letter++) {
        const uint8_t slots =
            slots_for(op_table[alphabet->ops[letter].kind].fields, walk->nodes[at].live);

        for (uint8_t slot = 0; slot < EXHAUST_SLOTS; slot++) {
            if ((slots >> slot & 1u) == 0) {
                continue;
            }
            const struct node node = {.parent = (uint32_t)at, .letter = letter, .slot = slot};

            walk->ops[depth] = op_of(walk, letter, slot);
            walk->ops[depth + 1] = (struct op){.kind = OP_LARGEST};
            walk->explored->sequels++;
            if (!arrive(walk, node, depth + 2)) {
                return false;
            }
        }
    }
    return true;
}

static void describe(struct explored *explored, const struct space *space)
{
    struct subject_info info;

    explored->subject->info(space->state, &info);
    explored->units = info.units;
    explored->base = (uint32_t)((uintptr_t)info.first % 64u);
}

static bool walk_all(struct walk *walk)
{
    struct explored *explored = walk->explored;
    size_t from = 0;

    walk->ops[0] = (struct op){.kind = OP_LARGEST};
    if (!arrive(walk, (struct node){0}, 1)) {
        return false;
    }
    if (explored->refused) {
        return true;
    }
    describe(explored, walk->space);
    for (uint32_t depth = 0; depth < explored->depth; depth++) {
        const size_t to = walk->count;

        for (; from < to; from++) {
            if (!expand(walk, from)) {
                return false;
            }
        }
        if (walk->count == to) {
            explored->closed = true;
            return true;
        }
        explored->deepest = depth + 1;
    }
    return true;
}

bool explore_heap(struct explored *explored, struct space *space)
{
    struct walk walk = {.explored = explored, .space = space};

    walk.program.header = explored->header;
    walk.program.ops = walk.ops;
    walk.program.capacity = EXHAUST_DEPTH_MAX + 2;
    walk.program.name = "";
    host_space_for(space, &walk.program, explored->subject);
    found_watch(explored, &walk.program);
    states_open(&walk.seen);
    const bool ok = walk_all(&walk);
    explored->states = walk.seen.count;
    states_close(&walk.seen);
    free(walk.nodes);
    found_watch(explored, NULL);
    return ok;
}
