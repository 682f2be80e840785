# SPDX-License-Identifier: Apache-2.0
"""kconfig_header.py DOTCONFIG HEADER: the header that KHEAP_CONFIG_HEADER names, from a .config.

For trees with Kconfig and without CMake. Every CONFIG_ line becomes a #define (y is 1, "is not set"
is 0) but for those that only serve to resolve CONFIG_HEAP_MEM_POOL_SIZE, as kheap/config.h tells:
the parts CONFIG_HEAP_MEM_POOL_ADD_SIZE_<NAME> and CONFIG_HEAP_MEM_POOL_IGNORE_MIN.
Ranges are checked where the header is compiled. Exit status 2, and one line, on a bad .config.
"""

import re
import sys
from pathlib import Path

SIZE = "CONFIG_HEAP_MEM_POOL_SIZE"
PART = "CONFIG_HEAP_MEM_POOL_ADD_SIZE_"
IGNORE_MIN = "CONFIG_HEAP_MEM_POOL_IGNORE_MIN"
SIZE_MAX = 2147483647


class Bad(Exception):
    """One line that says where and what."""


def read(path):
    """{option: text of its value} of a .config."""
    values = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        assigned = re.fullmatch(r"(CONFIG_\w+)=(.*)", line)
        unset = re.fullmatch(r"# (CONFIG_\w+) is not set", line)
        if unset:
            values[unset[1]] = "0"
        elif assigned:
            name, value = assigned.groups()
            values[name] = {"y": "1", "n": "0"}.get(value, value)
            if name.startswith((SIZE, PART)):
                if not value.isdecimal() or int(value) > SIZE_MAX:
                    raise Bad(f"{path}:{number}: {name} must be 0 to {SIZE_MAX}; it is {value}")
        elif line.strip() and not line.startswith("#"):
            raise Bad(f"{path}:{number}: want CONFIG_<NAME>=<value> or a comment, have {line}")
    return values


def resolve(values):
    """The system heap's size."""
    size = int(values.get(SIZE, "0"))
    if values.get(IGNORE_MIN, "0") == "1":
        return size
    total = sum(int(v) for name, v in values.items() if name.startswith(PART))
    if total > SIZE_MAX:
        raise Bad(f"{SIZE} must be 0 to {SIZE_MAX}; the sum of {PART}<NAME> is {total}")
    return max(size, total)


def header(values, source):
    kept = {n: v for n, v in values.items() if not n.startswith(PART) and n != IGNORE_MIN}
    kept[SIZE] = str(resolve(values))
    return "".join([f"/* Made from {source} by kconfig_header.py. */\n",
                    *(f"#define {name} {value}\n" for name, value in sorted(kept.items()))])


def main(argv):
    if len(argv) != 3:
        print(f"usage: {argv[0]} DOTCONFIG HEADER", file=sys.stderr)
        return 2
    try:
        text = header(read(Path(argv[1])), Path(argv[1]).name)
        Path(argv[2]).write_text(text, encoding="utf-8")
    except (Bad, OSError, UnicodeDecodeError) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
