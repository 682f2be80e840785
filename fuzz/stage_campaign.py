# SPDX-License-Identifier: Apache-2.0
"""Stage campaign of ./vet: 10^9 checked operations over all configurations, and no false alarm.

Slices of a fixed seed and length, so that the same tree gives the same counts: generated programs on
each target (fuzz/campaign.c in the engine's place), and libFuzzer from an empty corpus on each.

    stage_campaign.py --accept    writes the finished campaign to fuzz/campaign/RECORD.txt
"""

import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tools" / "vet")]

import fuzz_engines  # noqa: E402
import fuzz_jobs  # noqa: E402
import fuzz_stats  # noqa: E402
import resume  # noqa: E402

NAME = "campaign"
PACKAGES = fuzz_engines.PACKAGES

GOAL, GOAL_QUICK = 10 ** 9, 10 ** 7
ENGINES = ("address", "undefined", "address32")
# Programs in a slice: some ten seconds of it. Programs of threads are the slowest.
PROGRAMS = {"heap": 320_000, "system": 160_000, "multi": 160_000, "kheap": 160_000, "pool": 160_000}
LIBFUZZER_RUNS = 100_000
QUICK_SHARE = 0.02
SEEDS_APART = 10 ** 8
RECORD = HERE / "campaign" / "RECORD.txt"


@dataclass(frozen=True)
class Slice:
    how: str      # generated or libfuzzer
    engine: str
    target: str
    seed: int
    programs: int

    def name(self):
        return f"{self.how} {self.engine} {self.target} {self.seed} {self.programs}"


def plan(round_, quick, targets_of):
    """The slices of one round; libFuzzer takes part in the first."""
    share = QUICK_SHARE if quick else 1
    slices = []
    for engine in ENGINES[:1] if quick else ENGINES:
        for target in targets_of(engine):
            kind = fuzz_engines.kind_of(target)
            if kind in PROGRAMS:
                slices.append(Slice("generated", engine, target, round_ * SEEDS_APART + 1,
                                    int(PROGRAMS[kind] * share)))
    if round_ == 0:
        slices += [Slice("libfuzzer", "address", target, 1, int(LIBFUZZER_RUNS * share))
                   for target in targets_of("address")]
    return slices


class Campaign:
    """Builds and runs slices; what they counted is in the ledger."""

    def __init__(self, ctx, lib=None):
        self.ctx, self.lib = ctx, lib
        self.only = getattr(ctx, "campaign_targets", None)
        self.out = getattr(ctx, "campaign_out", ctx.root / "out" / NAME)
        self.build = getattr(ctx, "campaign_build", ctx.build / NAME)
        self.fingerprint = resume.fingerprint(
            *(ctx.root / name for name in ("lib", "ops", "reference", "sim", "subjects")),
            *sorted(p for p in HERE.iterdir() if p.suffix in (".c", ".h", ".mk", ".sh", ".py")))
        name = "quick" if ctx.quick else "full"
        self.ledger = resume.Ledger(self.out / f"{name}.jsonl", self.fingerprint)
        self.built = set()

    def targets_of(self, engine):
        return [t for t in fuzz_engines.ENGINES[engine][1] if self.only is None or t in self.only]

    def binary(self, piece):
        folder = self.build / piece.how / piece.engine
        if folder not in self.built:
            self.make(piece.how, piece.engine, folder)
            self.built.add(folder)
        return folder / piece.target

    def make(self, how, engine, folder):
        """All targets of an engine, with the generator in libFuzzer's place or with libFuzzer."""
        more = {"MAKE_GOALS": "targets"}
        if self.lib:
            more["LIB_DIR"] = str(self.lib)
        targets = self.targets_of(engine)
        if how == "generated":
            more.update(self.generator(engine, folder))
            targets = [t for t in targets if fuzz_engines.kind_of(t) in PROGRAMS]
        argv, env = fuzz_engines.build_command(engine, self.ctx.root, folder, self.ctx.jobs, targets, more)
        self.ctx.run(argv, env=env, timeout=900, label=f"build the {how} {engine} targets")

    def generator(self, engine, folder):
        """Variables of build.sh that put fuzz/campaign.c into libFuzzer's place; it needs no coverage."""
        folder.mkdir(parents=True, exist_ok=True)
        settings, root = fuzz_engines.ENGINES[engine][0], self.ctx.root
        main = folder / "campaign.o"
        self.ctx.run([settings["CC"], *settings["HARNESS_CFLAGS"].split(), "-std=gnu11",
                      *(f"-I{root / name}" for name in ("ops", "fuzz", "reference")),
                      "-c", HERE / "campaign.c", "-o", main], label="cc campaign.c")
        return {"LIB_FUZZING_ENGINE": str(main), "FUZZ_MUTATOR": "",
                "CFLAGS": settings["CFLAGS"].replace(fuzz_engines.COVERAGE, "").strip()}

    def run(self, piece):
        """{programs, ops, finding} of a slice."""
        known = self.ledger.get(piece.name())
        if known is not None:
            return known
        binary = self.binary(piece)
        with tempfile.TemporaryDirectory(prefix="heapvet-campaign-", dir=scratch()) as folder:
            env = dict(os.environ, HEAPVET_STATS=f"{folder}/stats",
                       ASAN_OPTIONS="detect_leaks=0:symbolize=0:abort_on_error=1",
                       UBSAN_OPTIONS="abort_on_error=1:print_stacktrace=0")
            command = self.command(piece, binary, folder)
            done = self.ctx.run(command, env=env, cwd=folder, check=False, timeout=1800,
                                label=f"{piece.engine} {piece.target}, seed {piece.seed}")
            stats = fuzz_stats.read(f"{folder}/stats")
            result = {"programs": stats.programs, "ops": stats.ops, "finding": None}
            if done.returncode != 0:
                result["finding"] = self.keep(piece, binary, env, Path(folder), done)
            if result["finding"] is None and stats.ops == 0 and "text" not in piece.target:
                raise self.ctx.Failed(f"{piece.name()}: nothing was counted")
        self.ledger.put(piece.name(), result)
        return result

    def command(self, piece, binary, folder):
        if piece.how == "generated":
            return [binary, "--seed", piece.seed, "--programs", piece.programs]
        (Path(folder) / "corpus").mkdir()
        length = fuzz_jobs.MAX_LEN[fuzz_engines.kind_of(piece.target)]
        return [binary, f"-seed={piece.seed}", f"-runs={piece.programs}", f"-max_len={length}",
                "-len_control=0", "-timeout=25", "-artifact_prefix=./", "corpus"]

    def keep(self, piece, binary, env, folder, done):
        """Stores the input that failed; the line that says so."""
        kept = self.out / "findings" / f"{piece.target}-{piece.engine}-{piece.how}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        said = done.stdout + done.stderr
        kept.with_suffix(".log").write_text(said[-20000:], encoding="utf-8")
        where = re.search(r"^campaign: seed (\d+)$", said, re.M)
        command = f"{binary} {kept}"
        if where:
            self.ctx.run([binary, "--seed", where.group(1), "--programs", 1, "--keep", kept], env=env,
                         check=False, timeout=60, label="keep the program")
            command = f"{binary} --seed {where.group(1)} --programs 1"
        else:
            for input_ in list(folder.glob("crash-*")) + list(folder.glob("timeout-*")):
                shutil.copy(input_, kept)
        oracle = re.search(r"^\s*oracle (\w+):|ERROR: \w+: ([\w-]+)|runtime error: ([^\n]*)", said, re.M)
        what = next((g for g in oracle.groups() if g), "") if oracle else f"status {done.returncode}"
        return f"{piece.target} ({piece.engine}): {what}: {command}"


