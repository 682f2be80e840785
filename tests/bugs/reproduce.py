#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reproducers of the bank's bugs: the shortest program that shows each, as text and as a C test.

    reproduce.py [NAME...]          checks both forms of those that are committed
    reproduce.py --find [NAME...]   looks for programs, shrinks them, and writes reproducers/NAME.ops

Both want --heapvet PATH. A reproducer says in its comments who reports it, on which heap, and whether the text
or the C test needs AddressSanitizer. Both forms must fail on the faulty library and pass on the sound one.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools" / "vet")]

import bank  # noqa: E402
import build  # noqa: E402
import reproduce_build  # noqa: E402
from context import Context, Screen  # noqa: E402

REPRODUCERS = HERE / "reproducers"
MEDIAN_OPS, SECONDS = 6, 5
SHRUNK = REPRODUCERS / "SHRUNK.txt"
HEADER = re.compile(r"^# (\w+): (.*)$", re.M)


class Reproducer:
    """A committed program. subject: of the bug's heaps; oracle; text, c: plain or address; places: true when
    the C test has to demand them."""

    def __init__(self, path):
        self.path, self.text = path, path.read_text()
        found = dict(HEADER.findall(self.text))
        missing = [key for key in ("bug", "subject", "oracle", "text", "c") if key not in found]
        if missing:
            raise bank.BankError(f"{path.name}:1: expected a line '# {missing[0]}: ...'")
        self.subject, self.oracle = found["subject"], found["oracle"]
        self.text_asan, self.c = found["text"] == "address", found["c"].split()

    def ops(self):
        return count_ops(self.text)


def count_ops(text):
    """Lines of the program but for its header."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    heads = ("heap ", "kheap ", "system ", "multi ", "pool ", "slots ", "fill ", "swarm ")
    return sum(1 for line in lines if line and not line.startswith(heads))


def reproducible(bug):
    """Other stages' findings are no programs."""
    return bug.stage in ("fuzz", "explore")


class Bench:
    """Libraries, sound and faulty, and what is built on them."""

    def __init__(self, ctx, folder):
        self.ctx, self.folder = ctx, Path(folder)
        self.shop = build.Workshop(ctx.root, self.folder)
        self.builder = {bits: reproduce_build.Builder(ctx.root, self.folder / f"build{bits}", bits)
                        for bits in (64, 32)}
        self.sound = ctx.root / "lib"
        self.made = {}

    def builder_for(self, bug):
        return self.builder[32 if bug.engine.endswith("32") else 64]

    def plant(self, bug):
        """lib/ with the bug in it; the one before is gone."""
        self.shop.plant(bug)
        return self.shop.tree / "lib"

    def heapvet(self, bug, sanitized=False):
        builder = self.builder_for(bug)
        if not sanitized and not builder.machine:
            return self.ctx.heapvet
        key = (builder, sanitized)
        if key not in self.made:
            self.made[key] = builder.heapvet(self.ctx.run, sanitized)
        return self.made[key]

    def run(self, heapvet, *words, timeout=120):
        """(exit status, who reported or None, all output)."""
        try:
            done = subprocess.run([str(heapvet), *map(str, words)], capture_output=True, timeout=timeout,
                                  check=False, env=environment())
        except subprocess.TimeoutExpired:
            return 1, "crash", "no answer"
        output = (done.stdout + done.stderr).decode(errors="replace")
        return done.returncode, oracle_of(output) if done.returncode == 1 else None, output


def environment():
    return dict(os.environ, ASAN_OPTIONS="detect_leaks=0:symbolize=0:detect_stack_use_after_return=0:exitcode=1")


def oracle_of(output):
    found = re.search(r"^\s*oracle (\w+):", output, re.M)
    return found.group(1) if found else "crash"


