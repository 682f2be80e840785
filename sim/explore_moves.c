/* SPDX-License-Identifier: Apache-2.0 */
#include "explore.h"

/*
 * Which of the enabled steps are worth a choice. docs/SCHEDULES.md argues each reduction at length:
 *
 * - What a thread does between giving a lock up and its next announcement, and between the start of
 *   an op and its first one, touches nothing another actor looks at: no choice (BEGIN, UNLOCK).
 * - While a lock is held no other thread gets in and no interrupt comes, so the holder goes on.
 * - Reading the clock commutes with everything but a tick, so it is moved to the right until the
 *   thread's own next step, or to just in front of a tick. A thread that wakes commutes with all.
 * - Time is only looked at in differences to deadlines, so it advances only while a deadline lies
 *   ahead. A tick may be preceded by reads of the clock, in the threads' order.
 */

void moves_begin(struct move_memory *memory)
{
    *memory = (struct move_memory){.fused = SIM_ACTORS};
}

static void add(struct move_list *list, const struct sim_enabled *enabled, enum move_kind kind)
{
    list->moves[list->n] = (struct move){enabled->actor, enabled->step, (uint8_t)kind};
    list->n++;
}

static void only(struct move_list *list, const struct sim_enabled *enabled)
{
    list->n = 0;
    add(list, enabled, MOVE_GO);
}

static const struct sim_enabled *find(const struct sim_enabled *enabled, uint32_t n, uint32_t actor)
{
    for (uint32_t i = 0; i < n; i++) {
        if (enabled[i].actor == actor) {
            return &enabled[i];
        }
    }
    return NULL;
}

/* Does the op that this thread is in, or before which it stands, wait for a limited time? */
static bool waits_a_while(const struct sim_view *view, uint32_t thread)
{
    const struct sim_actor *a = &view->actors[thread];
    if (a->op >= view->program->nops) {
        return false;
    }
    uint8_t wait = view->program->ops[a->op].wait;
    return wait != 0 && wait != WAIT_FOREVER;
}

/* A tick changes the distance to something that somebody waits for. */
static bool deadline_ahead(const struct explored *explored, const struct sim_view *view)
{
    for (uint32_t t = 0; t < explored->threads; t++) {
        const struct sim_actor *a = &view->actors[t];
        if (a->status == SIM_DONE || a->in_op == 0) {
            continue;
        }
        bool wanted = a->deadline != INT64_MAX && a->deadline > view->now;
        bool asked =
            a->status == SIM_ASLEEP && a->sleeps_until != INT64_MAX && a->sleeps_until > view->now;
        if (wanted || asked) {
            return true;
        }
    }
    return false;
}

/* An op's begin and end look at its slot. Where two threads use one slot, it matters which of them
 * does so first. */
static bool slot_is_shared(const struct explored *explored, uint32_t thread)
{
    return explored->shared && (thread == 0 || thread + 1u == explored->threads);
}

/* What is in front of everything: the program's setup, and steps that nobody can tell from later
 * ones. */
static const struct sim_enabled *no_choice(const struct explored *explored,
                                           const struct sim_view *view,
                                           const struct sim_enabled *enabled, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct sim_actor *a = &view->actors[enabled[i].actor];
        if (enabled[i].step == SIM_ISR && a->op < explored->setup) {
            return &enabled[i];
        }
        if (enabled[i].step == SIM_BEGIN && a->op < explored->setup) {
            return &enabled[i];
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct sim_actor *a = &view->actors[enabled[i].actor];
        if (enabled[i].actor == SIM_ENVIRONMENT) {
            continue;
        }
        if (slot_is_shared(explored, enabled[i].actor) &&
            (enabled[i].step == SIM_BEGIN || enabled[i].step == SIM_UNLOCK)) {
            continue;
        }
        bool inside = a->holds != 0 && enabled[i].step != SIM_CLOCK;
        bool alone = enabled[i].step == SIM_CLOCK && !waits_a_while(view, enabled[i].actor);
        if (enabled[i].step == SIM_BEGIN || enabled[i].step == SIM_UNLOCK || inside || alone) {
            return &enabled[i];
        }
    }
    return NULL;
}

