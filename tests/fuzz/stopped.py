#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run that is interrupted keeps its corpus and leaves no process; one that is killed leaves a working
folder that the next run picks up. stopped.py PATH-OF-HEAPVET"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import planted
import stage

PATIENCE = 400


def child(folder, heapvet):
    """The stage, in a process of its own that can be stopped."""
    ctx = planted.fuzz_context(folder, None, heapvet, 30)
    try:
        stage.run(ctx)
    except KeyboardInterrupt:
        return 130
    return 0


def start(folder, heapvet):
    """Starts the stage and waits until a fuzzer has written corpus entries."""
    process = subprocess.Popen([sys.executable, __file__, "--child", str(folder), heapvet])
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if sum(1 for _ in (folder / "work").glob("*/fuzz_*-address/corpus/*")) > 5:
            return process
        time.sleep(0.2)
    process.kill()
    raise SystemExit("stopped: expected a fuzzer at work, have none")


def fuzzers(folder):
    """Processes whose command names our folder: fuzzers and the targets they forked."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder) in (entry / "cmdline").read_text():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def kept(folder):
    return sum(1 for _ in (folder / "out" / "corpus" / "heap").iterdir())


def main(argv):
    if len(argv) == 4 and argv[1] == "--child":
        return child(Path(argv[2]), argv[3])
    if len(argv) != 2:
        print("usage: stopped.py PATH-OF-HEAPVET", file=sys.stderr)
        return 2
    wrong = []
    with tempfile.TemporaryDirectory(prefix="heapvet-stopped-") as scratch:
        folder = Path(scratch)
        process = start(folder, argv[1])
        process.send_signal(signal.SIGINT)
        if process.wait(timeout=60) != 130:
            wrong.append("interrupted: expected the stage to pass the interrupt on")
        if kept(folder) == 0:
            wrong.append("interrupted: no corpus entry was kept")
        if fuzzers(folder):
            wrong.append(f"interrupted: processes are left: {fuzzers(folder)}")
        first = kept(folder)

        process = start(folder, argv[1])
        process.kill()
        process.wait()
        # afl-fuzz first: what its fork server forks is only then seen for the last time.
        for _ in range(3):
            for pid in fuzzers(folder):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)
        left = sum(1 for _ in (folder / "work").glob("*/fuzz_*/corpus/*"))
        planted.fuzz_context(folder, None, argv[1], 1).fuzz_places.prepare()
        if left == 0 or kept(folder) <= first:
            wrong.append(f"killed: {left} entries were left, corpus went from {first} to {kept(folder)}")
        print(f"interrupted: {first} entries kept; killed: {kept(folder) - first} more picked up")
    for text in wrong:
        print(f"stopped: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
