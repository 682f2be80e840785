# SPDX-License-Identifier: Apache-2.0
"""The committed table of instructions per call: reading, writing, comparing, printing."""

import csv
import io

from firmware.build import ROOT, compiler_version
from firmware.targets import TARGETS

PATH = ROOT / "bench" / "budgets" / "instructions.csv"
COLUMNS = ["target", "config", "opt", "program", "call", "calls", "instructions_mean",
           "instructions_worst", "model_cycles_mean", "model_cycles_worst"]
COMMENT = ("Instructions per call, counted exactly by firmware/plugin.c; cycles are a model "
           "(firmware/README.md). Written by: /usr/bin/python3 firmware/measure.py --accept")
KEYS = 5
CALLS = ("alloc", "free", "aligned_alloc", "realloc_inplace", "realloc_moved")


def cells(tally):
    return [str(tally.calls), f"{tally.mean:.2f}", str(tally.worst), f"{tally.cycles_mean:.2f}",
            str(tally.cycles_worst)]


def compilers(rows):
    return {t: compiler_version(t) for t in sorted({key[0] for key in rows})}


def write_table(path, comment, columns, rows):
    """A committed table, whole or not at all; rows: {key: cells}, the key's first cell a target."""
    out = io.StringIO()
    out.write(f"# {comment}\n")
    for target, version in compilers(rows).items():
        out.write(f"# compiler {target}: {version}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([*key, *rows[key]] for key in sorted(rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(out.getvalue())
    part.replace(path)


def write(rows):
    write_table(PATH, COMMENT, COLUMNS, {key: cells(tally) for key, tally in rows.items()})


def read(path=PATH):
    """({target: compiler}, {key: cells}); nothing when there is no table yet."""
    versions, found = {}, {}
    if not path.exists():
        return versions, found
    lines = path.read_text().splitlines()
    for line in lines:
        if line.startswith("# compiler "):
            target, version = line.removeprefix("# compiler ").split(": ", 1)
            versions[target] = version
    for row in csv.reader(l for l in lines if not l.startswith("#")):
        if row[0] != "target":
            found[tuple(row[:KEYS])] = row[KEYS:]
    return versions, found


def compare(rows, whole=True, path=PATH):
    """(problems, notes). One instruction more is a problem, unless the compiler is another one."""
    versions, committed = read(path)
    problems, notes = [], []
    if not committed:
        return [f"{path.name}: no committed table; make one with firmware/measure.py --accept"], []
    other = {t for t, v in compilers(rows).items() if versions.get(t) != v}
    for target in sorted(other):
        notes.append(f"note: {target} was built by another compiler than the committed table's; "
                     "its figures are reported, not held against the table")
    better = 0
    for key, tally in sorted(rows.items()):
        if key[0] in other:
            continue
        name = " ".join(key)
        if key not in committed:
            problems.append(f"{name}: not in the committed table")
            continue
        have, want = cells(tally), committed[key]
        if have[0] != want[0]:
            problems.append(f"{name}: have {have[0]} calls, want {want[0]}: another program")
        elif int(have[2]) > int(want[2]):
            problems.append(f"{name}: worst have {have[2]}, want at most {want[2]} instructions")
        elif float(have[1]) > float(want[1]):
            problems.append(f"{name}: mean have {have[1]}, want at most {want[1]} instructions")
        elif have != want:
            better += 1
    if whole:
        problems += [f"{' '.join(k)}: in the committed table, not measured"
                     for k in sorted(set(committed) - set(rows)) if k[0] not in other]
    if better:
        notes.append(f"note: {better} rows are better than the committed table; "
                     "measure.py --accept keeps that")
    return problems, notes


def table(rows):
    """For people: one line per target, configuration and program."""
    calls = [c for c in CALLS if any(key[4] == c for key in rows)]
    out = ["instructions per call, mean/worst (model cycles, worst)"]
    head = f"{'target':<9}{'config':<9}{'opt':<4}{'program':<16}"
    out.append(head + "".join(f"{c:>24}" for c in calls))
    groups = {key[:4] for key in rows}
    for group in sorted(groups, key=lambda g: (g[2], g[1] != "peer", g[0], g[3])):
        line = f"{group[0]:<9}{group[1]:<9}{group[2]:<4}{group[3]:<16}"
        for call in calls:
            tally = rows.get((*group, call))
            text = f"{tally.mean:.1f}/{tally.worst} ({tally.cycles_worst})" if tally else "-"
            line += f"{text:>24}"
        out.append(line)
    out += [f"{t.name}: {t.title}" + (f" ({t.note})" if t.note else "")
            for t in TARGETS.values() if any(k[0] == t.name for k in rows)]
    return "\n".join(out)
