# SPDX-License-Identifier: Apache-2.0
"""Finds programs that show a bug, shrinks them, and keeps the shortest as its reproducer.

Tried are, in this order: what stage bugs has found by fuzzing, the committed corpus, generated programs, for
stage explore what the explorer finds; with AddressSanitizer when nothing is seen without it; and fuzzing.
"""

import re
import subprocess
import time

import fuzzing
import bank
import reproduce
import reproduce_build
from fuzz_engines import kind_of

# Programs shrunk per bug: the shortest is kept.
CANDIDATES = 2
PROFILES = {
    "heap": ["mixed", "small", "edges", "aligned", "resize", "hostile", "phases", "corners"],
    "misuse": ["misuse"],
    "kheap": ["threads"], "pool": ["threads"],
}
PACK_PROGRAMS, OPS = 400, 40
# fuzz_edge's regions.
EDGES = [262128, 262136, 262144, 262152]
ORACLES = ["--oracles", "-expect"]


class Finder:
    def __init__(self, ctx, args):
        self.ctx, self.args = ctx, args
        self.bench = reproduce.Bench(ctx, ctx.build / "bugs" / "reproducers")
        self.packs = ctx.build / "bugs" / "packs"

    def kind(self, config):
        return {"multi": "multi", "system": "system", "system_legacy": "system", "sim_kheap": "kheap",
                "sim_pool": "pool", "sim_poolmalloc": "pool"}.get(config.name, "heap")

    # ---- where programs come from ----

    def generated(self, bug, config):
        kind = self.kind(config)
        regions = EDGES if bug.targets[0] == "fuzz_edge" else [None]
        for seed in (1, 100_001, 200_001, 300_001, 400_001):
            misuse = "misuse" if "misuse" in bug.targets[0] else kind
            for profile in PROFILES.get(misuse, PROFILES["heap"]):
                for region in regions:
                    yield self.pack(kind, profile, seed, region)

    def pack(self, kind, profile, seed, region):
        path = self.packs / f"{kind}-{profile}-{seed}-{region or 0}.pack"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            more = ["--region", str(region)] if region else []
            subprocess.run([str(self.ctx.heapvet), "gen", "-k", kind, "-p", profile, "-s", str(seed), "-n",
                            str(OPS), "--count", str(PACK_PROGRAMS), *more, "-o", str(path)], check=True)
        return path

    def inputs(self, bug):
        """What the fuzzer found, as text; and what somebody wrote down."""
        if self.args.inputs:
            yield from sorted(self.args.inputs.glob(f"{bug.name}-*.ops"))
        reach = "edge" if bug.targets[0] == "fuzz_edge" else kind_of(bug.targets[0])
        tool = self.ctx.heapvet.parent / "fuzz" / "fuzz_corpus"
        for raw in sorted(self.args.inputs.glob(f"{bug.name}-*.input")) if self.args.inputs else []:
            text = subprocess.run([str(tool), "text", reach, str(raw)], capture_output=True, text=True,
                                  check=True).stdout
            path = self.packs / f"{raw.stem}.ops"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            yield path

    def explored(self, bug, plugin):
        """What the explorer's families find."""
        kind, family, bound = bug.targets[0].split()
        out = self.bench.folder / "explored" / bug.name
        out.mkdir(parents=True, exist_ok=True)
        for old in out.glob("*.ops"):
            old.unlink()
        subprocess.run([str(self.args.explore), "--quiet", "--stop-at-first", "--subject", str(plugin),
                        "--family", family, "--bound", bound, "--out", str(out)], capture_output=True,
                       timeout=300, check=False)
        yield from sorted(out.glob("*.ops"))

    def sources(self, bug, config, plugin):
        yield from self.inputs(bug)
        if bug.stage == "explore" and self.args.explore:
            yield from self.explored(bug, plugin)
        yield self.ctx.root / "corpus" / ("misuse" if "misuse" in bug.targets[0] else "seeds")
        yield from self.generated(bug, config)

    # ---- from a program to a reproducer ----

    def failing(self, heapvet, plugin, source):
        """A word that names the first program there that fails, or None."""
        status, oracle, output = self.bench.run(heapvet, "run", "--timeout", "5", *ORACLES, "--subject", plugin,
                                                source, timeout=300)
        if status != 1:
            return None
        found = re.search(r"^FAIL (\S+?)(?::\d+)?(?:[: ].*)?$", output, re.M)
        named = re.search(r"--subject \S+ (\S+)$", output, re.M)
        word = named.group(1) if named else found.group(1) if found else None
        if word is None and oracle == "crash":
            return None if source.suffix != ".ops" else str(source)
        return word.strip("'") if word else None

    def shrink(self, heapvet, plugin, word, out):
        """(what heapvet says, seconds) or None."""
        out.unlink(missing_ok=True)
        start = time.monotonic()
        status, _, output = self.bench.run(heapvet, "shrink", "--timeout", "1", "--seconds", "4", *ORACLES,
                                           "--subject", plugin, word, "-o", out, timeout=60)
        return (output, time.monotonic() - start) if status == 1 and out.exists() else None

    def attempts(self, bug, config, faulty, sanitized):
        """(ops, text, oracle, seconds, candidates, ops before) of a few programs."""
        builder, heapvet = self.bench.builder_for(bug), self.bench.heapvet(bug, sanitized)
        plugin = builder.plugin(config, faulty, bug.name, sanitized)
        out = self.bench.folder / "short.ops"
        found = 0
        for source in self.sources(bug, config, plugin):
            word = self.failing(heapvet, plugin, source)
            shrunk = self.shrink(heapvet, plugin, word, out) if word else None
            if shrunk is None:
                continue
            said, seconds = shrunk
            text = "".join(line + "\n" for line in out.read_text().splitlines() if not line.startswith("#"))
            oracle = re.search(r"oracle (\w+)", said)[1]
            before = int(re.search(r"ops of (\d+) left", said)[1])
            tried = [int(n) for n in re.findall(r"(\d+) candidates", said)]
            yield (reproduce.count_ops(text), text, oracle, seconds, max(tried, default=0), before)
            found += 1
            if found == CANDIDATES:
                return

    def comments(self, bug, config, oracle, sanitized, c):
        return (f"# bug: {bug.name}\n# what: {bug.what}\n# subject: {config.name}\n# oracle: {oracle}\n"
                f"# text: {'address' if sanitized else 'plain'}\n# c: {c}\n")

    def judged(self, bug, config, attempt, sanitized, faulty):
        """The whole text when both forms work, else (None, why)."""
        path = self.bench.folder / f"{bug.name}.ops"
        why = []
        for c in ("plain", "address", "places", "address places"):
            path.write_text(self.comments(bug, config, attempt[2], sanitized, c) + attempt[1])
            repro = reproduce.Reproducer(path)
            why = reproduce.check_text(self.bench, bug, repro, faulty)
            if why:
                return None, why
            try:
                why = reproduce.check_c(self.bench, bug, repro, faulty)
            except subprocess.CalledProcessError as error:
                return None, [f"not built: {' '.join(error.cmd)[-100:]}"]
            if not why:
                return path.read_text(), []
        return None, why

    def find(self, bug):
        """(text, oracle, seconds, candidates, ops before, ops) or (None, why)."""
        faulty = self.bench.plant(bug)
        why = ["nothing failed"]
        for sanitized in (False, True) if self.args.asan else (False,):
            if sanitized and bug.engine.endswith("32"):
                break
            best = None
            for config in reproduce_build.configs(bug):
                attempts = sorted(self.attempts(bug, config, faulty, sanitized), key=lambda a: (a[0], len(a[1])))
                for attempt in attempts:
                    text, wrong = self.judged(bug, config, attempt, sanitized, faulty)
                    if text is None:
                        why = wrong
                    elif best is None or attempt[0] < best[1][0]:
                        best = (text, attempt)
                    if text is not None:
                        break
            if best:
                return best, []
        return None, why


