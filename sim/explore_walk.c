/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

#include <string.h>

#include "host.h"

/*
 * Depth first over the choices of one program. Nothing is undone: each run starts from the
 * program's first step, repeats the moves of the frames on the stack and then takes the first move
 * of each new choice; afterwards the last frame that has another move takes it.
 */

#define FREE_TICKS 1000u /* more than any program needs: what is ahead comes nearer at each */

static uint32_t index_of(const struct sim_enabled *enabled, uint32_t n, const struct move *move)
{
    for (uint32_t i = 0; i < n; i++) {
        if (enabled[i].actor == move->actor && enabled[i].step == move->step) {
            return i;
        }
    }
    host_bad_input("explore", 0,
                   "expected step %u of actor %u again, have none: a run does not "
                   "repeat",
                   move->step, move->actor);
}

static uint32_t take(struct walk *walk, const struct sim_view *view,
                     const struct sim_enabled *enabled, uint32_t n, const struct move *move)
{
    moves_taken(&walk->memory, view, move);
    return index_of(enabled, n, move);
}

static uint32_t choose(void *context, const struct sim_view *view,
                       const struct sim_enabled *enabled, uint32_t n)
{
    struct walk *walk = context;
    struct frame fresh;
    bool open = false;
    if (walk->mode == WALK_RAW) {
        moves_raw(walk->explored, view, enabled, n, &fresh.list);
    } else {
        moves_reduced(&walk->memory, walk->explored, view, enabled, n, &fresh.list, &open);
    }
    if (walk->depth < walk->nframes && fresh.list.n > 1) {
        const struct frame *frame = &walk->frames[walk->depth++];
        return take(walk, view, enabled, n, &frame->list.moves[frame->at]);
    }
    bool new_ground = walk->depth == walk->nframes && walk->nframes > 0;
    if (new_ground && open && walk->mode == WALK_PRUNED &&
        !state_set_insert(walk->seen, state_digest(walk->explored, view))) {
        walk->met = true;
        return SIM_STOP;
    }
    if (fresh.list.n == 1) {
        return take(walk, view, enabled, n, &fresh.list.moves[0]);
    }
    if (walk->nframes == WALK_DEPTH) {
        host_bad_input("explore", 0, "expected at most %u choices in a run, have more", WALK_DEPTH);
    }
    walk->counts.choices++;
    fresh.at = walk->seed == 0 ? 0 : draw(&walk->seed, fresh.list.n);
    walk->frames[walk->nframes++] = fresh;
    walk->depth = walk->nframes;
    return take(walk, view, enabled, n, &fresh.list.moves[fresh.at]);
}

static enum sim_end run(struct walk *walk, const struct explored *explored, bool record,
                        struct run_failure *failure)
{
    struct sim_scheduler scheduler = {choose, walk};
    struct sim_options options = {.oracles = ORACLES_ALL,
                                  .scheduler = &scheduler,
                                  .free_ticks = FREE_TICKS,
                                  .record = record};
    walk->explored = explored;
    walk->depth = 0;
    walk->met = false;
    moves_begin(&walk->memory);
    return sim_run(&explored->program, walk->subject, &options, &walk->sim, failure);
}

static bool next_choice(struct walk *walk)
{
    while (walk->nframes > 0) {
        struct frame *last = &walk->frames[walk->nframes - 1u];
        if (last->at + 1u < last->list.n) {
            last->at++;
            return true;
        }
        walk->nframes--;
    }
    return false;
}

static void note_end(struct walk *walk, const struct explored *explored)
{
    const struct sim_view *view = sim_last_view();
    if (walk->outcomes != NULL) {
        state_set_insert(walk->outcomes, outcome_digest(explored, view));
    }
    if (walk->ends != NULL) {
        state_set_insert(walk->ends, state_digest(explored, view));
    }
}

bool walk_program(struct walk *walk, const struct explored *explored, struct run_failure *failure)
{
    uint64_t runs = 0;
    walk->nframes = 0;
    do {
        enum sim_end end = run(walk, explored, false, failure);
        if (end == SIM_FAILED) {
            return false;
        }
        if (end == SIM_NOT_FIT) {
            walk->counts.unfit++;
            return true;
        }
        if (walk->met) {
            walk->counts.pruned++;
        } else {
            walk->counts.schedules++;
            note_end(walk, explored);
        }
        if (walk->runs_max != 0 && ++runs >= walk->runs_max) {
            walk->counts.cut++;
            return true;
        }
    } while (next_choice(walk));
    return true;
}

bool walk_random(struct walk *walk, const struct explored *explored, uint64_t runs, uint64_t seed,
                 struct run_failure *failure)
{
    enum walk_mode mode = walk->mode;
    bool good = true;
    walk->mode = WALK_REDUCED;
    walk->seed = seed | 1u;
    for (uint64_t i = 0; i < runs && good; i++) {
        walk->nframes = 0;
        good = run(walk, explored, false, failure) != SIM_FAILED;
        walk->counts.schedules += good;
    }
    walk->seed = 0;
    walk->mode = mode;
    return good;
}

enum sim_end walk_replay(struct walk *walk, const struct explored *explored,
                         struct run_failure *failure)
{
    /* The failing run itself has entered its states: they must not end it now. */
    enum walk_mode mode = walk->mode;
    walk->mode = mode == WALK_PRUNED ? WALK_REDUCED : mode;
    enum sim_end end = run(walk, explored, true, failure);
    walk->mode = mode;
    return end;
}
