# SPDX-License-Identifier: Apache-2.0
"""The machines that images run on: one row each, and a start-up file per instruction set."""

from dataclasses import dataclass, field
from typing import Dict, Tuple

KI = 1024
MI = 1024 * KI


@dataclass(frozen=True)
class Target:
    name: str                # in tables and on command lines
    title: str               # for people
    prefix: str              # of the cross compiler and its tools
    flags: Tuple[str, ...]   # which processor
    startup: str             # beside this file
    port: str                # in lib/port
    script: str              # linker script, beside this file
    memory: Dict[str, int]   # symbols for the linker script, see arm_m.ld
    qemu: Tuple[str, ...]    # emulator and machine
    large: bool = True       # has room for every program: false means that some may not fit
    note: str = field(default="")
    # Flags for everything but lib/. The start-up code makes unaligned accesses fault, so that
    # lib/ shows if it makes one; compilers may use them elsewhere unless told not to.
    harness: Tuple[str, ...] = ()


_MPS2 = {"image_flash": 0, "image_flash_bytes": 4 * MI, "image_ram": 0x20000000,
         "image_ram_bytes": 4 * MI, "image_arena": 0x21000000, "image_arena_bytes": 16 * MI,
         "image_stack_bytes": 64 * KI}
_MPS2_QEMU = ("qemu-system-arm", "-M", "mps2-an385")

# The microbit's arena is 8 KiB and the at most 7 bytes by which a region starts late.
TARGETS = {t.name: t for t in (
    Target("microbit", "Cortex-M0, microbit, 16 KiB RAM", "arm-none-eabi-",
           ("-mcpu=cortex-m0", "-mthumb"), "arm_m.c", "cortex_m", "arm_m.ld",
           {"image_flash": 0, "image_flash_bytes": 256 * KI, "image_ram": 0x20000000,
            "image_ram_bytes": 16 * KI, "image_arena": 0x20000000, "image_arena_bytes": 8 * KI + 8,
            "image_stack_bytes": 1536},
           ("qemu-system-arm", "-M", "microbit"), large=False),
    Target("m0", "Cortex-M0 code on mps2-an385", "arm-none-eabi-",
           ("-mcpu=cortex-m0", "-mthumb"), "arm_m.c", "cortex_m", "arm_m.ld", _MPS2, _MPS2_QEMU,
           note="a Cortex-M3 runs the Cortex-M0's instructions: no board model has an M0 and this "
                "much memory"),
    Target("m3", "Cortex-M3, mps2-an385", "arm-none-eabi-",
           ("-mcpu=cortex-m3", "-mthumb"), "arm_m.c", "cortex_m", "arm_m.ld", _MPS2, _MPS2_QEMU,
           harness=("-mno-unaligned-access",)),
    Target("rv32", "RV32IMAC, virt", "riscv64-unknown-elf-",
           ("-march=rv32imac_zicsr", "-mabi=ilp32", "-mcmodel=medany"), "riscv.c", "riscv", "riscv.ld",
           {"image_ram": 0x80000000, "image_ram_bytes": 64 * MI, "image_arena": 0x84000000,
            "image_arena_bytes": 16 * MI, "image_stack_bytes": 64 * KI},
           ("qemu-system-riscv32", "-M", "virt", "-bios", "none")),
)}

# What lib/ is compiled with. small and big are the two header formats as the host's subjects
# kheap-small and kheap-big have them; peer and default are what is measured.
CONFIGS = {
    "small": ("CONFIG_SYS_HEAP_SMALL_ONLY=1",),
    "big": ("CONFIG_SYS_HEAP_BIG_ONLY=1",),
    "peer": ("CONFIG_SYS_HEAP_SMALL_ONLY=1", "CONFIG_SYS_HEAP_HARDENING_LEVEL=1",
             "CONFIG_SYS_HEAP_RUNTIME_STATS=0"),
    "default": (),
}
