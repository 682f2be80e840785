# SPDX-License-Identifier: Apache-2.0
"""Stage bugs of ./vet: puts every bug of the bank into a copy of lib/ and lets its stage find it.

By hand: stage.py [--seeds N] [--budget N] [--jobs N] [NAME...] tries those and keeps no books.
"""

import argparse
import concurrent.futures
import contextlib
import fcntl
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools" / "vet")]

import bank  # noqa: E402
import build  # noqa: E402
import fuzzing  # noqa: E402
import oracle_covers  # noqa: E402
import other_stages  # noqa: E402
import reproduce  # noqa: E402
import results  # noqa: E402
from context import Context, Screen  # noqa: E402
from resume import Ledger, fingerprint  # noqa: E402

NAME = "bugs"
PACKAGES = sorted({*build.fuzz_engines.PACKAGES, "git"})

# Executions until a run is given up, and what the median over the seeds may be.
BUDGET = 2_000_000
MEDIAN = 100_000
# Found at once, by different oracles and in different places.
QUICK = ["realloc-copies-new-size", "suffix-lost", "accounting-shrink", "left-size-forgotten",
         "probes-one-less", "alloc-size-truncated"]


class Bank:
    """A run over some bugs: what is to be done, and what has been found."""

    def __init__(self, ctx, bugs):
        self.ctx, self.bugs = ctx, bugs
        self.seeds = 1 if ctx.quick else ctx.seeds
        # Tests shorten it; a figure of another budget is no figure of the table.
        self.budget = getattr(ctx, "bugs_budget", BUDGET)
        self.folder = getattr(ctx, "bugs_scratch", ctx.build / NAME)
        self.workshop = build.Workshop(ctx.root, self.folder)
        self.ledger = Ledger(self.folder / "ledger", self.key())
        self.tests = self.tests_key()
        self.done = 0
        self.problems = []

    def key(self):
        root = self.ctx.root
        return fingerprint(*(root / part for part in ("lib", "ops", "reference", "subjects", "sim", "fuzz")),
                           HERE / "canary.h", HERE / "canary.c")

    def tests_key(self):
        """Of what finds the bugs of other stages than fuzz."""
        folders = sorted(p for p in (self.ctx.root / "tests").iterdir() if p.is_dir() and p != HERE)
        return fingerprint(*folders)[:16]

    def entry(self, bug, what):
        by = self.tests if what == "stage" else self.budget
        return f"{bug.name} {fingerprint(bug.path)[:16]} {by} {what}"

    def known(self, bug):
        """The entries of one bug that are still to be made."""
        wanted = [f"seed {s}" for s in range(1, self.seeds + 1)] + ["corpus"] \
            if bug.stage == "fuzz" else ["stage"]
        return [w for w in wanted if self.ledger.get(self.entry(bug, w)) is None]

    def step(self, bug, what, result):
        self.ledger.put(self.entry(bug, what), result)
        self.done += 1
        self.ctx.progress(self.done, self.total, f"{bug.name}: {what}")

    def run(self):
        todo = [(bug, self.known(bug)) for bug in self.bugs]
        self.total = sum(len(whats) for _, whats in todo)
        # Long jobs of other stages have their own parallelism: they come last, one at a time.
        fuzzed = [(bug, whats) for bug, whats in todo if whats and bug.stage == "fuzz"]
        with concurrent.futures.ThreadPoolExecutor(max(1, self.ctx.jobs)) as pool:
            self.fuzz_all(pool, fuzzed)
        for bug, whats in todo:
            if whats and bug.stage != "fuzz":
                self.step(bug, "stage", self.other(bug))

    def fuzz_all(self, pool, todo):
        """Builds one after the other; what is built is fuzzed while the next is being built."""
        waiting = []
        try:
            for bug, whats in todo:
                binary = self.workshop.build(bug, bug.target, bug.engine, self.ctx.jobs, self.make)
                waiting += [(bug, what, pool.submit(self.job, bug, binary, what)) for what in whats]
                waiting = self.collect(waiting, False)
            self.collect(waiting, True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            self.collect([entry for entry in waiting if entry[2].done() and not entry[2].cancelled()], True)
            fuzzing.stop()
            raise

    def make(self, argv, env):
        self.ctx.run(argv, env=env, label="building")

    def job(self, bug, binary, what):
        if what == "corpus":
            return {"oracle": fuzzing.replay(binary, self.seed_folder(bug.target))}
        return fuzzing.fuzz(binary, int(what.split()[1]), self.budget, self.folder / "found")

    def seed_folder(self, target):
        return self.seed_folders[target]

    def prepare(self):
        """The corpus as inputs, before two threads want it."""
        self.seed_folders = {bug.target: self.workshop.seeds(bug.target, self.make)
                             for bug in self.bugs if bug.stage == "fuzz" and self.known(bug)}

    def collect(self, waiting, all_of_them):
        left = []
        for bug, what, future in waiting:
            if not all_of_them and not future.done():
                left.append((bug, what, future))
                continue
            try:
                self.step(bug, what, future.result())
            except fuzzing.FuzzError as error:
                self.problems.append(f"{bug.name}: {what}: {error}")
        return left

    def other(self, bug):
        scratch = self.folder / "other" / bug.name
        scratch.mkdir(parents=True, exist_ok=True)
        return other_stages.find(self.ctx, bug, scratch)

    def rows(self):
        """name -> what the table shows of each bug."""
        rows = {}
        for bug in self.bugs:
            if bug.stage == "fuzz":
                runs = [self.ledger.get(self.entry(bug, f"seed {s}")) for s in range(1, self.seeds + 1)]
                corpus = self.ledger.get(self.entry(bug, "corpus"))
                rows[bug.name] = results.fuzz_row(bug, [r for r in runs if r], corpus)
            else:
                rows[bug.name] = results.stage_row(bug, self.ledger.get(self.entry(bug, "stage")))
        return rows


def wanted(ctx):
    """The bugs of this run; every patch must apply, whichever are run."""
    folder = getattr(ctx, "bugs_patches", bank.PATCHES)
    try:
        bugs = bank.load(folder, getattr(ctx, "bugs_names", ()))
        with tempfile.TemporaryDirectory(prefix="bugs-") as scratch:
            shop = build.Workshop(ctx.root, Path(scratch))
            for bug in bugs:
                build.check(bug)
                shop.plant(bug)
    except bank.BankError as error:
        raise ctx.Usage(str(error)) from None
    return [bug for bug in bugs if bug.name in QUICK] if ctx.quick else bugs


def save(ctx, figures):
    """For accept.py."""
    out = ctx.root / "out" / NAME
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def judge_whole(ctx, work, figures):
    """What only a run of the whole bank can say: against the table, and which oracles are needed."""
    save(ctx, figures)
    more, problems = oracle_covers.check(ctx, work)
    figures.update(more)
    figures["reproducers"], wrong = reproduce.check(ctx, work.bugs)
    problems += wrong
    rows = figures["bugs"]
    return results.compare(rows, results.RESULTS) + results.judge_bank(rows) + problems


@contextlib.contextmanager
def alone(ctx):
    """There is one copy of lib/: of two runs each would build the other's bugs."""
    folder = getattr(ctx, "bugs_scratch", ctx.build / NAME)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ctx.Failed(f"{folder}: another run of the bank is using it") from None
        yield


def run(ctx):
    bugs = wanted(ctx)
    with alone(ctx):
        return run_alone(ctx, bugs)


def run_alone(ctx, bugs):
    work = Bank(ctx, bugs)
    try:
        work.prepare()
        work.run()
    except bank.BankError as error:
        raise ctx.Usage(str(error)) from None
    rows = work.rows()
    for line in results.lines(rows):
        ctx.say("    " + line)
    figures = {"seeds": work.seeds, "budget": work.budget, "bugs": rows}
    problems = work.problems + results.judge(rows, work.seeds, BUDGET, MEDIAN)
    if not ctx.quick and not hasattr(ctx, "bugs_patches"):
        problems += judge_whole(ctx, work, figures)
    return {"ok": not problems, "figures": figures, "line": results.summary(rows, work.seeds),
            "problems": problems}


def main(argv):
    parser = argparse.ArgumentParser(description="Tries bugs of the bank by hand.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--patches", type=Path, default=bank.PATCHES)
    args = parser.parse_args(argv[1:])
    ctx = Context(Screen(), jobs=args.jobs, seeds=args.seeds)
    ctx.bugs_budget, ctx.bugs_names, ctx.bugs_patches = args.budget, args.names, args.patches
    try:
        got = run(ctx)
    except (Context.Usage, Context.Failed) as problem:
        print(f"stage.py: {problem}", file=sys.stderr)
        return 2
    print("\n".join(got["problems"] or [got["line"]]))
    return 0 if got["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
