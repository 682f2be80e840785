#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of every heap call on every target, against the committed table.

    measure.py                                          the whole table
    measure.py --target m3 --config peer --opt O2       a part of it
    measure.py --trace alloc --target m3 ...            where the longest alloc of steady goes
    measure.py --accept                                 commits to these figures: writes the table
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from firmware import budget, code  # noqa: E402
from firmware.build import ROOT, Builder, BuildError  # noqa: E402
from firmware.programs import Programs  # noqa: E402
from firmware.targets import TARGETS  # noqa: E402

TARGETS_MEASURED = ("microbit", "m0", "m3", "rv32")
CONFIGS_MEASURED = ("peer", "default")
OPTS = ("O2", "Os")
CALLS = budget.CALLS
CONSTANT_CALLS = ("alloc", "free", "aligned_alloc", "realloc_inplace")
ADVERSARIAL = ("free-10", "free-100", "free-1000")
PROOF_TURNS = (1, 2, 10, 100, 1000, 10000)  # as in measured.c
# Instructions on Cortex-M3, -O2, peer, steady: (mean, worst).
BAR = {"alloc": (80, 110), "free": (60, 100)}
MODEL_CYCLES = 200  # the promised budget; shown, not gated: the cycles are a model
MODEL_TARGETS = ("microbit", "m0", "m3")


@dataclass
class Tally:
    """What the plugin saw under one label, or the sum of several."""
    calls: int = 0
    sum: int = 0
    worst: int = 0
    cycles_sum: int = 0
    cycles_worst: int = 0

    def add(self, other):
        self.calls += other.calls
        self.sum += other.sum
        self.worst = max(self.worst, other.worst)
        self.cycles_sum += other.cycles_sum
        self.cycles_worst = max(self.cycles_worst, other.cycles_worst)

    @property
    def mean(self):
        return self.sum / self.calls

    @property
    def cycles_mean(self):
        return self.cycles_sum / self.calls


