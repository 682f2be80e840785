/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OWN_SUBJECTS_H
#define BENCH_OWN_SUBJECTS_H

/* Subjects that only the benchmarks have a use for. */

#ifdef __cplusplus
extern "C" {
#endif

struct subject;

/* The control of the cycle gate: kheap-small, but alloc also waits for 300 dependent adds. Its name
 * begins with kheap, so the gate applies to it, and must not let it pass. */
extern const struct subject *subject_kheap_slow(void);

/* Does nothing at all: what the harness itself costs inside the timed window. alloc hands out
 * addresses that nobody uses. */
extern const struct subject subject_empty;

#ifdef __cplusplus
}
#endif

#endif
