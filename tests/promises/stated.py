# SPDX-License-Identifier: Apache-2.0
"""Promises that are about builds, sources and figures: each function here is the test of one.

usage: stated.py [NAME...]"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib"
sys.path[:0] = [str(ROOT / "fuzz"), str(ROOT / "tools")]
# What a branch on the format may cost: a load, a test and a jump, at the entry and where a call
# falls back to another; an access to a field that decided for itself would cost that ten times over.
BRANCH = 6


class Skip(Exception):
    """The machine cannot say."""


def steps(work, large, *defines):
    """Instructions of each call of steps.c."""
    program = work / "steps"
    subprocess.run(["gcc", "-O2", f"-I{LIB / 'include'}", *defines,
                    str(ROOT / "tests" / "promises" / "steps.c"), *map(str, (LIB / "src").glob("*.c")),
                    "-o", str(program)], check=True, env=dict(os.environ, LC_ALL="C"))
    done = subprocess.run([str(program), *(["large"] if large else [])], capture_output=True, text=True,
                          check=False)
    if done.returncode == 77:
        raise Skip("no process may trace another here")
    assert done.returncode == 0, f"steps: exit status {done.returncode}"
    return [int(n) for n in done.stdout.split()]


def dearest(auto, only):
    """By how many instructions the worst call of AUTO is above the build of one format."""
    assert len(auto) == len(only) > 20 and min(only) > 5, "steps.c counted too little"
    return max(a - o for a, o in zip(auto, only))


def choosing_the_format_costs_one_branch_a_call():
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for large, only in ((False, "SMALL_ONLY"), (True, "BIG_ONLY")):
            auto = steps(work, large)
            one = steps(work, large, f"-DCONFIG_SYS_HEAP_{only}=1")
            print(f"  AUTO is at most {dearest(auto, one)} instructions a call above {only}")
            assert dearest(auto, one) <= BRANCH, (auto, one)
            # The control: a build that decides again at every tenth instruction.
            assert dearest([a + a // 10 * 2 for a in auto], one) > BRANCH, "control not seen"


def the_system_heap_has_no_name_in_a_public_header():
    """It can be used, but not referred to."""
    source = (LIB / "src" / "heaps" / "system_heap.c").read_text(encoding="utf-8")
    names = re.findall(r"^K_HEAP_DEFINE\((\w+)", source, re.M)
    assert len(names) == 1, names
    text = "".join(p.read_text(encoding="utf-8") for p in (LIB / "include").rglob("*.h"))
    assert names[0] not in text, f"{names[0]} is in a public header"
    assert "k_malloc" in text


def more_than_5_percent_may_fails_the_stage():
    """The judge of ./vet fuzz, at and above the bound, with nothing else to complain of."""
    import stage  # fuzz/stage.py

    class AllEvaluated:
        applicable = True

        @staticmethod
        def never_evaluated():
            return []

    rows = {engine: {"executions": 1} for engine in ("libfuzzer", "afl")}

    def said(share):
        return stage.problems_of([], rows, AllEvaluated(), share)

    assert not said(5.0), said(5.0)
    assert len(said(5.01)) == 1 and "may share" in said(5.01)[0], said(5.01)


TESTS = [choosing_the_format_costs_one_branch_a_call, the_system_heap_has_no_name_in_a_public_header,
         more_than_5_percent_may_fails_the_stage]


def main():
    chosen = [t for t in TESTS if t.__name__ in sys.argv[1:] or len(sys.argv) == 1]
    if not chosen:
        sys.exit(f"stated: none of {', '.join(sys.argv[1:])} is a test; there are "
                 f"{', '.join(t.__name__ for t in TESTS)}")
    failed = 0
    for test in chosen:
        try:
            test()
            print(f"PASS {test.__name__}")
        except Skip as why:
            print(f"SKIP {test.__name__}: {why}")
        except AssertionError as why:
            print(f"FAIL {test.__name__}: {why}")
            failed += 1
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
