# SPDX-License-Identifier: Apache-2.0
"""Stage explore: all sequences of ops on all small heaps, and init on all small regions."""

import argparse
import re
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tools" / "vet"))
from context import Context, Screen, Usage, kill_group  # noqa: E402
from resume import Ledger, fingerprint  # noqa: E402

NAME = "explore"
PACKAGES = []

COUNTS = HERE / "STATES.txt"
# Seconds; the bar of the whole bound is half an hour on two cores.
BAR = 1800

FORMATS = ["small", "big", "auto"]
SUBJECTS = [f"{f}-{loops}" for f in FORMATS for loops in (1, 2, 3, 4)]
# Within 256 bytes AUTO is the small format behind one more branch.
ONE_FORMAT = [s for s in SUBJECTS if not s.startswith("auto")]
AUTO = [s for s in SUBJECTS if s.startswith("auto")]

# A heap is made by its number of units and by the alignment of its first unit: a multiple of 64, or
# 8 behind one. These are one of each, cut into pieces of about the same work.
SMALL_HEAPS = [("0..184/8", 0), ("192..224/8", 0), ("232..256/8", 0),
               ("4..188/8", 4), ("196..228/8", 4), ("236..252/8", 4)]
LIMIT_HEAPS = [("262120..262152/8", 0), ("262124..262156/8", 4)]
# Every region with every offset: those of one sort must come to the same.
SMALL_PAIRS = [("0..256", "0..7")]
LIMIT_PAIRS = [("262112..262159", "0..7")]

# kind: all are counted; of `pairs` the sorts are also held against each other.
Family = namedtuple("Family", "kind alphabet depth subjects heaps")
# Depths: of the full bound, of the quick one.
FAMILIES = [
    Family("heaps", "deep", (8, 5), ONE_FORMAT, SMALL_HEAPS),
    Family("heaps", "deep", (7, 4), AUTO, SMALL_HEAPS),
    Family("heaps", "wide", (4, 3), SUBJECTS, SMALL_HEAPS),
    Family("heaps", "edges", (3, 2), SUBJECTS, SMALL_HEAPS),
    Family("heaps", "every", (2, 1), SUBJECTS, SMALL_HEAPS),
    Family("heaps", "limit", (4, 2), SUBJECTS, LIMIT_HEAPS),
    Family("pairs", "deep", (3, 2), SUBJECTS, SMALL_PAIRS),
    Family("pairs", "limit", (2, 1), SUBJECTS, LIMIT_PAIRS),
]
BOUNDS = {bound: [family._replace(depth=family.depth[i]) for family in FAMILIES]
          for i, bound in enumerate(("full", "quick"))}

# Of each walk's line: how many heaps, of them refused by init or with all states met; the sums.
TOTALS = ("heaps", "refused", "closed", "states", "transitions")
Task = namedtuple("Task", "kind alphabet depth subject region offset")
HEAP = re.compile(r"^region (\d+) offset (\d+): (.*)$")
MADE = re.compile(r"^units (\d+) base (\d+) states (\d+) transitions (\d+) depth (\d+)( closed)?"
                  r" sum ([0-9a-f]+)$")
PAIRS = re.compile(r"^pairs (\d+) sizes (\d+) problems 0$")
# Those that a heap of this kind can be judged by; each must have been evaluated.
ORACLES = ("align inside overlap payload null usable pick inplace untouched drain stats largest "
           "check fault determinism steps").split()


def tasks_of(bound):
    return [Task(f.kind, f.alphabet, f.depth, s, region, str(offset))
            for f in BOUNDS[bound] for s in f.subjects for region, offset in f.heaps]


def name_of(task):
    return f"{task.kind} {task.alphabet} {task.depth} {task.subject}"


def command(task, programs, out):
    return [str(programs / "exhaust"), "--subject", str(programs / f"{task.subject}.so"),
            "--alphabet", str(HERE / f"{task.alphabet}.ops"), "--depth", str(task.depth),
            "--region", task.region, "--offset", task.offset, "--out", str(out)]


