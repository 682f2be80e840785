#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A system heap that the target cannot hold fails in the link stage; one that it can, links.

usage: link_stage.py OUT
exit status 77: a cross compiler is missing"""
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from firmware import build  # noqa: E402
from firmware.targets import TARGETS  # noqa: E402

# target: a size that fits beside the image, one that does not, and what the linker says then
CASES = {
    "microbit": (1024, 16 * 1024, "main RAM is full"),
    "m3": (1024 * 1024, 16 * 1024 * 1024, "main RAM is full"),
    "rv32": (1024 * 1024, 256 * 1024 * 1024, "RAM is full"),
}


def linked(builder, target, size, legacy):
    """None, or why there is no image."""
    build.first_error = str.strip  # all of what is said, and not the line that matters most
    build.EXTRA_FLAGS["waits"] = [f"-DCONFIG_HEAP_MEM_POOL_SIZE={size}", "-DCONFIG_DCACHE=0",
                                  f"-DCONFIG_HEAP_MEM_POOL_LEGACY={legacy}"]
    try:
        builder.image(target, "waits", "default", tag=f"-{size}-{legacy}")
    except build.BuildError as error:
        return str(error).split(": ", 1)[1]
    return None


def as_wanted(have, want):
    """The linker's own words and the compiler driver's about them, and not a line more."""
    if want is None or have is None:
        return have == want
    lines = have.splitlines()
    return (len(lines) == 2 and re.fullmatch(r"\S*ld: " + re.escape(want), lines[0])
            and lines[1] == "collect2: error: ld returned 1 exit status")


def check(builder, target, size, legacy, want):
    have = linked(builder, target, size, legacy)
    ok = as_wanted(have, want)
    backend = " legacy" if legacy else ""
    said = "an image" if have is None else have.splitlines()[0].rsplit("/", 1)[-1]
    print(f"{'ok     ' if ok else 'FAILED '} {target}{backend}: {size} bytes: {said}")
    if not ok:
        print(f"        want {want or 'an image'}, have {have}")
    return not ok


def main():
    if len(sys.argv) != 2:
        print(__doc__.splitlines()[2], file=sys.stderr)
        return 2
    if any(shutil.which(TARGETS[t].prefix + "gcc") is None for t in CASES):
        print("link stage: a cross compiler is missing")
        return 77
    builder = build.Builder(Path(sys.argv[1]))
    failed = 0
    for target, (fits, too_large, message) in CASES.items():
        failed += check(builder, target, fits, 0, None)
        failed += check(builder, target, too_large, 0, message)
    failed += check(builder, "microbit", 256, 1, None)
    failed += check(builder, "microbit", 16384, 1, "main RAM is full")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
