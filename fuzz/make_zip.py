#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs files into a zip whose bytes depend on names and contents alone: make_zip.py OUT FILE..."""

import sys
import zipfile
from pathlib import Path


def main(argv):
    if len(argv) < 3:
        print("usage: make_zip.py OUT FILE...", file=sys.stderr)
        return 2
    target = Path(argv[1])
    half = target.with_suffix(".tmp")
    with zipfile.ZipFile(half, "w") as archive:
        for path in sorted(map(Path, argv[2:]), key=lambda p: p.name):
            # A zip cannot say "no date"; this is its earliest.
            entry = zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    half.replace(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
