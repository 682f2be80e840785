#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the targets as OSS-Fuzz does and applies the predicates of its build check to what lands in $OUT.

    check_oss_build.py [--work DIR] [address|undefined|i386|archive|control ...]

The variables are set by hand as the service's base image sets them (its -stdlib=libc++ and its compiler's newest
warnings are left out: Debian's clang 19 stands in). Exit status 0 when every predicate holds and the control is rejected.
"""

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CC, CXX, OBJDUMP = "clang-19", "clang++-19", "objdump"

COMMON = ("-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error=implicit-function-declaration "
          "-Wno-error=int-conversion -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION")
COVERAGE = "-fsanitize=fuzzer-no-link"
UB_CHECKS = ("array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size,return,"
             "returns-nonnull-attribute,shift,signed-integer-overflow,unreachable,vla-bound,vptr")
UB_ALL = f"{UB_CHECKS},unsigned-integer-overflow"
FLAGS = {
    "address": "-fsanitize=address -fsanitize-address-use-after-scope",
    "undefined": f"-fsanitize={UB_ALL} -fno-sanitize-recover={UB_CHECKS} -fno-sanitize=function",
    "none": "",
}
# Without gcc-multilib the kernel's headers are where the 64-bit ones are.
M32 = "-m32 -idirafter /usr/include/x86_64-linux-gnu"

# The numbers of the service's bad_build_check.
ASAN_CALLS, UBSAN_CALLS, FEW_EDGES = 1000, 168, 100
UBSAN_CALLS_ELSEWHERE = {"x86_64": 200, "i386": 280}


def build(out, work, sanitizer, arch="x86_64", engine="-fsanitize=fuzzer", coverage=COVERAGE,
          targets=None):
    machine = M32 if arch == "i386" else ""
    flags = " ".join(f"{COMMON} {FLAGS[sanitizer]} {coverage} {machine}".split())
    env = {"PATH": os.environ["PATH"], "HOME": str(work), "CC": CC, "CXX": CXX, "CFLAGS": flags,
           "CXXFLAGS": flags, "LIB_FUZZING_ENGINE": engine, "OUT": str(out), "SRC": str(ROOT.parent),
           "WORK": str(work), "SANITIZER": sanitizer, "FUZZING_ENGINE": "libfuzzer",
           "ARCHITECTURE": arch, "FUZZING_LANGUAGE": "c"}
    if targets:
        env["FUZZ_TARGETS"] = " ".join(targets)
    done = subprocess.run(["bash", "-eu", str(ROOT / "fuzz" / "build.sh")], env=env, text=True,
                          capture_output=True, cwd="/", check=False)
    if done.returncode != 0:
        sys.stderr.write((done.stdout + done.stderr)[-3000:])
        raise SystemExit(f"build.sh ({sanitizer}, {arch}): exit status {done.returncode}")


def discover(out):
    """Targets as the service finds them: executables that name the entry point."""
    return sorted(p for p in out.iterdir()
                  if p.is_file() and os.access(p, os.X_OK)
                  and p.read_bytes()[:4] == b"\x7fELF" and b"LLVMFuzzerTestOneInput" in p.read_bytes())


def calls(text, name):
    return len(re.findall(rf"call[ql]?\s+[0-9a-f]+\s+<__{name}", text))


def check_start(target):
    done = subprocess.run([str(target), "-rss_limit_mb=2560", "-timeout=25", "-seed=1337", "-runs=4"],
                          cwd=target.parent, env={"PATH": os.environ["PATH"]}, text=True,
                          capture_output=True, timeout=120, check=False)
    problems = []
    if done.returncode != 0 or "Done 4 runs" not in done.stderr:
        problems.append(f"does not start: exit status {done.returncode}, no \"Done 4 runs\"")
    edges = re.search(r"\((\d+) inline 8-bit counters\)", done.stderr)
    if not edges or int(edges.group(1)) < FEW_EDGES:
        problems.append(f"edges: have {edges.group(1) if edges else 0}, want at least {FEW_EDGES}")
    return problems


def check_calls(target, sanitizer, arch):
    text = subprocess.run([OBJDUMP, "-d", str(target)], text=True, capture_output=True,
                          check=True).stdout
    asan, msan, ubsan = (calls(text, name) for name in ("asan", "msan", "ubsan"))
    problems = []
    if sanitizer == "address" and asan < ASAN_CALLS:
        problems.append(f"__asan calls: have {asan}, want at least {ASAN_CALLS}")
    if sanitizer != "address" and asan > 0:
        problems.append(f"__asan calls: have {asan}, want none")
    if msan > 3:
        problems.append(f"__msan calls: have {msan}, want at most 3")
    if sanitizer == "undefined" and ubsan < UBSAN_CALLS:
        problems.append(f"__ubsan calls: have {ubsan}, want at least {UBSAN_CALLS}")
    if sanitizer != "undefined" and ubsan > UBSAN_CALLS_ELSEWHERE[arch]:
        problems.append(f"__ubsan calls: have {ubsan}, want at most {UBSAN_CALLS_ELSEWHERE[arch]}")
    return problems


def check_arch(target, arch):
    machine = target.read_bytes()[18]
    want = {"x86_64": 62, "i386": 3}[arch]
    return [] if machine == want else [f"ELF machine: have {machine}, want {want}"]


def check_beside(target):
    """What lies beside a target: a seed corpus that is not empty, a dictionary, options."""
    problems = []
    with zipfile.ZipFile(f"{target}_seed_corpus.zip") as archive:
        if not archive.namelist():
            problems.append("the seed corpus is empty")
    lines = Path(f"{target}.dict").read_text().splitlines()
    if not lines or not all(re.fullmatch(r'[\w]+="(?:[^"\\]|\\x[0-9a-f]{2})+"', li) for li in lines):
        problems.append("the dictionary has a line the engines refuse")
    options = configparser.ConfigParser()
    options.read(f"{target}.options")
    if options.getint("libfuzzer", "len_control", fallback=-1) != 0:
        problems.append("options: expected len_control = 0")
    if options.getint("libfuzzer", "max_len", fallback=0) < 64:
        problems.append("options: expected a max_len")
    done = subprocess.run([str(target), "-runs=0", f"-dict={target}.dict"], text=True,
                          capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        problems.append("libFuzzer refuses the dictionary")
    return problems


def check_target(target, sanitizer, arch):
    problems = [] if re.fullmatch(r"[A-Za-z0-9_-]+", target.name) else ["a name the service refuses"]
    problems += check_arch(target, arch) + check_calls(target, sanitizer, arch)
    if not problems:
        problems += check_start(target)
    return problems


def moved(out):
    """The service moves $OUT before it checks: no path may be built in."""
    there = Path(tempfile.mkdtemp(prefix="oss-fuzz-", dir=out.parent)) / "out"
    shutil.move(out, there)
    return there


def case_services(work, name):
    """address, undefined or i386: build, move, discover, check."""
    sanitizer, arch = ("address", "i386") if name == "i386" else (name, "x86_64")
    few = ["fuzz_heap_small_3", "fuzz_heap_big_1", "fuzz_heap_auto_255", "fuzz_text",
           "fuzz_system_legacy", "fuzz_kheap"]
    out = work / f"out-{name}"
    build(out, work / f"work-{name}", sanitizer, arch, targets=None if name == "address" else few)
    out = moved(out)
    targets = discover(out)
    want = 18 if name == "address" else len(few)
    problems = [] if len(targets) == want else [f"targets: have {len(targets)}, want {want}"]
    for target in targets:
        problems += [f"{target.name}: {p}"
                     for p in check_target(target, sanitizer, arch) + check_beside(target)]
    print(f"{name}: {len(targets)} targets")
    return problems


def case_archive(work):
    """Other engines come as an archive with a main function: the plain main stands in for one."""
    folder = work / "archive"
    folder.mkdir()
    main = folder / "plain_main.o"
    subprocess.run([CC, *COMMON.split(), f"-I{ROOT}/ops", f"-I{ROOT}/fuzz", "-c",
                    str(ROOT / "fuzz" / "plain_main.c"), "-o", str(main)], check=True)
    engine = folder / "libFuzzingEngine.a"
    subprocess.run(["ar", "rcs", str(engine), str(main)], check=True)
    out = folder / "out"
    build(out, folder / "work", "none", engine=str(engine), coverage="",
          targets=["fuzz_heap_auto_3"])
    seeds = folder / "seeds"
    with zipfile.ZipFile(out / "fuzz_heap_auto_3_seed_corpus.zip") as archive:
        archive.extractall(seeds)
    done = subprocess.run([str(out / "fuzz_heap_auto_3"), str(seeds)], text=True, capture_output=True,
                          timeout=120, check=False)
    print(f"archive: {done.stdout.strip()}")
    return [] if done.returncode == 0 else [f"archive engine: exit status {done.returncode}"]


def case_control(work):
    """A build that forgot its flags must be refused, for instrumentation and for architecture."""
    out = work / "out-control"
    build(out, work / "work-control", "none", coverage="", targets=["fuzz_heap_auto_3"])
    target = out / "fuzz_heap_auto_3"
    problems = []
    for sanitizer, arch, word in (("address", "x86_64", "__asan"), ("undefined", "x86_64", "__ubsan"),
                                  ("none", "i386", "ELF machine"), ("none", "x86_64", "edges")):
        refused = check_target(target, sanitizer, arch)
        if not any(word in p for p in refused):
            problems.append(f"control: a binary without {word} was not refused: {refused}")
    print("control: refused as it must be")
    return problems


def main():
    cases = {"address": case_services, "undefined": case_services, "i386": case_services,
             "archive": lambda work, _: case_archive(work), "control": lambda work, _: case_control(work)}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", help="scratch folder (default: a new one below /tmp, removed)")
    parser.add_argument("case", nargs="*", help=f"of {', '.join(cases)}; default all")
    args = parser.parse_args()
    for name in args.case:
        if name not in cases:
            parser.error(f"expected a case of {', '.join(cases)}, have {name}")
    problems = []
    with tempfile.TemporaryDirectory(prefix="heapvet-oss-") as scratch:
        work = Path(args.work or scratch)
        for name in args.case or cases:
            problems += cases[name](work, name)
    for problem in problems:
        print(f"BAD BUILD {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
