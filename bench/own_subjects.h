/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OWN_SUBJECTS_H
#define BENCH_OWN_SUBJECTS_H

/*
 * The subjects of the benchmarks. kheap is built for them alone, optimised and without the probe
 * counter that tests need; so its names here stand for other objects than in subjects.h.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct subject;

/*
 * NULL-terminated, what is measured unless --subject says otherwise: kheap in four configurations,
 * first fit, libc, and "empty", which does nothing at all: what the harness itself costs inside the
 * measured time.
 */
extern const struct subject *const bench_subjects[];

/* By name, kheap-slow included; NULL: no such name. */
const struct subject *bench_subjects_find(const char *name);

/* The control of the cycle gate: kheap-small, but alloc also waits for 300 dependent adds. Its name
 * begins with kheap, so the gate applies to it, and must not let it pass. */
#define BENCH_CONTROL "kheap-slow"

#ifdef __cplusplus
}
#endif

#endif
