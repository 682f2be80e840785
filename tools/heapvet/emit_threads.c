/* SPDX-License-Identifier: Apache-2.0 */

/* Programs with threads. */

#include "emit.h"

void emit_threads(struct emit *emit)
{
    cli_usage("emit-c", "expected a program without threads, have %s", emit->name);
}
