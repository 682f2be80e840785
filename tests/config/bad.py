#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A bad configuration fails the build with a sentence that names the option and its range: by -D,
by CMake, by Kconfig and by a .config.

usage: bad.py CC"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import kconfiglib

LIB = Path(__file__).resolve().parents[2] / "lib"
FORMATS = "exactly one of CONFIG_SYS_HEAP_AUTO, _SMALL_ONLY and _BIG_ONLY must be 1"
LEGACY = "CONFIG_HEAP_MEM_POOL_SIZE must be at most 16384 with CONFIG_HEAP_MEM_POOL_LEGACY"

# The range of each option, in the words of the sentence; by options.py those of config.h.
RANGES = {
    "CONFIG_SYS_HEAP_SMALL_ONLY": "0 or 1",
    "CONFIG_SYS_HEAP_BIG_ONLY": "0 or 1",
    "CONFIG_SYS_HEAP_AUTO": "0 or 1",
    "CONFIG_SYS_HEAP_ALLOC_LOOPS": "1 to 255",
    "CONFIG_SYS_HEAP_HARDENING_LEVEL": "0 to 2",
    "CONFIG_SYS_HEAP_RUNTIME_STATS": "0 or 1",
    "CONFIG_SYS_HEAP_ARRAY_SIZE": "0 to 255",
    "CONFIG_SYS_HEAP_LISTENER": "0 or 1",
    "CONFIG_MULTITHREADING": "0 or 1",
    "CONFIG_SYS_CLOCK_TICKS_PER_SEC": "1 to 1000000000",
    "CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC": "1 to 4294967295",
    "CONFIG_HEAP_MEM_POOL_SIZE": "0 to 2147483647",
    "CONFIG_HEAP_MEM_POOL_LEGACY": "0 or 1",
    "CONFIG_DCACHE": "0 or 1",
}
# Stands in a sentence for whatever Kconfig says between the option and its range.
MINDS = "MINDS"
# Words that #if would silently count as 0.
WORDS = ("yes", "ON", "abc", "Y2")


def beyond(span):
    low, high = (int(n) for n in span.replace("or", "to").split(" to "))
    return [str(low - 1), str(high + 1), "99999999999", *WORDS]


def combinations():
    """(options, sentence) of values that are only together wrong."""
    yield {"CONFIG_SYS_HEAP_SMALL_ONLY": "1", "CONFIG_SYS_HEAP_BIG_ONLY": "1"}, FORMATS
    yield {"CONFIG_SYS_HEAP_AUTO": "1", "CONFIG_SYS_HEAP_BIG_ONLY": "1"}, FORMATS
    yield {"CONFIG_SYS_HEAP_AUTO": "0"}, FORMATS
    yield {"CONFIG_HEAP_MEM_POOL_LEGACY": "1", "CONFIG_HEAP_MEM_POOL_SIZE": "16385"}, LEGACY
    yield {"CONFIG_HEAP_MEM_POOL_LEGACY": "1", "CONFIG_HEAP_MEM_POOL_SIZE": "65536"}, LEGACY


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


