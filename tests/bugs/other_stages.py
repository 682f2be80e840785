# SPDX-License-Identifier: Apache-2.0
"""Finds bugs that are not found by fuzzing: by the explorer, by ThreadSanitizer, by a build, by a test.

The whole tree is copied once and configured once. Each bug is put into the copy's lib/, and what has to find
it is built from there: stage explore runs the explorer (target: subject family bound), the others run one of the
project's own tests (target: its name in ctest). All have to pass on the sound library first.
"""

import fcntl
import os
import re
import sys
import time
from pathlib import Path

import bank

sys.path.insert(0, str(bank.HERE.parents[1] / "tools" / "vet"))

from resume import fingerprint  # noqa: E402

# What a copy of the tree does without.
LEFT_OUT = {"build", "out", ".git", "__pycache__"}
SECONDS, TEST_SECONDS = 400, 60
# What is looked for in the output, by stage: the first of these that it has says what was found.
SAID = {
    "explore": (r"oracle \w+: .*",),
    "tsan": (r"ThreadSanitizer: [\w -]+",),
    "build": (r"FAILED .*", r".*error: .*", r".*Error: .*"),
    "unit": (r"\[  FAILED  \] [a-z]\w+", r"FAILED .*", r"\w+\.c:\d+: .*", r"\*\*\*[A-Z].*"),
}


