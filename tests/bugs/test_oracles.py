#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of oracle_covers.py: test_oracles.py lines | witness HEAPVET."""

import sys
import tempfile
from pathlib import Path

import oracle_covers
import bank
import build
from context import ROOT, Context, Screen

# Found at once, and on one target, so that little is built.
NEEDED = "inside"
NO_WITNESS = ("usable", "suffix-lost")


def lines():
    """Every oracle has a line, every line a bug, and the page is read as it is meant."""
    names, listed = oracle_covers.oracles(ROOT), oracle_covers.witnesses(ROOT)
    covers = oracle_covers.covering(ROOT)
    known = {path.stem for path in bank.PATCHES.glob("*.patch")}
    wrong = [f"{name}: no line in WITNESSES.txt" for name in names if name not in listed]
    wrong += [f"{bug}: no such patch" for bug, _ in listed.values() if bug not in known]
    if not {"payload", "fault"} <= covers["overlap"] or covers["align"]:
        wrong.append("docs/ORACLES.md: want payload and fault to cover overlap, and nobody align")
    rows = {"a": {"oracles": {names[0]: 2}}, "b": {"oracles": {names[1]: 1}}, "c": {}}
    if oracle_covers.silent(names, rows) != names[2:]:
        wrong.append("silent: want all but the first two")
    with tempfile.TemporaryDirectory() as scratch:
        oracle_covers.WITNESSES = Path(scratch) / "WITNESSES.txt"
        oracle_covers.WITNESSES.write_text("# one\nalign some-bug sense\n")
        try:
            oracle_covers.witnesses(ROOT)
            wrong.append("a line with a word that is no oracle is taken")
        except bank.BankError as error:
            print(error)
    return wrong


def witness(heapvet):
    """A witness is one; a bug that others see is none."""
    ctx = Context(Screen(), jobs=1)
    ctx.screen.begin("bugs")
    ctx.heapvet = Path(heapvet).resolve()
    trial = oracle_covers.Trial(ctx, build.Workshop(ROOT, ctx.build / "bugs-test"))
    wrong = []
    for oracle in (NEEDED, oracle_covers.REPLAYED_ALONE):
        row = oracle_covers.judge(ctx, trial, None, [oracle], bank.load())[oracle]
        print(oracle_covers.sentence(oracle, row))
        wrong += [row[-1]] if row[-1] else []
    oracle, name = NO_WITNESS
    try:
        trial.unseen(bank.load(names=[name])[0], oracle, oracle_covers.covering(ROOT)[oracle])
        wrong.append(f"{name} passes for a bug that only {oracle} sees")
    except oracle_covers.Seen as why:
        print(f"{name}: {why}")
    return wrong


def main(argv):
    if argv[1:] == ["lines"]:
        wrong = lines()
    elif len(argv) == 3 and argv[1] == "witness":
        wrong = witness(argv[2])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for text in wrong:
        print(f"test_oracles.py: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
