# SPDX-License-Identifier: Apache-2.0
"""Turns the JSON of bench_heap into the table that is committed as bench/budgets/cycles.csv."""

import json
import sys

COLUMNS = ("p50_cycles", "p99_cycles", "p999_cycles", "max_cycles", "mean_cycles", "p50_ns")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: cycles_csv.py BENCH.json > bench/budgets/cycles.csv")
    try:
        with open(sys.argv[1], encoding="utf-8") as text:
            document = json.load(text)
    except (OSError, ValueError) as error:
        print(f"{sys.argv[1]}: expected the JSON of bench_heap: {error}", file=sys.stderr)
        sys.exit(2)
    context = document["context"]
    rows = [(row["name"].split("/"), row) for row in document["benchmarks"]
            if row["name"].startswith("call/")]
    print("# core cycles of a call over all profiles and traces; a record of one machine, not a gate")
    print("# command: ./vet bench && python3 bench/cycles_csv.py build/bench/bench.json")
    print(f"# machine: {context['cpu']}; timer {context['timer']}")
    print(f"# build: {context['compiler']}, {context['build_type']} -O2 -DNDEBUG")
    print(f"# seed {context['seed']}, {context['profile_ops']} ops a profile, "
          f"{context['replays']} replays; does not fit: {context['does_not_fit']}")
    print("subject,call," + ",".join(COLUMNS) + ",ops")
    for name, row in rows:
        if name[2] == "all":
            values = ",".join(f"{row[column]:.1f}" for column in COLUMNS)
            print(f"{name[1]},{name[3]},{values},{int(row['ops'])}")


if __name__ == "__main__":
    main()
