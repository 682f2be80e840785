# SPDX-License-Identifier: Apache-2.0
"""lib/ asks for memcpy, memset, memmove and a port alone, and keeps state only where its contract
has some: registry, listener list, system heap, shared multi heap."""

import subprocess
import tempfile
from pathlib import Path

import gate

ALLOWED = {"memcpy", "memset", "memmove"}
# The default fault hook stops: on a host by abort (see kheap/fault.h).
HOST_ALLOWED = {"abort"}
PORT = "kheap_port_"
# Everything that can be switched on is.
OPTIONS = ["-DCONFIG_SYS_HEAP_LISTENER=1", "-DCONFIG_HEAP_MEM_POOL_SIZE=1024",
           "-DCONFIG_SYS_HEAP_ARRAY_SIZE=2"]
KEEPS_STATE = {"registry", "listener", "system_heap", "system_heap_legacy", "shared_multi_heap"}
TARGETS = [["gcc", "-fno-pie"], ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb"],
           ["riscv64-unknown-elf-gcc", "-march=rv32imac_zicsr", "-mabi=ilp32"]]


def symbols(objects):
    """(object, kind, name) of every symbol in the objects."""
    for path in objects:
        out = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            parts = line.split()
            if len(parts) >= 2:
                yield path.stem, parts[-2], parts[-1]


def gate_freestanding(root):
    problems = []
    sources = [root / s for s in gate.tracked(root, ".c") if s.parts[:2] == ("lib", "src")]
    for target in TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([*target, "-std=gnu11", "-O2", "-ffreestanding", f"-I{root}/lib/include",
                            f"-I{root}/lib/src", *OPTIONS, "-c", *map(str, sources)], cwd=folder,
                           check=True)
            found = list(symbols(sorted(Path(folder).glob("*.o"))))
        allowed = ALLOWED | (HOST_ALLOWED if target[0] == "gcc" else set())
        defined = {name for _, kind, name in found if kind not in "U"}
        for stem, kind, name in found:
            if kind == "U" and name not in defined | allowed and not name.startswith(PORT):
                problems.append(f"{target[0]}: lib needs {name}")
            if kind in "dDbBC" and stem not in KEEPS_STATE:
                problems.append(f"{target[0]}: lib keeps state in {name}")
    return problems


if __name__ == "__main__":
    gate.main("freestanding", gate_freestanding, {
        "calls printf": {"lib/src/a.c": "int printf(const char *, ...);\n"
                         "void f(void);\nvoid f(void)\n{\n printf(\"%d\", 1);\n}\n"},
        "keeps state above sys_heap": {
            "lib/src/heaps/k_heap.c": "static int n;\nint f(void);\nint f(void)\n{\n return ++n;\n}\n"},
        "keeps state": {"lib/src/a.c": "static int n;\nint f(void);\nint f(void)\n{\n return ++n;\n}\n"},
    })
