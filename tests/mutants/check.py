#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What ctest asks of the mutants: a sample of them, and that the stage reports what it should."""

import argparse
import functools
import subprocess
import sys
import tempfile
from pathlib import Path

import mutate
import scores
import stage
from context import Context, Failed, Screen, Usage

HERE = Path(__file__).resolve().parent
EVERY = 40
# Asked for again with every list of equivalents, and always the same.
mutate.find = functools.cache(mutate.find)


def problems_of(ctx, program, **how):
    """Of replay alone: compilers and random programs take too long for a test."""
    evidence = stage.Evidence(ctx, program, **how)
    evidence.replay()
    return evidence, evidence.judge(evidence.figures(), False)


def revived(evidence, expected):
    """Of the mutants run, those that live although they are not among the expected."""
    return [f"{evidence.ids[n]}: replay killed it when {scores.TABLE.name} was made"
            for n in evidence.alive() if evidence.ids[n] not in expected]


def quick(ctx, program, out):
    evidence, _ = problems_of(ctx, program, every=EVERY, out=out)
    print(f"{len(evidence.numbers)} mutants, {len(evidence.alive())} alive")
    return revived(evidence, scores.alive())


def control(ctx, program, out):
    """Each planted mistake must be reported; what is not is a problem."""
    problems = []
    entry = next(line.split()[0] for line in stage.LISTED.read_text().splitlines()
                 if line and not line.startswith("#"))
    evidence, _ = problems_of(ctx, program, every=400, out=out)
    killed = next(n for n in evidence.numbers if evidence.fate(n) == "killed")
    with tempfile.TemporaryDirectory() as scratch:
        wrong = Path(scratch) / "wrong.txt"
        wrong.write_text(f"{evidence.ids[killed]} it only seems to matter\n")
        _, said = problems_of(ctx, program, only=[killed], out=out, list_path=wrong)
        if not any("listed as equivalent, but killed" in p for p in said):
            problems.append("a mutant that is listed and killed is not reported")
        wrong.write_text("")
        number = evidence.ids.index(entry)
        alive, said = problems_of(ctx, program, only=[number], out=out, list_path=wrong)
        if not revived(alive, {}) or revived(alive, {entry: "listed"}):
            problems.append("a mutant that came to life is not reported")
        if not any("nobody sees it" in p for p in said):
            problems.append("a survivor that is not listed is not reported")
        wrong.write_text("alloc.c:1:1:nothing no such mutant\n")
        try:
            problems_of(ctx, program, only=[killed], out=out, list_path=wrong)
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
