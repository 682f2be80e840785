# SPDX-License-Identifier: Apache-2.0
"""Drives mutants_replay: which mutants run in which configuration, and what became of them."""

import os
import selectors
import subprocess
from collections import namedtuple

from mutate import configurations

# No traces: they take a hundred times as long, and kill nothing that the rest does not.
CORPUS = ["corpus/seeds", "corpus/regress", "corpus/misuse"]
# Nearly every mutant of a file dies in the first of these; the others are for what that lacks.
SIMPLE = ["small-3", "big-3", "listener", "small-1", "auto-0", "kheap", "multi", "system", "sim",
          "system-legacy", "kheap-2", "kheap-0", "other-2", "other-big", "big-4",
          "small-5", "statless", "stop"]
ABOVE = ["sim", "multi", "system", "system-legacy", "kheap", "kheap-2", "kheap-0", "listener"]

# verdict: oracle, crash, timeout, digest or alive; who: oracle or signal; where: configuration.
Result = namedtuple("Result", "verdict who where programs name")
KILLED = ("oracle", "crash", "timeout")


def order(file):
    """The configurations that a file's mutants are run in, the likeliest to kill first."""
    names = ABOVE if file.startswith("heaps/") else SIMPLE
    known = [c.name for c in configurations()]
    return [n for n in names if n in known] + [
        n for n in known if n not in SIMPLE and not file.startswith("heaps/")]


class Runner:
    """Runs numbers through mutants_replay, some at once; what is in the ledger is not run again."""

    def __init__(self, ctx, program, ledger, ids):
        self.ctx, self.program, self.ledger, self.ids = ctx, program, ledger, ids

    def _key(self, words, number):
        return " ".join([*words, self.ids[number]])

    def run(self, words, configuration, folders, numbers, done=lambda: None):
        """words: what comes before the configuration. number -> Result."""
        marks = [*words, configuration, *folders]
        results, left = {}, []
        for number in numbers:
            known = self.ledger.get(self._key(marks, number))
            if known is None:
                left.append(number)
            else:
                results[number] = Result(*known)
                done()
        jobs = max(1, min(self.ctx.jobs, len(left)))
        chunks = [left[i::jobs] for i in range(jobs)] if left else []
        for number, result in self._stream(marks, configuration, chunks):
            results[number] = result
            self.ledger.put(self._key(marks, number), list(result))
            done()
        return results

    def _start(self, marks, numbers):
        process = subprocess.Popen([str(self.program), *marks], cwd=self.ctx.root, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, preexec_fn=lambda: os.nice(5))
        process.stdin.write("\n".join(map(str, numbers)) + "\n")
        process.stdin.close()
        return process

    def _stream(self, marks, configuration, chunks):
        """Lines as they come, from all processes; none stays behind when we are stopped."""
        processes = [self._start(marks, chunk) for chunk in chunks]
        try:
            with selectors.DefaultSelector() as selector:
                for process in processes:
                    selector.register(process.stdout, selectors.EVENT_READ, process)
                while selector.get_map():
                    for key, _ in selector.select():
                        line = key.fileobj.readline()
                        if line:
                            yield self._read(line, configuration)
                        else:
                            selector.unregister(key.fileobj)
            for process in processes:
                error = process.stderr.read().strip()
                if process.wait() != 0:
                    if process.returncode == 2:
                        raise self.ctx.Usage(error.splitlines()[-1])
                    raise self.ctx.Failed(f"mutants_replay {configuration}: {error}")
        finally:
            for process in processes:
                process.kill()
                process.wait()

    @staticmethod
    def _read(line, configuration):
        number, verdict, who, programs, name = line.split(maxsplit=4)
        return int(number), Result(verdict, who, configuration, int(programs), name.strip())


def better(old, new):
    """What counts of two runs of the same mutant: an oracle's word before a digest's."""
    rank = {"alive": 0, "digest": 1}
    return new if old is None or rank.get(new.verdict, 2) > rank.get(old.verdict, 2) else old


def replay(ctx, runner, mutants, numbers):
    """number -> Result, of the corpus alone."""
    results = {}
    folders = [f for f in CORPUS if (ctx.root / f).is_dir()]
    rounds = [c.name for c in configurations()]
    rounds.sort(key=lambda name: SIMPLE.index(name) if name in SIMPLE else len(SIMPLE))
    for name in rounds:
        wanted = [n for n in numbers if name in order(mutants[n - 1].file)
                  and (n not in results or results[n].verdict not in KILLED)]
        seen = [0]

        def count(text=f"replay in {name}", total=len(wanted), at=seen):
            at[0] += 1
            ctx.progress(at[0], total, f"{text}: {at[0]} of {total}")

        for number, result in runner.run([], name, folders, wanted, count).items():
            results[number] = better(results.get(number), result)
    return results


def fuzz(ctx, runner, mutants, numbers, seconds, kept, seed=1):
    """Gives each mutant so many seconds, shared among its configurations. number -> Result.
    What kills is kept in a folder, shrunk."""
    results = {}
    kept.mkdir(parents=True, exist_ok=True)
    folders = [f for f in CORPUS if (ctx.root / f).is_dir()]
    for name in [c.name for c in configurations()]:
        groups = {}
        for n in numbers:
            names = order(mutants[n - 1].file)
            if name in names and results.get(n, Result("alive", *"----")).verdict == "alive":
                groups.setdefault(len(names), []).append(n)
        for share, group in groups.items():
            words = ["--fuzz", f"{seconds / share:.2f}", str(seed), str(kept)]

            def count(text=f"fuzzing {len(group)} in {name}"):
                ctx.progress(0, 0, text)

            for number, result in runner.run(words, name, folders, group, count).items():
                results[number] = better(results.get(number), result)
    return results
