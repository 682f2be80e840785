# SPDX-License-Identifier: Apache-2.0
"""Libraries that are wrong on purpose: each gate of this stage must be seen to fail on one."""

import re
import shutil
from pathlib import Path

from firmware.build import ROOT, BuildError

# A copy of lib/ with one line changed: file, a pattern that matches the line, its replacement.
FAULTS = {
    # A merge no longer tells the right neighbour how large its left neighbour has become.
    "merge": ("free.c", r"^ *left_set\(f, chunk_right\(joined, .*\);$", ""),
    # A release leaves the waiters asleep.
    "serve": ("heaps/k_heap.c", r"^ *kheap_queue_serve\(.*\);$", "(void)request_try, (void)h;"),
}

# A search that goes on through the whole free list, or nearly: what the bound is there to prevent.
LONG_SEARCH = {"extra": ("CONFIG_SYS_HEAP_ALLOC_LOOPS=255",), "tag": "-search"}


def faulty_lib(name, out, root=ROOT):
    """Path of a copy of lib/ with the fault planted; unchanged files keep their times."""
    file, pattern, line = FAULTS[name]
    copy = Path(out) / f"lib-{name}"
    source = root / "lib" / "src" / file
    text = source.read_text()
    changed, times = re.subn(pattern, line, text, flags=re.MULTILINE)
    if times != 1:
        raise BuildError(f"control {name}: expected one line like {pattern} in lib/src/{file}, "
                         f"have {times}; bring firmware/control.py up to date")
    shutil.copytree(root / "lib", copy, dirs_exist_ok=True,
                    copy_function=lambda s, d: _copy(s, d, changed if Path(s) == source else None))
    for extra in copy.rglob("*.[ch]"):
        if not (root / "lib" / extra.relative_to(copy)).exists():
            extra.unlink()
    return copy


def _copy(source, target, changed):
    target = Path(target)
    if changed is None:
        new = Path(source).read_bytes()
    else:
        new = changed.encode()
    if not target.exists() or target.read_bytes() != new:
        target.write_bytes(new)
