# SPDX-License-Identifier: Apache-2.0
"""One bug, one seed: fuzzes from nothing until something is found or the budget is spent."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import bank

sys.path.insert(0, str(bank.HERE.parents[1] / "fuzz"))

import fuzz_findings  # noqa: E402
import fuzz_jobs  # noqa: E402
import fuzz_stats  # noqa: E402
from fuzz_engines import kind_of  # noqa: E402

# No op takes a millisecond: an input that takes so many seconds is a loop without end.
TIMEOUT_SECONDS = 10
# A run is ended when it is this slow for its budget: the machine is stuck, or the target.
LEAST_RATE = 500
# What docs/ORACLES.md names; anything else that ends a process is a sanitizer's doing.
CRASH, HANG = "crash", "hang"


class FuzzError(Exception):
    """The fuzzer could not be run at all; one line."""


def oracle_of(output, oracles):
    """Who reported: an oracle's name, or crash, or hang."""
    if "ERROR: libFuzzer: timeout" in output:
        return HANG
    name = fuzz_findings.oracle_of(output)
    return name if name in oracles else CRASH


def environment(folder):
    return dict(os.environ, HEAPVET_STATS=str(folder / "stats"), HEAPVET_CANARY=str(folder / "canary"),
                ASAN_OPTIONS="detect_leaks=0:symbolize=0", UBSAN_OPTIONS="print_stacktrace=0")


# What stop() ends: threads that wait for a child cannot be interrupted.
RUNNING = set()


def stop():
    """Ends what is being fuzzed; those runs have no result."""
    for process in list(RUNNING):
        process.send_signal(signal.SIGKILL)


def run_binary(argv, folder, seconds):
    with subprocess.Popen([str(a) for a in argv], env=environment(folder), cwd=folder,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        RUNNING.add(process)
        try:
            output = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            raise FuzzError(f"no end after {seconds:.0f} s") from None
        finally:
            RUNNING.discard(process)
    # The output may hold bytes of a damaged heap.
    return process.returncode, output.decode(errors="replace")


def outcome(folder, status, output):
    stats = fuzz_stats.read(folder / "stats")
    reached, triggered = bank.canaries_read(folder / "canary")
    artifacts = sorted(folder.glob("found-*"))
    executions = stats.programs + stats.does_not_fit
    if status != 0 and not artifacts or status == 0 and executions == 0:
        raise FuzzError(f"exit status {status}, no input kept: {(output.splitlines() or ['?'])[-1]}")
    found = {
        "reached": bool(reached[0]), "triggered": bool(triggered[0]), "detected": status != 0,
        "executions": executions, "reached_at": reached[1] + 1 if reached[0] else None,
        "triggered_at": triggered[1] + 1 if triggered[0] else None, "oracle": None,
    }
    if status != 0:
        # The program that died was not counted yet.
        found["executions"] += 1
        found["oracle"] = oracle_of(output, stats.evaluated)
    return found


def fuzz(binary, seed, budget, keep=None):
    """What happened, as a dictionary; keep: a folder for the input that failed."""
    length = fuzz_jobs.MAX_LEN[kind_of(binary.name)]
    with tempfile.TemporaryDirectory(prefix="bugs-") as name:
        folder = Path(name)
        status, output = run_binary(
            [binary, f"-seed={seed}", f"-runs={budget}", "-len_control=0", f"-max_len={length}",
             f"-timeout={TIMEOUT_SECONDS}", "-rss_limit_mb=2560", f"-artifact_prefix={folder}/found-"],
            folder, 60 + budget / LEAST_RATE)
        if keep is not None:
            for path in folder.glob("found-*"):
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{binary.parent.name}-{seed}.input").write_bytes(path.read_bytes())
                (keep / f"{binary.parent.name}-{seed}.log").write_text(output)
        return outcome(folder, status, output)


def replay(binary, seeds):
    """Runs the committed corpus once: the oracle that reported, or None."""
    files = sorted(seeds.iterdir())
    with tempfile.TemporaryDirectory(prefix="bugs-") as name:
        folder = Path(name)
        status, output = run_binary([binary, f"-artifact_prefix={folder}/found-", *files], folder, 600)
        if status == 0:
            return None
        return oracle_of(output, fuzz_stats.read(folder / "stats").evaluated)
