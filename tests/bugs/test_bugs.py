#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the bank itself: test_bugs.py patches|rows|quick|control."""

import subprocess
import sys
import tempfile
from pathlib import Path

import stage  # first: it says where the rest is
import bank
import build
from context import ROOT, Context, Screen

# What a patch is compiled with here: everything that a format or a listener adds is in.
DEFINES = ["-DCONFIG_SYS_HEAP_LISTENER=1", "-DCONFIG_HEAP_MEM_POOL_SIZE=4096",
           "-DCONFIG_SYS_HEAP_ARRAY_SIZE=4"]
# A header is compiled in the files that use most of it.
CARRIERS = ["alloc.c", "free.c", "realloc.c", "sys_heap.c", "check.c", "heaps/k_heap.c"]
NOT_APPLICABLE_MOST = 8

SOMETHING = """what: {what}
from: ours
oracle: payload
stage: fuzz
target: fuzz_heap_small_1
---
--- a/lib/src/free.c
+++ b/lib/src/free.c
@@ -1,3 +1,5 @@
 /* SPDX-License-Identifier: Apache-2.0 */
+#define HARMLESS() KHEAP_BUG_REACHED()
+#define NEITHER() KHEAP_BUG_TRIGGERED(0)
 
 /* {context} */
"""
CONTEXT = "Free: joins both free neighbours at once."


def compiles(tree, bug):
    """The compiler's complaint about the files that the patch touches, or None."""
    sources = [name for name in bug.files if name.endswith(".c") and "/port/" not in name]
    if any(name.endswith(".h") for name in bug.files):
        sources += [f"lib/src/{name}" for name in CARRIERS]
    if not sources:
        return None
    argv = ["cc", "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror=implicit-function-declaration",
            "-Ilib/include", "-Ilib/src", "-include", str(bank.HERE / "canary.h"), *DEFINES,
            *bug.defines.split(), *sorted(set(sources))]
    done = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode != 0 else None


def patches():
    problems = []
    with tempfile.TemporaryDirectory(prefix="bugs-") as scratch:
        shop = build.Workshop(ROOT, Path(scratch))
        for bug in bank.load():
            shop.plant(bug)
            # What a build bug does is not to compile, or to be refused.
            complaint = compiles(shop.tree, bug) if bug.stage != "build" else None
            if complaint:
                problems.append(f"{bug.path.name}: does not compile:\n{complaint}")
    return problems


def rows_read():
    """(row, from, bugs or reason) of ROWS.md."""
    for line in (bank.HERE / "ROWS.md").read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.split("|")[1:-1]]
        if len(cells) == 3 and cells[0] not in ("known fault", "---"):
            yield cells


def rows():
    """Every known fault has a bug in the bank, or a reason why not; every bug that is one is there."""
    problems, named, without = [], set(), 0
    known = {bug.name: bug for bug in bank.load()}
    for row, _, bugs in rows_read():
        if bugs.startswith("not applicable: "):
            without += 1
            continue
        for name in (b.strip(" `") for b in bugs.split(",")):
            named.add(name)
            if name not in known:
                problems.append(f"ROWS.md: {row}: no such patch: {name}")
    if without > NOT_APPLICABLE_MOST:
        problems.append(f"ROWS.md: {without} rows do not apply, want at most {NOT_APPLICABLE_MOST}")
    problems += [f"ROWS.md: {name}: is from {bug.origin}, and in no row" for name, bug in known.items()
                 if bug.origin != "ours" and name not in named]
    return problems


def context(**more):
    """A stage's context with books of its own."""
    ctx = Context(Screen(), jobs=1, seeds=1)
    ctx.bugs_scratch = ROOT / "build" / "bugs-test"
    for name, value in more.items():
        setattr(ctx, name, value)
    return ctx


def quick():
    """A few bugs are found, and found in the books the second time."""
    ctx = context(bugs_names=stage.QUICK[:3], bugs_patches=bank.PATCHES)
    (ctx.bugs_scratch / "ledger").unlink(missing_ok=True)
    first, second = stage.run(ctx), stage.run(ctx)
    problems = list(first["problems"])
    if first["figures"] != second["figures"]:
        problems.append("the second run does not say what the first did")
    for name, row in first["figures"]["bugs"].items():
        if (row["reached"], row["triggered"], row["detected"]) != (1, 1, 1):
            problems.append(f"{name}: reached, triggered, detected: have {row}, want 1 of each")
    return problems


def usage_of(folder):
    """What the stage says of a folder of patches that it should refuse."""
    try:
        stage.run(context(bugs_patches=folder))
    except Context.Usage as problem:
        return str(problem)
    return None


def control():
    """A patch that changes nothing is not found, and said to be; one that does not apply stops it."""
    problems = []
    with tempfile.TemporaryDirectory(prefix="bugs-") as scratch:
        folder = Path(scratch)
        harmless = folder / "harmless.patch"
        harmless.write_text(SOMETHING.format(what="nothing", context=CONTEXT))
        got = stage.run(context(bugs_patches=folder, bugs_budget=2000))
        if got["ok"] or got["figures"]["bugs"]["harmless"]["detected"] != 0:
            problems.append(f"a patch without a fault is detected: {got}")
        bad = {
            "does not apply": SOMETHING.format(what="nothing", context="Some other text."),
            "expected a line 'what: ...'": SOMETHING.format(what="x", context=CONTEXT).split("\n", 1)[1],
            "expected the canary": SOMETHING.format(what="x", context=CONTEXT).replace(
                "KHEAP_BUG_TRIGGERED", "TRIGGERED"),
            "no such fuzz target": SOMETHING.format(what="x", context=CONTEXT).replace("small_1", "tiny"),
        }
        for wanted, text in bad.items():
            harmless.write_text(text)
            said = usage_of(folder)
            if said is None or wanted not in said or "\n" in said:
                problems.append(f"have '{said}', want one line with '{wanted}'")
        if stage.main(["stage.py", "--patches", str(folder), "no-such-bug"]) != 2:
            problems.append("an unknown bug is not exit status 2")
    return problems


def main(argv):
    cases = {f.__name__: f for f in (patches, rows, quick, control)}
    if len(argv) != 2 or argv[1] not in cases:
        print(f"usage: test_bugs.py {'|'.join(cases)}", file=sys.stderr)
        return 2
    problems = cases[argv[1]]()
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
