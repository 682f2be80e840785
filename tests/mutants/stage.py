# SPDX-License-Identifier: Apache-2.0
"""Stage mutants of ./vet: every small change of lib/src is seen by somebody, or changes nothing."""

import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tools/vet")]

from resume import Ledger, fingerprint  # noqa: E402

NAME = "mutants"
PACKAGES = ["python3-clang-19", "clang-19"]

LISTED = HERE / "EQUIVALENT.txt"
RESULTS = HERE / "RESULTS.md"
# Of all mutants, this share may be called equivalent by argument.
LISTED_PERCENT = 8
SCORE_PERCENT = 95
REPLAY_SECONDS = 300
FUZZ_SECONDS = 10
# For those called equivalent: long enough to embarrass a wrong entry.
LISTED_SECONDS = 1
QUICK_EVERY = 20
QUICK_FUZZ_SECONDS = 2
# What results depend on besides the corpus and lib itself.
INPUTS = ["lib", "ops", "reference", "sim", "subjects", "corpus"]


def listed(path, ids, usage):
    """id -> reason. An entry that names no mutant is bad input."""
    entries = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, reason = line.partition(" ")
        if name not in ids:
            raise usage(f"{path.name}:{number}: expected a mutant's id, have '{name}'")
        if not reason.strip():
            raise usage(f"{path.name}:{number}: expected a reason behind the id")
        if name in entries:
            raise usage(f"{path.name}:{number}: {name} stands here twice")
        entries[name] = reason.strip()
    return entries


