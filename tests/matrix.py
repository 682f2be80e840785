#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the plain runner in every configuration and runs it: compilers x header formats x
hardening levels x pointer widths, sanitizers, other ALLOC_LOOPS, statistics off, and canaries that
must fail.

usage: matrix.py [--only TEXT] [--jobs N] [--list] BUILD_FOLDER"""
import argparse
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
WARNINGS = ("-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wundef -Wcast-align -Wvla "
            "-Werror").split()
INCLUDES = [f"-I{ROOT / folder}" for folder in ("ops", "subjects", "lib/include", "lib/src")]
M32 = ["-m32", "-idirafter", "/usr/include/x86_64-linux-gnu"]
NO_RECOVER = ["-g", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
COMPILERS = ("gcc", "clang-14", "clang-19")
FORMATS = {"small": ["-DCONFIG_SYS_HEAP_SMALL_ONLY=1"], "big": ["-DCONFIG_SYS_HEAP_BIG_ONLY=1"],
           "auto": []}
SEEDS = ROOT / "corpus" / "seeds"
RUN_SECONDS = 300


class Cell:
    """One configuration: how it is built, what it is given, how it must end."""

    def __init__(self, tools, name, defines, arguments=(), canary=None):
        self.tools = tools  # compiler and flags: cells with the same share ops and reference
        self.name = name
        self.defines = list(defines)
        self.arguments = [str(argument) for argument in arguments]
        self.canary = canary  # text its output must hold, with a status that is not 0


def plain_cells():
    # The library chooses other code when it is built for size, so half of the cells are.
    for number, compiler in enumerate(COMPILERS):
        for width, flags in (("64", []), ("32", M32)):
            optimise = "-Os" if (number + (width == "32")) % 2 else "-O2"
            tools = (compiler, optimise, *flags)
            for form, defines in FORMATS.items():
                for level in (0, 1, 2):
                    yield Cell(tools, f"{compiler} {optimise} {width}-bit {form} level {level}",
                               [*defines, f"-DCONFIG_SYS_HEAP_HARDENING_LEVEL={level}"], [SEEDS])


def other_cells():
    for width, flags in (("64", []), ("32", M32)):
        tools = ("gcc", "-Os" if flags else "-O2", *flags)
        for form, defines in FORMATS.items():
            for loops in (1, 255):
                yield Cell(tools, f"gcc {width}-bit {form} loops {loops}",
                           [*defines, f"-DCONFIG_SYS_HEAP_ALLOC_LOOPS={loops}"], [SEEDS])
            yield Cell(tools, f"gcc {width}-bit {form} statistics off",
                       [*defines, "-DCONFIG_SYS_HEAP_RUNTIME_STATS=0"], [SEEDS])


def sanitizer_cells():
    for compiler in ("gcc", "clang-19"):
        for sanitizer, flags in (("address", []), ("undefined", []), ("address", M32)):
            tools = (compiler, "-O1", f"-fsanitize={sanitizer}", *NO_RECOVER, *flags)
            width = "32" if flags else "64"
            for form, defines in FORMATS.items():
                if flags and form == "auto":
                    continue
                yield Cell(tools, f"{compiler} {width}-bit {sanitizer} {form} level 2",
                           [*defines, "-DCONFIG_SYS_HEAP_HARDENING_LEVEL=2"], [SEEDS])
    tools = ("clang-19", "-O1", "-fsanitize=memory", *NO_RECOVER)
    for form, defines in FORMATS.items():
        yield Cell(tools, f"clang-19 64-bit memory {form}", defines, ["--files-only", SEEDS])


def canary_cells():
    """Each must be seen to fail, or the matrix checks nothing."""
    rows = (
        ("gcc", None, "wrong expectation", 1, "1 failed"),
        ("gcc", "address", "read behind the region", 2, "AddressSanitizer"),
        ("clang-19", "address", "read behind the region", 2, "AddressSanitizer"),
        ("gcc", "undefined", "shift too far", 3, "runtime error"),
        ("clang-19", "undefined", "shift too far", 3, "runtime error"),
        ("clang-19", "memory", "old contents of the region", 4, "MemorySanitizer"),
        ("gcc", None, "checker that sees nothing", 5, "two free neighbours: sound"),
        ("gcc", None, "misuse never reported", 6, "want one report"),
        ("gcc", None, "free that writes behind the region", 7, "a write outside the region"),
    )
    for compiler, sanitizer, name, number, text in rows:
        tools = (compiler, "-O2")
        if sanitizer:
            tools = (compiler, "-O1", f"-fsanitize={sanitizer}", *NO_RECOVER)
        defines = [f"-DPLAIN_CANARY={number}", "-DCONFIG_SYS_HEAP_HARDENING_LEVEL=2"]
        yield Cell(tools, f"canary {compiler} {name}", defines, ["--files-only"], canary=text)


def warnings(tools):
    """Sanitizer instrumentation makes gcc warn of conversions that nobody wrote."""
    return [] if any(flag.startswith("-fsanitize") for flag in tools) else WARNINGS


def tail(text):
    return "\n".join("    " + line for line in text.strip().splitlines()[-12:])


def run(argv, seconds):
    try:
        return subprocess.run([str(word) for word in argv], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=seconds)
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(argv, 124, stdout=f"no end after {late.timeout} s")


def sources(folder, pattern="*.c"):
    return sorted((ROOT / folder).glob(pattern))


def compile_shared(build, number, tools):
    """ops, reference and main.c, once for all cells of a compiler and its flags."""
    folder = build / f"shared{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = sources("ops") + sources("reference") + [ROOT / "tests/plain/main.c"]
    result = subprocess.run(
        [tools[0], "-std=gnu11", *tools[1:], *warnings(tools), *INCLUDES,
         "-DSUBJECT_SYMBOL=subject_kheap", "-c", *map(str, files)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return result.returncode, result.stdout, sorted(folder.glob("*.o"))


def build_cell(build, number, cell, shared):
    program = build / f"plain{number}"
    files = sources("lib/src") + [ROOT / "subjects/kheap.c"] + sources("tests/plain", "plain_*.c")
    return program, run(
        [cell.tools[0], "-std=gnu11", *cell.tools[1:], *warnings(cell.tools), *INCLUDES,
         *cell.defines, '-DKHEAP_CONFIG_HEADER="kheap_probe.h"', "-o", program, *files, *shared,
         "-ldl"], RUN_SECONDS)


def do_cell(build, number, cell, shared):
    """Returns (ok, what to say)."""
    program, built = build_cell(build, number, cell, shared)
    if built.returncode != 0:
        return False, f"does not compile\n{tail(built.stdout)}"
    result = run([program, *cell.arguments], RUN_SECONDS)
    program.unlink()
    last = (result.stdout.strip().splitlines() or ["no output"])[-1]
    if cell.canary is not None:
        if result.returncode != 0 and cell.canary in result.stdout:
            return True, f"failed as it must: {cell.canary}"
        return False, f"have status {result.returncode}, want a failure with {cell.canary!r}\n" \
                      f"{tail(result.stdout)}"
    if result.returncode != 0 or not last.endswith(" passed, 0 failed"):
        return False, f"status {result.returncode}\n{tail(result.stdout)}"
    return True, last


def all_shared(build, cells, pool):
    toolsets = list(dict.fromkeys(cell.tools for cell in cells))
    results = list(pool.map(lambda pair: compile_shared(build, *pair), enumerate(toolsets)))
    shared = {}
    for tools, (status, text, objects) in zip(toolsets, results):
        if status != 0:
            print(f"FAIL {' '.join(tools)}: shared files do not compile\n{tail(text)}")
            return None
        shared[tools] = objects
    print(f"shared files compiled for {len(toolsets)} sets of flags", flush=True)
    return shared


def run_cells(build, cells, jobs):
    failed = done = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        shared = all_shared(build, cells, pool)
        if shared is None:
            return len(cells)  # none of them could be built
        futures = {pool.submit(do_cell, build, number, cell, shared[cell.tools]): cell
                   for number, cell in enumerate(cells)}
        for future in concurrent.futures.as_completed(futures):
            ok, text = future.result()
            done += 1
            failed += not ok
            verdict = "ok  " if ok else "FAIL"
            print(f"[{done}/{len(cells)}] {verdict} {futures[future].name}: {text}", flush=True)
    return failed


def missing_tools(cells):
    return sorted({cell.tools[0] for cell in cells if shutil.which(cell.tools[0]) is None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cells whose name contains this text")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the cells' names")
    parser.add_argument("build", type=pathlib.Path)
    options = parser.parse_args()
    cells = [cell for cells in (canary_cells(), plain_cells(), other_cells(), sanitizer_cells())
             for cell in cells if options.only in cell.name]
    if options.list:
        print("\n".join(cell.name for cell in cells))
        return 0
    missing = missing_tools(cells)
    if missing or not cells:
        what = f"missing compilers: {', '.join(missing)}" if missing else \
            f"no cell's name contains {options.only!r}"
        print(f"matrix.py: {what}", file=sys.stderr)
        return 2
    begin = time.monotonic()
    build = options.build.resolve() / "matrix"
    build.mkdir(parents=True, exist_ok=True)
    failed = run_cells(build, cells, options.jobs)
    print(f"{len(cells) - failed} configurations passed, {failed} failed, "
          f"{time.monotonic() - begin:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
