#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes RESULTS.md from what `./vet bugs --seeds 5` last left in out/bugs/results.json."""

import json
import sys

import bank
import results

LEAST_SEEDS = 5


def main():
    path = bank.HERE.parents[1] / "out" / "bugs" / "results.json"
    if not path.exists():
        print(f"accept.py: no {path}: run ./vet bugs --seeds {LEAST_SEEDS}", file=sys.stderr)
        return 2
    figures = json.loads(path.read_text(encoding="utf-8"))
    names = {p.stem for p in bank.PATCHES.glob("*.patch")}
    if figures["seeds"] < LEAST_SEEDS or set(figures["bugs"]) != names:
        print(f"accept.py: {path} is not of the whole bank with at least {LEAST_SEEDS} seeds",
              file=sys.stderr)
        return 2
    results.RESULTS.write_text(results.page(figures), encoding="utf-8")
    print(f"wrote {results.RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