class Bad:
    def __init__(self, compiler, folder):
        self.compiler = compiler
        self.folder = Path(folder)
        self.done = 0
        self.failed = 0

    def refused(self, what, status, said, sentence):
        self.done += 1
        if status == 0 or not re.search(re.escape(sentence).replace(MINDS, ".*"), said):
            self.failed += 1
            print(f"FAILED  {what}: want '{sentence}', have status {status}: {said[-300:]}")

    def accepted(self, what, status, said):
        self.done += 1
        if status != 0:
            self.failed += 1
            print(f"FAILED  {what}: refused: {said[-300:]}")

    def compile(self, options, *more):
        return run([*self.compiler, "-fsyntax-only", f"-I{LIB}/include", *more,
                    *(f"-D{n}={v}" for n, v in options.items()), LIB / "src" / "sys_heap.c"])

    def by_define(self):
        for option, span in RANGES.items():
            for value in beyond(span):
                self.refused(f"-D{option}={value}", *self.compile({option: value}),
                             f"{option} must be {span}")
        for options, sentence in combinations():
            self.refused(f"-D {options}", *self.compile(options), sentence)
        self.accepted("defaults", *self.compile({}))
        self.accepted("legacy", *self.compile({"CONFIG_HEAP_MEM_POOL_LEGACY": "1",
                                               "CONFIG_HEAP_MEM_POOL_SIZE": "16384"}))

    def configure(self, options):
        """Configures and, when that works, compiles one file, as a build would."""
        build = self.folder / "build"
        status, said = run(["cmake", "-S", LIB, "-B", build, "--fresh", "-DKHEAP_INSTALL=OFF",
                            *(f"-D{n}={v}" for n, v in options.items())])
        if status == 0:
            status, said = run(["cmake", "--build", build])
        return status, said

    def by_cmake(self):
        for option, span in RANGES.items():
            # Two of each: the rest is by_define's.
            for value in (beyond(span)[1], "abc"):
                self.refused(f"cmake -D{option}={value}", *self.configure({option: value}),
                             f"{option} must be {span}")
        for options, sentence in (list(combinations())[0], list(combinations())[3]):
            self.refused(f"cmake {options}", *self.configure(options), sentence)
        for option, value in (("CONFIG_HEAP_MEM_POOL_ADD_SIZE_NET", "-1"),
                              ("CONFIG_HEAP_MEM_POOL_ADD_SIZE_NET", "2147483648"),
                              ("CONFIG_HEAP_MEM_POOL_ADD_SIZE_NET", "4k")):
            self.refused(f"cmake -D{option}={value}", *self.configure({option: value}),
                         f"{option} must be 0 to 2147483647")
        option = "CONFIG_HEAP_MEM_POOL_IGNORE_MIN"
        self.refused(f"cmake -D{option}=2", *self.configure({option: "2"}), f"{option} must be 0 or 1")

    def by_dotconfig(self):
        """Where the line is wrong is said too."""
        option = "CONFIG_HEAP_MEM_POOL_ADD_SIZE_NET"
        for line, sentence in ((f"{option}=4k", f".config:2: {option} must be 0 to 2147483647"),
                               (f"{option}=2147483648", f".config:2: {option} must be 0 to 2147483647"),
                               ("nonsense", ".config:2: want CONFIG_<NAME>=<value> or a comment")):
            (self.folder / ".config").write_text(f"CONFIG_DCACHE=y\n{line}\n", encoding="utf-8")
            self.refused(f".config {line}", *run([sys.executable, LIB / "kconfig_header.py",
                                                  self.folder / ".config", self.folder / "made.h"]), sentence)
            if (self.folder / "made.h").exists():
                self.failed += 1
                print("FAILED  a bad .config left a header behind")
        (self.folder / ".config").write_text("CONFIG_SYS_HEAP_ALLOC_LOOPS=0\n", encoding="utf-8")
        self.accepted("a range is config.h's business", *run(
            [sys.executable, LIB / "kconfig_header.py", self.folder / ".config", self.folder / "made.h"]))
        self.refused("and it minds it", *self.compile(
            {}, f'-DKHEAP_CONFIG_HEADER="{self.folder}/made.h"'), "CONFIG_SYS_HEAP_ALLOC_LOOPS must be 1 to 255")

    def by_kconfig(self):
        """Kconfig's own way of refusing is a warning with option and range; the default stays."""
        for option, span in RANGES.items():
            if "to" not in span:
                continue
            low, high = span.split(" to ")
            for value in (int(high) + 1, int(low) - 1):
                self.refused(f"Kconfig {option}={value}", *self.assign({option: value}),
                             f"{option.removeprefix('CONFIG_')} {MINDS} ([{low}, {high}])")
        self.refused("Kconfig legacy", *self.assign({"CONFIG_HEAP_MEM_POOL_LEGACY": "y",
                                                     "CONFIG_HEAP_MEM_POOL_SIZE": 16385}), "([0, 16384])")

    def assign(self, options):
        """As a command: status 1 and the warnings when there are any."""
        path = self.folder / "assigned"
        path.write_text("".join(f"{n}={v}\n" for n, v in options.items()), encoding="utf-8")
        tree = kconfiglib.Kconfig(str(LIB / "Kconfig"), warn_to_stderr=False)
        tree.load_config(str(path))
        tree.write_config(str(path))
        return (1 if tree.warnings else 0), " ".join(" ".join(tree.warnings).split())


def main():
    if len(sys.argv) != 2:
        print(__doc__.splitlines()[-1], file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        bad = Bad(sys.argv[1].split(), folder)
        bad.by_define()
        bad.by_cmake()
        bad.by_dotconfig()
        bad.by_kconfig()
        print(f"bad: {bad.done - bad.failed} passed, {bad.failed} failed")
        return 1 if bad.failed else 0


if __name__ == "__main__":
    sys.exit(main())
