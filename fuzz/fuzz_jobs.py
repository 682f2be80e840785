# SPDX-License-Identifier: Apache-2.0
"""One fuzzer process: how it is started, watched and stopped, and where what it finds is kept.

Working corpora live on tmpfs (creating files costs a quarter of the speed elsewhere). Crashing inputs
are written below out/ by the engine itself; new corpus entries are copied to out/corpus/ when a job
ends, and those of a run that was killed are picked up by the next one, because the working folder's
name is made from the tree's path.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import fuzz_stats
from fuzz_engines import kind_of

# 128 ops, as in the .options files; every second target runs at the 32 that fuzz fastest.
MAX_LEN = {"heap": 1032, "misuse": 1032, "system": 1032, "multi": 1032, "kheap": 520, "pool": 520, "text": 2048}
KINDS = list(MAX_LEN)
SHORT_LEN = 264
# A corpus beyond this is cut down to the inputs that add coverage before the next run: loading it takes that run's time.
PRUNE_ABOVE = 1000
# AFL++ calibrates every seed before it starts: a short run must not spend itself on that.
AFL_SEEDS = 150


def scratch(root):
    """The working folder of this tree, on tmpfs where there is one."""
    base = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path("/tmp")
    name = hashlib.sha1(str(root).encode()).hexdigest()[:10]
    return base / f"heapvet-fuzz-{os.getuid()}-{name}"


class Places:
    """Where a run reads and writes."""

    def __init__(self, root, build=None, out=None, work=None, lib=None):
        self.root = root
        self.build = build or root / "build" / "fuzz"
        self.out = out or root / "out"
        # Further variables for build.sh: another copy of lib/, such as one with a planted fault.
        self.settings = {"LIB_DIR": str(lib)} if lib else {}
        self.base = work or scratch(root)
        self.work = self.base / str(os.getpid())
        self.raw = self.out / "findings" / "raw" / time.strftime("%Y%m%d-%H%M%S")

    def prepare(self):
        """Saves what a killed run left, then starts from an empty working folder."""
        for kind in KINDS:
            (self.out / "corpus" / kind).mkdir(parents=True, exist_ok=True)
        for left in self.base.glob("*"):
            if not Path(f"/proc/{left.name}").exists() or left == self.work:
                self.rescue(left)
        for kind in KINDS:
            (self.work / "seeds" / kind).mkdir(parents=True)
        self.raw.mkdir(parents=True, exist_ok=True)

    def rescue(self, folder):
        for pattern in ("fuzz_*/corpus", "fuzz_*/afl/*/queue"):
            for corpus in folder.glob(pattern):
                self.keep(corpus, kind_of(corpus.relative_to(folder).parts[0].split("-")[0]))
        shutil.rmtree(folder)

    def finish(self):
        """The working folder has been copied out by now."""
        shutil.rmtree(self.work, ignore_errors=True)
        if self.base.exists() and not any(self.base.iterdir()):
            self.base.rmdir()
        if self.raw.exists() and not any(self.raw.iterdir()):
            self.raw.rmdir()

    def unpack_seeds(self, target):
        """The seed corpus the build made for this target, as files; returns the folder."""
        folder = self.work / "seeds" / kind_of(target)
        if not any(folder.iterdir()):
            archive = self.build / "address" / f"{target}_seed_corpus.zip"
            shutil.unpack_archive(archive, folder)
        return folder

    def prune(self, kind, targets):
        """Keeps what any of the targets says adds coverage; leaves all as it is when one of them fails."""
        corpus = self.out / "corpus" / kind
        before = sum(1 for _ in corpus.iterdir())
        if before <= PRUNE_ABOVE:
            return
        merged = self.work / f"merged-{kind}"
        merged.mkdir()
        for target in targets:
            done = subprocess.run(
                [str(self.build / "address" / target), "-merge=1", f"-max_len={MAX_LEN[kind]}",
                 str(merged), str(corpus)], cwd=self.work, capture_output=True, check=False,
                env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0:symbolize=0"))
            if done.returncode != 0:
                return
        self.keep(merged, kind)
        kept = {hashlib.sha1(path.read_bytes()).hexdigest() for path in merged.iterdir()}
        for path in list(corpus.iterdir()):
            if path.name not in kept:
                path.unlink()

    def keep(self, folder, kind):
        """Copies inputs that are not there yet; names are made from the contents."""
        kept = 0
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                data = path.read_bytes()
                target = self.out / "corpus" / kind / hashlib.sha1(data).hexdigest()
                if not target.exists():
                    target.write_bytes(data)
                    kept += 1
        return kept


class Job:
    """A fuzzer on one target for some seconds."""

    def __init__(self, places, engine, target, seconds, seed):
        self.places, self.engine, self.target = places, engine, target
        self.seconds, self.seed = seconds, seed
        self.name = f"{target}-{engine}"
        self.folder = places.work / self.name
        self.corpus = self.folder / "corpus"
        self.stats_path = self.folder / "stats"
        self.log_path = self.folder / "log"
        self.binary = places.build / engine / target
        short = kind_of(target) != "text" and seed % 2 == 1
        self.max_len = SHORT_LEN if short else MAX_LEN[kind_of(target)]
        self.process = None
        self.started = self.ended = 0.0

    def environment(self):
        env = dict(os.environ, HEAPVET_STATS=str(self.stats_path))
        env["UBSAN_OPTIONS"] = "print_stacktrace=0"
        env["ASAN_OPTIONS"] = "detect_leaks=0:symbolize=0"
        return env

    def start(self):
        self.corpus.mkdir(parents=True)
        with open(self.log_path, "wb") as log:
            # A group of its own: AFL++'s fork server dies with it.
            self.process = subprocess.Popen(
                self.command(), env=self.environment(), cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.started = time.monotonic()

    def running(self):
        if self.process is None or self.ended:
            return False
        if time.monotonic() - self.started > self.patience():
            self.stop()
        if self.process.poll() is None:
            return True
        self.ended = time.monotonic()
        self.save()
        return False

    def patience(self):
        """When it is told to stop, in seconds after its start."""
        return self.seconds

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGINT)
                self.process.wait(timeout=5)
            except (subprocess.TimeoutExpired, ProcessLookupError):
                pass
            self.end_group()
            self.process.wait()
        if self.process is not None and not self.ended:
            self.ended = time.monotonic()
            self.save()

    def end_group(self):
        """What a fuzzer forked ends with it: a fork server's child outlives its parent otherwise."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def elapsed(self):
        return (self.ended or time.monotonic()) - self.started if self.started else 0.0

    def stats(self):
        return fuzz_stats.read(self.stats_path)

    def save(self):
        self.places.keep(self.corpus, kind_of(self.target))

    def tail(self, lines=12):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return text.splitlines()[-lines:]


