/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BUGS_CANARY_H
#define BUGS_CANARY_H

/*
 * What a patch of the bug bank plants beside its fault; force-included into the library it is
 * applied to. A bug that was reached but not triggered, or triggered but not detected, says which
 * of the testbed's parts is weak: the inputs or the oracles.
 *
 * KHEAP_BUG_REACHED()           the faulty place was executed
 * KHEAP_BUG_TRIGGERED(condition) with this true, the state now differs from what correct code
 *                               would have made it
 *
 * The condition has no && || or ?: of its own, use & and |: a branch would be counted as coverage,
 * and lead the fuzzer to the very bug it shall find by itself.
 */
#ifdef KHEAP_BUG_COUNTED
void bug_canary_note(unsigned canary, int seen);

#define KHEAP_BUG_REACHED()            bug_canary_note(0u, 1)
#define KHEAP_BUG_TRIGGERED(condition) bug_canary_note(1u, (condition) != 0)
#else
/* Built without canary.c, such as for a reproducer. */
#define KHEAP_BUG_REACHED()            ((void)0)
#define KHEAP_BUG_TRIGGERED(condition) ((void)(condition))
#endif

#endif
