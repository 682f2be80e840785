# SPDX-License-Identifier: Apache-2.0
"""Are the digests that an image prints those that the host computes for the same header format?"""

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

from firmware.targets import TARGETS

FORMATS = ("small", "big")
DIGEST_LINE = re.compile(r"^([0-9a-f]{8}) (\S+)$")
COUNTS_LINE = re.compile(r"^programs \d+ replayed \d+ does-not-fit \d+ differ (\d+) unsound \d+$")
UNFIT_LINE = re.compile(r"^does-not-fit (\S+) (.*)$")


@dataclass
class Comparison:
    target: str
    format: str
    equal: int = 0
    image_differs: int = None                     # as the image itself counted
    differ: list = field(default_factory=list)
    unfit: list = field(default_factory=list)     # "name: reason", on the target alone
    problems: list = field(default_factory=list)

    @property
    def ok(self):
        return not self.differ and not self.problems and self.equal > 0


def numbered(pairs):
    """Names may come twice in a pack: the n-th of a name is meant."""
    seen, found = {}, {}
    for name, value in pairs:
        seen[name] = seen.get(name, 0) + 1
        found[(name, seen[name])] = value
    return found


def names_in_short(unfit):
    """The names of "name: reason" lines; generated programs, PROFILE-SEED, as one with a count."""
    groups = {}
    for line in unfit:
        name = line.split(":")[0]
        profile = re.sub(r"-\d+$", "-*", name)
        groups.setdefault(profile, []).append(name)
    return ", ".join(names[0] if len(names) == 1 else f"{profile} x{len(names)}"
                     for profile, names in groups.items())


def compare(target, header_format, ran, host):
    """ran: the image's run; host: [(name, digest)] of all packs it was given, in order."""
    result = Comparison(target, header_format)
    mine = numbered(m.groups()[::-1] for m in map(DIGEST_LINE.match, ran.lines) if m)
    unfit = [m.groups() for m in map(UNFIT_LINE.match, ran.lines) if m]
    theirs = numbered(host)
    tag = f"{target} {header_format}"
    counts = [m for m in map(COUNTS_LINE.match, ran.lines) if m]
    result.image_differs = int(counts[-1].group(1)) if counts else None
    if ran.status != 0 or "PROJECT EXECUTION SUCCESSFUL" not in ran.out:
        how = "stopped at its time limit" if ran.status is None else f"exit status {ran.status}"
        last = [l for l in ran.lines if l.startswith(("FAIL", "FAULT"))] or ran.lines[-1:]
        result.problems.append(f"{tag}: image failed, {how}: {' '.join(last[:1])}")
    for key, digest in mine.items():
        if theirs.get(key) == digest:
            result.equal += 1
        else:
            result.differ.append(f"{key[0]}: have {digest}, want {theirs.get(key)} (host)")
    missing = [key[0] for key in theirs if key not in mine]
    named = [name for name, _ in unfit]
    for name in missing:
        if TARGETS[target].large:
            result.problems.append(f"{tag}: {name} ran on the host but not here")
        elif name not in named:
            result.problems.append(f"{tag}: {name} was neither replayed nor named as not fitting")
        else:
            result.unfit.append(f"{name}: {dict(unfit)[name]}")
    return result


def pack_names(pack):
    """The names of a pack's programs, in order; the format is that of ops/pack.h."""
    data = Path(pack).read_bytes()
    count, at, names = int.from_bytes(data[8:12], "little"), 16, []
    for _ in range(count):
        names.append(data[at:at + 32].split(b"\0")[0].decode())
        at += 40 + 8 + 8 * int.from_bytes(data[at + 32:at + 36], "little")
    return names


def write_want(path, packs, host):
    """The file of expected digests that the image reads (firmware/stream.h)."""
    known = numbered(host)
    keys = numbered([(name, None) for pack in packs for name in pack_names(pack)])
    part = path.with_suffix(".part")
    part.write_bytes(b"".join(
        struct.pack("<II", 1, int(known[key], 16)) if key in known else bytes(8) for key in keys))
    part.replace(path)


# The heaps above sys_heap: which subject, in default configuration, runs programs of which kind.
ABOVE = {"kheap-kheap": "heap", "multi": "multi", "system": "system", "system-legacy": "system"}


def above_of(target):
    """The legacy system heap is a static pool of 16 KiB, more than a small machine has."""
    return [s for s in ABOVE if TARGETS[target].large or s != "system-legacy"]


def run_above(builder, programs, target, subject, lib=None, tag=""):
    """The same of an image of a heap that stands on sys_heap."""
    kind = ABOVE[subject]
    packs = programs.digests() if kind == "heap" else programs.digests_of_kind(kind)
    host = programs.host_digests(packs, subject)
    elf = builder.image(target, subject, "default", lib=lib, tag=tag)
    want = elf.with_suffix(".want")
    write_want(want, packs, host)
    return compare(target, subject, builder.run(target, elf, ["want", want, *packs]), host)


def run_target(builder, programs, packs, target, header_format, lib=None, tag=""):
    """Builds the replay image, runs it over the packs and compares."""
    elf = builder.image(target, "replay", header_format, lib=lib, tag=tag)
    host = programs.host_digests(packs, f"kheap-{header_format}")
    want = elf.with_suffix(".want")
    write_want(want, packs, host)
    ran = builder.run(target, elf, ["want", want, *packs])
    return compare(target, header_format, ran, host)
