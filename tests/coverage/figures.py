# SPDX-License-Identifier: Apache-2.0
"""What the united facts come to: figures by file, what is missing, and the committed figures."""

from collections import namedtuple
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMITTED = HERE / "FIGURES.txt"
METRICS = ("lines", "branches", "mcdc")
HEAD = f"{'# of':<40} {'lines':>12} {'branch sides':>13} {'MC/DC':>10}"
# where: line:column, macros from the outermost in; what: line, branch true, branch false or MC/DC.
Missing = namedtuple("Missing", "file where what")


def where_text(position):
    return ">".join(f"{line}:{column}" for line, column in position)


def numbers(where):
    return [[int(n) for n in place.split(":")] for place in where.split(">")]


def missing_of(facts):
    rows = [Missing(file, str(line), "line")
            for (file, line), count in facts.lines.items() if count == 0]
    for (file, position), counts in facts.branches.items():
        rows += [Missing(file, where_text(position), f"branch {side}")
                 for side, count in zip(("true", "false"), counts) if count == 0]
    rows += [Missing(file, where_text(position), "MC/DC")
             for (file, _, position), shown in facts.conditions.items() if not shown]
    return sorted(set(rows), key=lambda m: (m.file, numbers(m.where), m.what))


def figures_of(facts):
    """{file or 'all': {metric: [reached, of]}}."""
    figures = {}

    def count(file, metric, reached, of):
        for name in (file, "all"):
            row = figures.setdefault(name, {m: [0, 0] for m in METRICS})
            row[metric][0] += reached
            row[metric][1] += of

    for (file, _), executions in facts.lines.items():
        count(file, "lines", executions > 0, 1)
    for (file, _), (true, false) in facts.branches.items():
        count(file, "branches", (true > 0) + (false > 0), 2)
    for (file, _, _), shown in facts.conditions.items():
        count(file, "mcdc", bool(shown), 1)
    return {name: figures[name] for name in sorted(figures, key=lambda n: (n == "all", n))}


def share(pair):
    return Fraction(pair[0], pair[1]) if pair[1] else Fraction(1)


def percent(pair):
    """Rounded down, so that 100.00 is all of them."""
    return f"{int(share(pair) * 10000) / 100:.2f} %"


def table(figures):
    lines = [HEAD]
    for name, row in figures.items():
        cells = [f"{row[m][0]}/{row[m][1]}" for m in METRICS]
        lines.append(f"{name:<40} {cells[0]:>12} {cells[1]:>13} {cells[2]:>10}")
    return lines


def read_committed(path):
    figures = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) == 4 and not line.startswith("#"):
            pairs = [[int(n) for n in word.split("/")] for word in words[1:]]
            figures[words[0]] = dict(zip(METRICS, pairs))
    return figures


def write_committed(figures, path):
    text = ["# Coverage of lib/ by replaying the committed corpus, union over all configurations.",
            "# Written by: /usr/bin/python3 tests/coverage/check.py accept", *table(figures)]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")


def fallen(figures, committed):
    """One line for each figure that is lower than the committed one."""
    problems = []
    for name, row in committed.items():
        for metric in METRICS:
            have = figures.get(name, {}).get(metric)
            if have is None:
                continue  # the file is gone
            if share(have) < share(row[metric]):
                problems.append(f"{name}: {metric} {percent(have)} ({have[0]}/{have[1]}), committed "
                                f"{percent(row[metric])} ({row[metric][0]}/{row[metric][1]})")
    return problems


def explained(page):
    """The rows of docs/COVERAGE.md: {Missing}; | `file:where` | what | why |."""
    rows = set()
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("lib/"):
            file, where = cells[0].split(":", 1)
            rows.add(Missing(file, where, cells[1]))
    return rows


def unexplained(missing, page):
    """What the page does not say, and what it says that is not so."""
    rows = explained(page) if page.exists() else set()
    have = set(missing)
    name = "docs/COVERAGE.md"
    return ([f"{m.file}:{m.where}: {m.what} is missing, and {name} has no row for it"
             for m in missing if m not in rows] +
            [f"{name}: {m.file}:{m.where}: {m.what} is not missing" for m in sorted(rows - have)])
