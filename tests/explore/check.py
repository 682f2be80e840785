#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What explore promises: check.py CASE EXPLORE HEAPVET [PLUGIN FAMILIES]

bounded     the families at a smaller bound: no failure, and the committed counts
reductions  the same outcomes with every choice, with the reduced ones, and with known states left out
blind       an explorer that overlooks choices does not pass that comparison
counts      other counts than the committed ones are an error; so is a line that is not there
resume      finished slices are not done again
sampled     the same seed draws the same programs
usage       bad options are one line and status 2
sound       a shared object of the library as it is passes
dies        a library that kills the process leaves the program behind
fault       a planted race is found within a minute, and its file replays to the same oracle
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COUNTS = Path(__file__).resolve().parents[2] / "sim" / "SCHEDULES.txt"
SECONDS = 60


class Wrong(Exception):
    """What did not hold, in one line."""


def run(*argv, status=0, timeout=300):
    argv = [str(a) for a in argv]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != status:
        raise Wrong(f"exit status {done.returncode}, want {status}: {' '.join(argv)}\n"
                    f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def need(condition, text):
    if not condition:
        raise Wrong(text)


def bounded(explore, _heapvet, _scratch):
    for words in (["--bound", "1"], ["--bound", "2", "--subject", "pool"],
                  ["--bound", "2", "--subject", "kheap", "--family", "B"]):
        print(run(explore, "--quiet", "--counts", COUNTS, *words).stdout)


# Every choice of these is a lot already: a pair of one op each has hundreds of schedules.
SMALL = [["--family", "B", "--bound", "1", "--subject", "kheap"],
         ["--family", "BC", "--bound", "1", "--subject", "pool"]]


def reductions(explore, _heapvet, scratch):
    for words in SMALL:
        print(run(explore, "--quiet", "--check", "--out", scratch, *words).stdout)


def blind(explore, _heapvet, scratch):
    seen = 0
    for words in SMALL:
        done = run(explore, "--quiet", "--check", "--out", scratch, *words, status=1)
        seen += done.stdout.count("NOT the same")
        print(done.stdout)
    need(seen > 0, "the comparison did not say what is not the same")


def counts(explore, _heapvet, scratch):
    words = ["--quiet", "--bound", "1", "--family", "A", "--subject", "pool"]
    ours = Path(scratch) / "counts.txt"
    run(explore, *words, "--accept", ours)
    run(explore, *words, "--counts", ours)
    ours.write_text(re.sub(r"(\d+)$", lambda m: str(int(m[1]) + 1), ours.read_text().rstrip()) + "\n")
    done = run(explore, *words, "--counts", ours, status=1)
    need("other counts" in done.stderr, f"expected 'other counts', have: {done.stderr}")
    ours.write_text("# nothing\n")
    done = run(explore, *words, "--counts", ours, status=1)
    need("(no line)" in done.stderr, f"expected '(no line)', have: {done.stderr}")
    done = run(explore, *words, "--counts", Path(scratch) / "none.txt", status=2)
    need(len(done.stderr.splitlines()) == 1, f"expected one line, have: {done.stderr}")


def numbers(text):
    return [line for line in text.splitlines() if "programs" in line]


def resume(explore, _heapvet, scratch):
    notes = Path(scratch) / "slices.txt"
    words = ["--quiet", "--bound", "1", "--family", "AB", "--subject", "kheap", "--resume", notes]
    first = run(explore, *words).stdout
    lines = notes.read_text().splitlines()
    # As if it had been stopped half way, and then as if it had not.
    notes.write_text("\n".join(lines[: len(lines) // 2]) + "\n")
    need(numbers(run(explore, *words).stdout) == numbers(first), "other numbers after resuming")
    need(sorted(notes.read_text().splitlines()) == sorted(lines), "other slices after resuming")
    before = notes.read_text()
    need(numbers(run(explore, *words).stdout) == numbers(first), "other numbers when all is done")
    need(notes.read_text() == before, "slices that were done are noted again")
    notes.write_text("kheap-A what\n")
    done = run(explore, *words, status=2)
    need(done.stderr.startswith(f"{notes}:1: expected"), f"bad line: have {done.stderr}")


def sampled(explore, _heapvet, _scratch):
    words = ["--quiet", "--sample", "40", "--threads", "4", "--ops", "2"]
    first = numbers(run(explore, *words, "--seed", "7", "--jobs", "1").stdout)
    need(first == numbers(run(explore, *words, "--seed", "7", "--jobs", "2").stdout),
         "one seed, two results")
    need(first != numbers(run(explore, *words, "--seed", "8").stdout), "two seeds, one result")


def usage(explore, _heapvet, scratch):
    for words in (["--bound", "9"], ["--bound"], ["--mode", "slow"], ["--subject", "libc"],
                  ["--family", "Z"], ["--out", f"{scratch}/none"], ["--jobs", "-1"], ["--what", "1"],
                  ["--sample", "5", "--check"]):
        done = run(explore, *words, status=2)
        need(len(done.stderr.splitlines()) == 1 and "expected" in done.stderr,
             f"{words}: expected one line, have: {done.stderr}")


def sound(explore, _heapvet, scratch, plugin):
    run(explore, "--quiet", "--bound", "1", "--subject", plugin, "--counts", COUNTS, "--out", scratch)


def dies(explore, _heapvet, scratch, plugin):
    done = run(explore, "--quiet", "--bound", "1", "--family", "B", "--subject", plugin, "--out",
               scratch, status=1)
    files = list(Path(scratch).glob("signal-*.ops"))
    need(files and str(files[0]) in done.stderr, f"expected a program and its path, have: {done.stderr}")
    need(" wait " in files[0].read_text(), "the program cannot have reached the trap")


def fault(explore, heapvet, scratch, plugin, families):
    start = time.monotonic()
    run(explore, "--quiet", "--stop-at-first", "--subject", plugin, "--family", families, "--out",
        scratch, status=1, timeout=2 * SECONDS)
    seconds = time.monotonic() - start
    files = sorted(Path(scratch).glob("*.ops"))
    need(files, "no file of a failing schedule")
    need(seconds < SECONDS, f"found after {seconds:.0f} s, want less than {SECONDS}")
    text = files[0].read_text()
    print(f"found after {seconds:.1f} s\n{text}")
    oracle = re.search(r"^# oracle: (\w+)$", text, re.M)[1]
    done = run(heapvet, "run", "--subject", plugin, files[0], status=1)
    need(f"oracle {oracle}:" in done.stderr + done.stdout,
         f"expected oracle {oracle} again, have: {done.stderr}{done.stdout}")
    run(heapvet, "run", files[0])  # and a sound library does not mind


def main(argv):
    cases = {f.__name__: f for f in (bounded, reductions, blind, counts, resume, sampled, usage, sound,
                                     dies, fault)}
    if len(argv) < 4 or argv[1] not in cases:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory(prefix="explore-") as scratch:
            cases[argv[1]](argv[2], argv[3], scratch, *argv[4:])
    except Wrong as problem:
        print(f"explore.{argv[1]}: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