class Tree:
    """A copy of the project, and what is built from it."""

    def __init__(self, ctx, folder):
        self.ctx, self.root, self.tree, self.build = ctx, ctx.root, folder / "tree", folder / "build"
        self.canary = folder / "canary.o"

    def sources(self, folder):
        """Every file below, by its path from there."""
        found = set()
        for at, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            found |= {Path(at, name).relative_to(folder) for name in names}
        return found

    def restore(self):
        """Makes the copy what the project is; files that are so already keep their time."""
        wanted = self.sources(self.root)
        if self.tree.exists():
            for name in self.sources(self.tree) - wanted:
                (self.tree / name).unlink()
        for name in wanted:
            data, path = (self.root / name).read_bytes(), self.tree / name
            if not path.exists() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                path.chmod((self.root / name).stat().st_mode)

    def configure(self):
        """Every program of the copy is linked with the canaries' counters."""
        flags = f"-include {self.tree / 'tests/bugs/canary.h'} -DKHEAP_BUG_COUNTED=1"
        source = self.tree / "tests" / "bugs" / "canary.c"
        if not self.canary.exists() or self.canary.stat().st_mtime < source.stat().st_mtime:
            self.ctx.run(["gcc", "-std=gnu11", "-O2", "-DKHEAP_BUG_COUNTED=1", f"-I{self.tree}/fuzz",
                          f"-I{self.tree}/ops", "-c", source, "-o", self.canary])
        if not (self.build / "build.ninja").exists():
            self.ctx.run(["cmake", "-G", "Ninja", "-S", self.tree, "-B", self.build,
                          "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_C_COMPILER=gcc",
                          f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_EXE_LINKER_FLAGS={self.canary}"],
                         label="configuring a copy of the tree")

    def make(self, programs):
        """Builds; the output when that failed, or None."""
        if not programs:
            return None
        done = self.ctx.run(["ninja", "-C", self.build, "-j", self.ctx.jobs, *programs], check=False,
                            label=f"building {programs[0]}")
        return None if done.returncode == 0 else done.stdout + done.stderr

    def programs_of(self, test):
        """What ninja has to build for a test of ctest: the words of its command that it knows."""
        text = "".join(p.read_text() for p in (self.build / "tests").rglob("CTestTestfile.cmake"))
        command = re.search(rf'^add_test\((?:\[=\[)?{re.escape(test)}(?:\]=\])? (.*)\)$', text, re.M)
        if command is None:
            raise self.ctx.Usage(f"{test}: expected a test that ctest knows")
        known = self.ctx.run(["ninja", "-C", self.build, "-t", "targets", "all"]).stdout
        outputs = {line.rpartition(":")[0] for line in known.splitlines()}
        words = [os.path.relpath(word, self.build) for word in re.findall(r'"(/[^"]*)"', command[1])]
        return [word for word in words if word in outputs]


def test_run(tree, bug, canary):
    """(failed, output) of the test that the bug names."""
    name = bug.target
    broken = tree.make(tree.programs_of(name))
    if broken is not None:
        return "build", broken
    done = tree.ctx.run(["ctest", "--test-dir", tree.build, "--output-on-failure", "--timeout",
                         TEST_SECONDS, "-R", f"^{re.escape(name)}$"], check=False, timeout=SECONDS,
                        env=dict(os.environ, HEAPVET_CANARY=str(canary)), label=f"test {name}")
    return None if done.returncode == 0 else bug.stage, done.stdout + done.stderr


def explore_run(tree, bug, canary):
    """The same of the explorer; a failing schedule is left in canary's folder."""
    subject, family, bound = bug.target.split()
    broken = tree.make(["explore"])
    if broken is not None:
        return "build", broken
    done = tree.ctx.run([tree.build / "explore", "--quiet", "--stop-at-first", "--subject", subject, "--family",
                         family, "--bound", bound, "--jobs", tree.ctx.jobs, "--out", canary.parent],
                        check=False, timeout=SECONDS, label=f"explore {bug.target}",
                        env=dict(os.environ, HEAPVET_CANARY=str(canary)))
    found = re.search(r"oracle (\w+):", done.stdout + done.stderr)
    by = None if done.returncode == 0 else found[1] if found else "crash"
    return by, done.stdout + done.stderr


def first_line(stage, output):
    """What was found, for the table."""
    # What ctest says in the end is only that a test failed.
    said = output.split("The following tests FAILED")[0]
    for pattern in SAID[stage]:
        found = re.search(pattern, said)
        if found:
            return re.sub(r"^(\[  FAILED  \]|FAILED) +", "", found[0].strip())[:160]
    return (said.strip().splitlines() or ["nothing was said"])[-1][:160]


def sound(tree, bug, run, scratch):
    """None, or what is wrong: the sound library must pass, once for each target and state of the tree."""
    passed = scratch.parent / "passed.txt"
    tree.restore()
    folders = ["lib", "ops", "reference", "sim"]
    if bug.stage != "explore":
        folders.append(f"tests/{bug.target.partition('.')[0]}")
    key = fingerprint(*(tree.root / folder for folder in folders if (tree.root / folder).exists()))
    line = f"{bug.stage} {bug.target} {key}"
    if passed.exists() and line in passed.read_text().splitlines():
        return None
    by, output = run(tree, bug, scratch / "canary-of-sound")
    if by is not None:
        return f"the sound library fails, too: {first_line(bug.stage, output)}"
    with passed.open("a") as file:
        file.write(line + "\n")
    return None


def find(ctx, bug, scratch):
    """What stage.py keeps of a bug that is not fuzzed."""
    folder = Path(scratch).parent.parent / "project"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        # There is one copy: a second run would take this one's bug out of it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find_in(Tree(ctx, folder), ctx, bug, Path(scratch))


def find_in(tree, ctx, bug, scratch):
    run = explore_run if bug.stage == "explore" else test_run
    canary = scratch / "canary"
    canary.unlink(missing_ok=True)
    tree.restore()
    tree.configure()
    note = sound(tree, bug, run, scratch)
    if note is not None:
        return {"detected": False, "by": None, "seconds": 0.0, "note": note, "reached": 0, "triggered": 0}
    bank.apply(bug, tree.tree)
    planted = [(tree.tree / name).read_bytes() for name in bug.files]
    start = time.monotonic()
    try:
        by, output = run(tree, bug, canary)
    except ctx.Failed as problem:
        if "no end" not in str(problem):
            raise
        by, output = "hang", str(problem)
    seconds = time.monotonic() - start
    if planted != [(tree.tree / name).read_bytes() for name in bug.files]:
        raise ctx.Failed(f"{bug.name}: {tree.tree} was changed by somebody else meanwhile")
    reached, triggered = bank.canaries_read(canary)
    # A library that cannot be built is a bug of the patch, unless the build is to say no.
    detected = by is not None and (by != "build" or bug.stage == "build")
    return {"detected": detected, "by": by, "seconds": round(seconds, 1),
            "note": first_line(bug.stage, output) if by is not None else "passed",
            "reached": reached[0], "triggered": triggered[0]}
