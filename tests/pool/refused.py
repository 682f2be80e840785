#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What must not compile, and says which rule was broken; and what must not link.

usage: refused.py CC"""
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib"

MIN = "min_size must be at least 16 and a multiple of 8"
MAX = "max_size must be min_size * 4^k, k from 0 to 11, and at most 2^31"
COUNT = "n_max must be at least 1, and n_max * max_size / min_size at most 2^24"
ALIGN = "align must be a power of two"

# min, max, n_max, align: the rule that the compiler names; None: it compiles.
POOLS = {
    "64, 64, 1, 4": None,
    "64, 16384, 1, 4": None,
    "16, 16, 3, 1": None,
    "40, 2560, 7, 1024": None,
    "16u, 16u << 22, 1, 8": None,
    "8, 32, 1, 8": MIN,
    "0, 0, 1, 8": MIN,
    "4, 256, 1, 8": MIN,
    "20, 80, 1, 8": MIN,
    "68, 272, 1, 8": MIN,
    "64, 128, 1, 8": MAX,
    "64, 512, 1, 8": MAX,
    "64, 192, 1, 8": MAX,
    "64, 2048, 1, 8": MAX,
    "64, 32, 1, 8": MAX,
    "64, 0, 1, 8": MAX,
    "64, 260, 1, 8": MAX,
    "16, 16 << 24, 1, 8": MAX,
    "64, 256, 0, 8": COUNT,
    "64, 256, -1, 8": COUNT,
    "16, 64, 0x400001, 8": COUNT,
    "64, 256, 1, 0": ALIGN,
    "64, 256, 1, 3": ALIGN,
    "64, 256, 1, 12": ALIGN,
}

CALLS = {
    "k_malloc": "k_malloc(1)",
    "k_calloc": "k_calloc(1, 1)",
    "k_aligned_alloc": "k_aligned_alloc(8, 1)",
    "k_realloc": "k_realloc(0, 1)",
}


class Refused:
    def __init__(self, compiler, folder):
        self.compiler = compiler
        self.folder = Path(folder)
        self.failed = 0
        self.done = 0

    def check(self, ok, text):
        self.done += 1
        self.failed += not ok
        if not ok:
            print(f"FAILED  {text}")

    def cc(self, *argv):
        return subprocess.run([*self.compiler, "-std=gnu11", f"-I{LIB}/include", *map(str, argv)],
                              capture_output=True, text=True, check=False)

    def pools(self, suffix, flags):
        source = self.folder / f"define.{suffix}"
        for arguments, rule in POOLS.items():
            source.write_text("#include <kheap/mem_pool.h>\n"
                              f"K_MEM_POOL_DEFINE(pool, {arguments});\n")
            done = self.cc(*flags, "-fsyntax-only", source)
            if rule is None:
                self.check(done.returncode == 0, f"{suffix}: {arguments} compiles: {done.stderr}")
            else:
                said = f"K_MEM_POOL_DEFINE: {rule}" in done.stderr
                self.check(done.returncode != 0 and said,
                           f"{suffix}: {arguments}: want the sentence '{rule}', "
                           f"have status {done.returncode}: {done.stderr[:300]}")

    def built_library(self, name, defines):
        """An archive, as users link it: an object nobody needs is left out."""
        home = self.folder / name
        home.mkdir()
        for source in [*sorted((LIB / "src").rglob("*.c")), LIB / "port" / "none" / "port.c"]:
            done = self.cc("-O1", *defines, "-c", source, "-o", home / f"{source.parent.name}-{source.stem}.o")
            if done.returncode != 0:
                raise SystemExit(f"refused: {source}: {done.stderr[:500]}")
        subprocess.run(["ar", "rc", home / "libkheap.a", *home.glob("*.o")], check=True)
        return home / "libkheap.a"

    def program(self, library, defines, statement):
        source = self.folder / "main.c"
        source.write_text("#include <kheap/mem_pool.h>\n#include <kheap/system_heap.h>\n"
                          f"int main(void)\n{{\n    {statement};\n    return 0;\n}}\n")
        return self.cc(*defines, source, library, "-o", self.folder / "main")

    def links(self, name, defines, heap):
        library = self.built_library(name, defines)
        for function, call in CALLS.items():
            done = self.program(library, defines, f"k_free({call})")
            if heap:
                self.check(done.returncode == 0, f"{name}: {function} links: {done.stderr[-300:]}")
            else:
                said = f"undefined reference to `{function}'" in done.stderr
                self.check(done.returncode != 0 and said and done.stderr.count("undefined") == 1,
                           f"{name}: want {function} undefined, have {done.stderr[-300:]}")
        done = self.program(library, defines, "k_free(0)")
        self.check(done.returncode == 0, f"{name}: k_free links: {done.stderr[-300:]}")
        if not heap:
            symbols = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
            self.check("kheap_system" not in symbols, f"{name}: there is a heap object")


def main():
    if len(sys.argv) != 2:
        print(__doc__.splitlines()[-1], file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        refused = Refused(sys.argv[1].split(), folder)
        refused.pools("c", [])
        refused.links("size 0", [], heap=False)
        refused.links("size 0 legacy", ["-DCONFIG_HEAP_MEM_POOL_LEGACY=1"], heap=False)
        refused.links("size 4096", ["-DCONFIG_HEAP_MEM_POOL_SIZE=4096"], heap=True)
        refused.links("size 4096 legacy", ["-DCONFIG_HEAP_MEM_POOL_SIZE=4096",
                                           "-DCONFIG_HEAP_MEM_POOL_LEGACY=1"], heap=True)
        print(f"refused: {refused.done - refused.failed} passed, {refused.failed} failed")
        return 1 if refused.failed else 0


if __name__ == "__main__":
    sys.exit(main())
