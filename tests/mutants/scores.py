#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The committed table: what `./vet mutants` found, and that it does not fall. ALIVE.txt beside it
has each mutant that no program of the corpus kills, and what became of it.

    ./vet mutants --json FILE && tests/mutants/scores.py --accept FILE
"""

import argparse
import json
import re
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parent / "RESULTS.md"
ALIVE = Path(__file__).resolve().parent / "ALIVE.txt"
HEAD = """# What mutants showed

Written by `./vet mutants --json FILE`, then `tests/mutants/scores.py --accept FILE`; a run whose
scores are lower than these fails.

"""
ROWS = [
    ("mutants", "mutants of lib/src, all first-order ones of the operators in README.md"),
    ("killed_by_replay", "killed by replay of the committed corpus"),
    ("by_digest_alone", "of these by no oracle, but with another digest"),
    ("by_fuzzing", "killed by fuzzing only"),
    ("equivalent_by_code", "the same object code at -O2 in every configuration"),
    ("equivalent_by_argument", "listed in EQUIVALENT.txt with a reason"),
    ("survivors", "left"),
    ("score_percent", "percent of those that differ killed by replay"),
    ("score_after_fuzzing_percent", "the same after fuzzing"),
]
MAY_NOT_FALL = ("score_percent", "score_after_fuzzing_percent")


def text_of(figures):
    lines = ["| figure | meaning |", "|--:|---|"]
    lines += [f"| {figures[key]} | {what} |" for key, what in ROWS]
    lines += ["", "Who reported first:", "", "| mutants | by |", "|--:|---|"]
    lines += [f"| {count} | {name} |" for name, count in figures["by"].items()]
    lines += ["", "Places without a mutant:", "", "| places | reason |", "|--:|---|"]
    lines += [f"| {count} | {reason} |" for reason, count in figures["left_out"].items()]
    return HEAD + "\n".join(lines) + "\n"


def alive_text(figures):
    return ("# SPDX-License-Identifier: Apache-2.0\n# Not killed by replay: same-code, fuzz, listed "
            "or survived. Written with RESULTS.md.\n" +
            "".join(f"{name} {fate}\n" for name, fate in figures["alive"].items()))


def alive():
    """id -> fate, of the committed run."""
    lines = ALIVE.read_text(encoding="utf-8").splitlines() if ALIVE.exists() else []
    return dict(line.split() for line in lines if not line.startswith("#"))


def committed():
    """key -> number as the table has it; empty without a table."""
    if not TABLE.exists():
        return {}
    text = TABLE.read_text(encoding="utf-8")
    found = {}
    for key, what in ROWS:
        match = re.search(rf"^\| ([0-9.]+) \| {re.escape(what)} \|$", text, re.M)
        if match:
            found[key] = float(match[1])
    return found


def fallen(figures):
    """What is lower than committed, as lines."""
    was = committed()
    return [f"{key}: have {figures[key]}, committed are {was[key]}" for key in MAY_NOT_FALL
            if key in was and figures[key] < was[key]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accept", metavar="FILE", required=True,
                        help="what ./vet mutants --json wrote")
    args = parser.parse_args()
    try:
        stages = json.loads(Path(args.accept).read_text(encoding="utf-8"))["stages"]
        figures = next(s["figures"] for s in stages if s["name"] == "mutants")
        TABLE.write_text(text_of(figures), encoding="utf-8")
        ALIVE.write_text(alive_text(figures), encoding="utf-8")
    except (OSError, ValueError, KeyError, StopIteration, TypeError) as problem:
        print(f"scores.py: {args.accept}: expected figures of a whole run, have {problem!r}",
              file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