def scratch():
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def run(ctx, lib=None):
    campaign = Campaign(ctx, lib)
    goal = getattr(ctx, "campaign_goal", GOAL_QUICK if ctx.quick else GOAL)
    rows, ops, round_ = [], 0, 0
    while ops < goal and not any(got["finding"] for _, got in rows):
        for piece in plan(round_, ctx.quick, campaign.targets_of):
            ctx.progress(ops, goal, f"{ops:,} ops; {piece.target} ({piece.engine}, {piece.how})")
            rows.append((piece, campaign.run(piece)))
            ops = sum(got["ops"] for _, got in rows)
        round_ += 1
    programs = sum(got["programs"] for _, got in rows)
    findings = [got["finding"] for _, got in rows if got["finding"]]
    figures = {"programs": programs, "ops": ops, "slices": len(rows), "findings": len(findings),
               "targets": by_target(rows)}
    if not ctx.quick:
        kept = {"fingerprint": campaign.fingerprint, "figures": figures,
                "slices": [[p.how, p.engine, p.target, p.seed, p.programs, got["programs"], got["ops"]]
                           for p, got in rows]}
        (campaign.out / "full.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    line = (f"{ops:,} checked ops in {programs:,} programs, {len(rows)} slices over "
            f"{len(figures['targets'])} configurations, {len(findings)} findings")
    return {"ok": not findings, "figures": figures, "line": line, "problems": findings}


def by_target(rows):
    sums = {}
    for piece, got in rows:
        row = sums.setdefault(f"{piece.how} {piece.engine} {piece.target}", {"programs": 0, "ops": 0})
        row["programs"] += got["programs"]
        row["ops"] += got["ops"]
    return sums


def record_text(kept):
    """What is committed: no date and no machine, the same on every run of the same tree."""
    figures = kept["figures"]
    seeds = {}
    for how, engine, target, seed, programs, _, _ in kept["slices"]:
        seeds.setdefault((how, engine, target), []).append((seed, programs))
    lines = ["# A campaign without a false alarm: ./vet campaign, then fuzz/stage_campaign.py --accept.",
             "# Programs asked for from each seed on; of these run, those that fit; ops that oracles judged.",
             f"tree {kept['fingerprint'][:16]}", f"programs {figures['programs']}", f"ops {figures['ops']}",
             f"findings {figures['findings']}", "",
             f"{'inputs':<10} {'sanitizer':<10} {'target':<20} {'run':>10} {'ops':>12}  seeds x programs"]
    for (how, engine, target), parts in sorted(seeds.items()):
        row = figures["targets"][f"{how} {engine} {target}"]
        where = ", ".join(str(seed) for seed, _ in parts) + f" x {parts[0][1]}"
        lines.append(f"{how:<10} {engine:<10} {target:<20} {row['programs']:>10} {row['ops']:>12}  {where}")
    return "\n".join(lines) + "\n"


def accept(root):
    """Writes the record of a finished campaign of 10^9 ops without findings; else says what is missing."""
    path = root / "out" / NAME / "full.json"
    if not path.exists():
        return f"no finished campaign in {path}: run ./vet campaign"
    kept = json.loads(path.read_text(encoding="utf-8"))
    if kept["figures"]["findings"] or kept["figures"]["ops"] < GOAL:
        return f"not a record: {kept['figures']['ops']} ops, {kept['figures']['findings']} findings"
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(record_text(kept), encoding="utf-8")
    return None


def main(argv):
    if argv[1:] != ["--accept"]:
        print("usage: stage_campaign.py --accept (the campaign itself: ./vet campaign)", file=sys.stderr)
        return 2
    problem = accept(HERE.parent)
    print(problem or f"wrote {RECORD.relative_to(HERE.parent)}")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