/* The thread whose last step was moved to the right until here. */
static const struct sim_enabled *fused(const struct move_memory *memory,
                                       const struct sim_view *view,
                                       const struct sim_enabled *enabled, uint32_t n)
{
    if (memory->fused == SIM_ACTORS) {
        return NULL;
    }
    const struct sim_actor *a = &view->actors[memory->fused];
    if (a->op != memory->op || a->in_op != memory->in_op + 1u) {
        return NULL;
    }
    return find(enabled, n, memory->fused);
}

static bool still_ticking(const struct move_memory *memory, const struct sim_view *view)
{
    const struct sim_actor *a = &view->actors[memory->actor];
    return memory->ticking && memory->now == view->now && a->op == memory->op &&
           a->in_op == memory->in_op + 1u;
}

static void add_ticks(struct move_list *list, const struct explored *explored,
                      const struct sim_view *view, const struct sim_enabled *enabled, uint32_t n,
                      uint32_t from)
{
    for (uint32_t i = 0; i < n; i++) {
        if (enabled[i].step == SIM_TICK && deadline_ahead(explored, view)) {
            add(list, &enabled[i], MOVE_GO);
        }
        if (enabled[i].step == SIM_CLOCK && enabled[i].actor >= from) {
            add(list, &enabled[i], MOVE_CLOCK_FOR_TICK);
        }
    }
}

void moves_reduced(struct move_memory *memory, const struct explored *explored,
                   const struct sim_view *view, const struct sim_enabled *enabled, uint32_t n,
                   struct move_list *list, bool *open)
{
    *open = false;
    list->n = 0;
    const struct sim_enabled *one = no_choice(explored, view, enabled, n);
    if (one == NULL) {
        one = fused(memory, view, enabled, n);
    }
    if (one != NULL) {
        only(list, one);
        return;
    }
    if (still_ticking(memory, view)) {
        add_ticks(list, explored, view, enabled, n, memory->actor + 1u);
        if (list->n > 0) {
            return;
        }
    }
    bool held = false;
    for (uint32_t t = 0; t < explored->threads; t++) {
        held = held || view->actors[t].holds != 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        bool stays_out =
            held && view->actors[enabled[i].actor].holds == 0 && enabled[i].step != SIM_BEGIN;
        if (enabled[i].step != SIM_TICK && !stays_out) {
            add(list, &enabled[i], MOVE_GO);
        }
    }
    add_ticks(list, explored, view, enabled, n, 0);
    if (list->n == 0) {
        only(list, &enabled[0]);
    }
    *open = !held;
}

void moves_raw(const struct explored *explored, const struct sim_view *view,
               const struct sim_enabled *enabled, uint32_t n, struct move_list *list)
{
    list->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct sim_actor *a = &view->actors[enabled[i].actor];
        bool setup =
            a->op < explored->setup && (enabled[i].step == SIM_ISR || enabled[i].step == SIM_BEGIN);
        if (setup) {
            only(list, &enabled[i]);
            return;
        }
        if (enabled[i].step != SIM_TICK || deadline_ahead(explored, view)) {
            add(list, &enabled[i], MOVE_GO);
        }
    }
    if (list->n == 0) {
        only(list, &enabled[0]);
    }
}

void moves_taken(struct move_memory *memory, const struct sim_view *view, const struct move *move)
{
    const struct sim_actor *a = &view->actors[move->actor];
    bool moved_right = move->step == SIM_CLOCK || move->step == SIM_RESUME;
    memory->ticking = move->kind == MOVE_CLOCK_FOR_TICK;
    memory->fused = moved_right && !memory->ticking ? move->actor : SIM_ACTORS;
    memory->actor = move->actor;
    memory->op = a->op;
    memory->in_op = a->in_op;
    memory->now = view->now;
}
