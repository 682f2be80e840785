# SPDX-License-Identifier: Apache-2.0
"""Stage bench of ./vet: cycles of every call against the budget, peers beside it."""

import json
import subprocess
import time

NAME = "bench"
PACKAGES = ["g++", "libbenchmark-dev"]

BUDGET = 200
# What kheap must have been measured at for the gate to mean anything.
SUBJECTS = ("kheap-small", "kheap-big", "kheap-auto")
PEERS = ("libc", "firstfit")
CALLS = ("alloc", "free", "aligned", "realloc_inplace", "calloc")
ENOUGH = 1000
FIGURES = ("p50_cycles", "p99_cycles", "p999_cycles", "max_cycles")


def build(ctx):
    """A Release build of its own: the preset in build/dev may be anything."""
    folder = ctx.build / "bench"
    if not (folder / "CMakeCache.txt").exists():
        ctx.run(["cmake", "-S", ctx.root, "-B", folder, "-DCMAKE_BUILD_TYPE=Release",
                 "-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG", "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG",
                 "-DBUILD_TESTING=OFF"], label="configure the benchmarks")
    ctx.run(["cmake", "--build", folder, "--target", "bench_heap", "-j", ctx.jobs],
            label="build the benchmarks")
    return folder / "bench_heap"


def arguments(ctx, out):
    argv = [f"--benchmark_out={out}", "--benchmark_out_format=json", "--benchmark_color=false",
            f"--budget={BUDGET}"]
    if ctx.quick:
        # The fewest replays that count, and neither the extra configuration nor the empty subject.
        argv += ["--replays=101", *(f"--subject={name}" for name in (*SUBJECTS, *PEERS))]
    traces = sorted((ctx.root / "corpus" / "traces").glob("*.pack"))
    return argv + [f"--trace={path}" for path in traces], len(traces)


def measure(ctx, binary, argv, log):
    """Runs the benchmarks, a progress line for each; returns the exit status and what it said at the end."""
    total, done, said = 0, 0, []
    with open(log, "w", encoding="utf-8") as errors, subprocess.Popen(
            [str(binary), *argv], stdout=subprocess.PIPE, stderr=errors, text=True,
            stdin=subprocess.DEVNULL, cwd=ctx.root) as process:
        try:
            for line in process.stdout:
                name = line.split(" ", 1)[0]
                if name.startswith(("call/", "replay/")):
                    done += 1
                    total = total or registered(log)
                    ctx.progress(done, max(total, done), name)
            status = process.wait()
        except BaseException:
            process.kill()
            raise
    with open(log, encoding="utf-8") as text:
        said = text.read().splitlines()
    return status, said


def registered(log):
    with open(log, encoding="utf-8") as text:
        for line in text:
            if line.startswith("benchmarks: "):
                return int(line.split()[1])
    return 0


def figures_of(document):
    """{subject: {call: {p50_cycles: ...}}} over all programs, and ns per op of the replays."""
    calls, replays = {}, {}
    for row in document["benchmarks"]:
        part = row["name"].split("/")
        if part[0] == "call" and part[2] == "all":
            cell = {key: round(row[key], 1) for key in FIGURES}
            cell["mean_ns"] = round(row["real_time"], 1)
            cell["ops"] = int(row["ops"])
            cell["rounds"] = int(row["rounds"])
            calls.setdefault(part[1], {})[part[3]] = cell
        elif part[0] == "replay":
            replays.setdefault(part[1], {})[part[2]] = round(row["ns_per_op"], 1)
    return calls, replays


def judge(calls, budget=BUDGET):
    """The gate, once more and from the JSON: a figure that is missing is a problem too."""
    problems = []
    for subject in SUBJECTS:
        for call in CALLS:
            cell = calls.get(subject, {}).get(call)
            if cell is None:
                problems.append(f"{subject} {call}: not measured")
            elif cell["ops"] < ENOUGH:
                problems.append(f"{subject} {call}: only {cell['ops']} ops, p99.9 needs {ENOUGH}")
    for subject, cells in sorted(calls.items()):
        for call, cell in cells.items():
            if gated(subject, call, cell) and cell["p999_cycles"] > budget:
                problems.append(f"{subject} {call}: p99.9 is {cell['p999_cycles']} cycles, "
                                f"budget {budget}")
    return problems


def gated(subject, call, cell):
    return subject.startswith("kheap") and call != "realloc_moving" and cell["ops"] >= ENOUGH


def scorecard_line(calls):
    def medians(subject):
        cells = calls.get(subject, {})
        return "/".join(f"{cells[call]['p50_cycles']:.0f}" if call in cells else "-"
                        for call in ("alloc", "free"))

    worst = max((cell["p999_cycles"] for subject, cells in calls.items()
                 for call, cell in cells.items() if gated(subject, call, cell)), default=0.0)
    return (f"kheap p99.9 at most {worst:.0f} cycles of {BUDGET}; alloc/free p50 "
            f"small {medians('kheap-small')} auto {medians('kheap-auto')} "
            f"libc {medians('libc')} first fit {medians('firstfit')}")


def table_of(said):
    """bench_heap's own words, without what Google Benchmark says between them."""
    table = next((i for i, line in enumerate(said) if line.startswith("core cycles of a call")), 0)
    facts = [line for line in said if line.startswith(("cpu:", "compiler:", "does_not_fit:"))]
    return facts[:3] + said[table:]


def run(ctx):
    start = time.monotonic()
    binary = build(ctx)
    out = binary.parent / "bench.json"
    log = binary.parent / "bench.log"
    argv, traces = arguments(ctx, out)
    status, said = measure(ctx, binary, argv, log)
    if status not in (0, 1):
        raise ctx.Failed(f"bench_heap: exit status {status}: {said[-1] if said else 'no word'}")
    with open(out, encoding="utf-8") as text:
        document = json.load(text)
    calls, replays = figures_of(document)
    problems = judge(calls)
    if status == 1 and not problems:
        problems.append("bench_heap says that the budget is exceeded: " + said[-1])
    if traces == 0:
        problems.append("no trace in corpus/traces to replay")
    context = document["context"]
    facts = {key: context[key] for key in ("cpu", "compiler", "build_type", "timer", "seed",
                                           "replays", "profile_ops", "priority", "does_not_fit")}
    for line in table_of(said):
        ctx.say("  " + line)
    figures = dict(calls, replay_ns_per_op=replays, machine=facts, budget_cycles=BUDGET,
                   traces=traces, seconds=round(time.monotonic() - start, 1))
    return {"ok": not problems, "figures": figures, "line": scorecard_line(calls),
            "problems": problems}
