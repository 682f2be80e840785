#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drops one line of the merge and runs stage fuzz for ten seconds: it must find the fault, shrink it to at most 12
lines and print a command that reproduces it. planted_fault.py PATH-OF-HEAPVET"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import planted
import stage

SECONDS, MOST_LINES = 10, 12


def command_of(problem):
    """The command of a line "oracle x, n lines: COMMAND", or None."""
    head, found, command = problem.partition(" lines: ")
    return (int(head.split()[-1]), command) if found and head.startswith("oracle ") else None


def main(argv):
    if len(argv) != 2:
        print("usage: planted_fault.py PATH-OF-HEAPVET", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="heapvet-planted-") as scratch:
        folder = Path(scratch)
        lib, line = planted.faulty_lib(folder)
        print(f"dropped: {line}")
        result = stage.run(planted.fuzz_context(folder, lib, argv[1], SECONDS))
        problems = [f"{p}" for p in result["problems"]]
        print("\n".join([result["line"]] + problems))
        wrong = []
        if result["ok"]:
            wrong.append("the stage is ok with a fault in lib/")
        for engine in ("libfuzzer", "afl"):
            if result["figures"][engine]["findings"] == 0:
                wrong.append(f"{engine} found nothing")
        commands = [c for c in map(command_of, problems) if c]
        if not commands:
            wrong.append("no command is printed")
        for lines, command in commands:
            if lines > MOST_LINES:
                wrong.append(f"shrunk to {lines} lines, want at most {MOST_LINES}: {command}")
            done = subprocess.run(command, shell=True, cwd=planted.ROOT, capture_output=True, text=True,
                                  errors="replace", env=dict(os.environ), check=False)
            print(done.stdout + done.stderr)
            if done.returncode != 1 or "FAIL" not in done.stdout + done.stderr:
                wrong.append(f"not reproduced, exit status {done.returncode}: {command}")
        for text in wrong:
            print(f"planted_fault: {text}")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