class LibFuzzer(Job):
    def command(self):
        kind = kind_of(self.target)
        return [str(self.binary), f"-max_total_time={int(self.seconds) + 5}", f"-seed={self.seed}",
                f"-max_len={self.max_len}", "-len_control=0", "-print_final_stats=1", "-timeout=25",
                "-rss_limit_mb=2560", f"-dict={self.binary}.dict",
                f"-artifact_prefix={self.places.raw}/{self.name}-", str(self.corpus),
                str(self.places.unpack_seeds(self.target)), str(self.places.out / "corpus" / kind)]

    def findings(self):
        return sorted(p for p in self.places.raw.glob(f"{self.name}-*") if p.suffix == "")

    def problem(self):
        """A process that failed without leaving an input: the set-up is at fault, not a heap."""
        # 0 also when it was told to stop; 72 is its status for an interrupt in some versions.
        if self.process.returncode not in (0, 72) and not self.findings():
            return f"{self.name}: exit status {self.process.returncode}, no input kept"
        return None


class Afl(Job):
    def patience(self):
        """afl-fuzz calibrates before -V starts to count, and keeps its own limit."""
        return self.seconds + 30

    def start(self):
        self.seeds = self.folder / "seeds"
        self.seeds.mkdir(parents=True)
        own = self.places.out / "corpus" / kind_of(self.target)
        files = list(self.places.unpack_seeds(self.target).iterdir()) + sorted(own.iterdir())
        for path in files[:AFL_SEEDS]:
            shutil.copy(path, self.seeds / path.name)
        super().start()

    def environment(self):
        env = super().environment()
        env.update(AFL_NO_UI="1", AFL_NO_AFFINITY="1", AFL_SKIP_CPUFREQ="1", AFL_FAST_CAL="1",
                   AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES="1", AFL_NO_CRASH_README="1",
                   HEAPVET_FUZZ_KIND=kind_of(self.target),
                   AFL_CUSTOM_MUTATOR_LIBRARY=str(self.binary.parent / "afl_mutator.so"))
        env["ASAN_OPTIONS"] = "abort_on_error=1:symbolize=0:detect_leaks=0:detect_odr_violation=0"
        return env

    def command(self):
        return ["afl-fuzz", "-V", str(max(1, int(self.seconds))), "-s", str(self.seed),
                "-t", "5000+", "-G", str(self.max_len), "-i", str(self.seeds), "-o",
                str(self.folder / "afl"), "-x", f"{self.binary}.dict", "--", str(self.binary)]

    def save(self):
        for path in self.folder.glob("afl/*/crashes/id*"):
            data = path.read_bytes()
            name = f"{self.name}-crash-{hashlib.sha1(data).hexdigest()}"
            (self.places.raw / name).write_bytes(data)
        for path in self.folder.glob("afl/*/queue/id*"):
            if ",orig:" not in path.name:
                shutil.copy(path, self.corpus)
        super().save()

    def crashing_seeds(self):
        """Seeds that die at once: AFL++ skips them without keeping them, or refuses to start."""
        for path in sorted(self.seeds.iterdir()):
            done = subprocess.run([str(self.binary), str(path)], env=self.environment(), timeout=60,
                                  capture_output=True, check=False)
            if done.returncode != 0:
                name = f"{self.name}-crash-seed-{path.name.split('.')[0]}"
                shutil.copy(path, self.places.raw / name)
                return

    def findings(self):
        return sorted(p for p in self.places.raw.glob(f"{self.name}-*") if p.suffix == "")

    def problem(self):
        if self.findings():
            return None
        text = "\n".join(self.tail(400))
        if "results in a crash" in text or self.process.returncode != 0:
            self.crashing_seeds()
        if self.process.returncode != 0 and not self.findings():
            return f"{self.name}: exit status {self.process.returncode}, no input kept"
        return None


def make(places, engine, target, seconds, seed):
    return (Afl if engine == "afl" else LibFuzzer)(places, engine, target, seconds, seed)