class Measurement:
    """One run of a counting image: groups of calls, and what did not fit."""

    def __init__(self, ran, name):
        self.problems = []
        self.groups = {}
        self.unfit = [l.split()[1] for l in ran.lines if l.startswith("does-not-fit ")]
        calls = [l.split()[2] for l in ran.lines if l.startswith("call ")]
        names = [l.split()[2] for l in ran.lines if l.startswith("group ")]
        if ran.status != 0 or not calls:
            how = "stopped at its time limit" if ran.status is None else f"status {ran.status}"
            last = " ".join(ran.lines[-2:])
            self.problems.append(f"{name}: counting image failed, {how}: {last}")
            return
        lines = (ran.table or "").splitlines()
        if not lines or lines[-1] != "end":
            self.problems.append(f"{name}: the plugin's table is not whole")
            return
        for line in lines[:-1]:
            if line.startswith("trace "):
                continue
            label, ncalls, total, low, worst, _, csum, cworst, *_ = map(int, line.split())
            group = self.groups.setdefault(names[label // len(calls)], {})
            group[calls[label % len(calls)]] = Tally(ncalls, total, worst, csum, cworst)
            if calls[label % len(calls)] == "empty" and (low, worst) != (1, 1):
                self.problems.append(f"{name}: an empty call counts {low} to {worst}, want 1")
        self._proof(name)

    def _proof(self, name):
        loop = self.groups.get("proof", {}).get("loop", Tally())
        want = sum(2 * n + 1 for n in PROOF_TURNS)
        if loop.sum != want or loop.worst != 2 * max(PROOF_TURNS) + 1:
            self.problems.append(f"{name}: loops of known length count {loop.sum}, want {want}")

    def merged(self, names):
        """The groups of these names as one."""
        result = {}
        for name in names:
            for call, tally in self.groups.get(name, {}).items():
                result.setdefault(call, Tally()).add(tally)
        return result


def constant_problems(name, measurement):
    """The worst of a bounded call may not depend on how many chunks are free."""
    found = []
    for call in CONSTANT_CALLS:
        worst = [measurement.groups.get(g, {}).get(call, Tally()).worst for g in ADVERSARIAL]
        if 0 in worst or len(set(worst)) != 1:
            found.append(f"{name}: worst {call} with 10, 100, 1000 free chunks: "
                         f"{', '.join(map(str, worst))}; want one number")
    return found


class Measure:
    def __init__(self, builder, programs):
        self.builder = builder
        self.steady = programs.steady()
        self.steady_8k = programs.steady_8k()
        self.profiles = programs.profiles()
        self.traces = programs.traces()

    def run(self, target, config, opt, lib=None, extra=(), tag="", words=None, trace=None):
        elf = self.builder.image(target, "count", config, opt, lib=lib, extra=extra, tag=tag)
        if words is None and not TARGETS[target].large:
            words = [self.steady_8k]
        elif words is None:
            words = [self.steady, *self.profiles, self.traces, "adversarial"]
        ran = self.builder.run(target, elf, words, count=True, trace=trace)
        return Measurement(ran, f"{target} {config} -{opt}")

    def rows(self, target, config, opt, measurement):
        """{(target, config, opt, program, call): Tally} for the table."""
        own = [g for g in measurement.groups if g not in ("proof", *ADVERSARIAL)]
        steady = [g for g in own if g.startswith("steady-")]
        profiles = [g for g in own if g.rsplit("-", 1)[0] in
                    [p.stem.removeprefix("profile-") for p in self.profiles]]
        traces = [g for g in own if g not in steady and g not in profiles]
        if not TARGETS[target].large:
            return {(target, config, opt, "steady-8k", call): tally
                    for call, tally in measurement.merged(steady).items() if call in CALLS}
        programs = {"steady": steady, "profiles": profiles, **{t: [t] for t in sorted(traces)},
                    "adversarial": ADVERSARIAL}
        found = {}
        for program, groups in programs.items():
            for call, tally in measurement.merged(groups).items():
                if call in CALLS:
                    found[(target, config, opt, program, call)] = tally
        return found


def bar_problems(rows):
    found = []
    for call, (mean, worst) in BAR.items():
        tally = rows.get(("m3", "peer", "O2", "steady", call))
        if tally is None:
            found.append(f"m3 peer -O2: no {call} was measured on steady")
        elif tally.mean > mean or tally.worst > worst:
            found.append(f"m3 peer -O2 steady {call}: have {tally.mean:.1f} mean {tally.worst} "
                         f"worst instructions, want at most {mean} and {worst}")
    return found


def tally(measure, counted):
    """counted: {(target, config, opt): Measurement}. Returns (rows, problems, unfit)."""
    rows, problems, unfit = {}, [], {}
    for choice, got in counted.items():
        name = f"{choice[0]} {choice[1]} -{choice[2]}"
        problems += got.problems
        if not got.problems:
            if TARGETS[choice[0]].large:
                problems += constant_problems(name, got)
            rows.update(measure.rows(*choice, got))
        for program in got.unfit:
            unfit.setdefault(program, []).append(name)
    return rows, problems, unfit


def model_lines(rows):
    """Which worst calls of the Cortex-M targets stay within the promised cycles, by the model."""
    lines = []
    for target in MODEL_TARGETS:
        for config in CONFIGS_MEASURED:
            worst = {call: max((t.cycles_worst for k, t in rows.items()
                                if k[:3] == (target, config, "O2") and k[4] == call), default=0)
                     for call in CONSTANT_CALLS}
            words = [f"{c} {w} {'within' if w <= MODEL_CYCLES else 'ABOVE'}"
                     for c, w in worst.items() if w]
            if words:
                lines.append(f"model cycles {target} {config} -O2, worst of all programs, budget "
                             f"{MODEL_CYCLES}: {', '.join(words)}")
    return lines


def all_choices():
    return [(t, c, o) for o in OPTS for c in CONFIGS_MEASURED for t in TARGETS_MEASURED]


def show_trace(builder, measure, choice, call):
    """The disassembled path of the steady trace's longest call."""
    elf = builder.image(choice[0], "count", *choice[1:])
    probe = builder.run(choice[0], elf, [measure.steady], count=True)
    calls = [l.split()[2] for l in probe.lines if l.startswith("call ")]
    if call not in calls:
        raise BuildError(f"expected one of {', '.join(calls)}, have {call}")
    label = len(calls) + calls.index(call)  # group 0 is the proof, 1 the trace
    ran = builder.run(choice[0], elf, [measure.steady], count=True, trace=label)
    for line in (ran.table or "").splitlines():
        if line.startswith("trace "):
            print(line.split()[1])
    print(f"addresses of {elf}; objdump -d it to read them")


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", choices=TARGETS_MEASURED)
    parser.add_argument("--config", choices=CONFIGS_MEASURED)
    parser.add_argument("--opt", choices=OPTS)
    parser.add_argument("--heapvet", default=ROOT / "build" / "dev" / "heapvet")
    parser.add_argument("--out", default=ROOT / "build" / "firmware")
    parser.add_argument("--trace", metavar="CALL")
    parser.add_argument("--accept", action="store_true")
    args = parser.parse_args(argv)
    choices = [c for c in all_choices() if (args.target in (None, c[0]))
               and args.config in (None, c[1]) and args.opt in (None, c[2])]
    if args.accept and len(choices) != len(all_choices()):
        parser.error("--accept takes the whole table: give no --target, --config or --opt")
    builder = Builder(args.out)
    try:
        measure = Measure(builder, Programs(args.heapvet, Path(args.out) / "packs"))
        if args.trace:
            show_trace(builder, measure, choices[0], args.trace)
            return 0
        with ThreadPoolExecutor(builder.jobs) as pool:
            counted = dict(zip(choices, pool.map(lambda c: measure.run(*c), choices)))
        rows, problems, unfit = tally(measure, counted)
        bytes_of_code = {c: code.measure(builder, c) for c in choices}
    except (BuildError, OSError) as problem:
        print(f"measure: {problem}", file=sys.stderr)
        return 2
    print("\n".join([budget.table(rows), *model_lines(rows), code.table(bytes_of_code)]))
    for program, names in unfit.items():
        print(f"does not fit: {program} on {', '.join(names)}")
    problems += bar_problems(rows) if not (args.target or args.config or args.opt) else []
    if args.accept and not problems:
        budget.write(rows)
        code.write(bytes_of_code)
        print(f"accepted: {budget.PATH.relative_to(ROOT)}, {code.PATH.relative_to(ROOT)}")
    elif not args.accept:
        worse, notes = budget.compare(rows, whole=len(choices) == len(all_choices()))
        problems += worse
        print("\n".join(notes))
    for problem in problems:
        print(f"NOT OK {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
