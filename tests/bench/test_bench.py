# SPDX-License-Identifier: Apache-2.0
"""Tests of bench_heap and of its stage. Run by ctest, one test a call."""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KHEAPS = ("kheap-small", "kheap-big", "kheap-auto")
SMALL = ["--profiles=steady", "--ops=1500"]
COUNTERS = ("p50_cycles", "p99_cycles", "p999_cycles", "max_cycles", "mean_cycles", "p50_ns", "ops",
            "ticks_per_cycle")


def expect(holds, text):
    if not holds:
        sys.exit(f"FAIL {text}")


def bench(args, *argv, status=0):
    done = subprocess.run([args.bench, *argv], capture_output=True, text=True, timeout=100,
                          check=False)
    expect(done.returncode == status,
           f"{argv}: exit status {done.returncode}, want {status}\n{done.stderr}")
    return done


def measured(args, *argv, status=0):
    """The JSON of a run, as {name: row}, and what was said."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        done = bench(args, f"--benchmark_out={out}", "--benchmark_out_format=json", *argv,
                     status=status)
        document = json.loads(out.read_text(encoding="utf-8"))
    return {row["name"]: row for row in document["benchmarks"]}, document["context"], done.stderr


def row_of(rows, name):
    found = [row for key, row in rows.items() if key.startswith(name + "/")]
    expect(len(found) == 1, f"{name}: {len(found)} rows in {sorted(rows)}")
    return found[0]


def test_names(args):
    first = bench(args, "--benchmark_list_tests", *SMALL).stdout
    second = bench(args, "--benchmark_list_tests", *SMALL).stdout
    expect(first == second, "the names changed from one run to the next")
    names = first.splitlines()
    expect(len(names) == len(set(names)), "a name is there twice")
    for subject in (*KHEAPS, "libc", "firstfit", "empty"):
        for name in (f"call/{subject}/steady/alloc", f"call/{subject}/all/alloc",
                     f"call/{subject}/steady/free", f"replay/{subject}/steady"):
            expect(any(n == name or n.startswith(name + "/") for n in names), f"no {name}")
    other = bench(args, "--benchmark_list_tests", "--seed=99", *SMALL).stdout
    expect(other == first, "the names depend on the seed")


def test_json(args):
    rows, context, _ = measured(args, "--subject=kheap-small", "--budget=1000000", *SMALL)
    row = row_of(rows, "call/kheap-small/steady/alloc")
    for counter in COUNTERS:
        expect(row.get(counter, 0) > 0, f"{counter}: have {row.get(counter)}, want more than 0")
    expect(row["p50_cycles"] <= row["p99_cycles"] <= row["p999_cycles"] <= row["max_cycles"],
           f"percentiles out of order: {row}")
    expect(row["ops"] >= 1000, f"alloc of steady with 1500 allocs: have {row['ops']} ops")
    replay = row_of(rows, "replay/kheap-small/steady")
    expect(replay["ns_per_op"] > 0 and replay["items_per_second"] > 0, f"no throughput: {replay}")
    for key in ("cpu", "compiler", "build_type", "timer", "seed", "replays", "does_not_fit"):
        expect(context.get(key), f"context has no {key}")


def test_control(args):
    slow = ["--subject=kheap-small", "--control", *SMALL]
    said = bench(args, *slow, status=1).stderr
    expect("over budget: kheap-slow alloc: p99.9 have" in said, "the control is not named:\n" + said)
    expect("kheap-slow free:" not in said, "only alloc of the control is slow:\n" + said)
    expect("kheap-slow is over the budget: round 3 of at most 3" in said,
           "the control was not given every chance:\n" + said)
    # Against a budget that it fits: the gate can also pass, and at once.
    said = bench(args, "--budget=1000000", *slow).stderr
    expect("round 2" not in said, "measured again within the budget:\n" + said)


def test_cycles(args):
    for _ in range(3):
        rows, _, _ = measured(args, "--subject=kheap-small", "--control", "--budget=1000000", *SMALL)
        fast, slow = (row_of(rows, f"call/{s}/steady/alloc")["p50_cycles"]
                      for s in ("kheap-small", "kheap-slow"))
        if 270 <= slow - fast <= 330:
            return
    expect(False, f"300 dependent adds: have {slow - fast:.1f} cycles, want 270 to 330")


def test_plugin(args):
    rows, _, _ = measured(args, "--subject=libc", f"--subject={args.plugin}", "--budget=1000000",
                          *SMALL)
    row_of(rows, f"call/{Path(args.plugin).stem}/steady/alloc")
    row_of(rows, "call/libc/steady/alloc")


def test_bad_input(args):
    wrong = [
        (["--profiles=nonesuch"], "nonesuch"),
        (["--replays=100"], "from 101"),
        (["--replays=many"], "many"),
        (["--subject=nonesuch"], "nonesuch"),
        (["--subject=libc", "--subject=libc"], "twice"),
        (["--subject=/nonexistent/heap.so"], "/nonexistent/heap.so"),
        (["--trace=/nonexistent.pack"], "/nonexistent.pack"),
        (["--profiles=none"], "profile or a trace"),
        (["surplus"], "surplus"),
    ]
    for argv, word in wrong:
        lines = bench(args, *argv, status=2).stderr.strip().splitlines()
        expect(len(lines) == 1 and word in lines[0], f"{argv}: have {lines}, want a line with {word}")


def cells(**changes):
    cell = {"p50_cycles": 60.0, "p99_cycles": 90.0, "p999_cycles": 120.0, "max_cycles": 900.0,
            "ops": 5000, "rounds": 1}
    return dict(cell, **changes)


def test_stage(_):
    spec = importlib.util.spec_from_file_location("stage", ROOT / "bench" / "stage.py")
    stage = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stage)

    def table(call="alloc", **changes):
        calls = {s: {c: cells() for c in stage.CALLS} for s in stage.SUBJECTS}
        for subject in calls.values():
            subject["realloc_moving"] = cells(p999_cycles=5000.0)
        calls["libc"] = {"alloc": cells(p999_cycles=4000.0)}
        calls["kheap-big"][call] = cells(**changes)
        return calls

    expect(stage.judge(table()) == [], "good figures: " + str(stage.judge(table())))
    for call in stage.CALLS:
        expect(len(stage.judge(table(call, p999_cycles=200.1))) == 1, f"{call} over the budget passes")
        expect(stage.judge(table(call, p999_cycles=200.0)) == [], f"{call} at the budget fails")
    expect(len(stage.judge(table("free", ops=999))) == 1, "999 ops are enough for p99.9")
    missing = table()
    del missing["kheap-auto"]
    expect(len(stage.judge(missing)) == len(stage.CALLS), "a subject that is not there passes")
    # A call that not every program has is judged when it is there.
    expect(len(stage.judge(table("realloc_failed", p999_cycles=300.0))) == 1, "realloc_failed passes")

    expect(stage.judge(table("realloc_failed", p999_cycles=300.0, ops=3)) == [],
           "3 ops are judged by a p99.9")

    row = dict(cells(), name="call/kheap-small/all/alloc/iterations:1/manual_time", real_time=20.0)
    other = {"name": "replay/libc/steady/min_time:0.020", "ns_per_op": 33.333}
    part = dict(cells(), name="call/kheap-small/steady/alloc/iterations:1/manual_time", real_time=1.0)
    calls, replays = stage.figures_of({"benchmarks": [row, other, part]})
    expect(calls == {"kheap-small": {"alloc": dict(cells(), mean_ns=20.0)}}, f"figures: {calls}")
    expect(replays == {"libc": {"steady": 33.3}}, f"replays: {replays}")


def main():
    parser = argparse.ArgumentParser()
    tests = {name[5:]: function for name, function in globals().items() if name.startswith("test_")}
    parser.add_argument("test", choices=sorted(tests))
    parser.add_argument("--bench")
    parser.add_argument("--plugin")
    args = parser.parse_args()
    tests[args.test](args)
    print(f"ok {args.test}")


if __name__ == "__main__":
    main()
