#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""lib/Kconfig, kheap/config.h and CMake have the same options, defaults and ranges.

usage: options.py"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import kconfiglib

LIB = Path(__file__).resolve().parents[2] / "lib"
# Resolved before any compiler runs, so that config.h has no such option.
ABOVE_THE_COMPILER = {"CONFIG_HEAP_MEM_POOL_IGNORE_MIN": ("0", "0", "1")}


def of_kconfig(path):
    """{option: (default, low, high)}; a bool is 0 or 1."""
    found = {}
    tree = kconfiglib.Kconfig(str(path), warn_to_stderr=False)
    for symbol in tree.unique_defined_syms:
        if symbol.type == kconfiglib.BOOL:
            found[f"CONFIG_{symbol.name}"] = (str(symbol.tri_value // 2), "0", "1")
        else:
            low, high = next((low.name, high.name) for low, high, condition in symbol.ranges
                             if kconfiglib.expr_value(condition))
            found[f"CONFIG_{symbol.name}"] = (symbol.str_value, low, high)
    problems = [f"Kconfig: {w}" for w in tree.warnings]
    for node in tree.node_iter():
        if isinstance(node.item, kconfiglib.Symbol) and not (node.help or node.item.choice):
            problems.append(f"Kconfig: {node.item.name} has no help")
    return found, problems


def preprocessed(header, define):
    """What config.h comes to, or the error messages when it refuses."""
    with tempfile.TemporaryDirectory() as folder:
        kheap = Path(folder) / "kheap"
        kheap.mkdir()
        (kheap / "config.h").write_text(header, encoding="utf-8")
        done = subprocess.run(["gcc", "-dM", "-E", f"-I{folder}", *define, "-include", "kheap/config.h", "-x",
                               "c", "/dev/null"], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None, done.stderr


def of_header(text):
    """The same by what the compiler makes of it: ranges are tried, not read."""
    out, errors = preprocessed(text, [])
    if out is None:
        return {}, [f"config.h: {errors[:200]}"]
    names = set(re.findall(r"^#define (CONFIG_\w+) ", out, re.M))
    defaults = dict(re.findall(r"^#define (CONFIG_\w+) (\d+)$", out, re.M))
    ranges = dict()
    for name, low, high in re.findall(r"KHEAP_OUTSIDE\((CONFIG_\w+), (\d+), (\d+)\)", text):
        ranges[name] = (low, high)
    problems = [f"config.h: {n} is not checked" for n in sorted(names - set(ranges))]
    problems += [f"config.h: {n} has no number as default" for n in sorted(names - set(defaults))]
    problems += [f"config.h: {n} has no comment 'Default: .. Must be: .. Cost: ..'"
                 for n in sorted(names) if not commented(text, n)]
    return {n: (defaults[n], *ranges[n]) for n in names & set(ranges) & set(defaults)}, problems


def commented(text, name):
    """The comment that starts with the option's name, perhaps one for several options."""
    found = re.search(r"/\*\n \* (CONFIG_\w+, )*" + name + r"[,:].*?\*/", text, re.S)
    return found and all(word in found[0] for word in ("Default:", "Must be:", "Cost:"))


def edges(header_text, options):
    """The compiler takes both ends of each range and refuses what lies beyond, naming it."""
    problems = []
    for name, (_, low, high) in sorted(options.items()):
        if name == "CONFIG_SYS_HEAP_AUTO":
            continue  # is 1 minus the other two: see bad.py
        for value in (int(low), int(high)):
            if preprocessed(header_text, [f"-D{name}={value}"])[0] is None:
                problems.append(f"config.h: refuses {name}={value}")
        for value in (int(low) - 1, int(high) + 1):
            out, errors = preprocessed(header_text, [f"-D{name}={value}"])
            if out is not None or f"{name} must be" not in errors:
                problems.append(f"config.h: {name}={value}: want a sentence that names it, "
                                f"have {errors[:200]!r}")
    return problems


def of_cmake(lib):
    """The cache variables that a configured library has."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["cmake", "-S", lib, "-B", folder, "-DKHEAP_INSTALL=OFF"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return set(), [f"CMake: {done.stderr[:300]}"]
        cache = (Path(folder) / "CMakeCache.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^(CONFIG_\w+):", cache, re.M)), []


def compare(kconfig_path, header_text, cmake):
    kconfig, problems = of_kconfig(kconfig_path)
    header, more = of_header(header_text)
    problems += more
    want = {**header, **ABOVE_THE_COMPILER}
    for name in sorted(set(kconfig) | set(want)):
        have = kconfig.get(name)
        if have != want.get(name):
            problems.append(f"{name}: Kconfig has {have}, config.h has {want.get(name)} "
                            "(default, low, high)")
    for name in sorted(set(want) ^ cmake):
        problems.append(f"{name}: {'only' if name in cmake else 'not'} in CMake's cache")
    return problems + edges(header_text, header)


def controls(kconfig_text, header_text):
    """Each of these must be reported."""
    planted = {
        "a Kconfig default": (kconfig_text.replace("default 3\n", "default 4\n"), header_text),
        "a Kconfig range": (kconfig_text.replace("range 1 255", "range 0 255"), header_text),
        "a Kconfig bool's default": (kconfig_text.replace("default y\n", "", 1), header_text),
        "an option less in Kconfig": (
            re.sub(r"config DCACHE\n.*?\n\nendmenu", "endmenu", kconfig_text, flags=re.S), header_text),
        "an option more in Kconfig": (
            kconfig_text.replace("endmenu", "config MORE\n\tbool \"x\"\n\thelp\n\t  x\n\nendmenu"),
            header_text),
        "no help": (kconfig_text.replace("\thelp\n\t  The library itself never uses it.\n", ""),
                    header_text),
        "a default of config.h": (
            kconfig_text, header_text.replace("_ALLOC_LOOPS 3", "_ALLOC_LOOPS 4")),
        "a range of config.h": (
            kconfig_text, header_text.replace("_ALLOC_LOOPS, 1, 255", "_ALLOC_LOOPS, 1, 256")),
        "a check that checks nothing": (
            kconfig_text, header_text.replace("(x < lo || x > hi || KHEAP_WORD(x))", "(x < 0 - 9)")),
        "an option without a check": (
            kconfig_text, header_text.replace("#if KHEAP_OUTSIDE(CONFIG_DCACHE, 0, 1)", "#if 0")),
        "an option without a comment": (
            kconfig_text, header_text.replace(" * CONFIG_DCACHE: ", " * The machine: ")),
    }
    for what, (kconfig, header) in planted.items():
        assert (kconfig, header) != (kconfig_text, header_text), what
        yield what, kconfig, header


def main():
    kconfig_text = (LIB / "Kconfig").read_text(encoding="utf-8")
    header_text = (LIB / "include" / "kheap" / "config.h").read_text(encoding="utf-8")
    cmake, problems = of_cmake(LIB)
    problems += compare(LIB / "Kconfig", header_text, cmake)
    if not compare(LIB / "Kconfig", header_text, cmake - {"CONFIG_DCACHE"}):
        problems.append("control not seen: an option less in CMake")
    with tempfile.TemporaryDirectory() as folder:
        for what, kconfig, header in controls(kconfig_text, header_text):
            path = Path(folder) / "Kconfig"
            path.write_text(kconfig, encoding="utf-8")
            if not compare(path, header, cmake):
                problems.append(f"control not seen: {what}")
    for problem in problems:
        print(problem)
    print(f"options: {len(cmake)} options, {'FAILED' if problems else 'passed'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