def check_text(bench, bug, repro, faulty):
    """What is wrong with the text form."""
    config = next((c for c in reproduce_build.configs(bug) if c.name == repro.subject), None)
    if config is None:
        return [f"{bug.name}: its target has no heap {repro.subject}"]
    builder, wrong = bench.builder_for(bug), []
    heapvet = bench.heapvet(bug, repro.text_asan)
    for lib, name, want in ((faulty, bug.name, repro.oracle), (bench.sound, "sound", None)):
        plugin = builder.plugin(config, lib, name, repro.text_asan)
        status, oracle, output = bench.run(heapvet, "run", "--timeout", "5", "--oracles", "-expect",
                                           "--subject", plugin, repro.path)
        if status not in (0, 1) or oracle != want:
            last = (output.strip().splitlines() or ["?"])[0]
            wrong.append(f"{bug.name}: {name} library: have {oracle or 'no failure'}, want "
                         f"{want or 'no failure'}: {last[:120]}")
    return wrong


def emit(bench, bug, repro, places):
    """The C test; (path, None) or (None, what went wrong)."""
    config = next(c for c in reproduce_build.configs(bug) if c.name == repro.subject)
    sound = bench.builder_for(bug).plugin(config, bench.sound, "sound")
    out = bench.folder / "c" / f"{bug.name}.c"
    out.parent.mkdir(parents=True, exist_ok=True)
    defines = [word for define in config.emitted() for word in ("-D", define)]
    status, _, output = bench.run(bench.heapvet(bug), "emit-c", "--subject", sound, *defines,
                                  *(["--placement"] if places else []), repro.path, "-o", out)
    if status != 0:
        return None, (output.strip().splitlines() or ["?"])[0]
    return out, None


def run_emitted(bench, bug, source, lib, name, sanitized):
    """(exit status, last line)."""
    program = bench.builder_for(bug).emitted(source, lib, f"{name}/{bug.name}", sanitized)
    try:
        done = subprocess.run([str(program)], capture_output=True, timeout=20, check=False, env=environment())
    except subprocess.TimeoutExpired:
        return -1, "no answer"
    lines = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()
    return done.returncode, next((l for l in lines if l.startswith("FAIL")), (lines or ["?"])[-1])


def check_c(bench, bug, repro, faulty):
    """What is wrong with the C form."""
    source, problem = emit(bench, bug, repro, "places" in repro.c)
    if source is None:
        return [f"{bug.name}: emit-c: {problem}"]
    sanitized = "address" in repro.c
    status, line = run_emitted(bench, bug, source, faulty, "faulty", sanitized)
    wrong = [] if status != 0 else [f"{bug.name}: the C test passes on the faulty library"]
    status, line = run_emitted(bench, bug, source, bench.sound, "sound", sanitized)
    return wrong if status == 0 else wrong + [f"{bug.name}: the C test fails on the sound library: {line}"]


def check_one(bench, bug):
    """(number of ops, what is wrong)."""
    path = REPRODUCERS / f"{bug.name}.ops"
    if not path.exists():
        return None, [f"{bug.name}: no reproducer {path.name}"]
    repro = Reproducer(path)
    faulty = bench.plant(bug)
    try:
        wrong = check_text(bench, bug, repro, faulty) + check_c(bench, bug, repro, faulty)
    except subprocess.CalledProcessError as error:
        wrong = [f"{bug.name}: not built: {' '.join(error.cmd)[-160:]}"]
    bench.builder_for(bug).forget(bug.name)
    return repro.ops(), wrong


def shrink_times():
    """bug -> (ops found, ops left, candidates, seconds), as noted when they were found."""
    times = {}
    for line in SHRUNK.read_text().splitlines() if SHRUNK.exists() else []:
        if line and not line.startswith("#"):
            name, found, left, tried, seconds = line.split()
            times[name] = (int(found), int(left), int(tried), float(seconds))
    return times


