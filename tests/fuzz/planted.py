# SPDX-License-Identifier: Apache-2.0
"""A copy of lib/ with one line of the merge taken out, and a context for the fuzz stage that fuzzes it."""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "fuzz"), str(ROOT / "tools" / "vet")]

import context  # noqa: E402
import fuzz_jobs  # noqa: E402

# The chunk behind a merged one is told how long its left neighbour is now.
MERGE_FILE, MERGE_FUNCTION, MERGE_LINE = "free.c", "join", r"\bleft_set\(.*\);$"


def drop_line(path, function, pattern):
    """Takes the first line of a function that matches out of a C file; returns it."""
    lines = path.read_text().splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if re.search(rf"\b{function}\(", line)
              and line[0] not in " \t*/#" and not line.rstrip().endswith(";")]
    if not starts:
        raise SystemExit(f"{path}: expected a function {function}, found none")
    for i in range(starts[0], len(lines)):
        if lines[i].startswith("}"):
            break
        if re.search(pattern, lines[i].rstrip()):
            dropped = lines.pop(i)
            path.write_text("".join(lines))
            return dropped.strip()
    raise SystemExit(f"{path}: expected a line {pattern} in {function}, found none")


def faulty_lib(folder):
    """Copies lib/ into folder and drops the line; returns (the copy, the line)."""
    lib = folder / "lib"
    shutil.copytree(ROOT / "lib", lib)
    return lib, drop_line(lib / "src" / MERGE_FILE, MERGE_FUNCTION, MERGE_LINE)


def fuzz_context(folder, lib, heapvet, seconds):
    """What run() of fuzz/stage.py takes; everything it writes goes below folder."""
    ctx = context.Context(context.Screen(), quick=True, seconds=seconds, jobs=2)
    ctx.screen.begin("fuzz")
    ctx.heapvet = Path(heapvet).resolve()
    ctx.fuzz_places = fuzz_jobs.Places(ROOT, folder / "build", folder / "out", folder / "work", lib)
    return ctx
