# SPDX-License-Identifier: Apache-2.0
"""Public headers, each alone: strict C11 and C++11 and C++20; and that they say what is documented.

Also: prototypes.c compiles as C++ and links with the library compiled as C; every one of its lines is
checked, which changing its type shows; the zephyr headers forward and do nothing else; and the
programs beside this file include nothing but zephyr headers and the C library's.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIB = ROOT / "lib"
WARNINGS = "-Wall -Wextra -Wundef -Wcast-align -Wconversion -Wsign-conversion -pedantic -Werror".split()
DEFINES = ["-DCONFIG_HEAP_MEM_POOL_SIZE=4096", "-DCONFIG_DCACHE=0", "-DCONFIG_SYS_HEAP_ARRAY_SIZE=2"]
# In C++ -Wshadow complains of a function beside a struct of its name, which C has, so it is C's.
C = [[c, "-std=c11", "-Wvla", "-Wshadow"] for c in ("gcc", "clang-14", "clang-19")]
CXX = [[c, "-x", "c++", f"-std=c++{s}"] for c in ("g++", "clang++-14", "clang++-19")
       for s in (11, 20)]
C_LIBRARY = {"string.h", "stdint.h", "stddef.h", "stdbool.h", "stdio.h", "limits.h", "errno.h"}
INCLUDE = re.compile(r"^\s*#\s*include(?:_next)?\s*[<\"]([^>\"]+)[>\"]", re.M)


def run(argv, text=None):
    return subprocess.run([str(a) for a in argv], input=text, capture_output=True, text=True,
                          check=False, env=dict(os.environ, LC_ALL="C"))


def compilers(commands):
    """Those that are installed; of C and of C++ there must be one each."""
    found = [c for c in commands if shutil.which(c[0])]
    if not found:
        sys.exit(f"headers: none of {', '.join(c[0] for c in commands)} is installed")
    return found


def compile_text(job):
    command, include, what, text = job
    language = [] if "-x" in command else ["-x", "c"]
    done = run([*command, *language, *WARNINGS, *DEFINES, f"-I{include}", "-fsyntax-only", "-"], text)
    if done.returncode == 0:
        return None
    first = next((l for l in done.stderr.splitlines() if "error" in l), done.stderr[-200:])
    return f"{what}: {' '.join(command)}: {first}"


def alone(include):
    """Each header as the first and as the only one, and twice."""
    jobs = []
    for path in sorted(include.rglob("*.h")):
        name = path.relative_to(include)
        text = f'#include "{name}"\n#include "{name}"\nextern int nothing;\n'
        jobs += [(c, include, str(name), text) for c in compilers(C) + compilers(CXX)]
    with ThreadPoolExecutor(2) as pool:
        problems = [p for p in pool.map(compile_text, jobs) if p]
    return len(jobs), problems


def forwards(include):
    """A zephyr header is a guard and includes of kheap's."""
    problems = []
    for path in sorted((include / "zephyr").rglob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        lines = [l for l in text.splitlines() if l.strip()]
        body = lines[2:-1]
        if not body or any(not re.fullmatch(r'#include "kheap/\w+\.h"', l) for l in body):
            problems.append(f"{path.relative_to(include)}: more than includes of kheap's headers")
    return problems


def programs(folder, shim):
    """Programs include zephyr headers, the library's or the shim's, and the C library's."""
    problems = []
    files = sorted(folder.rglob("*.c"))
    for path in files:
        for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            there = [base / name for base in (LIB / "include", shim)]
            if name not in C_LIBRARY and not (name.startswith("zephyr/")
                                              and any(p.is_file() for p in there)):
                problems.append(f"{path.name}: includes {name}, which Zephyr's programs do not have")
    if not files:
        problems.append(f"{folder}: no programs")
    return problems


def prototypes_as_cxx(work):
    """The headers' extern "C": a C++ program that names every function links with the C library."""
    sources = [*sorted((LIB / "src").glob("*.c")), *sorted((LIB / "src" / "heaps").glob("*.c")),
               LIB / "port" / "posix" / "port.c"]
    # Options in an environment's CFLAGS are not wanted here: the two compilers must agree.
    done = run(["gcc", "-r", "-nostdlib", "-O1", *DEFINES, f"-I{LIB / 'include'}", *sources, "-o",
                work / "kheap.o"])
    if done.returncode != 0:
        return [f"the library: {done.stderr[:300]}"]
    problems = []
    for command in compilers([c for c in CXX if c[-1] == "-std=c++20"]):
        objects = [work / "prototypes.o", work / "kheap.o"]
        for argv in ([*command, *WARNINGS, *DEFINES, f"-I{LIB / 'include'}", "-c",
                      HERE / "prototypes.c", "-o", objects[0]],
                     [command[0], *objects, "-pthread", "-o", work / "prototypes"],
                     [work / "prototypes"]):
            done = run(argv)
            if done.returncode != 0:
                problems.append(f"prototypes.c as {command[0]}: {done.stderr[:300]}")
                break
    return problems


def every_line_counts():
    """Each PROTOTYPE and OBJECT with another type is an error of its own."""
    text = (HERE / "prototypes.c").read_text(encoding="utf-8")
    one = re.compile(r"^(    (?:PROTOTYPE|OBJECT)\()[^,]+,", re.M)
    lines = len(one.findall(text))
    wrong = one.sub(r"\1volatile struct another *,", text)
    good = run(["gcc", "-std=c11", "-Werror", *DEFINES, f"-I{LIB / 'include'}", "-fsyntax-only", "-x",
                "c", "-"], text)
    bad = run(["gcc", "-std=c11", "-Werror", "-fmax-errors=0", *DEFINES, f"-I{LIB / 'include'}",
               "-fsyntax-only", "-x", "c", "-"], "struct another;\n" + wrong)
    # Each line makes one pointer, so it can have one error of this sort and no more.
    errors = re.findall(r"error: initialization of .* from incompatible pointer", bad.stderr)
    if good.returncode != 0:
        return lines, [f"prototypes.c: {good.stderr[:300]}"]
    if lines == 0 or len(errors) != lines:
        return lines, [f"prototypes.c: {lines} lines, and {len(errors)} errors of another type"]
    return lines, []


def controls(work):
    """Each check on a folder with a fault planted must see it."""
    unseen = []
    include = work / "include"
    (include / "zephyr").mkdir(parents=True)
    planted = {
        "a header that needs another": ("bad.h", "size_t f(void);\n", lambda: alone(include)[1]),
        "a header that C++ cannot read": ("bad.h", "int f(int class);\n", lambda: alone(include)[1]),
        "a forward that declares": ("zephyr/bad.h", '#ifndef A\n#define A\n#include "kheap/a.h"\n'
                                    'void f(void);\n#endif\n', lambda: forwards(include)),
        "a program that includes kheap's": ("bad.c", "#include <kheap/k_heap.h>\n",
                                            lambda: programs(include, include)),
        "a program with a header that is not there": ("bad.c", "#include <zephyr/nothing.h>\n",
                                                      lambda: programs(include, include)),
    }
    for what, (name, text, check) in planted.items():
        (include / name).write_text(text, encoding="utf-8")
        if not check():
            unseen.append(f"control not seen: {what}")
        (include / name).unlink()
    return unseen


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        builds, problems = alone(LIB / "include")
        problems += forwards(LIB / "include")
        problems += programs(HERE, ROOT / "tests" / "zephyr_shim" / "include")
        problems += prototypes_as_cxx(work)
        lines, missed = every_line_counts()
        problems += missed + controls(work)
    for problem in problems:
        print(f"headers: {problem}")
    print(f"headers: {builds} builds of single headers, {lines} types, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
