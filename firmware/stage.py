# SPDX-License-Identifier: Apache-2.0
"""Stage firmware of ./vet: digests on every target, instructions per call, the gates' controls."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from firmware import budget, code, digests, measure  # noqa: E402
from firmware.build import Builder, BuildError, compiler_version  # noqa: E402
from firmware.control import LONG_SEARCH, faulty_lib  # noqa: E402
from firmware.programs import Programs  # noqa: E402
from firmware.targets import TARGETS  # noqa: E402

NAME = "firmware"
PACKAGES = ["qemu-system-arm", "qemu-system-misc", "gcc-arm-none-eabi", "gcc-riscv64-unknown-elf"]
CONTROL_TARGET = "m3"
PLAIN_TARGETS = ("m3", "rv32")
WAITS_TARGETS = ("m0", "m3", "rv32")


def digest_jobs(builder, programs):
    packs = programs.digests()
    jobs = [(f"digests {t} {f}",
             lambda t=t, f=f: digests.run_target(builder, programs, packs, t, f))
            for t in TARGETS for f in digests.FORMATS]
    jobs += [(f"digests {t} {s}", lambda t=t, s=s: digests.run_above(builder, programs, t, s))
             for t in TARGETS for s in digests.above_of(t)]

    def control():
        lib = faulty_lib("merge", builder.out)
        return digests.run_target(builder, programs, packs, CONTROL_TARGET, "small", lib, "-merge")
    return jobs + [("control: digests of a faulty library", control)]


def plain_job(builder, programs, target, config):
    """The plain runner: the line that it ends with, and whether it passed."""
    ran = builder.run(target, builder.image(target, "plain", config), [programs.seeds()])
    passed = [line for line in ran.lines if " passed, " in line]
    return ran.status == 0 and bool(passed), (passed or ran.lines[-1:] or ["nothing printed"])[0]


def waits_job(builder, target):
    """The heaps that wait, on a real timer's interrupt: the line it ends with, and whether it passed."""
    ran = builder.run(target, builder.image(target, "waits", "default"))
    passed = [line for line in ran.lines if " passed, " in line]
    return ran.status == 0 and bool(passed), (passed or ran.lines[-1:] or ["nothing printed"])[0]


def control_problems(comparison, counted):
    """The two gates must fail on libraries that deserve it."""
    problems = []
    if not comparison.differ or not comparison.image_differs:
        problems.append("control: an image of a library without a line of its merge prints digests "
                        "that are equal to the host's")
    if not measure.constant_problems("control", counted):
        problems.append("control: a library that walks a whole free list passes the constant-worst "
                        "gate")
    return problems + [f"control: {p}" for p in counted.problems]


def run_jobs(ctx, jobs):
    """Runs (name, function) pairs, ctx.jobs at once; returns {name: result} and the failures."""
    results, problems = {}, []
    with ThreadPoolExecutor(ctx.jobs) as pool:
        futures = [(name, pool.submit(function)) for name, function in jobs]
        for i, (name, future) in enumerate(futures):
            ctx.progress(i, len(futures), name)
            try:
                results[name] = future.result()
            except BuildError as problem:
                problems += [f"{name}: {line}" for line in str(problem).splitlines()[:3]]
    return results, problems


def figures_of(compared, rows):
    figures = {}
    for target in TARGETS:
        mine = [c for c in compared if c.target == target]
        program = "steady" if TARGETS[target].large else "steady-8k"
        peer = {call: rows.get((target, "peer", "O2", program, call)) for call in measure.CALLS}
        default = {call: rows.get((target, "default", "O2", program, call))
                   for call in measure.CALLS}
        figures[target] = {
            "title": TARGETS[target].title,
            "digests_equal": all(c.ok for c in mine) and
            len(mine) == len(digests.FORMATS) + len(digests.above_of(target)),
            "digests_compared": sum(c.equal + len(c.differ) for c in mine),
            "does_not_fit": sum(len(c.unfit) for c in mine),
            "program": program}
        for prefix, tallies in (("", peer), ("default_", default)):
            for call in ("alloc", "free"):
                tally = tallies[call]
                figures[target][f"{prefix}{call}_mean"] = tally and round(tally.mean, 2)
                figures[target][f"{prefix}{call}_worst"] = tally and tally.worst
                figures[target][f"{prefix}{call}_model_cycles_worst"] = tally and tally.cycles_worst
        everywhere = [t for k, t in rows.items()
                      if k[:3] == (target, "peer", "O2") and k[4] in measure.CONSTANT_CALLS]
        if everywhere:
            figures[target]["bounded_calls_worst"] = max(t.worst for t in everywhere)
            figures[target]["bounded_calls_model_cycles_worst"] = max(
                t.cycles_worst for t in everywhere)
    return figures


