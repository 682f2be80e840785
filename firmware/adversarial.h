/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FIRMWARE_ADVERSARIAL_H
#define FIRMWARE_ADVERSARIAL_H

#include <stdbool.h>

#include "subject.h"

/*
 * Heaps of 10, 100 and 1,000 free chunks that are alike but for that number, and the same battery
 * of calls on each: whatever depends on how many chunks are free shows as a different worst case.
 * begin(name) is called before each battery. False, with a line that says why: a heap could not be
 * built as meant, or a call failed that must not.
 */
bool adversarial_run(const struct subject *subject, void (*begin)(const char *name));

#endif
