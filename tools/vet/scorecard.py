# SPDX-License-Identifier: Apache-2.0
"""One screen for people, one JSON file for machines; both from the same list of results."""

import json
import os
import subprocess

PROBLEM_LINES = 18  # of all stages together


class Result:
    """How one stage ended."""

    def __init__(self, name, ok, seconds, figures=None, line="", problems=()):
        self.name = name
        self.ok = ok
        self.seconds = seconds
        self.figures = figures or {}
        self.line = line
        self.problems = list(problems)


def commit(root):
    done = subprocess.run(["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def text(results, commit_name, ok):
    """At most one screen: a line a stage, the first few problems, the verdict."""
    lines = ["", f"heapvet scorecard, commit {commit_name}"]
    # The rest is in the log above and in the JSON.
    most = max(1, PROBLEM_LINES // max(1, sum(bool(r.problems) for r in results)))
    for r in results:
        verdict = "ok" if r.ok else "NOT OK"
        lines.append(f"  {r.name:<9} {verdict:<7} {r.seconds:6.1f} s  {r.line}")
        lines += [f"            - {p}" for p in r.problems[:most]]
        if len(r.problems) > most:
            lines[-1] += f" (and {len(r.problems) - most} more)"
    lines.append(f"  {'all':<9} {'ok' if ok else 'NOT OK'}")
    return "\n".join(lines)


def write_json(path, results, commit_name, ok):
    """Whole or not at all: written beside its place and renamed."""
    document = {
        "ok": ok,
        "commit": commit_name,
        "stages": [{"name": r.name, "ok": r.ok, "seconds": round(r.seconds, 2),
                    "figures": r.figures, "problems": r.problems} for r in results],
    }
    part = f"{path}.part"
    with open(part, "w", encoding="utf-8") as out:
        json.dump(document, out, indent=1)
        out.write("\n")
    os.replace(part, path)
