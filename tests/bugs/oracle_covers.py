#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every oracle is needed: without it, and without those that cover it, a bug of the bank goes unseen.

WITNESSES.txt names such a bug for each oracle, and who else would see that bug; docs/ORACLES.md names who covers
an oracle's controls. With all of these others switched off the oracle itself sees the bug in a short fuzz run;
with the oracle off as well nobody does, neither fuzzing nor replaying what showed it. Part of stage bugs; by hand:

    oracle_covers.py [ORACLE...]           checks these, or all
    oracle_covers.py --search [ORACLE...]  tries bugs until one is a witness, and prints its line
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools" / "vet")]

import bank  # noqa: E402
import build  # noqa: E402
import fuzzing  # noqa: E402
import reproduce_build  # noqa: E402
from context import Context, Screen  # noqa: E402
from resume import fingerprint  # noqa: E402

WITNESSES = HERE / "WITNESSES.txt"
SEED = 1
# With all oracles a witness is found sooner than this; without, it is given twice as long and at least this.
BUDGET, LEAST = 100_000, 20_000
# A search gives a bug up that so many further oracles see.
MORE = 3
# Fuzz targets drop expectations (fuzz/limit.c), so no fuzz run can miss this one: its bug is replayed alone.
REPLAYED_ALONE = "expect"


class Seen(Exception):
    """Why a bug is no witness; one line. by: the other oracle that sees it."""

    def __init__(self, text, by=None):
        super().__init__(text)
        self.by = by


def oracles(root):
    """All names, in the order of ops/oracle.h."""
    text = (root / "ops" / "oracle.h").read_text(encoding="utf-8")
    return re.findall(r'^ +X\(\w+, "(\w+)",', text, re.M)


def covering(root):
    """oracle -> those that see a control of it when it is off, by docs/ORACLES.md."""
    page = (root / "docs" / "ORACLES.md").read_text(encoding="utf-8")
    table = page.split("<!-- test_controls --cover -->")[1].split("<!-- end -->")[0]
    covers = {name: set() for name in oracles(root)}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) > 5 and cells[0] in covers:
            covers[cells[0]] |= set(re.findall(r"\w+", cells[4])) & set(covers)
    return covers


def witnesses(root):
    """oracle -> (bug, others that see it), as committed."""
    lines = WITNESSES.read_text(encoding="utf-8").splitlines() if WITNESSES.exists() else []
    rows = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if len(words) < 2 or not set(words[:1] + words[2:]) <= set(oracles(root)):
            raise bank.BankError(f"{WITNESSES.name}:{number}: expected 'oracle bug [oracle...]', have '{line}'")
        rows[words[0]] = (words[1], set(words[2:]))
    return rows


class without:
    """Fuzz targets that are started meanwhile have these oracles switched off."""

    def __init__(self, off):
        self.off = ",".join(sorted(off))

    def __enter__(self):
        os.environ["HEAPVET_ORACLES_OFF"] = self.off

    def __exit__(self, *_):
        del os.environ["HEAPVET_ORACLES_OFF"]


class Trial:
    """One library with a bug in it, tried with all oracles and with some."""

    def __init__(self, ctx, shop):
        self.ctx, self.shop = ctx, shop
        self.root = ctx.root

    def make(self, argv, env):
        self.ctx.run(argv, env=env, label="building")

    def unseen(self, bug, oracle, others):
        """What was tried: a sentence. Raises Seen when the bug is no witness of the oracle."""
        if oracle == REPLAYED_ALONE:
            return self.unseen_replays(bug, others)
        binary = self.shop.build(bug, bug.target, bug.engine, self.ctx.jobs, self.make)
        with tempfile.TemporaryDirectory(prefix="covers-") as name:
            kept = Path(name)
            with without(others):
                found = fuzzing.fuzz(binary, SEED, BUDGET, kept)
            if found["oracle"] != oracle:
                by = found["oracle"] or f"nobody in {BUDGET:,} executions"
                raise Seen(f"with it on first seen by {by}", found["oracle"])
            inputs = [*kept.glob("*.input"), *self.reproducer(bug, kept)]
            with without({oracle} | others):
                for path in inputs:
                    seen = self.replay(binary, path)
                    if seen:
                        raise Seen(f"the replay is still seen by {seen}", seen)
                budget = max(LEAST, 2 * found["executions"])
                again = fuzzing.fuzz(binary, SEED, budget)
        if again["detected"]:
            raise Seen(f"still found by {again['oracle']} after {again['executions']:,}", again["oracle"])
        return (f"seen after {found['executions']:,} executions, without it not in {budget:,} nor in "
                f"{len(inputs)} replays")

    def reproducer(self, bug, folder):
        """The committed program as this target's input; none: what fuzzing found will do."""
        source = HERE / "reproducers" / f"{bug.name}.ops"
        if not source.exists():
            return []
        kind = build.fuzz_engines.kind_of(bug.target)
        out = folder / "records"
        out.mkdir()
        tools = sorted((self.shop.folder / "work").glob("*/fuzz_corpus"))
        tool = self.root / "build" / "dev" / "fuzz" / "fuzz_corpus"
        self.ctx.run([tool if tool.exists() else tools[0], "records", kind, out, source], label="records")
        return list(out.iterdir())

    def replay(self, binary, path):
        with tempfile.TemporaryDirectory(prefix="covers-") as name:
            folder = Path(name)
            shutil.copy(path, folder / "input")
            status, output = fuzzing.run_binary([binary, folder / "input"], folder, 60)
        return fuzzing.oracle_of(output, oracles(self.root)) if status else None

    def unseen_replays(self, bug, others):
        """By heapvet, on the program that the patch names: it has the expectations."""
        program = self.root / bug.header["program"]
        self.shop.plant(bug)
        builder = reproduce_build.Builder(self.root, self.shop.folder / "covers")
        heap = builder.plugin(reproduce_build.configs(bug)[0], self.shop.tree / "lib", bug.name)
        run = [self.ctx.heapvet, "run", "--subject", heap, program]
        for off, status in ((others, 1), (others | {REPLAYED_ALONE}, 0)):
            less = ["--oracles", ",".join(f"-{name}" for name in sorted(off))] if off else []
            done = self.ctx.run([*run, *less], check=False, timeout=60, label="replay")
            said = re.search(r"^\s*oracle (\w+):", done.stdout + done.stderr, re.M)
            seen = said.group(1) if said else None
            if done.returncode != status or seen != (REPLAYED_ALONE if status else None):
                raise Seen(f"{program.name} without {', '.join(sorted(off))}: exit status {done.returncode}, "
                           f"oracle {seen}", seen)
        return f"seen in {program.name}, without it not"


