# SPDX-License-Identifier: Apache-2.0
"""Faults planted into a copy of the library, each as one line replaced; the explorer must find them."""

import argparse
import sys
from collections import namedtuple
from pathlib import Path

# variant: format_loops of the subject; compiled: the file compiled anew; file: where the fault is;
# old: what stands there, exactly once; alphabet, depth, region, offset: where it is looked for.
Fault = namedtuple("Fault", "variant compiled file alphabet depth region oracle old new")

# Those of init are for init_pairs, which takes no alphabet.
INIT = ("", 0, "")
SMALL_HEAPS = "0..128/8"
LIMIT = "262120..262152/8"

FAULTS = {
    "bucket-at-its-end": Fault(
        "small_3", "alloc.c", "alloc.c", "deep", 4, SMALL_HEAPS, "check",
        "list_move(f, base, c, found->bit, rest, bit_of(rest2));",
        "list_move(f, base, c, found->bit, rest, bit_of(rest2 | 2));"),
    "left-size-kept-in-a-join": Fault(
        "small_1", "free.c", "free.c", "deep", 5, SMALL_HEAPS, "check",
        "    left_set(f, chunk_right(joined, total2), total2 / 2);\n",
        "    if (!left_free(b) || !right_free(b)) {\n"
        "        left_set(f, chunk_right(joined, total2), total2 / 2);\n    }\n"),
    "one-unit-is-listed": Fault(
        "big_3", "alloc.c", "alloc.c", "deep", 4, SMALL_HEAPS, "check",
        "    if (likely(rest_listed(f, rest2))) {", "    if (likely(rest2 != 0)) {"),
    "limit-one-unit-late": Fault(
        "auto_3", "sys_heap.c", "sys_heap.c", "limit", 2, LIMIT, "crash",
        "units <= KHEAP_MAX_UNITS_SMALL)) {\n        *f = SMALL;\n"
        "        return units <= KHEAP_MAX_UNITS_SMALL;",
        "units <= KHEAP_MAX_UNITS_SMALL + 1u)) {\n        *f = SMALL;\n        return true;"),
    "one-probe-too-many": Fault(
        "small_1", "alloc.c", "alloc.c", "wide", 4, "112..128/8", "steps",
        "        } while (--loops != 0 && (again || index != first));",
        "        } while (loops-- != 0 && (again || index != first));"),
    "prefix-not-listed": Fault(
        "big_1", "alloc.c", "alloc.c", "wide", 3, "128..192/8", "check",
        "        pre_set(f, base, c, pre2, need2, true);",
        "        pre_set(f, base, c, pre2, need2, false);"),
    "resize-miscounts": Fault(
        "big_4", "realloc.c", "resize.h", "deep", 4, SMALL_HEAPS, "check",
        "free_words(f, rest2) - free_words(f, right2));",
        "rest2 - right2);"),
    "copies-too-little": Fault(
        "small_4", "realloc.c", "realloc.c", "deep", 4, SMALL_HEAPS, "payload",
        "usable < bytes ? usable : bytes);", "usable < bytes ? usable - 4 : bytes);"),
    "init-refuses-the-least": Fault(
        "big_1", "sys_heap.c", "sys_heap.c", *INIT, "init",
        "m + 1 + least <= units", "m + 1 + least < units"),
    "init-rounds-the-end-up": Fault(
        "small_1", "sys_heap.c", "sys_heap.c", *INIT, "init",
        "(bytes - skip) / 8;", "(bytes - skip + 7) / 8;"),
    "init-refuses-at-the-limit": Fault(
        "auto_1", "sys_heap.c", "sys_heap.c", *INIT, "init",
        "units <= KHEAP_MAX_UNITS_SMALL)) {", "units <= KHEAP_MAX_UNITS_SMALL + 1u)) {"),
    "macro-forgets-the-end": Fault(
        "auto_1", "sys_heap.c", "../include/kheap/sys_heap.h", *INIT, "init",
        "#define KHEAP_REGION_SMALL(u) (8u * (KHEAP_METADATA_SMALL(u) + (u) + 1u))",
        "#define KHEAP_REGION_SMALL(u) (8u * (KHEAP_METADATA_SMALL(u) + (u)))"),
}


# An explorer that takes heaps for the same whose lists differ in their order.
BLIND = ("listed ? 2 * info->header : info->header", "listed ? info->header : info->header")


def replace_once(text, old, new, what):
    if text.count(old) != 1:
        sys.exit(f"faults.py: {what}: expected once, have {text.count(old)} times: {old!r}")
    return text.replace(old, new)


def plant(name, lib, out):
    fault = FAULTS[name]
    for file in {fault.compiled, fault.file}:
        text = (lib / "src" / file).read_text()
        if file == fault.file:
            text = replace_once(text, fault.old, fault.new, f"{name} in {file}")
        target = out / file.rsplit("include/", 1)[-1]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name, variant, and the files concerned")
    parser.add_argument("--plant", metavar="NAME", choices=FAULTS)
    parser.add_argument("--lib", metavar="DIR", type=Path, help="the sound library's folder")
    parser.add_argument("--out", metavar="DIR", type=Path, help="for the faulty source")
    parser.add_argument("--blind", metavar="FILE", type=Path,
                        help="state.c, for an explorer that overlooks; --out is a file then")
    args = parser.parse_args()
    if args.blind:
        args.out.write_text(replace_once(args.blind.read_text(), *BLIND, args.blind))
        return
    if args.list:
        for name, fault in FAULTS.items():
            print(name, fault.variant, fault.compiled, fault.file, fault.oracle)
        return
    plant(args.plant, args.lib, args.out)


if __name__ == "__main__":
    main()
