# SPDX-License-Identifier: Apache-2.0
"""What the gates share: the tree's files, and a run that includes the control.

A gate is a function tree -> list of problems. Its control is a small tree with one fault planted, on
which the gate must find something: a gate that cannot fail is a defect.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(root, *suffixes):
    """Files of the project (git's list; all files where there is no git), as paths relative to root."""
    done = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0 and (root / ".git").exists():
        names = [Path(n) for n in done.stdout.splitlines()]
    else:
        names = [p.relative_to(root) for p in root.rglob("*") if p.is_file()]
    names = [n for n in names if (root / n).is_file()]
    return sorted(n for n in names if not suffixes or n.suffix in suffixes)


def plant(folder, files):
    for name, text in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main(name, gate, controls):
    """controls: {what is planted: {file: text}}. Exits 0 when the tree is clean and every control is seen."""
    failed = 0
    problems = gate(ROOT)
    for p in problems:
        print(f"{name}: {p}")
    failed += bool(problems)
    for what, files in controls.items():
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, files)
            seen = gate(Path(folder))
        if not seen:
            print(f"{name}: control not seen: {what}")
            failed += 1
    total = 1 + len(controls)
    print(f"{name}: {total - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
