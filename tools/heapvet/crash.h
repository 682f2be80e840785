/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEAPVET_CRASH_H
#define TOOLS_HEAPVET_CRASH_H

/*
 * A subject that crashes or never returns is a fault that was found, and is reported like one: from
 * here on a fatal signal, or `seconds` passing, prints FAIL with the program and the command that
 * reproduces it, and ends the process with status 1. Both names are quoted for a shell. A
 * sanitizer's own handlers are left in place.
 */
void crash_watch(const char *program, const char *subject, unsigned seconds);
void crash_watch_end(void);

#endif
