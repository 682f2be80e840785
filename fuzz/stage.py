# SPDX-License-Identifier: Apache-2.0
"""Stage fuzz of ./vet: differential fuzzing of every kheap variant, a quarter of it by AFL++."""

import json
import os
import sys
import tempfile
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import fuzz_engines  # noqa: E402
import fuzz_findings  # noqa: E402
import fuzz_jobs  # noqa: E402
import fuzz_stats  # noqa: E402

NAME = "fuzz"
PACKAGES = fuzz_engines.PACKAGES

AFL_SHARE = 0.25
# MAY_SHARE_LIMIT_PERCENT of ops/runner.h, on the default profile of the generator.
MAY_SHARE_LIMIT = 5.0
PROFILE_PROGRAMS = 2000
POLL_SECONDS = 0.25

# Which engine and target, most telling first: a run too short for all of them drops the tail.
LIBFUZZER_ORDER = [
    ("address", "fuzz_heap_auto_3"), ("address", "fuzz_heap_small_1"),
    ("address", "fuzz_kheap"), ("address", "fuzz_pool"), ("address", "fuzz_multi"),
    ("address", "fuzz_system"), ("address", "fuzz_system_legacy"), ("address", "fuzz_text"),
    ("address", "fuzz_misuse_small"), ("address", "fuzz_misuse_big"),
    ("address", "fuzz_edge"), ("address", "fuzz_heap_big_255"), ("undefined", "fuzz_heap_small_3"),
    ("address32", "fuzz_heap_big_3"), ("address", "fuzz_heap_big_1"), ("undefined", "fuzz_kheap"),
    ("address32", "fuzz_pool"), ("address32", "fuzz_system"), ("undefined", "fuzz_multi"),
    ("address", "fuzz_heap_small_255"), ("address", "fuzz_heap_auto_1"),
    ("undefined", "fuzz_heap_big_255"), ("address32", "fuzz_heap_small_1"),
    ("address", "fuzz_heap_small_3"), ("address", "fuzz_heap_big_3"),
    ("address", "fuzz_heap_auto_255"), ("undefined", "fuzz_heap_auto_1"),
    ("address32", "fuzz_heap_auto_255"),
]
# A second of one target is the least that says something; AFL++ needs some to start.
LEAST_SECONDS, LEAST_AFL_SECONDS = 1, 3