class Evidence:
    """One run: the mutants chosen, what became of each, and the figures of it."""

    def __init__(self, ctx, program, every=1, out=None, list_path=LISTED, only=None):
        import mutate
        import runs
        self.ctx, self.runs = ctx, runs
        self.texts, self.mutants, self.left_out = mutate.find(ctx.root)
        self.ids = ["the library as it stands", *(m.id for m in self.mutants)]
        self.numbers = only or list(range(1, len(self.mutants) + 1, every))
        self.listed = listed(list_path, set(self.ids), ctx.Usage)
        self.out = out or ctx.root / "out" / NAME
        key = fingerprint(*(ctx.root / p for p in INPUTS), *HERE.glob("*.[ch]"),
                          *HERE.glob("*.py"), HERE / "configurations.txt")
        self.ledger = Ledger(self.out / "runs.jsonl", key)
        # What compilers say changes with the library alone.
        self.code = Ledger(self.out / "code.jsonl", fingerprint(
            ctx.root / "lib", HERE / "points.py", HERE / "mutate.py", HERE / "equivalence.py",
            HERE / "configurations.txt"))
        self.runner = runs.Runner(ctx, program, self.ledger, self.ids)
        self.problems = []
        self.same, self.fuzzed, self.results = {}, {}, {}
        self.replay_seconds = 0.0

    def alive(self, *verdicts):
        return [n for n in self.numbers if self.results[n].verdict in (verdicts or ("alive",))]

    def replay(self):
        start = time.monotonic()
        self.results = self.runs.replay(self.ctx, self.runner, self.mutants, self.numbers)
        self.replay_seconds = time.monotonic() - start

    def prove(self):
        """Object code of those that nobody saw."""
        from equivalence import Prover
        prover, alive = None, self.alive()
        for done, n in enumerate(alive):
            self.ctx.progress(done, len(alive), f"object code of {done} of {len(alive)} survivors")
            if self.code.get(self.ids[n]) is None:
                prover = prover or Prover(self.ctx.root, self.out / "code", self.texts)
                self.code.put(self.ids[n], prover.proves(self.mutants[n - 1], self.ctx.jobs))
            self.same[n] = self.code.get(self.ids[n])

    def fuzz(self, seconds, listed_seconds):
        rest = [n for n in self.alive() if not self.same[n]]
        for numbers, budget in (
                ([n for n in rest if self.ids[n] not in self.listed], seconds),
                ([n for n in rest if self.ids[n] in self.listed], listed_seconds)):
            if budget:
                self.fuzzed.update(self.runs.fuzz(self.ctx, self.runner, self.mutants, numbers,
                                                  budget, self.out / "killers"))

    def fate(self, n):
        """killed, digest, same-code, fuzz, listed or survived."""
        verdict = self.results[n].verdict
        if verdict != "alive":
            return "digest" if verdict == "digest" else "killed"
        if self.same.get(n):
            return "same-code"
        if n in self.fuzzed and self.fuzzed[n].verdict != "alive":
            return "fuzz"
        return "listed" if self.ids[n] in self.listed else "survived"

    def figures(self):
        fates = Counter(self.fate(n) for n in self.numbers)
        equivalent = fates["same-code"] + fates["listed"]
        real = len(self.numbers) - equivalent
        replayed = fates["killed"] + fates["digest"]
        by = Counter(self.results[n].who if self.results[n].verdict == "oracle"
                     else self.results[n].verdict
                     for n in self.numbers if self.fate(n) == "killed")
        return {
            "mutants": len(self.numbers), "left_out": dict(sorted(self.left_out.items())),
            "killed_by_replay": replayed, "by": dict(by.most_common()),
            "by_digest_alone": fates["digest"], "by_fuzzing": fates["fuzz"],
            "equivalent_by_code": fates["same-code"], "equivalent_by_argument": fates["listed"],
            "survivors": fates["survived"],
            "score_percent": round(100 * replayed / max(real, 1), 2),
            "score_after_fuzzing_percent":
                round(100 * (replayed + fates["fuzz"]) / max(real, 1), 2),
            "replay_seconds": round(self.replay_seconds, 1),
            "alive": {self.ids[n]: self.fate(n) for n in self.numbers
                      if self.results[n].verdict == "alive"},
        }

    def judge(self, figures, whole):
        """What is wrong, as lines."""
        for n in self.numbers:
            fate, name = self.fate(n), self.ids[n]
            if fate == "survived":
                self.problems.append(f"{name}: nobody sees it, and it is not listed")
            elif name in self.listed and fate in ("killed", "digest", "fuzz"):
                result = self.fuzzed[n] if fate == "fuzz" else self.results[n]
                self.problems.append(
                    f"{name}: listed as equivalent, but killed by {result.verdict} {result.who} in "
                    f"{result.where}, {result.name}")
        if len(self.listed) * 100 > LISTED_PERCENT * len(self.mutants):
            self.problems.append(f"{len(self.listed)} of {len(self.mutants)} mutants are listed, "
                                 f"at most {LISTED_PERCENT} % may be")
        if figures["score_percent"] < SCORE_PERCENT:
            self.problems.append(f"replay kills {figures['score_percent']} %, the bar is "
                                 f"{SCORE_PERCENT} %")
        if whole and self.replay_seconds > REPLAY_SECONDS:
            self.problems.append(f"replay took {self.replay_seconds:.0f} s, the bar is "
                                 f"{REPLAY_SECONDS} s")
        return self.problems

    def write(self):
        """Every mutant's end, for people."""
        lines = []
        for n in self.numbers:
            r = self.fuzzed.get(n) if self.fate(n) == "fuzz" else self.results[n]
            lines.append("\t".join([self.ids[n], self.fate(n), r.verdict, r.who, r.where,
                                    str(r.programs), r.name]))
        (self.out / "mutants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(ctx):
    folder = ctx.heapvet.parent
    ctx.run(["cmake", "--build", folder, "--target", "mutants_replay", "-j", ctx.jobs],
            label="building all mutants")
    return folder / "tests/mutants/mutants_replay"


def run(ctx):
    import scores
    try:
        evidence = Evidence(ctx, build(ctx), every=QUICK_EVERY if ctx.quick else 1)
    except ValueError as problem:
        raise ctx.Failed(f"lib/src: {problem}") from None
    evidence.replay()
    evidence.prove()
    if ctx.quick:
        evidence.fuzz(QUICK_FUZZ_SECONDS, 0)
    else:
        evidence.fuzz(FUZZ_SECONDS, LISTED_SECONDS)
    figures = evidence.figures()
    problems = evidence.judge(figures, not ctx.quick)
    evidence.write()
    if not ctx.quick:
        problems += scores.fallen(figures)
    line = (f"{figures['killed_by_replay']:,} of {figures['mutants']:,} mutants killed by replay "
            f"({figures['score_percent']} % of those that differ), {figures['by_fuzzing']} by "
            f"fuzzing, {figures['equivalent_by_code']} the same code, "
            f"{figures['equivalent_by_argument']} listed, {figures['survivors']} left")
    return {"ok": not problems, "figures": figures, "line": line, "problems": problems}
