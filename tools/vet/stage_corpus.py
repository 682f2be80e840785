# SPDX-License-Identifier: Apache-2.0
"""Stage corpus: every committed program on every subject, every oracle that applies."""

import json
import tempfile
import time
from pathlib import Path

NAME = "corpus"
PACKAGES = []

SUBJECTS = ["kheap-auto", "kheap-small", "kheap-big", "kheap-listener", "kheap-kheap", "multi", "system",
            "system-legacy", "kheap-hard-small", "kheap-hard-big", "sim_kheap", "sim_pool", "sim_poolmalloc",
            "firstfit", "libc"]
THREADS = {"deadline", "wakeup", "order", "isr", "lock", "deadlock"}
# Where every oracle but these must be seen at work; other subjects lack calls, or programs.
IDLE = {
    "kheap-auto": THREADS | {"events"}, "kheap-small": THREADS | {"events"},
    "kheap-big": THREADS | {"events"}, "kheap-listener": THREADS,
    "kheap-hard-small": THREADS | {"events"}, "kheap-hard-big": THREADS | {"events"},
    # Threads change the region while others fail, and choose the placement by their order.
    "sim_kheap": {"untouched", "determinism", "steps", "print", "api", "misuse"},
}
# Expectations of the pool's programs are written for blocks without a descriptor.
FEWER = {"sim_poolmalloc": ["--oracles", "-expect"]}
FOLDERS = ["corpus/seeds", "corpus/regress", "corpus/traces", "corpus/misuse"]


def replay(ctx, subject, folders, scratch):
    """The counts of one subject and what went wrong, as (figures, problems)."""
    report = Path(scratch) / f"{subject}.json"
    done = ctx.run([ctx.heapvet, "run", "--subject", subject, "--json", report,
                    *FEWER.get(subject, []), *folders],
                   check=False, timeout=600, label=f"replay on {subject}")
    if not report.exists():
        return {}, [f"{subject}: {(done.stderr.strip().splitlines() or ['no output'])[-1]}"]
    counts = json.loads(report.read_text())["subjects"][0]
    problems = []
    if done.returncode != 0:
        for line in done.stderr.splitlines():
            ctx.say("    " + line)
        first = next((l for l in done.stderr.splitlines() if l.startswith("FAIL")), "failed")
        problems.append(f"{subject}: {first}")
    if subject in IDLE:
        idle = [o for o, n in counts["evaluated"].items() if n == 0 and o not in IDLE[subject]]
        if idle and not problems:
            problems.append(f"{subject}: oracles that never fired: {', '.join(idle)}")
    for name in counts["does_not_fit"]:
        ctx.say(f"    {subject}: does not fit: {name}")
    return counts, problems


def run(ctx):
    folders = [f for f in FOLDERS if (ctx.root / f).is_dir()]
    figures, problems = {}, []
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        for done, subject in enumerate(SUBJECTS):
            ctx.progress(done, len(SUBJECTS), f"replay on {subject}")
            figures[subject], bad = replay(ctx, subject, folders, scratch)
            problems += bad
    seconds = max(time.monotonic() - start, 0.001)
    programs = sum(f.get("programs", 0) for f in figures.values())
    ops = sum(f.get("ops", 0) for f in figures.values())
    unfit = sum(len(f.get("does_not_fit", [])) for f in figures.values())
    if not programs:
        problems.append("no program was run")
    line = (f"{len(SUBJECTS)} subjects, {programs:,} replays, {ops:,} ops, "
            f"{ops / seconds / 1e3:,.0f} k ops/s, {unfit} do not fit")
    return {"ok": not problems, "figures": figures, "line": line, "problems": problems}
