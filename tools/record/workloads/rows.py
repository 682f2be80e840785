#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rows.py README: puts the figures that `heapvet record` printed (standard input) into the table's rows."""

import re
import sys
from pathlib import Path

readme = Path(sys.argv[1])
text = readme.read_text()
for line in sys.stdin:
    found = re.match(r"(?:.*/)?([\w-]+)\.pack: (\d+) ops, region (\d+) bytes, at most (\d+) blocks .* "
                     r"sizes (\d+) to (\d+)$", line)
    if found:
        ops, region, live, low, high = (f"{int(number):,}" for number in found.groups()[1:])
        text = re.sub(rf"(?m)^(\| {found[1]} `.*?` \|).*$",
                      lambda row: f"{row[1]} {ops} | {region} | {live} | {low} to {high} |", text)
readme.write_text(text)
