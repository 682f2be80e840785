# SPDX-License-Identifier: Apache-2.0
"""The engines of this machine: which compilers, which flags, which targets; built by build.sh.

By hand: fuzz_engines.py [ENGINE...] builds them into build/fuzz/ENGINE/.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Inline counters and nothing else: comparing operands costs a fifth of the speed and finds nothing
# sooner.
COVERAGE = "-fsanitize-coverage=inline-8bit-counters,pc-table"
# The harness is not instrumented, yet it poisons: this is how ops/poison.h knows of the runtime.
ASAN_HARNESS = "-O2 -gline-tables-only -DHEAPVET_ASAN=1"
M32 = "-m32 -idirafter /usr/include/x86_64-linux-gnu"

PORTS = ["fuzz_system", "fuzz_system_legacy", "fuzz_multi"]
THREADS = ["fuzz_kheap", "fuzz_pool"]
HEAPS = [f"fuzz_heap_{form}_{loops}" for form in ("small", "big", "auto") for loops in (1, 3, 255)]

MISUSE = ["fuzz_misuse_small", "fuzz_misuse_big"]

LIBFUZZER = {
    "CC": "clang-19", "CXX": "clang++-19", "LIB_FUZZING_ENGINE": "-fsanitize=fuzzer",
    "FUZZ_MUTATOR": "1",
}


def sanitized(name, more=""):
    flags = f"-fsanitize={name} {more}".strip()
    harness = ASAN_HARNESS if name == "address" else "-O2 -gline-tables-only"
    return dict(LIBFUZZER, SANITIZER=name,
                CFLAGS=f"-O2 -gline-tables-only -fno-omit-frame-pointer {flags} {COVERAGE}",
                HARNESS_CFLAGS=f"{harness} {more}".strip(), CXXFLAGS=flags)


# engine: (environment of build.sh, targets, further goals)
ENGINES = {
    "address": (sanitized("address"), HEAPS + ["fuzz_edge", "fuzz_text"] + MISUSE + PORTS + THREADS,
                ["fuzz_rate_auto_3"]),
    "undefined": (sanitized("undefined", "-fno-sanitize-recover=all"),
                  ["fuzz_heap_small_3", "fuzz_heap_big_255", "fuzz_heap_auto_1", "fuzz_multi", "fuzz_kheap"],
                  []),
    "address32": (dict(sanitized("address", M32), ARCHITECTURE="i386"),
                  ["fuzz_heap_small_1", "fuzz_heap_big_3", "fuzz_heap_auto_255", "fuzz_system",
                   "fuzz_pool"], []),
    "afl": ({"CC": "afl-clang-fast", "CXX": "afl-clang-fast++", "HARNESS_CC": "clang-14",
             "CFLAGS": "-O2 -g", "CXXFLAGS": "", "HARNESS_CFLAGS": ASAN_HARNESS,
             "LIB_FUZZING_ENGINE": "-fsanitize=fuzzer", "FUZZING_ENGINE": "afl",
             "AFL_USE_ASAN": "1", "AFL_QUIET": "1"},
            ["fuzz_heap_auto_3", "fuzz_kheap", "fuzz_heap_big_1"], ["afl_mutator.so"]),
}

# Compilers that a clean machine may lack, with what each engine needs beyond them.
PACKAGES = ["make", "clang-19", "libclang-rt-19-dev", "llvm-19", "afl++", "clang-14",
            "libclang-rt-14-dev", "libstdc++-12-dev", "gcc-12-multilib", "lib32stdc++-12-dev",
            "libc6-dev-i386"]


def variant_of(target):
    """The heap that a target holds, as in kheap_VARIANT.so: FORMAT_LOOPS, with _hard hardening 2, or what stands on a port."""
    if target.startswith("fuzz_heap_"):
        return target[len("fuzz_heap_"):]
    if target in MISUSE:
        return target[len("fuzz_misuse_"):] + "_3_hard"
    return target[len("fuzz_"):] if target in PORTS else "auto_3"


def kind_of(target):
    """The kind of a target's programs (ops/op.h); misuse: a heap's, with it; text: its input is bytes."""
    if target in PORTS + THREADS + MISUSE + ["fuzz_text"]:
        return target.split("_")[1]
    return "heap"


def out_folder(engine, build=None):
    return (build or ROOT / "build" / "fuzz") / engine


def build_command(engine, root=ROOT, out=None, jobs=2, targets=None, more=None):
    """(argv, environment) that build an engine; `more` overrides variables of build.sh."""
    settings, names, extra = ENGINES[engine]
    out = out or root / "build" / "fuzz" / engine
    names = names if targets is None else targets
    # The caller's own CFLAGS and the like would change what is built.
    env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "LANG", "TERM")}
    env.update(settings, OUT=str(out), WORK=str(root / "build" / "fuzz" / "work"), SRC=str(root),
               FUZZ_TARGETS=" ".join(names), JOBS=str(jobs), AFL_PATH="/usr/lib/afl")
    env["MAKE_GOALS"] = " ".join(["all"] + [str(out / goal) for goal in extra])
    tool = root / "build" / "dev" / "fuzz" / "fuzz_corpus"
    if tool.exists():
        env["CORPUS_TOOL"] = str(tool)
    env.update(more or {})
    return ["bash", "-eu", str(root / "fuzz" / "build.sh")], env


def subject_goal(variant, root, build, more=None):
    """Builds kheap_VARIANT.so for the command line: (argv, environment, path)."""
    path = build / "subjects" / f"kheap_{variant}.so"
    goals = dict(more or {}, HARNESS_CC="cc", MAKE_GOALS=str(path))
    argv, env = build_command("address", root, path.parent, 1, [], goals)
    return argv, env, path


def main(argv):
    for engine in argv[1:] or list(ENGINES):
        if engine not in ENGINES:
            print(f"expected an engine of {', '.join(ENGINES)}, have {engine}", file=sys.stderr)
            return 2
        command, env = build_command(engine, jobs=os.cpu_count() or 1)
        status = subprocess.run(command, env=env, check=False).returncode
        if status != 0:
            return status
        print(f"built {out_folder(engine)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
