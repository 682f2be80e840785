#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What ctest asks of the mutants: a sample of them, and that the stage reports what it should."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import stage
from context import Context, Failed, Screen, Usage

HERE = Path(__file__).resolve().parent
EVERY = 40
FUZZ_SECONDS = 1


def problems_of(ctx, program, fuzz_seconds, **how):
    evidence = stage.Evidence(ctx, program, **how)
    evidence.replay()
    evidence.prove()
    evidence.fuzz(fuzz_seconds, 0)
    figures = evidence.figures()
    return evidence, figures, evidence.judge(figures, False)


def quick(ctx, program, out):
    _, figures, problems = problems_of(ctx, program, FUZZ_SECONDS, every=EVERY, out=out)
    print(figures)
    return problems


def control(ctx, program, out):
    """Each planted mistake must be reported; what is not is a problem."""
    problems = []
    entry = next(line.split()[0] for line in stage.LISTED.read_text().splitlines()
                 if line and not line.startswith("#"))
    evidence, _, _ = problems_of(ctx, program, 0, every=400, out=out)
    killed = next(n for n in evidence.numbers if evidence.fate(n) == "killed")
    with tempfile.TemporaryDirectory() as scratch:
        wrong = Path(scratch) / "wrong.txt"
        wrong.write_text(f"{evidence.ids[killed]} it only seems to matter\n")
        _, _, said = problems_of(ctx, program, 0, only=[killed], out=out, list_path=wrong)
        if not any("listed as equivalent, but killed" in p for p in said):
            problems.append("a mutant that is listed and killed is not reported")
        wrong.write_text("")
        number = evidence.ids.index(entry)
        _, _, said = problems_of(ctx, program, 0, only=[number], out=out, list_path=wrong)
        if not any("nobody sees it" in p for p in said):
            problems.append("a survivor that is not listed is not reported")
        wrong.write_text("alloc.c:1:1:nothing no such mutant\n")
        try:
            problems_of(ctx, program, 0, only=[killed], out=out, list_path=wrong)
            problems.append("an entry that names no mutant is not reported")
        except Usage:
            pass
    done = subprocess.run([HERE / "one.py", "alloc.c:1:1:nothing"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 2 or done.stderr.count("\n") != 1:
        problems.append(f"one.py: an unknown id ends with status {done.returncode}, {done.stderr}")
    return problems + digests(ctx, program)


def digests(ctx, program):
    """With no mutant on, the rewritten library does what the library does."""
    mine = subprocess.run([program, "--digests", "small-3", "corpus/seeds"], cwd=ctx.root,
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    real = subprocess.run([ctx.heapvet, "run", "--digest", "--subject", "kheap-small",
                           "corpus/seeds"], cwd=ctx.root, stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    mine = {Path(name).stem: digest for digest, name in map(str.split, mine.splitlines())}
    lines = [line.split() for line in real.splitlines() if " kheap-small " in line]
    differ = [name for digest, _, name in lines if mine.get(name) != digest]
    if not lines or differ:
        return [f"rewritten, {len(differ)} of {len(lines)} programs have another digest: {differ}"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("quick", "control"))
    parser.add_argument("--build", type=Path, required=True, metavar="DIR")
    args = parser.parse_args()
    folder = args.build.resolve()
    ctx = Context(Screen(sys.stdout), jobs=2)
    ctx.heapvet = folder / "heapvet"
    here = folder / "tests/mutants"
    try:
        check = quick if args.what == "quick" else control
        problems = check(ctx, here / "mutants_replay", here / args.what)
    except (Usage, Failed) as problem:
        problems = [str(problem)]
    for problem in problems:
        print(f"FAIL {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