def judge(ctx, trial, ledger, names, bugs):
    """oracle -> (bug, others, sentence or None, problem or None)."""
    covers, listed = covering(ctx.root), witnesses(ctx.root)
    by_name = {bug.name: bug for bug in bugs}
    rows = {}
    for i, oracle in enumerate(names):
        ctx.progress(i, len(names), f"without oracle {oracle}")
        name, more = listed.get(oracle, ("-", set()))
        others = covers[oracle] | more
        if name not in by_name:
            rows[oracle] = (name, others, None, f"oracle {oracle}: no bug in WITNESSES.txt that needs it")
            continue
        bug = by_name[name]
        key = f"covers {oracle} {name} {fingerprint(bug.path)[:16]} {','.join(sorted(others))}"
        known = ledger.get(key) if ledger else None
        if known is None:
            try:
                known = [trial.unseen(bug, oracle, others), None]
            except Seen as why:
                known = [None, f"oracle {oracle}: {name} does not need it: {why}"]
            except fuzzing.FuzzError as why:
                known = [None, f"oracle {oracle}: {name}: {why}"]
            if ledger:
                ledger.put(key, known)
        rows[oracle] = (name, others, *known)
    return rows


def sentence(oracle, row):
    bug, others, how, problem = row
    off = f" and {', '.join(sorted(others))}" if others else ""
    return problem or f"without {oracle}{off} unseen: {bug} ({how})"


def silent(names, rows):
    """Oracles that were the first to report no bug at all; rows: of the bank, name -> row."""
    fired = {o for row in rows.values() for o in row.get("oracles", {})}
    return [name for name in names if name not in fired]


def check(ctx, work):
    """Called by stage bugs behind its run: (figures, problems)."""
    names = oracles(ctx.root)
    wanted = names[:3] if ctx.quick else names
    rows = judge(ctx, Trial(ctx, work.workshop), work.ledger, wanted,
                 bank.load())
    for oracle, row in rows.items():
        ctx.say(f"    {sentence(oracle, row)}")
    quiet = [] if ctx.quick else silent(names, work.rows())
    if quiet:
        ctx.say(f"    first to report no bug of the bank: {', '.join(quiet)}")
    figures = {"witnesses": {o: {"bug": bug, "others": sorted(others), "how": how}
                             for o, (bug, others, how, _) in rows.items()},
               "never_first": quiet}
    return figures, [row[-1] for row in rows.values() if row[-1]]


def search(ctx, trial, oracle, bugs):
    """Tries the bugs that name the oracle; whoever else sees one is switched off too, up to a few."""
    able = [b for b in bugs if oracle in b.oracles and b.stage == "fuzz"]
    for bug in sorted(able, key=lambda b: (b.oracles.index(oracle), len(b.oracles), b.name)):
        covers, more = covering(ctx.root)[oracle], set()
        while len(more) <= MORE:
            try:
                how = trial.unseen(bug, oracle, covers | more)
                print(" ".join([oracle, bug.name, *sorted(more)]) + f"  # {how}", flush=True)
                return True
            except Seen as why:
                print(f"  {oracle} {bug.name} {sorted(more)}: {why}", flush=True)
                if why.by in more | covers | {oracle, None} or why.by not in oracles(ctx.root):
                    break
                more.add(why.by)
            except (fuzzing.FuzzError, bank.BankError, Context.Failed, subprocess.CalledProcessError) as why:
                print(f"  {oracle} {bug.name}: {why}", flush=True)
                break
    print(f"{oracle} -", flush=True)
    return False


def main(argv):
    parser = argparse.ArgumentParser(description="Which bugs go unseen without an oracle.")
    parser.add_argument("oracles", nargs="*", metavar="ORACLE")
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--scratch", type=Path, help="where to build; default build/bugs/covers")
    parser.add_argument("--heapvet", type=Path)
    args = parser.parse_args(argv[1:])
    ctx = Context(Screen(), jobs=1)
    ctx.screen.begin("bugs")
    ctx.heapvet = args.heapvet or ctx.heapvet
    folder = args.scratch or ctx.build / "bugs" / "covers"
    trial, bugs = Trial(ctx, build.Workshop(ctx.root, folder)), bank.load()
    names = args.oracles or oracles(ctx.root)
    unknown = [name for name in names if name not in oracles(ctx.root)]
    if unknown:
        print(f"oracle_covers.py: no such oracle: {unknown[0]}", file=sys.stderr)
        return 2
    if args.search:
        return 0 if all([search(ctx, trial, name, bugs) for name in names]) else 1
    wrong = 0
    for name, row in judge(ctx, trial, None, names, bugs).items():
        print(sentence(name, row))
        wrong += row[-1] is not None
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
