/* SPDX-License-Identifier: Apache-2.0 */

/* Targets of heaps without threads: the memory of a run (static, set up once) and the runner. */

#include "target.h"

#include "host.h"
#include "shadow.h"
#include "target_internal.h"

/* A power of two no smaller than the capacity, as struct space asks. */
#define ARENA_ALIGN 0x80000u
#define ARENA_BYTES (FUZZ_CAPACITY + 8u + SPACE_GUARD)
_Static_assert(ARENA_ALIGN >= FUZZ_CAPACITY, "the arena's boundary must not depend on the address");

#define SLOTS       (1u << FUZZ_SLOTS_LOG2)
#define STATE_BYTES 4096u

/* Every binary links one file of subjects/ in one configuration, under its default name. */
extern const struct subject subject_kheap;
const struct subject *const fuzz_subject = &subject_kheap;

/* Aligned by hand: loaders before Linux 5.10 do not honour so large an alignment in an executable.
 */
static uint8_t memory[2][SPACE_GUARD + 2u * ARENA_ALIGN + ARENA_BYTES];
static uint8_t snapshot[FUZZ_CAPACITY + 8u];
static struct slot slots[2][SLOTS];
static struct model_block blocks[SLOTS + 1u];
static _Alignas(SUBJECT_STATE_ALIGN) uint8_t state[STATE_BYTES];
static _Alignas(SUBJECT_STATE_ALIGN) uint8_t shadow_state[SHADOW_STATE_BYTES];
static struct space space;
static struct run_options options;

static uint8_t *arena(uint8_t *raw)
{
    const uintptr_t first = (uintptr_t)(raw + SPACE_GUARD);
    const uintptr_t past = first % ARENA_ALIGN;

    return raw + SPACE_GUARD + (past == 0 ? 0 : ARENA_ALIGN - past);
}

/* Every oracle but that of expectations: program_limit drops them, nothing is left for it. */
const uint32_t fuzz_oracles = ORACLES_ALL & ~ORACLE_BIT(ORACLE_EXPECT);

void fuzz_open(void)
{
    if (fuzz_subject->state_bytes > STATE_BYTES) {
        host_bad_input(fuzz_subject->name, 0, "expected a state of at most %u bytes", STATE_BYTES);
    }
    space = (struct space){
        .arena = arena(memory[0]),
        .twin = arena(memory[1]),
        .snapshot = snapshot,
        .capacity = FUZZ_CAPACITY,
        .slots = slots[0],
        .twin_slots = slots[1],
        .nslots = SLOTS,
        .blocks = blocks,
        .state = state,
        .state_bytes = sizeof(state),
        .shadow_state = shadow_state,
    };
    options = run_options_default;
    /* Every program ends with a check; on the way there every sixteenth op is often enough to tell
     * where. */
    options.check_every = 16;
    options.oracles = fuzz_wanted();
}

void fuzz_run(struct program *program, enum fuzz_reach reach)
{
    struct run_options chosen = options;

    fuzz_limit(program, reach);
    if (reach == FUZZ_FORMAT_EDGE) {
        /* A quarter of a megabyte copied around every call that fails would eat the engine's time;
         * replays do it. */
        chosen.oracles &= ~ORACLE_BIT(ORACLE_UNTOUCHED);
    }
    (void)run_or_die(program, fuzz_subject, &space, &chosen, fuzz_counting(), NULL);
}

enum run_status fuzz_run_bare(struct program *program)
{
    uint32_t digest;

    fuzz_limit(program, FUZZ_SMALL_REGIONS);
    return run_bare(program, fuzz_subject, &space, &digest);
}
