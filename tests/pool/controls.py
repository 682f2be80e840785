#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Controls of the pool's tests: plants one fault at a time in a copy of the library and sees that
the suites notice it. A fault that nothing notices fails this test.

usage: controls.py CC"""
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIB = HERE.parents[1] / "lib"
SUITES = {
    "exact": [], "wait": [], "misuse": [], "pool_malloc": [],
    "legacy": ["-DCONFIG_HEAP_MEM_POOL_SIZE=4096", "-DCONFIG_HEAP_MEM_POOL_LEGACY=1"],
    "system": ["-DCONFIG_HEAP_MEM_POOL_SIZE=4096"],
}

# suite that must notice, name, file of lib/src/heaps, text (exactly once), what it becomes
PLANTED = [
    ("exact", "partners never join", "pool_tree.c", "(bits & 0xfu) != others", "true"),
    ("exact", "three free partners join", "pool_tree.c",
     "(bits & 0xfu) != others", "__builtin_popcount(bits & 0xfu) < 2"),
    ("exact", "joining stops after one level", "pool_tree.c",
     "at.index /= PARTNERS;\n", "at.index /= PARTNERS;\n        break;\n"),
    ("exact", "a cut loses a quarter", "pool_tree.c", "at->index, 0xeu)", "at->index, 0x6u)"),
    ("exact", "the last block of the largest is never opened", "pool_tree.c",
     "pool->opened == pool->n_max", "pool->opened + 1 >= pool->n_max"),
    ("exact", "summaries are not cleared", "pool_tree.c",
     "if (*bits != 0 || words == 1) {\n            return;", "{\n            return;"),
    ("exact", "the search starts a level too high", "pool_tree.c",
     "bits_next(pool, start)", "bits_next(pool, level > 0 ? level_start(pool, level - 1) : start)"),
    ("exact", "the search starts one bit late", "pool_tree.c",
     "bits_next(pool, start)", "bits_next(pool, start + 1)"),
    ("wait", "a free serves nobody", "mem_pool.c",
     "    kheap_queue_serve(&pool->waiters, attempt, pool);\n", ""),
    ("wait", "no last attempt at the deadline", "mem_pool.c",
     "served || attempt(pool, &me->waiter)", "served"),
    ("wait", "-EAGAIN without waiting", "mem_pool.c",
     "attempt(pool, &me->waiter) ? 0 : -ENOMEM", "attempt(pool, &me->waiter) ? 0 : -EAGAIN"),
    ("misuse", "a double free goes unnoticed", "pool_fault.c",
     "pool_is_used(pool, at) ? POOL_SOUND : POOL_NOT_USED", "POOL_SOUND"),
    ("misuse", "a seal does not know its address", "pool_malloc.c", "fold(ptr) *", "7u *"),
    ("misuse", "a freed block keeps its seal", "pool_malloc.c",
     "descriptor_of(ptr)->seal = ~descriptor_of(ptr)->seal;", ""),
    ("pool_malloc", "the descriptor is not counted", "pool_malloc.c",
     "pool_level_for(pool, size + front)", "pool_level_for(pool, size)"),
    ("pool_malloc", "a size wraps", "pool_malloc.c", "size > SIZE_MAX - front", "false"),
    ("legacy", "k_realloc always stays", "pool_malloc.c", "*same = size <= *usable &&",
     "*same = size <= *usable || "),
    ("legacy", "an alignment above the descriptor is not counted", "pool_malloc.c",
     "align > K_MEM_POOL_DESCRIPTOR ? align : K_MEM_POOL_DESCRIPTOR", "K_MEM_POOL_DESCRIPTOR"),
    ("legacy", "k_calloc does not zero", "system_heap_legacy.c", "(ptr, 0, nmemb * size)",
     "(ptr, 0, 0)"),
    ("legacy", "a product overflows", "system_heap_legacy.c", "nmemb > SIZE_MAX / size", "false"),
    ("system", "k_malloc(0) is NULL", "system_heap.c", "return size == 0 ? 1 : size;",
     "return size;"),
    ("system", "k_realloc to 0 bytes keeps the block", "system_heap.c",
     "        k_free(ptr);\n        return NULL;", "        return NULL;"),
]


class Controls:
    def __init__(self, compiler, folder):
        self.compiler = compiler
        self.folder = Path(folder)
        self.sound = {suite: self._library(suite) for suite in SUITES}

    def _flags(self, suite, home=LIB / "src"):
        return ["-std=gnu11", "-O1", f"-I{LIB}/include", f"-I{home}", f"-I{HERE}",
                '-DKHEAP_CONFIG_HEADER="probe.h"', *SUITES[suite]]

    def _compile(self, suite, source, out, home=LIB / "src"):
        subprocess.run([*self.compiler, *self._flags(suite, home), "-c", source, "-o", out],
                       check=True)
        return out

    def _library(self, suite):
        """{source: object} of everything a suite is linked from."""
        shared = ["system.c"] if suite in ("legacy", "system") else []
        sources = [*sorted((LIB / "src").rglob("*.c")),
                   *(HERE / name for name in ("port.c", f"test_{suite}.c", *shared))]
        # Suites of the same configuration share their objects.
        home = self.folder / f"objects{list(SUITES.values()).index(SUITES[suite])}"
        home.mkdir(exist_ok=True)
        objects = {s: home / f"{s.stem}.o" for s in sources}
        for source, out in objects.items():
            if not out.exists():
                self._compile(suite, source, out)
        return objects

    def run(self, suite, objects):
        program = self.folder / "program"
        subprocess.run([*self.compiler, *objects, "-lcmocka", "-o", program], check=True)
        try:
            return subprocess.run([program], capture_output=True, timeout=60, check=False).returncode
        except subprocess.TimeoutExpired:
            return None

    def noticed(self, suite, name, old, new):
        source = LIB / "src" / "heaps" / name
        text = source.read_text(encoding="utf-8")
        if text.count(old) != 1:
            print(f"have {text.count(old)} places in {name}, want 1: update this script")
            return False
        planted = self.folder / "heaps"
        planted.mkdir(exist_ok=True)
        copy = planted / name
        copy.write_text(text.replace('#include "../', f'#include "{LIB}/src/').replace(old, new),
                        encoding="utf-8")
        subprocess.run([*self.compiler, *self._flags(suite), f"-I{source.parent}", "-c", copy, "-o",
                        planted / "planted.o"], check=True)
        objects = {**self.sound[suite], source: planted / "planted.o"}
        return self.run(suite, objects.values()) != 0


def main():
    if len(sys.argv) != 2:
        print(__doc__.splitlines()[-1], file=sys.stderr)
        return 2
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        controls = Controls(sys.argv[1].split(), folder)
        for suite, objects in controls.sound.items():
            if controls.run(suite, objects.values()) != 0:
                print(f"the library as it is fails {suite}")
                missed += 1
        for suite, name, file, old, new in PLANTED:
            noticed = controls.noticed(suite, file, old, new)
            print(f"{'noticed' if noticed else 'MISSED '}  {suite}: {name}")
            missed += not noticed
    print(f"{len(PLANTED)} planted, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
