# SPDX-License-Identifier: Apache-2.0
"""Stage schedules of ./vet: all schedules of all small programs, with the committed counts."""

import re
import time

NAME = "schedules"
PACKAGES = []

COUNTS = "sim/SCHEDULES.txt"
# Seconds; the bar of a complete run is half an hour on two cores.
BAR = 1800
# Of --quick: what takes seconds.
QUICK = [["--bound", "1"], ["--bound", "2", "--subject", "pool"],
         ["--bound", "2", "--subject", "kheap", "--family", "BC"]]
SAMPLE = ["--sample", "4000", "--threads", "4", "--ops", "4"]
LINE = re.compile(r"^(\w+) (\w) \(.*\): programs (\d+) = (\S+) = (\d+), schedules (\d+), pruned as "
                  r"equivalent (\d+), states (\d+), failures (\d+)$")


def rows_of(text):
    rows = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            names = ("programs", "formula", "formula_is", "schedules", "pruned", "states",
                     "failures")
            values = [v if n == "formula" else int(v) for n, v in zip(names, match.groups()[2:])]
            rows[f"{match[1]} {match[2]}"] = dict(zip(names, values))
    return rows


def explore(ctx, out, words):
    """One run: its rows, and what went wrong."""
    command = [ctx.heapvet.parent / "explore", "--jobs", str(ctx.jobs), "--quiet", "--out", out,
               *words]
    done = ctx.run(command, check=False, label="explore " + " ".join(words))
    problems = []
    if done.returncode != 0:
        for line in (done.stderr + done.stdout).splitlines()[-20:]:
            ctx.say("    " + line)
        said = [line for line in done.stderr.splitlines() if line.startswith(("FAIL", "explore:"))]
        problems = [f"explore {' '.join(words)}: {said[0] if said else 'failed'}"]
    rows = rows_of(done.stdout)
    if not rows and not problems:
        problems = [f"explore {' '.join(words)}: no family was run"]
    return rows, problems


def run(ctx):
    start = time.monotonic()
    out = ctx.root / "out" / "schedules"
    out.mkdir(parents=True, exist_ok=True)
    counts = ["--counts", str(ctx.root / COUNTS)]
    figures, problems = {}, []
    for words in QUICK if ctx.quick else [[]]:
        rows, bad = explore(ctx, out, words + counts)
        problems += bad
        for name, row in rows.items():
            ctx.say(f"  {name}: {row['programs']:,} programs = {row['formula']}, "
                    f"{row['schedules']:,} schedules, {row['pruned']:,} pruned as equivalent, "
                    f"{row['states']:,} states, {row['failures']} failures")
            figures[f"{name}{' ' + ' '.join(words) if words else ''}"] = row
    if not ctx.quick:
        rows, bad = explore(ctx, out, SAMPLE)
        figures["sampled"] = rows
        problems += bad
    seconds = time.monotonic() - start
    if seconds > BAR:
        problems.append(f"all families took {seconds:.0f} s, the bar is {BAR} s")
    families = [row for name, row in figures.items() if name != "sampled"]
    line = (f"{sum(r['programs'] for r in families):,} programs, "
            f"{sum(r['schedules'] for r in families):,} schedules, "
            f"{sum(r['pruned'] for r in families):,} pruned as equivalent, "
            f"{sum(r['failures'] for r in families)} failures")
    figures["seconds"] = round(seconds, 1)
    return {"ok": not problems, "figures": figures, "line": line, "problems": problems}
