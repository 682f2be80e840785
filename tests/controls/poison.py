#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Inverted poisoning has controls: a stray read dies at its own instruction, a sound heap passes.

  poison.py FOLDER    builds poison_control in FOLDER with clang-19, both header formats, and runs it
"""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
PLACES = ["live-first", "live-middle", "free-body", "in-front", "behind"]
INCLUDES = [f"-I{ROOT / d}" for d in ("ops", "subjects", "reference", "lib/include", "lib/src")]


def compile_all(folder, name, sources, flags):
    objects = []
    for source in sources:
        target = folder / f"{name}-{source.stem}.o"
        subprocess.run(["clang-19", "-std=gnu11", "-g", *flags, *INCLUDES, "-c", source, "-o", target],
                       check=True)
        objects.append(target)
    return objects


def build(folder, form):
    """As in the fuzzers: the heap under test is instrumented, the harness only told of it."""
    harness = sorted((ROOT / "ops").glob("*.c")) + sorted((ROOT / "reference").glob("*.c"))
    objects = compile_all(folder, "harness", harness, ["-O2", "-DHEAPVET_ASAN=1"])
    heap = sorted((ROOT / "lib" / "src").glob("*.c"))
    heap += [ROOT / "subjects" / "kheap.c", HERE / "poison_control.c"]
    objects += compile_all(folder, form, heap, [
        "-O1", "-fsanitize=address", "-fno-omit-frame-pointer", f"-DCONFIG_SYS_HEAP_{form}=1",
        "-DSUBJECT_SYMBOL=subject_inner", '-DSUBJECT_NAME="inner"',
        '-DKHEAP_CONFIG_HEADER="kheap_probe.h"'])
    program = folder / f"poison_control-{form}"
    subprocess.run(["clang-19", "-fsanitize=address", *objects, "-ldl", "-o", program], check=True)
    return program


def run(program, place):
    return subprocess.run([program, place], capture_output=True, text=True, errors="replace", check=False)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if shutil.which("clang-19") is None:
        print("skipped: clang-19 is not installed")
        return SKIPPED
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    passed, failed = 0, 0
    for form in ("SMALL_ONLY", "BIG_ONLY"):
        program = build(folder, form)
        for place in ["nowhere", *PLACES]:
            done = run(program, place)
            first = next((l for l in done.stderr.splitlines() if l.lstrip().startswith("#0")), "")
            if place == "nowhere":
                good = done.returncode == 0
            else:
                good = (done.returncode != 0 and "AddressSanitizer: use-after-poison" in done.stderr
                        and "stray_access" in first)
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"{form} {place}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
