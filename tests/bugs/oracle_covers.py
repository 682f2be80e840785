#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every oracle is needed: without it, and without those that docs/ORACLES.md says cover it, a bug goes unseen.

WITNESSES.txt names such a bug for each oracle. It is seen with all oracles: by a replay of what shows it and by
a short fuzz run; and with those few switched off by neither. Part of stage bugs; by hand:

    oracle_covers.py [ORACLE...]           checks these, or all
    oracle_covers.py --search [ORACLE...]  tries bugs until one goes unseen, and says which
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
# Fuzz targets drop expectations (fuzz/limit.c), so no fuzz run can miss this one: its bug is replayed alone.
REPLAYED_ALONE = "expect"


class Seen(Exception):
    """Why a bug is no witness; one line."""


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


def witnesses():
    """oracle -> bug, as committed."""
    lines = WITNESSES.read_text(encoding="utf-8").splitlines() if WITNESSES.exists() else []
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    for row in rows:
        if len(row) != 2:
            raise bank.BankError(f"{WITNESSES.name}: expected 'oracle bug', have '{' '.join(row)}'")
    return dict(rows)


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

    def unseen(self, bug, oracle, off):
        """What was tried: a sentence. Raises Seen when the bug is no witness of the oracle."""
        if oracle == REPLAYED_ALONE:
            return self.unseen_replays(bug, off)
        binary = self.shop.build(bug, bug.target, bug.engine, self.ctx.jobs, self.make)
        with tempfile.TemporaryDirectory(prefix="covers-") as name:
            kept = Path(name)
            found = fuzzing.fuzz(binary, SEED, BUDGET, kept)
            if not found["detected"]:
                raise Seen(f"not seen in {BUDGET:,} executions with all oracles")
            inputs = [*kept.glob("*.input"), *self.reproducer(bug, kept)]
            with without(off):
                for path in inputs:
                    seen = self.replay(binary, path)
                    if seen:
                        raise Seen(f"the replay is still seen by {seen}")
                budget = max(LEAST, 2 * found["executions"])
                again = fuzzing.fuzz(binary, SEED, budget)
        if again["detected"]:
            raise Seen(f"fuzzing still finds it, by {again['oracle']} after {again['executions']:,}")
        return (f"with it {found['oracle']} after {found['executions']:,} executions, without nothing in "
                f"{budget:,}, nor in {len(inputs)} replays")

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

    def unseen_replays(self, bug, off):
        """By heapvet, on the program that the patch names: it has the expectations."""
        program = self.root / bug.header["program"]
        self.shop.plant(bug)
        builder = reproduce_build.Builder(self.root, self.shop.folder / "covers")
        heap = builder.plugin(reproduce_build.configs(bug)[0], self.shop.tree / "lib", bug.name)
        run = [self.ctx.heapvet, "run", "--subject", heap, program]
        done = self.ctx.run(run, check=False, timeout=60, label="replay")
        said = re.search(r"^\s*oracle (\w+):", done.stdout + done.stderr, re.M)
        if done.returncode != 1 or not said or said.group(1) != REPLAYED_ALONE:
            raise Seen(f"{program.name}: want a failure of oracle {REPLAYED_ALONE}")
        less = ",".join(f"-{name}" for name in sorted(off))
        done = self.ctx.run([*run, "--oracles", less], check=False, timeout=60, label="replay")
        if done.returncode != 0:
            raise Seen("the replay is still seen")
        return f"with it {REPLAYED_ALONE} in {program.name}, without nothing"


def off_of(oracle, covers):
    return {oracle} | covers[oracle]


def judge(ctx, trial, ledger, names, bugs):
    """oracle -> (bug, sentence or None, problem or None)."""
    covers, listed = covering(ctx.root), witnesses()
    by_name = {bug.name: bug for bug in bugs}
    rows = {}
    for i, oracle in enumerate(names):
        ctx.progress(i, len(names), f"without oracle {oracle}")
        bug = by_name.get(listed.get(oracle))
        if bug is None:
            rows[oracle] = (listed.get(oracle, "-"), None, f"oracle {oracle}: no bug in WITNESSES.txt that needs it")
            continue
        off = off_of(oracle, covers)
        key = f"covers {oracle} {bug.name} {fingerprint(bug.path)[:16]} {','.join(sorted(off))}"
        known = ledger.get(key) if ledger else None
        if known is None:
            try:
                known = [trial.unseen(bug, oracle, off), None]
            except Seen as why:
                known = [None, f"oracle {oracle}: {bug.name} does not need it: {why}"]
            except fuzzing.FuzzError as why:
                known = [None, f"oracle {oracle}: {bug.name}: {why}"]
            if ledger:
                ledger.put(key, known)
        rows[oracle] = (bug.name, *known)
    return rows


def silent(names, rows):
    """Oracles that were the first to report no bug at all; rows: of the bank, name -> row."""
    fired = {o for row in rows.values() for o in row.get("oracles", {})}
    return [name for name in names if name not in fired]


def check(ctx, work):
    """Called by stage bugs behind its run: (figures, problems)."""
    names = oracles(ctx.root)
    wanted = names[:3] if ctx.quick else names
    rows = judge(ctx, Trial(ctx, work.shop if hasattr(work, "shop") else work.workshop), work.ledger, wanted,
                 bank.load())
    covers = covering(ctx.root)
    for oracle, (bug, how, problem) in rows.items():
        off = ", ".join(sorted(covers[oracle])) or "nobody"
        ctx.say(f"    without {oracle:<12} (and {off}) unseen: {bug if how else problem}")
    quiet = [] if ctx.quick else silent(names, work.rows())
    if quiet:
        ctx.say(f"    first to report no bug of the bank: {', '.join(quiet)}")
    figures = {"witnesses": {o: {"bug": bug, "how": how} for o, (bug, how, _) in rows.items()},
               "never_first": quiet}
    return figures, [problem for _, _, problem in rows.values() if problem]


def search(ctx, trial, oracle, bugs):
    """Tries the bugs that name the oracle, those that name it first before the others."""
    covers = covering(ctx.root)
    able = [b for b in bugs if oracle in b.oracles and b.stage == "fuzz"]
    for bug in sorted(able, key=lambda b: (b.oracles.index(oracle), len(b.oracles), b.name)):
        try:
            print(f"{oracle} {bug.name}: {trial.unseen(bug, oracle, off_of(oracle, covers))}", flush=True)
            return True
        except (Seen, fuzzing.FuzzError, subprocess.CalledProcessError, Context.Failed) as why:
            print(f"  {oracle} {bug.name}: {why}", flush=True)
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
    for name, (bug, how, problem) in judge(ctx, trial, None, names, bugs).items():
        print(problem or f"without {name}: {bug} goes unseen; {how}")
        wrong += problem is not None
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
