# SPDX-License-Identifier: Apache-2.0
"""Bytes of code: alloc and free with unused functions dropped by the linker, and all of lib/."""

import subprocess

from firmware.build import ROOT, BuildError
from firmware.budget import write_table
from firmware.targets import TARGETS

PATH = ROOT / "bench" / "budgets" / "code.csv"
COLUMNS = ["target", "config", "opt", "alloc_free_code", "alloc_free_constants", "library_code",
           "library_constants"]
COMMENT = ("Bytes. Written by: /usr/bin/python3 firmware/measure.py --accept")


def _bytes(target, files):
    """(code, constants)."""
    done = subprocess.run([target.prefix + "size", "-A", *map(str, files)], capture_output=True,
                          text=True, check=True)
    sections = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(".")]
    return tuple(sum(int(size) for name, size in sections if name.startswith(kind))
                 for kind in (".text", (".rodata", ".srodata")))


def measure(builder, choice):
    """(code, constants) of alloc and free with all that they call, then of the whole library."""
    target = TARGETS[choice[0]]
    objects = builder.kheap_objects(*choice)
    linked = builder.out / f"{'-'.join(choice)}.code"
    done = subprocess.run(
        [target.prefix + "gcc", *target.flags, "-nostdlib", "-Wl,--gc-sections",
         "-Wl,-e,sys_heap_alloc", "-Wl,-u,sys_heap_free", "-Wl,--unresolved-symbols=ignore-all",
         "-Wl,--no-warn-rwx-segments", *map(str, objects), "-lgcc", "-o", str(linked)],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{linked.name}: {done.stderr.strip()}")
    return (*_bytes(target, [linked]), *_bytes(target, objects))


def write(rows):
    write_table(PATH, COMMENT, COLUMNS, rows)


def table(rows):
    out = ["bytes of code + constants: alloc and free with all they call / the whole library"]
    for key in sorted(rows, key=lambda k: (k[2], k[1] != "peer", k[0])):
        part, part_constants, whole, whole_constants = rows[key]
        out.append(f"{key[0]:<9}{key[1]:<9}{key[2]:<4}{part:>6} +{part_constants:>4} /"
                   f"{whole:>6} +{whole_constants:>4}")
    return "\n".join(out)
