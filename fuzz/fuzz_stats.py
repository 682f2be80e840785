# SPDX-License-Identifier: Apache-2.0
"""Reads the counters that a target keeps in the file behind HEAPVET_STATS (fuzz/target.c)."""

import struct
from pathlib import Path

MAGIC = b"heapvet-stats 1\0"
HEAD = ("programs", "ops", "skipped", "must_succeed", "may", "must_fail")


class Stats:
    """Counters of one or of many runs; adds up."""

    def __init__(self):
        for name in HEAD:
            setattr(self, name, 0)
        self.does_not_fit = 0
        self.evaluated = {}
        self.applicable = set()

    def add(self, other):
        for name in HEAD + ("does_not_fit",):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, count in other.evaluated.items():
            self.evaluated[name] = self.evaluated.get(name, 0) + count
        self.applicable |= other.applicable

    def may_share(self):
        """Percent of the verdicts on allocating calls."""
        verdicts = self.must_succeed + self.may + self.must_fail
        return 100.0 * self.may / verdicts if verdicts else 0.0

    def never_evaluated(self):
        return sorted(name for name in self.applicable if not self.evaluated.get(name))


def read(path):
    """The counters of one file; all zero as long as the target has not started."""
    stats = Stats()
    path = Path(path)
    data = path.read_bytes() if path.exists() else b""
    if not data.startswith(MAGIC):
        return stats
    oracles, applicable = struct.unpack_from("<II", data, 16)
    names = [data[24 + 16 * i: 40 + 16 * i].rstrip(b"\0").decode() for i in range(oracles)]
    counts = struct.unpack_from(f"<{len(HEAD) + oracles + 1}Q", data, 24 + 16 * oracles)
    for name, value in zip(HEAD, counts):
        setattr(stats, name, value)
    stats.evaluated = dict(zip(names, counts[len(HEAD):]))
    stats.does_not_fit = counts[-1]
    stats.applicable = {n for i, n in enumerate(names) if applicable >> i & 1}
    return stats
