/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_RUNNER_INTERNAL_H
#define OPS_RUNNER_INTERNAL_H

/* What the runner's files share, and nobody else includes. */

#include "digest.h"
#include "payload.h"
#include "poison.h"
#include "runner.h"
#include "shadow.h"

/* What the contract says of the op that is being applied, worked out right before the call. */
struct forecast {
    bool called;   /* the subject was entered */
    bool known;    /* verdict is set: an allocating call on a subject the model follows */
    bool releases; /* free, or a realloc that frees */
    bool in_place; /* the contract demands the same pointer */
    bool snapped;  /* the region's bytes are in the snapshot */
    bool whole;    /* poison: fitting extents are open wholly, not only at the places of a split */
    enum verdict verdict;
    uint32_t need;  /* units asked for; 0: more than there are */
    uint32_t block; /* the slot's block in the model, or UINT32_MAX */
    size_t bytes, align;
    size_t old_bytes;           /* of the slot's block, with payload */
    struct model_search search; /* what led to the verdict */
};

/* What a heap has printed of itself so far. */
enum printed_total {
    PRINTED_UNITS,
    PRINTED_METADATA,
    PRINTED_ALLOCATED,
    PRINTED_FREE,
    PRINTED_MOST,
    PRINTED_TOTALS
};
struct printed {
    char line[64]; /* the one that is not complete; longer ones are cut */
    uint32_t used;
    uint32_t totals; /* bit i: total i was there */
    uint64_t total[PRINTED_TOTALS];
    uint32_t listed;      /* chunks of all buckets */
    uint32_t block, unit; /* where the next chunk is in the model */
    uint32_t chunks;
    const char *what; /* the first difference; NULL: none */
    uint64_t have, want;
};

/* Bytes of the region that are not what the heap has written there, in the order of writing. */
#define DAMAGE_MOST 8u
struct lie {
    uint8_t *at;
    uint8_t was[4], now[4];
    uint32_t bytes;
};
struct damage {
    uint32_t n;     /* lies; 0: none */
    bool scattered; /* in more than one word, or more than the heap must survive */
    bool ever;      /* there was some in this run */
    bool abandoned; /* a call has changed something meanwhile: nothing is promised any more */
};

/* Places remembered per call: more are rare in the heaps that fuzzers make, and are searched for.
 */
#define RUN_OPENED 16u

struct run {
    const struct program *program;
    const struct subject *subject;
    struct space *space;
    struct run_options options;
    struct run_failure *failure;
    struct heap_under_test heap;
    struct subject_info info;
    struct model *model;         /* in the space, so that a map can be drawn behind the run */
    const struct shadow *shadow; /* follows the heap where one struct model cannot; NULL: none. It
                                    is left behind as the model is */
    uint32_t oracles;            /* those that apply and are wanted */
    bool modelled; /* the model follows the heap; false for subjects that promise too little,
                      and from the moment an ignored fault led the model astray */
    bool failed;
    bool lazy;         /* the failure was found later than it happened */
    bool swept;        /* checks_sweep was the last thing done */
    bool poisoning;    /* forbidden bytes are kept up to date */
    bool suspended;    /* they would be, but all of the region is open for now */
    bool misusable;    /* the subject promises to notice misuse */
    uint32_t provoked; /* reports of it that were wanted */
    struct damage damage;
    uint32_t digest;
    uint32_t index;       /* of the current op */
    uint32_t said_usable; /* what the subject says of the op's block */
    uint32_t slots_used;  /* slots from here on were never filled */
    size_t largest;       /* largest_free right behind init */
    uint64_t free_bytes;  /* the model's, right behind init */
    const struct op *op;
    struct forecast forecast;
    struct applied_result result;
    struct run_counts counts; /* this run's own */
#if POISON_ASAN
    uint8_t *marks; /* ASan's shadow byte of unit 0's granule */
#endif
    struct model_extent opened[RUN_OPENED]; /* for the call at hand */
    uint32_t nopened;                       /* above RUN_OPENED: some are not in the list */
    uint8_t *granules; /* granule of unit 0's header: its address rounded down to 8 */
    struct apply_hooks hooks;
    struct lie lies[DAMAGE_MOST]; /* damage.n of them; not cleared, as what follows */
    struct printed printed;
};

#define TAG_SALT  0x6b686561u
#define TWIN_SALT 0x7477696eu

