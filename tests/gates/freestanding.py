# SPDX-License-Identifier: Apache-2.0
"""lib/ asks for memcpy, memset and memmove alone, and keeps no state of its own but the registry."""

import subprocess
import tempfile
from pathlib import Path

import gate

ALLOWED = {"memcpy", "memset", "memmove"}
# The default fault hook stops: on a host by abort (see kheap/fault.h).
HOST_ALLOWED = {"abort"}
TARGETS = [["gcc", "-fno-pie"], ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb"],
           ["riscv64-unknown-elf-gcc", "-march=rv32imac_zicsr", "-mabi=ilp32"]]


def symbols(objects):
    """(kind, name) of every symbol in the objects."""
    out = subprocess.run(["nm", *objects], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        parts = line.split()
        if len(parts) >= 2 and not line.endswith(":"):
            yield parts[-2], parts[-1]


def gate_freestanding(root):
    problems = []
    sources = [root / s for s in gate.tracked(root, ".c") if s.parts[:2] == ("lib", "src")]
    for target in TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([*target, "-std=c11", "-O2", "-ffreestanding", f"-I{root}/lib/include", "-c",
                            *map(str, sources)], cwd=folder, check=True)
            found = list(symbols([str(p) for p in Path(folder).glob("*.o")]))
        allowed = ALLOWED | (HOST_ALLOWED if target[0] == "gcc" else set())
        defined = {name for kind, name in found if kind not in "U"}
        for kind, name in found:
            if kind == "U" and name not in defined | allowed:
                problems.append(f"{target[0]}: lib needs {name}")
            if kind in "dDbBC":
                problems.append(f"{target[0]}: lib keeps state in {name}")
    return problems


if __name__ == "__main__":
    gate.main("freestanding", gate_freestanding, {
        "calls printf": {"lib/src/a.c": "int printf(const char *, ...);\n"
                         "void f(void);\nvoid f(void)\n{\n printf(\"%d\", 1);\n}\n"},
        "keeps state": {"lib/src/a.c": "static int n;\nint f(void);\nint f(void)\n{\n return ++n;\n}\n"},
    })
