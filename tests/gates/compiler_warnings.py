# SPDX-License-Identifier: Apache-2.0
"""lib/ compiles without a warning: every compiler, format and level; 64 and 32 bits, ARM and RISC-V."""

import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import gate

FLAGS = ("-std=c11 -O2 -ffreestanding -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wundef "
         "-Wcast-align -Wvla -Werror -c").split()
M32 = ["-m32", "-idirafter", "/usr/include/x86_64-linux-gnu"]
COMPILERS = [
    ["gcc"], ["gcc", *M32], ["clang-14"], ["clang-14", *M32], ["clang-19"], ["clang-19", *M32],
    ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb"],
    ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb"],
    ["arm-none-eabi-gcc", "-mcpu=cortex-m33", "-mthumb"],
    ["riscv64-unknown-elf-gcc", "-march=rv32imac_zicsr", "-mabi=ilp32"],
    ["riscv64-unknown-elf-gcc", "-march=rv64imac_zicsr", "-mabi=lp64", "-mcmodel=medany"],
]
# Every pair of format, level and statistics that can disagree; tests/unit builds all formats x levels.
CONFIGURATIONS = [("AUTO", 1, 1), ("SMALL_ONLY", 2, 1), ("BIG_ONLY", 0, 0), ("SMALL_ONLY", 1, 0),
                  ("BIG_ONLY", 2, 1), ("AUTO", 2, 0)]
# The heaps above sys_heap do not depend on these; what they depend on is here.
ABOVE = [["-DCONFIG_SYS_HEAP_LISTENER=1", "-DCONFIG_HEAP_MEM_POOL_SIZE=1024"],
         ["-DCONFIG_MULTITHREADING=0", "-DCONFIG_HEAP_MEM_POOL_SIZE=1000",
          "-DCONFIG_HEAP_MEM_POOL_LEGACY=1"]]


def compile_one(job):
    compiler, defines, sources, include = job
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([*compiler, *FLAGS, *defines, f"-I{include}", *sources], cwd=folder,
                              capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    first = next((l for l in done.stderr.splitlines() if "error" in l), done.stderr[-200:])
    return f"{' '.join(compiler[:2])} {' '.join(defines)}: {first}"


def jobs(root):
    own = [s for s in gate.tracked(root, ".c") if s.parts[:2] == ("lib", "src")]
    sources = [str(root / s) for s in own if len(s.parts) == 3]
    above = [str(root / s) for s in own if len(s.parts) > 3]
    include = root / "lib" / "include"
    for compiler in COMPILERS:
        if above:
            yield from ((compiler, defines, above, include) for defines in ABOVE)
        # With the listener sys_heap has more to compile.
        yield compiler, ["-DCONFIG_SYS_HEAP_LISTENER=1"], sources, include
        for fmt, level, stats in CONFIGURATIONS:
            defines = [f"-DCONFIG_SYS_HEAP_{fmt}=1", f"-DCONFIG_SYS_HEAP_HARDENING_LEVEL={level}",
                       f"-DCONFIG_SYS_HEAP_RUNTIME_STATS={stats}"]
            yield compiler, defines, sources, include


def gate_warnings(root):
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(compile_one, jobs(root)))
    print(f"warnings: {len(results)} builds under {root.name}")
    return [r for r in results if r]


if __name__ == "__main__":
    gate.main("warnings", gate_warnings, {
        "a sign conversion": {"lib/src/a.c": "int f(unsigned u);\nint f(unsigned u)\n{\n return u;\n}\n",
                              "lib/include/kheap/a.h": "\n"},
    })
