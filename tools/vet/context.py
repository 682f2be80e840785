# SPDX-License-Identifier: Apache-2.0
"""What a stage of ./vet is given: paths, limits, progress, and a way to run programs."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A pipe or a log gets a plain line at most this often; a terminal is redrawn in place.
PLAIN_SECONDS = 10.0
LIVE_SECONDS = 0.2


class Failed(Exception):
    """A stage could not do its work; the text is one line for people."""


class Usage(Exception):
    """What was asked for, or given, cannot be read; one line, and exit status 2."""


class Screen:
    """Progress that is redrawn on a terminal and printed now and then in a log."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.live = out.isatty()
        self.shown = 0.0
        self.width = 0
        self.stage = ""
        self.lock = threading.Lock()

    def say(self, text):
        with self.lock:
            self._wipe()
            self.out.write(text + "\n")
            self.out.flush()

    def progress(self, done, total, text):
        now = time.monotonic()
        with self.lock:
            if now - self.shown < (LIVE_SECONDS if self.live else PLAIN_SECONDS):
                return
            self.shown = now
            share = f"{min(100, 100 * done // total):3d} %" if total else "     "
            line = f"  {self.stage:<9} {share}  {text}"
            if self.live:
                self._wipe()
                self.width = min(len(line), columns() - 1)
                self.out.write(line[: self.width])
            else:
                self.out.write(line + "\n")
            self.out.flush()

    def begin(self, stage):
        self.stage = stage
        self.shown = time.monotonic() if not self.live else 0.0

    def _wipe(self):
        if self.width:
            self.out.write("\r" + " " * self.width + "\r")
            self.width = 0


def columns():
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 100


class Context:
    """Handed to every stage's run()."""

    Failed = Failed
    Usage = Usage

    def __init__(self, screen, quick=False, seconds=60, jobs=None, seeds=3):
        self.root = ROOT
        self.build = ROOT / "build"
        self.quick = quick
        self.seconds = seconds
        self.seeds = seeds
        self.jobs = jobs or os.cpu_count() or 1
        self.heapvet = self.build / "dev" / "heapvet"
        self.screen = screen

    def say(self, text):
        self.screen.say(text)

    def progress(self, done, total, text):
        self.screen.progress(done, total, text)

    def run(self, argv, timeout=None, env=None, cwd=None, check=True, label=None):
        """Runs a program with its output captured; shows that it is alive. Failing prints the tail."""
        argv = [str(a) for a in argv]
        label = label or " ".join(Path(a).name if i == 0 else a for i, a in enumerate(argv))[:60]
        start = time.monotonic()
        process = subprocess.Popen(
            argv, cwd=cwd or self.root, env=env, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        try:
            out, err = self._wait(process, start, timeout, label)
        except BaseException:
            kill_group(process)
            raise
        done = subprocess.CompletedProcess(argv, process.returncode, out, err)
        if check and process.returncode != 0:
            for line in (out + err).splitlines()[-30:]:
                self.say("    " + line)
            raise Failed(f"{label}: exit status {process.returncode}")
        return done

    def _wait(self, process, start, timeout, label):
        while True:
            try:
                return process.communicate(timeout=1)
            except subprocess.TimeoutExpired:
                elapsed = time.monotonic() - start
                if timeout is not None and elapsed > timeout:
                    raise Failed(f"{label}: no end after {timeout} s") from None
                self.progress(0, 0, f"{label} ({elapsed:.0f} s)")


def kill_group(process):
    """A stopped stage leaves no child behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
