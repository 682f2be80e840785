#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every invariant in the table of ARCHITECTURE.md is broken on purpose by a test here, and the
tests name none that is not in the table.

usage: invariants.py"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ("plain_damage.c", "plain_misuse.c")


def main():
    table = set(re.findall(r"^\| (I\d+) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.M))
    tests = "".join((ROOT / "tests/plain" / name).read_text() for name in TESTS)
    broken = set(re.findall(r'"(I\d+) "', tests))
    problems = [f"{name}: in the table, but no test breaks it" for name in sorted(table - broken)]
    problems += [f"{name}: a test names it, but the table does not"
                 for name in sorted(broken - table)]
    if not table:
        problems.append("ARCHITECTURE.md: have no table of invariants, want lines '| I1 | ...'")
    print("\n".join(problems) if problems else f"{len(table)} invariants, each broken by a test")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
