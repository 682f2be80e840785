#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The poisoning drives Valgrind, too: a sound heap runs clean under Memcheck, a stray access is reported.

  memcheck.py FOLDER     where to build; exit status 0, 1, or 77 (no valgrind)
"""
import pathlib
import shutil
import subprocess
import sys

import poison

REPORTED = 99
# Attempts of poison_try.c: none, a read in a live block, one in a free body.
ATTEMPTS = {0: 0, 1: REPORTED, 11: REPORTED}


def build(folder):
    """Everything plain but for the requests to Valgrind."""
    flags = ["-DHEAPVET_VALGRIND=1", "-DCONFIG_SYS_HEAP_SMALL_ONLY=1", "-fno-inline-functions",
             '-DKHEAP_CONFIG_HEADER="kheap_probe.h"', "-DSUBJECT_SYMBOL=subject_inner",
             "-DSTRAY_INNER=subject_inner"]
    sources = [*sorted((poison.ROOT / "lib/src").glob("*.c")), poison.ROOT / "subjects/kheap.c",
               *sorted((poison.ROOT / "ops").glob("*.c")),
               *sorted((poison.ROOT / "reference").glob("*.c")),
               poison.HERE / "stray.c", poison.HERE / "poison_try.c"]
    program = folder / "poison_try"
    objects = poison.compile_all("gcc", folder / "valgrind", sources, flags)
    subprocess.run(["gcc", *objects, "-ldl", "-o", program], check=True)
    return program


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if shutil.which("valgrind") is None:
        print("no valgrind here")
        sys.exit(77)
    program = build(pathlib.Path(sys.argv[1]))
    failed = 0
    for attempt, want in ATTEMPTS.items():
        done = subprocess.run(["valgrind", "-q", f"--error-exitcode={REPORTED}", program, str(attempt)],
                              capture_output=True, text=True, errors="replace", check=False)
        at = next((l for l in done.stderr.splitlines() if " at 0x" in l), "")
        good = done.returncode == want and (want == 0 or "stray" in at)
        print(f"attempt {attempt}: exit status {done.returncode}, want {want} {at.strip()}")
        if not good:
            print(done.stderr[-1500:])
        failed += not good
    print(f"{len(ATTEMPTS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
