/* SPDX-License-Identifier: Apache-2.0 */
#include "die.h"

#include <stddef.h>

struct die_hooks die_hooks = {NULL, NULL, "heapvet run"};

_Noreturn void die(void)
{
    if (die_hooks.stop != NULL) {
        die_hooks.stop();
    }
    /* No host said how to end, or it came back: nothing behind a failure may run. */
    for (;;) {
        __builtin_trap();
    }
}