def note(name, attempt):
    times = reproduce.shrink_times()
    times[name] = (attempt[5], attempt[0], attempt[4], round(attempt[3], 2))
    rows = [f"{bug} {f} {l} {t} {s}" for bug, (f, l, t, s) in sorted(times.items())]
    reproduce.SHRUNK.write_text("# bug, ops of the program found, ops left, candidates tried, seconds\n"
                                + "\n".join(rows) + "\n")


def main(ctx, bugs, args):
    finder = Finder(ctx, args)
    reproduce.REPRODUCERS.mkdir(exist_ok=True)
    missing = 0
    for bug in bugs:
        path = reproduce.REPRODUCERS / f"{bug.name}.ops"
        if path.exists() and not args.again:
            continue
        try:
            best, why = finder.find(bug)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, bank.BankError) as error:
            best, why = None, [str(error)[-200:]]
        if best is None:
            missing += 1
            print(f"{bug.name}: none: {why[0]}", flush=True)
            continue
        path.write_text(best[0])
        note(bug.name, best[1])
        print(f"{bug.name}: {best[1][0]} ops of {best[1][5]}, {best[1][2]}, {best[1][3]:.2f} s, "
              f"{reproduce.Reproducer(path).c}", flush=True)
        finder.bench.builder_for(bug).forget(bug.name)
    return 1 if missing else 0
