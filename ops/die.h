/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_DIE_H
#define OPS_DIE_H

/*
 * How a failure is shown and how it ends the process. Where the text goes and what ends the process
 * are the host's business: hosted programs use the defaults in host.c (stderr; abort in fuzzers,
 * exit status 1 in tools), firmware brings its own.
 */

#include "runner.h"

struct die_hooks {
    void (*write)(const char *text); /* one piece of text */
    void (*stop)(void);              /* does not return */
    const char *tool;                /* command named in the "run" line, "heapvet run" */
};
extern struct die_hooks die_hooks;

/*
 * Prints, in this order:
 *   FAIL corpus/regress/x.ops:8: free p1
 *     oracle <name>: <have_want>
 *     map  [48] 48 [3936]
 *     run  heapvet run --subject kheap-small corpus/regress/x.ops
 * A program without a file (a fuzzer's input) is printed whole as text in front. The map is there
 * when the heap can be described.
 */
void report_failure(const struct program *program, const struct subject *subject,
                    const struct run_failure *failure, const char *map);

/* Always on: never compiled away. Calls die_hooks.stop. */
_Noreturn void die(void);

#endif
