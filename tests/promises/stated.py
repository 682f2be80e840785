# SPDX-License-Identifier: Apache-2.0
"""Promises that are about builds, sources and figures: each function here is the test of one.

usage: stated.py [NAME...]"""

import os
import re
import shutil
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


def a_fault_without_a_hook_loops_on_a_breakpoint_on_a_target():
    """By the code that the compilers make of it: a breakpoint, a jump back to it, and no return."""
    for cc, machine, trap, jump in (
            ("arm-none-eabi", ["-mcpu=cortex-m0", "-mthumb"], "bkpt", "b.n"),
            ("arm-none-eabi", ["-mcpu=cortex-m3", "-mthumb"], "bkpt", "b.n"),
            ("riscv64-unknown-elf", ["-march=rv32imac_zicsr", "-mabi=ilp32"], "ebreak", "j")):
        if shutil.which(f"{cc}-gcc") is None:
            raise Skip(f"no {cc}-gcc here")
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "fault.o"
            subprocess.run([f"{cc}-gcc", *machine, "-Os", "-ffreestanding", "-ffunction-sections",
                            f"-I{LIB / 'include'}", f"-I{LIB / 'src'}", "-c",
                            str(LIB / "src" / "fault.c"), "-o", str(out)], check=True)
            code = subprocess.run([f"{cc}-objdump", "-d", "--no-show-raw-insn", "-j",
                                   ".text.kheap_fault", str(out)], capture_output=True, text=True,
                                  check=True).stdout
        lines = re.findall(r"^\s*([0-9a-f]+):\t(?:c\.)?(\S+)[ \t]*([0-9a-f]*)", code, re.M)
        at = {line[1]: line[0] for line in lines}
        assert trap in at, f"{cc}: no {trap} in kheap_fault: {code}"
        last = lines[-1]
        assert last[1] == jump and int(last[2], 16) <= int(at[trap], 16), f"{cc}: no loop: {code}"


DEFAULTS = {"SYS_HEAP_AUTO": 1, "SYS_HEAP_SMALL_ONLY": 0, "SYS_HEAP_BIG_ONLY": 0,
            "SYS_HEAP_ALLOC_LOOPS": 3, "SYS_HEAP_HARDENING_LEVEL": 1, "SYS_HEAP_RUNTIME_STATS": 1,
            "SYS_HEAP_LISTENER": 0, "SYS_HEAP_ARRAY_SIZE": 0, "MULTITHREADING": 1,
            "SYS_CLOCK_TICKS_PER_SEC": 1000, "HEAP_MEM_POOL_SIZE": 0, "HEAP_MEM_POOL_LEGACY": 0}


def options(*arguments):
    """{name: number} of every CONFIG_ macro behind kheap/config.h."""
    out = subprocess.run(["gcc", "-dM", "-E", f"-I{LIB / 'include'}", *arguments, "-include",
                          "kheap/config.h", "-x", "c", "/dev/null"], capture_output=True, text=True,
                         check=True).stdout
    return {n: int(v) for n, v in re.findall(r"^#define CONFIG_(\w+) (\d+)$", out, re.M)}


def the_defaults_are_the_documented_ones():
    have = options()
    wrong = {n: have.get(n) for n, v in DEFAULTS.items() if have.get(n) != v}
    assert not wrong, f"have {wrong}"


def options_come_from_a_header_too():
    with tempfile.TemporaryDirectory() as folder:
        header = Path(folder) / "mine.h"
        header.write_text("#define CONFIG_SYS_HEAP_ALLOC_LOOPS 7\n#define CONFIG_SYS_HEAP_BIG_ONLY 1\n",
                          encoding="utf-8")
        have = options(f"-I{folder}", '-DKHEAP_CONFIG_HEADER="mine.h"')
    want = dict(DEFAULTS, SYS_HEAP_ALLOC_LOOPS=7, SYS_HEAP_BIG_ONLY=1, SYS_HEAP_AUTO=0)
    wrong = {n: have.get(n) for n, v in want.items() if have.get(n) != v}
    assert not wrong, f"have {wrong}"


TESTS = [choosing_the_format_costs_one_branch_a_call, the_system_heap_has_no_name_in_a_public_header,
         more_than_5_percent_may_fails_the_stage, the_defaults_are_the_documented_ones,
         options_come_from_a_header_too, a_fault_without_a_hook_loops_on_a_breakpoint_on_a_target]


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
