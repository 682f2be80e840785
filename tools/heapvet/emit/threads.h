/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Threads without luck: fibers over a clock that is a number, and a port of kheap's on them. Every
 * lock, unlock, sleep and clock read is a step that its fiber announces first. Where two or more
 * could be taken, choices[] says which; when it is used up, who took the last step goes on, then
 * the highest priority. An interrupt runs on top of whoever was at it, while no lock is held.
 */

#include <ucontext.h>

#define THREADS     8u
#define ENVIRONMENT 8u /* ticks and interrupts */
#define MAIN        9u /* sets up, and frees what is left */
#define STACK       (256u * 1024u)

enum step { BEGIN, LOCK, UNLOCK, CLOCK, RESUME };

struct actor {
    ucontext_t fiber;
    void (*run)(void); /* NULL: no such thread */
    enum step step;    /* announced */
    bool began, done;
    int priority, number;
    const char *text;
    struct kheap_lock *wants, *held; /* the global lock is not noted */
    struct kheap_sleeper *sleeper;
    int64_t until; /* asleep */
};

static struct actor actors[MAIN + 1u];
static char stacks[THREADS][STACK];
static unsigned current = MAIN, on_stack = MAIN, last = MAIN, locks, nchosen, next_event, nended;
static int64_t now;
static int64_t ticks_left;
static bool cleaning, refused, peeking;
static unsigned nsteps, ntold, sections;
static struct kheap_lock global_lock;

static bool is_thread(void)
{
    return current < THREADS;
}

/* ---- who can go on ---- */

static bool asleep(const struct actor *a)
{
    return a->step == RESUME && !a->sleeper->woken && now < a->until;
}

static bool can_go_on(unsigned t)
{
    const struct actor *a = &actors[t];

    if (t == ENVIRONMENT) {
        return !cleaning && (ticks_left > 0 || (next_event < nevents && locks == 0));
    }
    if (a->run == NULL || a->done || asleep(a)) {
        return false;
    }
    return (a->step != LOCK && a->step != RESUME) || a->wants->word == 0;
}

/* Who took the last step first, then the others by number; the environment comes last. */
static unsigned find_ready(unsigned *ready)
{
    unsigned n = 0;

    if (last != MAIN && can_go_on(last)) {
        ready[n++] = last;
    }
    for (unsigned i = 0; i <= ENVIRONMENT; i++) {
        if (i != last && can_go_on(i)) {
            ready[n++] = i;
        }
    }
    return n;
}

static unsigned usual_choice(const unsigned *ready, unsigned n)
{
    unsigned best = n;

    if (ready[0] == last && last != ENVIRONMENT) {
        return 0;
    }
    for (unsigned i = 0; i < n; i++) {
        if (ready[i] != ENVIRONMENT &&
            (best == n || actors[ready[i]].priority > actors[ready[best]].priority)) {
            best = i;
        }
    }
    return best == n ? 0 : best;
}

/* When nobody can go on, the clock jumps to the next deadline. False: there is none. */
static bool jump(void)
{
    int64_t next = INT64_MAX;

    for (unsigned t = 0; t < THREADS; t++) {
        const struct actor *a = &actors[t];
        if (a->run != NULL && !a->done && asleep(a) && a->until < next) {
            next = a->until;
        }
    }
    now = next == INT64_MAX ? now : next;
    return next != INT64_MAX;
}

static void begin_event(void)
{
    while (next_event < nevents && events[next_event].interrupt == NULL && ticks_left == 0) {
        ticks_left = events[next_event].ticks;
        next_event += ticks_left == 0;
    }
}

static void environment_step(void)
{
    if (ticks_left > 0) {
        now++;
        if (--ticks_left > 0) {
            return;
        }
    } else {
        const unsigned below = current;
        current = ENVIRONMENT;
        events[next_event].interrupt();
        current = below;
    }
    next_event++;
    begin_event();
}

/* The thread that takes the next step; MAIN: nobody can. */
static unsigned next_thread(void)
{
    unsigned ready[ENVIRONMENT + 1u];

    for (;;) {
        const unsigned n = find_ready(ready);
        if (n == 0 && !jump()) {
            return MAIN;
        }
        if (n == 0) {
            continue;
        }
        if (++nsteps > 100000u) {
            fails("have a call that never ends");
        }
        unsigned choice = 0;
        if (n > 1 && !cleaning && nchosen < nchoices) {
            choice = choices[nchosen++] % n;
        } else if (n > 1) {
            choice = usual_choice(ready, n);
        }
        last = ready[choice];
        if (last != ENVIRONMENT) {
            return last;
        }
        environment_step();
    }
}

