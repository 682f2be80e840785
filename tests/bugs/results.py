# SPDX-License-Identifier: Apache-2.0
"""The table of the bug bank: rows, what is wrong with them, and RESULTS.md."""

import re
import statistics

import bank

RESULTS = bank.HERE / "RESULTS.md"
COLUMNS = ["bug", "what", "from", "stage", "target", "oracle", "reached", "triggered", "detected",
           "median", "range", "corpus"]

# What makes the bank worth running: so many bugs that fuzzing must find, so many of them hard.
LEAST_FUZZED, HARD, LEAST_HARD = 45, 10_000, 10

HEAD = """# What the bug bank showed

Each row is a patch of `patches/`: one fault, put into a copy of `lib/` and looked for by the stage named. Stage
fuzz: libFuzzer with AddressSanitizer from an **empty** corpus, {seeds} seeds, at most {budget:,} executions each.
*reached*, *triggered* and *detected* are numbers of seeds; median and range are the executions until the bug was
detected. *corpus* is who reports it when the committed corpus is replayed once, without fuzzing.

    ./vet bugs --seeds {seeds}

{count}

"""


def fuzz_row(bug, runs, corpus):
    found = sorted(r["executions"] for r in runs if r["detected"])
    tally = {}
    for r in runs:
        if r["detected"]:
            tally[r["oracle"]] = tally.get(r["oracle"], 0) + 1
    return {
        "what": bug.what, "from": bug.origin, "stage": "fuzz", "target": bug.target,
        "oracles": dict(sorted(tally.items(), key=lambda kv: (-kv[1], kv[0]))), "foreseen": bug.oracles,
        "runs": len(runs), "reached": sum(r["reached"] for r in runs),
        "triggered": sum(r["triggered"] for r in runs), "detected": len(found),
        "median": int(statistics.median(found)) if found else None,
        "least": found[0] if found else None, "most": found[-1] if found else None,
        "corpus": (corpus or {}).get("oracle"),
    }


def stage_row(bug, result):
    result = result or {}
    return {
        "what": bug.what, "from": bug.origin, "stage": bug.stage, "target": ", ".join(bug.targets),
        "oracles": {result["by"]: 1} if result.get("by") else {}, "foreseen": bug.oracles,
        "runs": 1, "detected": int(bool(result.get("detected"))), "seconds": result.get("seconds"),
        "note": result.get("note"),
    }


def judge(rows, seeds, budget, limit):
    """What may not be, one line each."""
    problems = []
    for name, row in rows.items():
        if row["stage"] != "fuzz":
            if not row["detected"]:
                note = f": {row['note']}" if row.get("note") else ""
                problems.append(f"{name}: not found by stage {row['stage']}{note}")
            continue
        if row["detected"] < seeds:
            problems.append(f"{name}: detected {row['detected']} of {seeds} times (reached {row['reached']}, "
                            f"triggered {row['triggered']})")
        if row["median"] is not None and row["median"] > limit:
            problems.append(f"{name}: median {row['median']:,} executions, want at most {limit:,}")
        if row["most"] is not None and row["most"] > budget:
            problems.append(f"{name}: {row['most']:,} executions, want at most {budget:,}")
    return problems


def judge_bank(rows):
    """A bank of easy bugs says little."""
    fuzzed = [r for r in rows.values() if r["stage"] == "fuzz"]
    hard = [r for r in fuzzed if r["median"] is not None and r["median"] > HARD]
    problems = []
    if len(fuzzed) < LEAST_FUZZED:
        problems.append(f"{len(fuzzed)} bugs for fuzzing, want at least {LEAST_FUZZED}")
    if len(hard) < LEAST_HARD:
        problems.append(f"{len(hard)} bugs need more than {HARD:,} executions, want at least {LEAST_HARD}")
    return problems


def of_total(row, key):
    return f"{row[key]}/{row['runs']}" if key in row else ""


def executions(row):
    if row.get("median") is None:
        return "", ""
    return f"{row['median']:,}", f"{row['least']:,}-{row['most']:,}"


def cells(name, row):
    median, spread = executions(row)
    corpus = (row["corpus"] or "-") if "corpus" in row else ""
    return [name, row["what"], row["from"], row["stage"], row["target"],
            ", ".join(row["oracles"]) or "-", of_total(row, "reached"), of_total(row, "triggered"),
            of_total(row, "detected"), median, spread, corpus]


def unforeseen(row):
    return [oracle for oracle in row["oracles"] if oracle not in row["foreseen"]]


def lines(rows):
    """The table for a terminal."""
    for name, row in rows.items():
        median, spread = executions(row)
        marks = [of_total(row, key) or "-" for key in ("reached", "triggered", "detected")]
        oracles = " ".join(o + "*" * (o in unforeseen(row)) for o in row["oracles"])
        yield (f"{name:<31} {row['stage']:<7} {' '.join(marks):<12} {median:>9} {spread:<20} "
               f"{oracles or '-'}")


def summary(rows, seeds):
    fuzzed = [r for r in rows.values() if r["stage"] == "fuzz"]
    medians = [r["median"] for r in fuzzed if r["median"] is not None]
    found = sum(1 for r in rows.values() if r["detected"] == r["runs"])
    text = f"{found} of {len(rows)} bugs found, {len(fuzzed)} by fuzzing with {seeds} seeds"
    if not medians:
        return text
    hard = sum(1 for m in medians if m > HARD)
    corpus = sum(1 for r in fuzzed if r["corpus"])
    return (f"{text}: median {int(statistics.median(medians)):,} executions, {hard} need more than {HARD:,}; "
            f"the corpus alone finds {corpus}")


def page(figures):
    """RESULTS.md."""
    rows = figures["bugs"]
    text = HEAD.format(seeds=figures["seeds"], budget=figures["budget"],
                       count=summary(rows, figures["seeds"]) + ".")
    text += "| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|\n"
    for name, row in rows.items():
        text += "| " + " | ".join(c.replace("|", "\\|") for c in cells(name, row)) + " |\n"
    return text


def table_read(path):
    """name -> cells of the committed table."""
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(parts) == len(COLUMNS) and parts[0] not in ("bug", "---"):
            found[parts[0]] = dict(zip(COLUMNS, parts))
    return found


def compare(rows, path):
    """Against the committed table: nothing that was found may be lost."""
    table = table_read(path)
    problems = [f"{name}: in {path.name}, but there is no such patch" for name in table if name not in rows]
    problems += [f"{name}: not in {path.name}: python3 tests/bugs/accept.py" for name in rows
                 if name not in table]
    for name, row in rows.items():
        if row.get("corpus", "") is None and table.get(name, {}).get("corpus", "-") not in ("-", ""):
            problems.append(f"{name}: the corpus finds it no more; by {path.name} it did")
    return problems
