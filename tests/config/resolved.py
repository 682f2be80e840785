#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The system heap's size comes out the same from CMake, from Kconfig by kconfig_header.py, from a
tree that imports its .config into CMake variables, and from the rule as written.

usage: resolved.py"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import kconfiglib

LIB = Path(__file__).resolve().parents[2] / "lib"
MOST = 2147483647
USERS = ("NET", "USB", "SHELL")

# size (None: not given), parts, IGNORE_MIN, want
TABLE = [
    (None, {}, False, 0),
    (0, {}, False, 0),
    (1, {}, False, 1),
    (4096, {}, False, 4096),
    (None, {"NET": 4096}, False, 4096),
    (0, {"NET": 4096}, False, 4096),
    (1000, {"NET": 4096}, False, 4096),
    (4096, {"NET": 4096}, False, 4096),
    (4097, {"NET": 4096}, False, 4097),
    (1000, {"NET": 600, "USB": 500}, False, 1100),
    (1101, {"NET": 600, "USB": 500}, False, 1101),
    (1000, {"NET": 600, "USB": 500, "SHELL": 1}, False, 1101),
    (None, {"NET": 0, "USB": 0}, False, 0),
    (1000, {"NET": 600, "USB": 500}, True, 1000),
    (0, {"NET": 600, "USB": 500}, True, 0),
    (None, {"NET": 600}, True, 0),
    (2000, {"NET": 600}, True, 2000),
    (MOST, {"NET": MOST}, False, MOST),
    (5, {"NET": MOST - 1, "USB": 1}, False, MOST),
    (5, {"NET": MOST, "USB": MOST, "SHELL": MOST}, True, 5),
]
# The sum itself may be too large: both refuse, and name option and range.
REFUSED = [
    (5, {"NET": MOST, "USB": 1}, False),
    (MOST, {"NET": MOST, "USB": MOST, "SHELL": MOST}, False),
]
TOO_LARGE = f"CONFIG_HEAP_MEM_POOL_SIZE must be 0 to {MOST}; the sum of"


def by_rule(size, parts, ignore_min):
    return (size or 0) if ignore_min else max(size or 0, sum(parts.values()))


def by_cmake(folder, size, parts, ignore_min):
    """(resolved size, what was printed) of the options given as -D."""
    given = [f"-DCONFIG_HEAP_MEM_POOL_ADD_SIZE_{n}={v}" for n, v in parts.items()]
    given += [] if size is None else [f"-DCONFIG_HEAP_MEM_POOL_SIZE={size}"]
    given += ["-DCONFIG_HEAP_MEM_POOL_IGNORE_MIN=ON"] if ignore_min else []
    return status_line(["cmake", *given, "-P", LIB / "heap_mem_pool.cmake"])


def status_line(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"-- kheap: CONFIG_HEAP_MEM_POOL_SIZE is (\d+), ", done.stdout)
    return int(found[1]) if done.returncode == 0 and found else None, " ".join(
        (done.stdout + done.stderr).split())


def dotconfig(folder, size, parts, ignore_min):
    """A tree's .config: its own Kconfig declares a part for each user and sources lib's."""
    kconfig = folder / "Kconfig"
    kconfig.write_text("".join(
        f'config HEAP_MEM_POOL_ADD_SIZE_{n}\n\tint "Bytes for {n}"\n\tdefault {v}\n\trange 0 {MOST}\n\n'
        for n, v in parts.items()) + f'source "{LIB}/Kconfig"\n', encoding="utf-8")
    tree = kconfiglib.Kconfig(str(kconfig), warn_to_stderr=False)
    if size is not None:
        tree.syms["HEAP_MEM_POOL_SIZE"].set_value(str(size))
    tree.syms["HEAP_MEM_POOL_IGNORE_MIN"].set_value(2 if ignore_min else 0)
    tree.write_config(str(folder / ".config"))
    assert not tree.warnings, tree.warnings
    return folder / ".config"


def by_kconfig(folder, size, parts, ignore_min):
    """(resolved size as a compiler sees it, what was printed)."""
    header = folder / "made.h"
    done = subprocess.run([sys.executable, LIB / "kconfig_header.py",
                           dotconfig(folder, size, parts, ignore_min), header],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        return None, done.stderr
    out = subprocess.run(["gcc", "-dM", "-E", f"-I{LIB}/include", f'-DKHEAP_CONFIG_HEADER="{header}"',
                          "-include", "kheap/config.h", "-x", "c", "/dev/null"],
                         capture_output=True, text=True, check=True).stdout
    assert "ADD_SIZE" not in out and "IGNORE_MIN" not in out
    return int(re.search(r"#define CONFIG_HEAP_MEM_POOL_SIZE (\d+)\n", out)[1]), ""


def by_import(folder, size, parts, ignore_min):
    """A tree that makes CMake variables of its .config, as Zephyr does."""
    lines = dotconfig(folder, size, parts, ignore_min).read_text(encoding="utf-8").splitlines()
    script = folder / "import.cmake"
    script.write_text("cmake_minimum_required(VERSION 3.23)\n" + "".join(
        f"set({name} {value})\n" for name, value in re.findall(r"^(CONFIG_\w+)=(.*)$", "\n".join(lines), re.M))
        + f"include({LIB}/heap_mem_pool.cmake)\nkheap_heap_mem_pool_size(size)\n", encoding="utf-8")
    return status_line(["cmake", "-P", script])


def reaches_the_compiler(folder):
    """Configured for real: the resolved size is what sources are compiled with and config.h has."""
    done = subprocess.run(["cmake", "-S", LIB, "-B", folder / "build", "-DCONFIG_HEAP_MEM_POOL_SIZE=1000",
                           "-DCONFIG_HEAP_MEM_POOL_ADD_SIZE_NET=3000", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"],
                          capture_output=True, text=True, check=False)
    commands = (folder / "build" / "compile_commands.json").read_text(encoding="utf-8")
    header = (folder / "build" / "generated" / "config.h").read_text(encoding="utf-8")
    cache = (folder / "build" / "CMakeCache.txt").read_text(encoding="utf-8")
    return ("-- kheap: CONFIG_HEAP_MEM_POOL_SIZE is 3000, the sum of _ADD_SIZE_NET=3000" in done.stdout
            and "-DCONFIG_HEAP_MEM_POOL_SIZE=3000" in commands
            and "#define CONFIG_HEAP_MEM_POOL_SIZE 3000\n" in header
            and "CONFIG_HEAP_MEM_POOL_SIZE:STRING=1000" in cache)


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for *case, want in TABLE:
            assert by_rule(*case) == want, case
            have = {path.__name__: path(folder, *case)[0] for path in (by_cmake, by_kconfig, by_import)}
            if set(have.values()) != {want}:
                print(f"FAILED  {case}: want {want}, have {have}")
                failed += 1
        for case in REFUSED:
            for path in (by_cmake, by_kconfig, by_import):
                size, said = path(folder, *case)
                if size is not None or TOO_LARGE not in said:
                    print(f"FAILED  {path.__name__} {case}: want '{TOO_LARGE}', have {size}: {said}")
                    failed += 1
        if not reaches_the_compiler(folder):
            print("FAILED  the resolved size does not reach the compiler and the installed config.h")
            failed += 1
    cases = len(TABLE) + len(REFUSED) + 1
    print(f"resolved: {cases} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