def same_sort(task, rows):
    """Regions of one sort that came to different numbers, as problems."""
    sorts, problems = {}, []
    for region, offset, rest in rows:
        start = (offset + 7) // 8
        sort = (start != 0, (offset + region) // 8 - start)
        first = sorts.setdefault(sort, (region, offset, rest))
        if first[2] != rest:
            problems.append(f"{name_of(task)}: region {region} offset {offset} has '{rest}', but "
                            f"region {first[0]} offset {first[1]} has '{first[2]}'")
    return problems[:3]


def result_of(task, text):
    """The counts of one task, from what it printed."""
    rows, totals, evaluated, problems = [], dict.fromkeys(TOTALS, 0), {}, []
    for line in text.splitlines():
        match = HEAP.match(line)
        if match:
            rows.append((int(match[1]), int(match[2]), match[3]))
            totals["heaps"] += 1
            made = MADE.match(match[3])
            totals["refused"] += match[3] == "refused"
            if made:
                totals["states"] += int(made[3])
                totals["transitions"] += int(made[4])
                totals["closed"] += made[6] is not None
        elif line.startswith("evaluated "):
            words = line.split()[1:]
            evaluated = dict(zip(words[::2], map(int, words[1::2])))
    if task.kind == "pairs":
        problems = same_sort(task, rows)
    return {"totals": totals, "evaluated": evaluated, "problems": problems}


def perform(ctx, tasks, programs, out, ledger):
    """Runs what the ledger lacks, ctx.jobs at a time. Nothing of a stopped run is left behind."""
    todo = [t for t in tasks if ledger.get("/".join(map(str, t))) is None]
    running, problems = {}, []
    finished = len(tasks) - len(todo)
    try:
        while todo or running:
            while todo and len(running) < ctx.jobs:
                task = todo.pop(0)
                log = open(out / f"{len(todo)}.log", "w+", encoding="utf-8")
                running[subprocess.Popen(command(task, programs, out), stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=subprocess.STDOUT,
                                         start_new_session=True)] = (task, log)
            for process in [p for p in running if p.poll() is not None]:
                task, log = running.pop(process)
                finished += 1
                text = read_log(log)
                if process.returncode == 2:
                    raise Usage(said(task, text, 2))
                if process.returncode == 0:
                    ledger.put("/".join(map(str, task)), result_of(task, text))
                else:
                    problems.append(said(task, text, process.returncode))
            ctx.progress(finished, len(tasks), f"{finished} of {len(tasks)} pieces, "
                         + ", ".join(name_of(t) for t, _ in running.values()))
            time.sleep(0.02)
    finally:
        for process, (_, log) in running.items():
            kill_group(process)
            read_log(log)
    return problems


def read_log(log):
    log.seek(0)
    text = log.read()
    log.close()
    Path(log.name).unlink(missing_ok=True)
    return text


def said(task, text, status):
    lines = [line for line in text.splitlines() if not line.startswith(("region ", "evaluated "))]
    return f"{name_of(task)}: {lines[0] if lines else f'exit status {status}'}"


def summed(tasks, ledger):
    """Rows by name, the oracles' evaluations, and what pairs disagreed about."""
    rows, evaluated, problems = {}, {}, []
    for task in tasks:
        result = ledger.get("/".join(map(str, task)))
        if result is None:
            continue
        row = rows.setdefault(name_of(task), dict.fromkeys(TOTALS, 0))
        for total in TOTALS:
            row[total] += result["totals"][total]
        for oracle, times in result["evaluated"].items():
            evaluated[oracle] = evaluated.get(oracle, 0) + times
        problems += result["problems"]
    return rows, evaluated, problems


def committed(path=COUNTS):
    """Rows by bound and name."""
    bounds = {bound: {} for bound in BOUNDS}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] not in bounds or len(words) != 5 + len(TOTALS) \
                or not all(word.isdecimal() for word in words[5:]):
            raise Usage(f"{path.name}:{number}: expected a bound, a name of four words and "
                        f"{len(TOTALS)} counts, have '{line}'")
        bounds[words[0]][" ".join(words[1:5])] = dict(zip(TOTALS, map(int, words[5:])))
    return bounds


def compare(rows, wanted):
    problems = []
    for name in sorted({*rows, *wanted}):
        have, want = rows.get(name), wanted.get(name)
        if have != want:
            problems.append(f"{name}: have {have}, want {want} ({COUNTS.name})")
    return problems


