# SPDX-License-Identifier: Apache-2.0
"""Stage coverage of ./vet: line, branch and MC/DC coverage of lib/ from the committed corpus alone."""

import json
import os
import pickle
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools" / "vet")]

import builds  # noqa: E402
import figures as fig  # noqa: E402
import llvm  # noqa: E402
import pages  # noqa: E402
import resume  # noqa: E402

NAME = "coverage"
PACKAGES = ["clang-19", "llvm-19"]
FOLDERS = ["corpus/seeds", "corpus/regress", "corpus/misuse"]
# Exit status of library_hook.c, when the library has stopped it.
STOPPED = 86
# What is to be reached, in percent; what is missing stands in docs/COVERAGE.md.
BARS = {"lines": 100, "branches": 100, "mcdc": 98}


class Places:
    """Where things are: tests measure another corpus, and write elsewhere."""

    def __init__(self, ctx, lib=None, folders=None, build=None, out=None, chosen=None,
                 traces=True):
        self.lib = lib or ctx.root / "lib"
        self.folders = [ctx.root / f for f in folders or FOLDERS if (ctx.root / f).is_dir()]
        self.build = build or ctx.build / "coverage"
        self.out = out or ctx.root / "out" / "coverage"
        self.builds = chosen or builds.BUILDS
        self.traces = traces
        self.copy = self.build / "lib"

    def key(self, ctx):
        parts = [self.lib, *self.folders, *(ctx.root / p for p in ("ops", "subjects", "sim")),
                 ctx.heapvet, HERE]
        return resume.fingerprint(*(p for p in parts if p.exists()))


def replay(ctx, places, build, shared_object, raw):
    """Runs the corpus on one build; the problem as a line, or None."""
    folders = [ctx.root / name for name in build.stops_at] or list(places.folders)
    if build.traces and places.traces:
        folders.append(ctx.root / builds.TRACES)
    env = dict(os.environ, LLVM_PROFILE_FILE=str(raw))
    done = ctx.run([ctx.heapvet, "run", "--subject", shared_object, *build.options, *folders],
                   env=env, check=False, timeout=300, label=f"replay on {build.name}")
    if done.returncode == (STOPPED if build.stops_at else 0):
        return None
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return f"{build.name}: {' | '.join(lines[:2]) or f'exit status {done.returncode}'}"


def measure(ctx, places, build):
    """Builds, replays and reads one configuration: (facts, problem)."""
    shared_object = places.build / f"{build.name}.so"
    raw = places.build / f"{build.name}.profraw"
    raw.unlink(missing_ok=True)
    dump = ctx.run(build.command(places.copy, shared_object), timeout=300,
                   label=f"build {build.name}").stdout
    (places.build / f"{build.name}.dump").write_text(dump, encoding="utf-8")
    problem = replay(ctx, places, build, shared_object, raw)
    if not raw.exists():
        return llvm.Facts(), problem or f"{build.name}: no profile was written"
    profile = llvm.merge(ctx, [raw], places.build / f"{build.name}.profdata")
    return llvm.facts_of(ctx, places.copy, shared_object, profile, dump), problem


def measure_all(ctx, places):
    """The union, and the problems; what an interrupted run has measured is not measured again."""
    builds.plain_copy(places.lib, places.copy)
    ledger = resume.Ledger(places.build / "ledger", places.key(ctx))
    union, problems, done = llvm.Facts(), [], 0

    def one(build):
        kept = places.build / f"{build.name}.facts"
        if ledger.get(build.name) and kept.exists():
            return build, pickle.loads(kept.read_bytes()), None
        facts, problem = measure(ctx, places, build)
        kept.write_bytes(pickle.dumps(facts))
        return build, facts, problem

    with ThreadPoolExecutor(max_workers=max(1, ctx.jobs)) as pool:
        for build, facts, problem in pool.map(one, places.builds):
            if problem:
                problems.append(problem)
            else:
                ledger.put(build.name, True)
            union.unite(facts)
            done += 1
            ctx.progress(done, len(places.builds), build.name)
    return union, problems


def below_bars(figures):
    return [f"{metric} {fig.percent(figures['all'][metric])}, the bar is {bar} %"
            for metric, bar in BARS.items() if fig.share(figures["all"][metric]) * 100 < bar]


def write_out(ctx, places, figures, missing):
    places.out.mkdir(parents=True, exist_ok=True)
    pages.write_index(ctx.root, places.out, figures, missing)
    (places.out / "coverage.json").write_text(
        json.dumps({"figures": figures, "missing": [m._asdict() for m in missing]}, indent=1) + "\n",
        encoding="utf-8")
    profile = llvm.merge(ctx, sorted(places.build.glob("*.profraw")), places.build / "all.profdata")
    objects = [places.build / f"{build.name}.so" for build in places.builds]
    pages.write_lines(ctx, places.lib, places.copy, places.out, objects, profile)


def run(ctx, places=None, html=True):
    places = places or Places(ctx)
    start = time.monotonic()
    union, problems = measure_all(ctx, places)
    figures = fig.figures_of(union)
    missing = fig.missing_of(union)
    for line in fig.table(figures):
        ctx.say("  " + line)
    if html:
        write_out(ctx, places, figures, missing)
    problems += fig.fallen(figures, fig.read_committed(fig.COMMITTED))
    problems += fig.unexplained(missing, ctx.root / "docs" / "COVERAGE.md")
    problems += below_bars(figures)
    total = figures["all"]
    line = (f"{fig.percent(total['lines'])} of lines, {fig.percent(total['branches'])} of branch "
            f"sides, {fig.percent(total['mcdc'])} of MC/DC conditions, {len(places.builds)} "
            f"configurations, {time.monotonic() - start:.0f} s")
    return {"ok": not problems, "figures": figures, "line": line, "problems": problems}