def say_digests(ctx, compared):
    for c in sorted(compared, key=lambda c: (c.target, c.format)):
        ctx.say(f"  {c.target:<9} {c.format:<13} {c.equal:5d} digests equal to the host's, "
                f"{len(c.differ)} differ, {len(c.unfit)} programs do not fit")
        if c.unfit:
            ctx.say("            do not fit: " + digests.names_in_short(c.unfit))


def say_table(ctx, rows, sizes, unfit, path):
    text = "\n".join([budget.table(rows), *measure.model_lines(rows), code.table(sizes)])
    path.write_text(text + "\n")
    if ctx.quick:
        lines = text.splitlines()
        keep = [l for l in lines if " steady" in l or " adversarial" in l or l in lines[:2]
                or l.startswith("model cycles")]
        ctx.say("\n".join(keep))
        ctx.say(f"  every row: {path}")
    else:
        ctx.say(text)
    for program, names in sorted(unfit.items()):
        ctx.say(f"  not measured, does not fit: {program} on {', '.join(names)}")


def run(ctx):
    start = time.monotonic()
    out = ctx.build / "firmware"
    builder = Builder(out, ctx.jobs)
    try:
        programs = Programs(ctx.heapvet, out / "packs")
        measuring = measure.Measure(builder, programs)
        jobs = digest_jobs(builder, programs)
    except (BuildError, OSError) as problem:
        raise ctx.Failed(str(problem)) from None
    jobs += [(f"waits {t}", lambda t=t: waits_job(builder, t)) for t in WAITS_TARGETS]
    choices = measure.all_choices()
    jobs += [(f"control: a search without bound on {CONTROL_TARGET}",
              lambda: measuring.run(CONTROL_TARGET, "peer", "O2",
                                    words=["adversarial"], **LONG_SEARCH))]
    jobs += [(f"instructions {' '.join(c)}", lambda c=c: measuring.run(*c)) for c in choices]
    if ctx.quick:
        ctx.say("  plain runner on the targets: left out by --quick")
    else:
        jobs += [(f"plain {t} {c}", lambda t=t, c=c: plain_job(builder, programs, t, c))
                 for t in PLAIN_TARGETS for c in digests.FORMATS]
    results, problems = run_jobs(ctx, jobs)
    if problems:
        return {"ok": False, "figures": {}, "line": "images could not be built",
                "problems": problems}

    compared = [r for n, r in results.items() if n.startswith("digests ")]
    controls = [r for n, r in results.items() if n.startswith("control: ")]
    counted = {c: results[f"instructions {' '.join(c)}"] for c in choices}
    rows, measured_problems, unfit = measure.tally(measuring, counted)
    worse, notes = budget.compare(rows)
    for c in compared:
        problems += c.problems + [f"{c.target} {c.format}: digest differs: {d}"
                                  for d in c.differ[:3]]
    problems += control_problems(*controls) + measured_problems + measure.bar_problems(rows) + worse
    for name, (ok, line) in ((n, r) for n, r in results.items() if n.startswith(("plain ", "waits "))):
        ctx.say(f"  {name}: {line}")
        problems += [] if ok else [f"{name}: {line}"]
    say_digests(ctx, compared)
    sizes = {c: code.measure(builder, c) for c in choices}
    say_table(ctx, rows, sizes, unfit, out / "instructions.txt")
    for note in notes:
        ctx.say("  " + note)
    figures = figures_of(compared, rows)
    for target, config, opt in choices:
        if (config, opt) == ("peer", "Os"):
            figures[target]["alloc_free_code_bytes_Os"] = sizes[(target, config, opt)][0]
    figures["compilers"] = {t: compiler_version(t) for t in TARGETS}
    figures["seconds"] = round(time.monotonic() - start, 1)
    return {"ok": not problems, "figures": figures, "line": line_of(compared, rows),
            "problems": problems}


def line_of(compared, rows):
    m3 = [rows.get(("m3", "peer", "O2", "steady", call)) for call in ("alloc", "free")]
    text = f"{sum(c.equal for c in compared)} digests equal on {len(TARGETS)} targets"
    differ = sum(len(c.differ) for c in compared)
    text += f", {differ} differ" if differ else ""
    if all(m3):
        text += ("; Cortex-M3 instructions alloc "
                 f"{m3[0].mean:.1f}/{m3[0].worst} free {m3[1].mean:.1f}/{m3[1].worst} mean/worst")
    return text
