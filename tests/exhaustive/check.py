# SPDX-License-Identifier: Apache-2.0
"""Tests of the explorer of small heaps; one case a promise."""

import contextlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import faults
import stage

CASE, EXHAUST, HEAPVET = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
PROGRAMS = EXHAUST.parent


def expect(condition, text):
    if not condition:
        sys.exit(f"check.py {CASE}: {text}")


def exhaust(*words, status=0):
    done = subprocess.run([EXHAUST, *map(str, words)], capture_output=True, text=True, timeout=300)
    expect(done.returncode == status,
           f"{words}: expected status {status}, have {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def context():
    ctx = stage.Context(stage.Screen(), quick=True)
    ctx.heapvet = HEAPVET
    return ctx


def bound(scratch):
    rows, _, problems = stage.explore(context(), "quick", scratch)
    problems = problems or stage.compare(rows, stage.committed()["quick"])
    expect(not problems, "\n".join(problems))
    print(sum(row["states"] for row in rows.values()), "states")


def counts(scratch):
    """A count that differs, a row too many and one too few are problems; nothing else is."""
    rows = stage.committed()["quick"]
    expect(rows and not stage.compare(rows, rows), "the committed counts differ from themselves")
    name = next(iter(rows))
    other = {**rows, name: {**rows[name], "states": rows[name]["states"] + 1}}
    expect(len(stage.compare(other, rows)) == 1, "one state more is not noticed")
    fewer = {n: r for n, r in rows.items() if n != name}
    expect(len(stage.compare(fewer, rows)) == 1, "a row too few is not noticed")
    expect(len(stage.compare(rows, fewer)) == 1, "a row too many is not noticed")
    stage.accept("quick", other, scratch / "counts.txt")
    expect(stage.committed(scratch / "counts.txt")["quick"] == other, "accepted, but not read back")
    task = stage.Task("pairs", "deep", 1, "small-1", "0..8", "0..7")
    sound = [(64, 1, "a"), (65, 1, "a"), (64, 0, "b"), (72, 0, "c")]
    expect(not stage.same_sort(task, sound), "regions of several sorts are taken for one")
    expect(stage.same_sort(task, [*sound, (66, 3, "d")]), "regions of one sort may differ")


# Where two orders of one list lead to different states within few ops.
ORDERED = ("small-1", "deep", 6, 120)


def differing(scratch, heaps):
    """The heaps of which going on from every sequence finds more than from each state once."""
    found = []
    for subject, alphabet, depth, region in heaps:
        words = ["--subject", PROGRAMS / f"{subject}.so", "--alphabet",
                 stage.HERE / f"{alphabet}.ops", "--depth", depth, "--region", region, "--out",
                 scratch]
        merged, all_of = (stage.MADE.match(stage.HEAP.match(said.stdout.splitlines()[0])[3])
                          for said in (exhaust(*words), exhaust(*words, "--unmerged")))
        expect(int(all_of[4]) > 1.2 * int(merged[4]), f"{subject} {alphabet}: nothing was merged")
        if (merged[3], merged[7]) != (all_of[3], all_of[7]):
            found.append(f"{subject} {alphabet} {region}: {merged[3]} states, {all_of[3]} of all")
    return found


def merging(scratch):
    found = differing(scratch, (
        ORDERED, ("small-3", "deep", 5, 160), ("big-2", "deep", 5, 144), ("small-1", "wide", 4, 104),
        ("big-4", "wide", 3, 192), ("auto-2", "limit", 3, 262144)))
    expect(not found, "\n".join(found))


def blind(scratch):
    """An explorer that overlooks the order of lists is seen through by that comparison."""
    found = differing(scratch, [ORDERED])
    print(found)
    expect(found, "the states of all sequences are as many")


class Stopped(Exception):
    pass


def resume(scratch):
    """A stopped run goes on with what it has not finished, and comes to the same."""
    stage.BOUNDS["tiny"] = [stage.Family("heaps", "wide", 1, stage.SUBJECTS[:2],
                                         stage.SMALL_HEAPS)]
    tasks = stage.tasks_of("tiny")
    whole, _, problems = stage.explore(context(), "tiny", scratch / "whole")
    ctx = context()
    ctx.jobs = 1

    def stop_at(done, total, text):
        del total, text
        if done == 5:
            raise Stopped

    ctx.progress = stop_at
    try:
        stage.explore(ctx, "tiny", scratch / "stopped")
        expect(False, "it was not stopped")
    except Stopped:
        pass
    ran = []
    plain = stage.command
    stage.command = lambda task, *words: ran.append(task) or plain(task, *words)
    rows, _, problems = stage.explore(context(), "tiny", scratch / "stopped")
    expect(rows == whole, f"the second run came to {rows}, want {whole} {problems}")
    expect(len(ran) == len(tasks) - 5, f"the second run did {len(ran)} of {len(tasks)} tasks")


def refused(said, function, *words):
    try:
        function(*words)
    except stage.Usage as problem:
        expect(said in str(problem) and "\n" not in str(problem), f"expected {said}: {problem}")
        return
    expect(False, f"expected a refusal that says {said}")


@contextlib.contextmanager
def replaced(module, name, value):
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def usage(scratch):
    subject, alphabet = PROGRAMS / "small-1.so", stage.HERE / "deep.ops"
    broken = scratch / "broken.ops"
    broken.write_text("heap 64\nalloc q0 1\n")
    right = ["--subject", subject, "--alphabet", alphabet]
    for words, said in (([], "usage"), (["--what"], "usage"), (right, "usage"),
                        ([*right, "--region", "9..8"], "--region"),
                        ([*right, "--region", "8", "--depth", "99"], "--depth"),
                        ([*right, "--region", "8", "--offset", "8"], "--offset"),
                        (["--subject", "none.so", "--alphabet", alphabet, "--region", 8], "none.so"),
                        (["--subject", subject, "--alphabet", broken, "--region", 8],
                         "broken.ops:2")):
        done = exhaust(*words, status=2)
        expect(said in done.stderr, f"{words}: expected {said}, have {done.stderr}")
    with replaced(stage, "HERE", scratch), replaced(stage, "BOUNDS", {"bad": [
            stage.Family("heaps", "broken", 1, stage.SUBJECTS, stage.SMALL_HEAPS)]}):
        refused("broken.ops:2", stage.explore, context(), "bad", scratch / "out")
    for line in ("quick heaps deep", "slow heaps deep 5 small-1 1 1 1 1 1",
                 "quick heaps deep 5 small-1 1 1 x 1 1"):
        (scratch / "counts.txt").write_text("# a comment\n" + line + "\n")
        refused("counts.txt:2", stage.committed, scratch / "counts.txt")
    expect("usage" in exhaust("--help").stdout, "--help says nothing")


def replay(plugin, program):
    """The oracle that heapvet run reports; None: it finds nothing."""
    done = subprocess.run([HEAPVET, "run", "--subject", plugin, program], capture_output=True,
                          text=True, timeout=60)
    match = re.search(r"^  (?:oracle (\w+)|(crash)):", done.stderr, re.M)
    expect((done.returncode == 0) == (match is None), f"{program}: {done.stderr}")
    return match and (match[1] or match[2])


def fault(scratch):
    """The planted fault is found; the program replays to the same oracle, and needs each op."""
    plugin, planted = sys.argv[4], faults.FAULTS[sys.argv[5]]
    exhaust("--subject", plugin, "--alphabet", stage.HERE / f"{planted.alphabet}.ops", "--depth",
            planted.depth, "--region", planted.region, "--out", scratch, status=1)
    program = sorted(scratch.glob("*.ops"), key=lambda p: p.stat().st_size)[0]
    lines = program.read_text().splitlines()
    print("\n".join(lines))
    shown = re.search(r"It shows: (?:oracle )?(\w+)", "\n".join(lines))[1]
    expect(shown == planted.oracle, f"expected oracle {planted.oracle}, have {shown}")
    expect(replay(plugin, program) == shown, f"heapvet run does not show {shown}")
    # Whoever dies cannot be asked whether the question at the end had a part in it.
    keep = ("#", "heap ", "slots ", *(["largest"] if shown == "crash" else []))
    ops = [i for i, line in enumerate(lines) if not line.startswith(keep)]
    for left_out in ops:
        program.write_text("\n".join(l for i, l in enumerate(lines) if i != left_out) + "\n")
        expect(replay(plugin, program) is None, f"it fails without '{lines[left_out]}', too")


def init_fault(scratch):
    """The fault in init or in the macro is found by the pairs."""
    del scratch
    done = subprocess.run([sys.argv[4]], capture_output=True, text=True, timeout=60)
    print(done.stderr)
    expect(done.returncode == 1 and "want" in done.stderr,
           f"{sys.argv[5]} is not found: {done.returncode} {done.stdout}")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        globals()[CASE](Path(scratch))


if __name__ == "__main__":
    main()
