#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One mutant by its id: what it changes, and who sees it."""

import argparse
import sys
import tempfile
from pathlib import Path

import mutate
import stage
from context import Context, Failed, Screen, Usage


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("id", help="file:line:column:what, as mutate.py --list has them")
    parser.add_argument("--fuzz", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--build", type=Path, metavar="DIR", help="default: build/dev")
    args = parser.parse_args()
    ctx = Context(Screen(sys.stderr))
    if args.build:
        ctx.heapvet = args.build.resolve() / "heapvet"
    try:
        return show(ctx, args)
    except Usage as problem:
        print(f"one.py: {problem}", file=sys.stderr)
        return 2
    except Failed as problem:
        print(f"one.py: {problem}", file=sys.stderr)
        return 1


def show(ctx, args):
    texts, mutants, _ = mutate.find(ctx.root)
    number = next((n for n, m in enumerate(mutants, 1) if m.id == args.id), None)
    if number is None:
        raise Usage(f"expected a mutant's id, have '{args.id}'")
    m = mutants[number - 1]
    print(f"{m.id}\n- {texts[m.file][m.start:m.end]}\n+ {m.text}")
    with tempfile.TemporaryDirectory() as scratch:
        evidence = stage.Evidence(ctx, stage.build(ctx), out=Path(scratch), only=[number])
        evidence.replay()
        evidence.prove()
        evidence.fuzz(args.fuzz, args.fuzz)
        fate = evidence.fate(number)
        result = evidence.fuzzed[number] if fate == "fuzz" else evidence.results[number]
        print(f"{fate}: {result.verdict} {result.who} in {result.where}, {result.name}")
    if fate == "listed":
        print(evidence.listed[m.id])
    return 0


if __name__ == "__main__":
    sys.exit(main())
