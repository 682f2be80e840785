#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Both engines must see a planted fault within a bounded number of executions, from one empty seed and
without the op-level mutator, as on OSS-Fuzz; and see nothing in the library as it is. On that one,
AFL++ must find no input whose path differs from run to run: a target that keeps state shows so."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import planted  # first: it opens the way to fuzz/
import fuzz_engines

# A dropped line of the merge falls after some hundred executions; these are a hundred times more.
LIBFUZZER_RUNS, AFL_RUNS = 50_000, 20_000
TARGET = "fuzz_heap_auto_3"


def build(engine, out, lib, mutator):
    more = {"LIB_DIR": str(lib), "FUZZ_MUTATOR": mutator, "MAKE_GOALS": str(out / TARGET)}
    argv, env = fuzz_engines.build_command(engine, planted.ROOT, out, 2, [TARGET], more)
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"canary: {engine} does not build\n{(done.stdout + done.stderr)[-2000:]}")
    return out / TARGET


def libfuzzer_finds(binary, folder, seed):
    """Executions until it dies, or None."""
    done = subprocess.run([str(binary), f"-runs={LIBFUZZER_RUNS}", f"-seed={seed}", "-len_control=0",
                           "-max_len=1032", "-print_final_stats=1", f"-artifact_prefix={folder}/"],
                          cwd=folder, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0:symbolize=0"),
                          capture_output=True, text=True, errors="replace", check=False)
    executed = [li.split()[-1] for li in done.stderr.splitlines() if "number_of_executed_units" in li]
    return None if done.returncode == 0 else int(executed[0]) if executed else 0


def afl_finds(binary, folder, seed):
    """True when it keeps a crash."""
    seeds = folder / "seeds"
    seeds.mkdir()
    (seeds / "one").write_bytes(bytes(64))
    env = dict(os.environ, AFL_NO_UI="1", AFL_NO_AFFINITY="1", AFL_SKIP_CPUFREQ="1", AFL_FAST_CAL="1",
               AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES="1", AFL_BENCH_UNTIL_CRASH="1",
               ASAN_OPTIONS="abort_on_error=1:symbolize=0:detect_leaks=0:detect_odr_violation=0")
    done = subprocess.run(["afl-fuzz", "-E", str(AFL_RUNS), "-V", "60", "-s", str(seed), "-t", "5000+",
                           "-G", "1032", "-i", str(seeds), "-o", str(folder / "afl"), "--",
                           str(binary)],
                          env=env, capture_output=True, text=True, errors="replace", check=False)
    stats = folder / "afl" / "default" / "fuzzer_stats"
    if stats.exists() and "stability         : 100.00%" not in stats.read_text():
        # A crash ends a path wherever it likes; without one every path must repeat.
        if not any((folder / "afl" / "default" / "crashes").glob("id*")):
            raise SystemExit("canary: AFL++ says that the target keeps state from run to run")
    if not stats.exists():
        raise SystemExit(f"canary: afl-fuzz did not run\n{(done.stdout + done.stderr)[-2000:]}")
    return any((folder / "afl" / "default" / "crashes").glob("id*"))


def main():
    wrong = []
    with tempfile.TemporaryDirectory(prefix="heapvet-canary-") as scratch:
        folder = Path(scratch)
        faulty, line = planted.faulty_lib(folder)
        print(f"dropped: {line}")
        for name, lib in (("faulty", faulty), ("as it is", planted.ROOT / "lib")):
            place = folder / name.replace(" ", "-")
            for engine in ("address", "afl"):
                run = place / f"run-{engine}"
                run.mkdir(parents=True)
                binary = build(engine, place / engine, lib, "")
                found = (libfuzzer_finds if engine == "address" else afl_finds)(binary, run, 1)
                print(f"{engine}, lib {name}: found {found}")
                if bool(found) != (lib == faulty):
                    wrong.append(f"{engine}, lib {name}: found {found}")
    for text in wrong:
        print(f"canary: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