def check(ctx, bugs):
    """(figures, problems) of all reproducers of these bugs; stage bugs calls it."""
    bench = Bench(ctx, ctx.build / "bugs" / "reproducers")
    wanted = [bug for bug in bugs if reproducible(bug)]
    counts, problems, times = {}, [], shrink_times()
    for i, bug in enumerate(wanted):
        ctx.progress(i, len(wanted), f"reproducer of {bug.name}")
        ops, wrong = check_one(bench, bug)
        problems += wrong
        if ops is not None:
            counts[bug.name] = ops
            if times.get(bug.name, (0, None))[1] != ops:
                problems.append(f"{bug.name}: {SHRUNK.name} knows another reproducer")
    slow = [name for name in counts if name in times and times[name][3] > SECONDS]
    problems += [f"{name}: shrunk in {times[name][3]} s, want at most {SECONDS}" for name in slow]
    median = statistics.median(counts.values()) if counts else 0
    if median > MEDIAN_OPS:
        problems.append(f"reproducers: median of {median} ops, want at most {MEDIAN_OPS}")
    seconds = [times[name][3] for name in counts if name in times]
    figures = {
        "reproducers": len(counts), "both_forms": len(wanted) - len({p.split(":")[0] for p in problems}),
        "median_ops": median, "most_ops": max(counts.values(), default=0), "ops": counts,
        "shrink_seconds_median": statistics.median(seconds) if seconds else None,
        "shrink_seconds_most": max(seconds, default=None),
        "no_program": {bug.name: bug.stage for bug in bugs if not reproducible(bug)},
    }
    return figures, problems


# Of different kinds: a sys_heap, the system heap, threads.
SAMPLE = ["accounting-shrink", "alloc-size-truncated", "kheap-free-wakes-nobody"]


def sample(ctx):
    """Both forms of a few; and a program that shows nothing of its bug is told by both."""
    _, problems = check(ctx, bank.load(names=SAMPLE))
    bench = Bench(ctx, ctx.build / "bugs" / "reproducers")
    bug = bank.load(names=SAMPLE[:1])[0]
    path = bench.folder / "nothing.ops"
    lines = (REPRODUCERS / f"{bug.name}.ops").read_text().splitlines()
    path.write_text("\n".join([line for line in lines if line.startswith("#")] + ["heap 256", "check", ""]))
    faulty, repro = bench.plant(bug), Reproducer(path)
    for form in (check_text, check_c):
        if not form(bench, bug, repro, faulty):
            problems.append(f"{form.__name__} takes a program that shows nothing")
    print("\n".join(problems) or f"{len(SAMPLE)} reproducers, both forms; the control is told")
    return 1 if problems else 0


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--find", action="store_true")
    parser.add_argument("--again", action="store_true", help="with --find: also those that have one")
    parser.add_argument("--sample", action="store_true", help="a few bugs, and a control")
    parser.add_argument("--asan", action="store_true", help="with --find: also what only AddressSanitizer sees")
    parser.add_argument("--heapvet", type=Path, required=True)
    parser.add_argument("--explore", type=Path, help="the explorer, for bugs of that stage")
    parser.add_argument("--inputs", type=Path, help="NAME-*: .input, as stage bugs has found, or .ops")
    parser.add_argument("--scratch", type=Path, default=HERE.parents[1] / "build")
    args = parser.parse_args(argv[1:])
    ctx = Context(Screen(), jobs=1, seeds=1)
    ctx.heapvet, ctx.build = args.heapvet.resolve(), args.scratch.resolve()
    try:
        if args.sample:
            return sample(ctx)
        bugs = bank.load(names=args.names)
        if args.find:
            import reproduce_find  # noqa: PLC0415, late: it stands on this file

            return reproduce_find.main(ctx, [b for b in bugs if reproducible(b)], args)
        figures, problems = check(ctx, bugs)
    except bank.BankError as error:
        print(f"reproduce.py: {error}", file=sys.stderr)
        return 2
    print("\n".join(problems))
    print({key: value for key, value in figures.items() if key not in ("ops", "no_program")})
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
