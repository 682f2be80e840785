#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stray accesses die at their instruction: builds poison_try.c with AddressSanitizer and runs it.

  poison.py FOLDER     where to build; exit status 0, 1 (a stray access passed), 77 (no compiler)

The heap and the straying subject are instrumented, the runner is not, as in the fuzzers; then once
with everything instrumented. Both header formats.
"""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
ASAN = ["-fsanitize=address", "-fno-omit-frame-pointer"]
INCLUDES = [f"-I{ROOT / folder}" for folder in ("lib/include", "lib/src", "ops", "subjects")]
READ = (1, 11)  # the attempts whose report is read: a live block, a free body


def compile_all(compiler, folder, sources, flags):
    """Objects of the sources, named apart by the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    for source in sources:
        out = folder / (source.stem + ".o")
        subprocess.run([compiler, "-g", "-O2", *flags, *INCLUDES, "-c", source, "-o", out],
                       check=True)
        objects.append(out)
    return objects


def build(compiler, folder, heap_format, harness_flags):
    """The program for one header format."""
    heap = [f"-DCONFIG_SYS_HEAP_{heap_format}_ONLY=1", '-DKHEAP_CONFIG_HEADER="kheap_probe.h"',
            "-DSUBJECT_SYMBOL=subject_inner", *ASAN]
    lib = sorted((ROOT / "lib/src").glob("*.c")) + [ROOT / "subjects/kheap.c"]
    harness = sorted((ROOT / "ops").glob("*.c")) + sorted((ROOT / "reference").glob("*.c"))
    objects = compile_all(compiler, folder / "heap", lib, heap)
    objects += compile_all(compiler, folder / "stray", [HERE / "stray.c"],
                           ["-DSTRAY_INNER=subject_inner", *ASAN])
    objects += compile_all(compiler, folder / "harness", [*harness, HERE / "poison_try.c"],
                           harness_flags)
    program = folder / "poison_try"
    subprocess.run([compiler, *ASAN, *objects, "-ldl", "-o", program], check=True)
    return program


def dies_where_it_strays(program, attempt, env):
    """The sanitizer's report names the access itself: not a later one, not another kind of death."""
    done = subprocess.run([program, str(attempt)], env=env, check=False, stderr=subprocess.PIPE,
                          text=True, errors="replace")
    frame = next((l for l in done.stderr.splitlines() if l.lstrip().startswith("#0")), "")
    good = done.returncode != 0 and "use-after-poison" in done.stderr and " stray" in frame
    print(f"{'at its instruction' if good else 'elsewhere: ' + done.stderr}: attempt {attempt}")
    return good


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    compiler = next((c for c in ("clang-19", "clang") if shutil.which(c)), None)
    if compiler is None:
        print("no clang here: nothing to build with AddressSanitizer")
        sys.exit(77)
    good = True
    for name, heap_format, flags in (("small", "SMALL", ["-DHEAPVET_ASAN=1"]),
                                     ("big", "BIG", ["-DHEAPVET_ASAN=1"]),
                                     ("all-instrumented", "SMALL", ASAN)):
        print(f"{name}:", flush=True)
        program = build(compiler, pathlib.Path(sys.argv[1]) / name, heap_format, flags)
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        good &= subprocess.run([program], env=env, check=False).returncode == 0
        for attempt in READ:
            good &= dies_where_it_strays(program, attempt, env)
    # A runner that does not poison must be found out, or all of the above says nothing.
    program = build(compiler, pathlib.Path(sys.argv[1]) / "unpoisoned", "SMALL", [])
    done = subprocess.run([program], env=env, check=False, stdout=subprocess.PIPE)
    print("without poison:", "found out" if done.returncode == 1 else "not noticed")
    sys.exit(0 if good and done.returncode == 1 else 1)


if __name__ == "__main__":
    main()