static void schedule(void)
{
    const unsigned from = on_stack;
    const unsigned to = next_thread();

    if (to != from) {
        on_stack = current = to;
        (void)swapcontext(&actors[from].fiber, &actors[to].fiber);
    }
    number = actors[on_stack].number;
    text = actors[on_stack].text;
}

static void thread_body(void)
{
    actors[current].began = false;
    actors[current].run();
    actors[current].done = true;
    schedule();
}

static void fiber_begin(struct actor *a, char *stack)
{
    (void)getcontext(&a->fiber);
    a->fiber.uc_stack.ss_sp = stack;
    a->fiber.uc_stack.ss_size = STACK;
    makecontext(&a->fiber, thread_body, 0);
}

static void threads_begin(void)
{
    actors[MAIN].text = "the end";
    for (unsigned t = 0; t < THREADS; t++) {
        actors[t].run = bodies[t];
        if (bodies[t] != NULL) {
            fiber_begin(&actors[t], stacks[t]);
        }
    }
    begin_event();
    sections = 0;
}

/* ---- kheap's port ---- */

static void announce(enum step step)
{
    actors[current].step = step;
    schedule();
}

/* Inside the heap's lock the global one is no step of its own. */
static bool nested(const struct kheap_lock *lock)
{
    return lock == &global_lock && actors[current].held != NULL;
}

static void take(struct kheap_lock *lock)
{
    lock->word = current + 1u;
    locks++;
    if (lock != &global_lock) {
        actors[current].held = lock;
        sections++;
    }
}

static void give_up(struct kheap_lock *lock)
{
    lock->word = 0;
    locks--;
    if (lock != &global_lock) {
        actors[current].held = NULL;
    }
}

uintptr_t kheap_port_lock(struct kheap_lock *named)
{
    struct kheap_lock *lock = named == NULL ? &global_lock : named;

    if (is_thread() && !(nested(lock) && lock->word == 0)) {
        actors[current].wants = lock;
        announce(LOCK);
    } else if (lock->word != 0) {
        fails("have a lock taken that is held already");
    }
    take(lock);
    return 0;
}

void kheap_port_unlock(struct kheap_lock *named, uintptr_t key)
{
    struct kheap_lock *lock = named == NULL ? &global_lock : named;

    (void)key;
    if (lock->word != current + 1u) {
        fails("have a lock given up by who does not hold it");
    }
    if (is_thread() && !nested(lock)) {
        announce(UNLOCK);
    }
    give_up(lock);
}

void kheap_port_sleep(struct kheap_lock *lock, uintptr_t *key, struct kheap_sleeper *sleeper,
                      int64_t deadline)
{
    struct actor *me = &actors[current];

    (void)key;
    if (!is_thread() || lock == NULL || lock->word != current + 1u) {
        fails("have a sleep in an interrupt or without the lock");
    }
    give_up(lock);
    me->wants = lock;
    me->sleeper = sleeper;
    me->until = deadline;
    sleeper->thread = me;
    announce(RESUME);
    take(lock);
}

void kheap_port_wake(struct kheap_sleeper *sleeper)
{
    if (actors[current].held == NULL) {
        fails("have a sleeper woken without the lock");
    }
    sleeper->woken = true;
}

int64_t kheap_port_now(void)
{
    if (is_thread()) {
        announce(CLOCK);
    }
    return now;
}

int kheap_port_priority(void)
{
    return is_thread() ? actors[current].priority : 0;
}

bool kheap_port_in_isr(void)
{
    return current == ENVIRONMENT;
}

const void *kheap_port_self(void)
{
    return &actors[current];
}

/* KHEAP_ENTER() and KHEAP_STEP() of the compile line. */
void entered(const void *object);
void probed(void);
void entered(const void *object)
{
    if (object != NULL && actors[current].held == NULL && !peeking) {
        fails("have a heap or a wait queue touched without its lock");
    }
}
void probed(void)
{
}

/* Replaces the library's stop: only an interrupt that asks to wait is misuse. */
void kheap_fault(const struct kheap_fault *fault)
{
    if (current != ENVIRONMENT || fault->kind != KHEAP_FAULT_ISR_WAIT) {
        fails("have a report of misuse, %s, want none", fault->invariant);
    }
    refused = true;
}