def plan(places, seconds, lanes, seed):
    """Splits seconds * lanes of processor time into jobs, AFL++ first."""
    total = seconds * lanes
    afl_targets = fuzz_engines.ENGINES["afl"][1]
    afl_total = max(LEAST_AFL_SECONDS, total * AFL_SHARE)
    afl_count = max(1, min(len(afl_targets), int(afl_total // LEAST_AFL_SECONDS)))
    jobs = [fuzz_jobs.make(places, "afl", target, afl_total / afl_count, seed)
            for target in afl_targets[:afl_count]]
    rest = total - sum(job.seconds for job in jobs)
    count = max(1, min(len(LIBFUZZER_ORDER), int(rest // LEAST_SECONDS)))
    jobs += [fuzz_jobs.make(places, engine, target, max(LEAST_SECONDS, rest / count), seed + i)
             for i, (engine, target) in enumerate(LIBFUZZER_ORDER[:count])]
    return jobs


def build(ctx, places):
    for engine in fuzz_engines.ENGINES:
        argv, env = fuzz_engines.build_command(engine, ctx.root, places.build / engine, ctx.jobs,
                                               more=places.settings)
        ctx.run(argv, env=env, timeout=900, label=f"build the {engine} fuzzers")
    tool = ctx.root / "build" / "dev" / "fuzz" / "fuzz_corpus"
    return tool if tool.exists() else next((ctx.root / "build" / "fuzz").glob("work/*/fuzz_corpus"))


def run_jobs(ctx, places, jobs, lanes):
    waiting, active = list(jobs), []
    start = time.monotonic()
    try:
        while waiting or active:
            while waiting and len(active) < lanes:
                job = waiting.pop(0)
                job.start()
                active.append(job)
            time.sleep(POLL_SECONDS)
            active = [job for job in active if job.running()]
            show(ctx, jobs, active, start)
    finally:
        # An interrupted run keeps what it has: stop() copies it out.
        for job in jobs:
            job.stop()


def show(ctx, jobs, active, start):
    done = sum(min(job.elapsed(), job.seconds) for job in jobs)
    executions = sum(job.stats().programs for job in jobs)
    rate = executions / max(0.1, time.monotonic() - start)
    findings = sum(1 for job in jobs if job.started for _ in job.findings())
    names = " ".join(sorted(job.name.replace("fuzz_", "") for job in active))
    total = sum(job.seconds for job in jobs)
    ctx.progress(int(done * 100), int(total * 100),
                 f"{executions:,} executions, {rate:,.0f}/s, {findings} findings  [{names}]")


def figures_of(jobs):
    """One engine's row."""
    stats = fuzz_stats.Stats()
    for job in jobs:
        stats.add(job.stats())
    seconds = sum(job.elapsed() for job in jobs)
    return stats, {
        "executions": stats.programs,
        "checked_ops": stats.ops,
        "executions_per_s": round(stats.programs / seconds) if seconds else 0,
        "findings": sum(len(job.findings()) for job in jobs),
        "may_share": round(stats.may_share(), 3),
        "does_not_fit": stats.does_not_fit,
        "seconds": round(seconds, 1),
    }


def entry_rate(ctx, places):
    """The target's rate without an engine: what fuzz_rate prints, as a dictionary of words."""
    rate = places.build / "address" / "fuzz_rate_auto_3"
    done = ctx.run([rate, "--profile", "mixed", "--programs", PROFILE_PROGRAMS, "--seconds", 1],
                   timeout=60)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def profile_share(ctx, seed):
    """Percent of `may` verdicts on the default profile: as it comes, with calls that fail."""
    with tempfile.TemporaryDirectory() as folder:
        pack, counts = f"{folder}/mixed.pack", f"{folder}/counts.json"
        ctx.run([ctx.heapvet, "gen", "--seed", seed, "--ops", 500, "--count", 200, "-o", pack], timeout=60)
        ctx.run([ctx.heapvet, "run", "--subject", "kheap-auto", "--json", counts, pack], timeout=60)
        subjects = json.loads(Path(counts).read_text(encoding="utf-8"))["subjects"]
    return 100.0 * subjects[0]["may_share"]


def per_target(jobs):
    """Executions of each target, all engines together."""
    sums = {}
    for job in jobs:
        sums[job.target] = sums.get(job.target, 0) + job.stats().programs
    return sums


def say_targets(ctx, jobs):
    words = [f"{target} {count:,}" for target, count in per_target(jobs).items()]
    for line in textwrap.wrap("; ".join(w.replace(" ", "\0") for w in words), 96):
        ctx.say("    " + line.replace("\0", " "))


def problems_of(jobs, rows, stats, share):
    problems = [p for p in (job.problem() for job in jobs) if p]
    for target, count in per_target(jobs).items():
        if count == 0:
            problems.append(f"{target}: no executions")
    for engine in ("libfuzzer", "afl"):
        if rows[engine]["executions"] == 0:
            problems.append(f"{engine}: no executions")
    never = stats.never_evaluated()
    if never or not stats.applicable:
        problems.append(f"oracles never evaluated: {' '.join(never) or 'all'}")
    if share > MAY_SHARE_LIMIT:
        problems.append(f"may share on the default profile: have {share:.2f} %, want at most "
                        f"{MAY_SHARE_LIMIT:.0f} %")
    return problems


def run(ctx):
    seed = int(os.environ.get("HEAPVET_FUZZ_SEED") or time.time_ns() % 1_000_000 + 1)
    ctx.say(f"  fuzz seed {seed} (HEAPVET_FUZZ_SEED={seed} repeats it)")
    # Tests fuzz a faulty copy of lib/ and keep its findings to themselves.
    places = getattr(ctx, "fuzz_places", None) or fuzz_jobs.Places(ctx.root)
    tool = build(ctx, places)
    places.prepare()
    places.prune("heap", ["fuzz_heap_auto_3", "fuzz_heap_small_1", "fuzz_heap_big_255"])
    for target in ["fuzz_text", "fuzz_multi", "fuzz_kheap", "fuzz_pool"]:
        places.prune(fuzz_engines.kind_of(target), [target])
    places.prune("misuse", ["fuzz_misuse_small", "fuzz_misuse_big"])
    places.prune("system", ["fuzz_system", "fuzz_system_legacy"])
    jobs = plan(places, ctx.seconds, max(1, ctx.jobs), seed)
    try:
        run_jobs(ctx, places, jobs, max(1, ctx.jobs))
        say_targets(ctx, jobs)
        return report(ctx, places, tool, jobs, seed)
    finally:
        places.finish()


def report(ctx, places, tool, jobs, seed):
    groups = {"libfuzzer": [j for j in jobs if j.engine != "afl"],
              "afl": [j for j in jobs if j.engine == "afl"]}
    both, rows = fuzz_stats.Stats(), {}
    for engine, group in groups.items():
        stats, rows[engine] = figures_of(group)
        both.add(stats)
    raw, findings = fuzz_findings.collect(ctx, places, tool, jobs)
    problems = []
    if raw:
        # A faulty heap also stops the rate program: its figures say nothing then.
        rate, share = {}, 0.0
    else:
        rate, share = entry_rate(ctx, places), profile_share(ctx, seed)
    problems += problems_of(jobs, rows, both, share)
    for finding in findings:
        problems.append(f"oracle {finding.oracle}, {finding.lines} lines: {finding.command}")
    if len(raw) > len(findings):
        where = os.path.relpath(places.raw, ctx.root)
        problems.append(f"{len(raw)} crashing inputs in all: {where}")
    for engine, group in groups.items():
        # AFL++ crashes that only the seeds show are found when problems are asked for.
        rows[engine]["findings"] = sum(len(job.findings()) for job in group)
    figures = dict(rows, targets={j.name: j.stats().programs for j in jobs},
                   oracles=both.evaluated, profile_may_share=share)
    if rate:
        figures["entry_executions_per_s"] = int(rate["executions_per_s"])
        figures["entry_ratio"] = float(rate["ratio"])
    executions = sum(row["executions"] for row in rows.values())
    ops = sum(row["checked_ops"] for row in rows.values())
    line = (f"{executions:,} executions ({rows['afl']['executions']:,} by AFL++), "
            f"{ops:,} checked ops, "
            f"{rows['libfuzzer']['executions_per_s']:,}/s libFuzzer, "
            f"{rows['afl']['executions_per_s']:,}/s AFL++, {len(raw)} findings, "
            f"may {share:.2f} %")
    return {"ok": not problems and not raw, "figures": figures, "line": line, "problems": problems}
