#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each target of a heap that stands on a port finds one fault planted in that heap's own source, by an
oracle, within a bounded number of executions from its seeds; the heap as it is passes as many."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import planted  # first: it opens the way to fuzz/
import fuzz_engines

RUNS = 30_000
HEAPS = "src/heaps"
# target: file below lib/, what stands there exactly once, what it becomes
FAULTS = {
    "fuzz_multi": (f"{HEAPS}/multi_heap.c", "if (kheap_never_fits(owner, 0, bytes)) {",
                   "if (bytes > 0) {"),
    "fuzz_system": (f"{HEAPS}/system_heap.c", "return size == 0 ? 1 : size;", "return size;"),
    "fuzz_system_legacy": (f"{HEAPS}/pool_malloc.c",
                           "align > K_MEM_POOL_DESCRIPTOR ? align : K_MEM_POOL_DESCRIPTOR;",
                           "K_MEM_POOL_DESCRIPTOR;"),
    "fuzz_kheap": (f"{HEAPS}/wait.c", "(*link)->priority >= waiter->priority",
                   "(*link)->priority > waiter->priority"),
    "fuzz_pool": (f"{HEAPS}/pool_tree.c", "if (pool_block_size(pool, level) >= size) {",
                  "if (pool_block_size(pool, level) > size) {"),
}


def faulty_lib(folder, target):
    """A copy of lib/ with the target's fault."""
    lib = folder / f"lib-{target}"
    shutil.copytree(planted.ROOT / "lib", lib)
    file, old, new = FAULTS[target]
    text = (lib / file).read_text()
    if text.count(old) != 1:
        raise SystemExit(f"{file}: expected one place {old!r}, have {text.count(old)}")
    (lib / file).write_text(text.replace(old, new))
    return lib


def build(out, lib, target):
    goals = f"{out / target} {out / target}_seed_corpus.zip"
    more = {"LIB_DIR": str(lib), "MAKE_GOALS": goals}
    argv, env = fuzz_engines.build_command("address", planted.ROOT, out, 2, [target], more)
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"planted_kinds: no build\n{(done.stdout + done.stderr)[-2000:]}")


def oracle_found(out, target, folder):
    """The oracle that reported, "a crash", or None."""
    seeds = folder / "seeds"
    shutil.unpack_archive(out / f"{target}_seed_corpus.zip", seeds)
    done = subprocess.run([str(out / target), f"-runs={RUNS}", "-seed=1", "-len_control=0",
                           "-max_len=520", f"-artifact_prefix={folder}/", str(seeds)],
                          cwd=folder, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0:symbolize=0"),
                          capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return None
    named = re.search(r"^  oracle (\w+):", done.stderr, re.M)
    return named.group(1) if named else "a crash"


def main():
    wrong = []
    with tempfile.TemporaryDirectory(prefix="heapvet-planted-kinds-") as scratch:
        folder = Path(scratch)
        for target in FAULTS:
            for name, lib in (("faulty", faulty_lib(folder, target)), ("sound", planted.ROOT / "lib")):
                out, work = folder / name, folder / f"run-{name}-{target}"
                work.mkdir()
                build(out, lib, target)
                found = oracle_found(out, target, work)
                print(f"{target}, lib {name}: found {found}")
                if found == "a crash" or bool(found) != (name == "faulty"):
                    wrong.append(f"{target}, lib {name}: found {found}")
    for text in wrong:
        print(f"planted_kinds: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