def accept(bound, rows, path=COUNTS):
    bounds = committed()
    bounds[bound] = rows
    lines = ["# Heaps explored, and what there was: changed only by",
             "# python3 tests/exhaustive/stage.py --accept [--quick].",
             "# bound kind alphabet depth subject: " + " ".join(TOTALS)]
    for which, counts in bounds.items():
        for name, row in counts.items():
            lines.append(f"{which} {name} " + " ".join(str(row[t]) for t in TOTALS))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def init_pairs(ctx, programs):
    """All regions and offsets through init, and the size macro, in every format."""
    figures, problems = {}, []
    for form in FORMATS:
        for stats in (0, 1):
            done = ctx.run([programs / f"init_pairs_{form}_{stats}"], check=False)
            match = PAIRS.match((done.stdout.strip().splitlines() or [""])[-1])
            if match is None or done.returncode != 0:
                lines = (done.stderr + done.stdout).strip().splitlines()
                problems.append(f"init, {form}, statistics {stats}: "
                                + (lines[0] if lines else f"exit status {done.returncode}"))
            else:
                figures[f"{form} statistics {stats}"] = {"pairs": int(match[1]),
                                                         "sizes": int(match[2])}
    return figures, problems


def explore(ctx, bound, out):
    """The rows of a bound, and the problems; goes on where a stopped run was."""
    programs = ctx.heapvet.parent / "tests" / "exhaustive"
    out.mkdir(parents=True, exist_ok=True)
    key = fingerprint(programs / "exhaust", *(programs / f"{s}.so" for s in SUBJECTS),
                      *sorted(HERE.glob("*.ops")))
    ledger = Ledger(out / "ledger.jsonl", key)
    tasks = tasks_of(bound)
    problems = perform(ctx, tasks, programs, out, ledger)
    rows, evaluated, differ = summed(tasks, ledger)
    problems += differ
    if not problems:
        problems = [f"oracle {o} was never evaluated" for o in ORACLES if not evaluated.get(o)]
    return rows, evaluated, problems


def run(ctx):
    start = time.monotonic()
    bound = "quick" if ctx.quick else "full"
    programs = ctx.heapvet.parent / "tests" / "exhaustive"
    wanted = committed()[bound]
    pairs, problems = init_pairs(ctx, programs)
    rows, evaluated, bad = explore(ctx, bound, ctx.root / "out" / "explore")
    problems += bad or compare(rows, wanted)
    seconds = time.monotonic() - start
    heaps = {n: r for n, r in rows.items() if n.startswith("heaps")}
    states = sum(r["states"] for r in heaps.values())
    transitions = sum(r["transitions"] for r in rows.values())
    for family in BOUNDS[bound]:
        mine = [r for n, r in rows.items()
                if n.startswith(f"{family.kind} {family.alphabet} {family.depth} ")]
        ctx.say(f"  {family.kind} {family.alphabet} depth {family.depth}: " + ", ".join(
            f"{sum(r[t] for r in mine):,} {t}" for t in TOTALS))
    if seconds > BAR:
        problems.append(f"it took {seconds:.0f} s, the bar is {BAR} s")
    line = (f"{sum(r['heaps'] - r['refused'] for r in heaps.values()):,} walks, {states:,} states, "
            f"{transitions:,} transitions, {sum(p['pairs'] for p in pairs.values()):,} regions "
            f"through init, {len(problems)} mismatches")
    figures = {"rows": rows, "states": states, "transitions": transitions, "init": pairs,
               "evaluated": evaluated, "seconds": round(seconds, 1)}
    return {"ok": not problems, "figures": figures, "line": line, "problems": problems}


def main():
    parser = argparse.ArgumentParser(description="Accepts the counts of ./vet explore.")
    parser.add_argument("--accept", action="store_true", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--build", type=Path, metavar="DIR", help="default build/dev")
    args = parser.parse_args()
    ctx = Context(Screen(), quick=args.quick, jobs=args.jobs)
    if args.build:
        ctx.heapvet = args.build.resolve() / "heapvet"
    bound = "quick" if args.quick else "full"
    try:
        rows, _, problems = explore(ctx, bound, ctx.root / "out" / "explore")
    except Usage as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
    accept(bound, rows)


if __name__ == "__main__":
    main()