/* runner_text.c: messages without stdio. Text that does not fit is cut. */
struct text {
    char *out;
    size_t room, used;
};
void text_begin(struct text *text, char *out, size_t size);
void text_word(struct text *text, const char *word);
void text_number(struct text *text, uint64_t value);
void text_hex(struct text *text, uint64_t value);
/* "p3" */
void text_slot(struct text *text, uint32_t slot);
/* "+0x40" from the region's start, "-0x8" in front of it, or the address when it is far away. */
void text_place(struct text *text, const struct run *run, const uint8_t *p);

/* "have A, want B" about numbers. */
void text_have_want(struct text *text, uint64_t have, uint64_t want);
void text_signed(struct text *text, int64_t value);

/* runner.c: notes that the oracle fired; the text to fill with have and want. */
struct text run_fail(struct run *run, enum oracle oracle);
static inline bool run_wants(const struct run *run, enum oracle oracle)
{
    return (run->oracles & ORACLE_BIT(oracle)) != 0;
}
/* Counts an evaluation; false when the oracle is off. */
static inline bool run_asks(struct run *run, enum oracle oracle)
{
    if (!run_wants(run, oracle)) {
        return false;
    }
    run->counts.evaluated[oracle]++;
    return true;
}

/* runner.c: one op with everything there is to say about it; false: failed. */
bool run_step(struct run *run, const struct op *op);

/* runner_payload.c */
/* Verifies the first n bytes of a slot; false: failed. lazily: the damage may be older than this
 * op. */
bool payload_check(struct run *run, uint32_t slot, const uint8_t *p, size_t n, bool lazily);
bool payload_check_all(struct run *run);
void guards_fill(struct run *run);
bool guards_check(struct run *run);
void snapshot_take(struct run *run);
bool snapshot_check(struct run *run);
/* Is the region of one heap what it was? Without heads: but for them. Says nothing. */
bool snapshot_same(const struct run *run, bool heads);

/* runner_poison.c: which bytes the subject may touch. */
void poison_begin(struct run *run);                /* before init */
void poison_heap(struct run *run);                 /* init is done */
void poison_open(struct run *run);                 /* right before a call */
void poison_close(struct run *run);                /* right behind it */
void poison_took(struct run *run, uint32_t index); /* the model has a new or resized block */
/* These units became free; index: of the first live block behind them. */
void poison_gave(struct run *run, uint32_t unit, uint32_t units, uint32_t index);
void poison_slot(struct run *run, const struct slot *slot); /* subjects without a model */
void poison_suspend(struct run *run);                       /* all of the region is open, until */
void poison_resume(struct run *run);
void poison_end(struct run *run);

/* runner_judge.c: pointers that came back. False: failed. */
void forecast_call(struct run *run);
bool judge_result(struct run *run);
bool judge_faults(struct run *run);
/* The call just made probed at most ALLOC_LOOPS chunks: one that searches, or asks what a search
 * would find. */
bool judge_steps(struct run *run);

/* runner_blocks.c */
/* An oracle that is off let a fault pass which the model cannot represent: go on without it. */
void lose_model(struct run *run);
bool block_unit(const struct run *run, const uint8_t *p, uint32_t *unit);
bool enter_block(struct run *run); /* the result into the model; false: failed */
void leave_block(struct run *run, uint32_t index);
bool judge_contents(struct run *run);

/* True when some model follows the heap. */
static inline bool run_follows(const struct run *run)
{
    return run->modelled || run->shadow != NULL;
}

/* runner_shadow.c: heaps that a shadow follows. False: failed. */
void shadow_begin(struct run *run);
bool shadow_sees_inside(struct run *run); /* right behind init: what the heap says of itself */
void shadow_forecast(struct run *run);
bool shadow_enter(struct run *run);
bool shadow_leave(struct run *run);
size_t shadow_usable(const struct run *run, const uint8_t *p);
bool shadow_drained(struct run *run);

/* runner_events.c: what listeners were told of the op, against what it did. False: failed. */
bool events_check(struct run *run);

/* runner_damage.c: an op that OP_MISUSES, any other on a damaged heap, and the end of damage.
 * False: failed. */
bool misuse_step(struct run *run);
bool misuse_endure(struct run *run);
void misuse_mend(struct run *run);

/* runner_print.c: before the heap prints itself, each piece of what it prints, and behind it. */
void print_begin(struct run *run);
void print_text(void *run, const char *text);
bool print_judge(struct run *run);

/* runner_checks.c: the heap as a whole. */
bool checks_after_init(struct run *run);
bool checks_op(struct run *run);    /* ops that ask the heap something */
bool checks_sweep(struct run *run); /* subject's checker, statistics against a recount */
bool checks_drain(struct run *run);

/* runner_twin.c */
bool twin_agrees(struct run *run);

#endif
