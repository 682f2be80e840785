#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What only the linker can say about static heaps: sections, missing scripts, mixed options.

linking.py [TEST]: runs all tests, or the one named. Each builds small programs with gcc.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIB = HERE.parent.parent / "lib"
SOURCES = [*sorted(map(str, (LIB / "src").glob("*.c"))),
           *(str(LIB / "src/heaps" / f) for f in ("wait.c", "block.c", "k_heap.c", "listener.c")),
           str(LIB / "port/none/port.c")]
NOCACHE = """#include "kheap/k_heap.h"
K_HEAP_DEFINE_NOCACHE(uncached, 4096);
int main(void)
{
    return k_heap_alloc(&uncached, 4000, K_NO_WAIT) == NULL;
}
"""
PLAIN = """#include "kheap/k_heap.h"
static char region[1024];
static struct k_heap heap;
int main(void)
{
    struct k_heap *first = &heap;
    k_heap_init(&heap, region, sizeof region);
    return k_heap_array_get(&first) != 0 || first != 0;
}
"""


def link(folder, program, flags=(), main_flags=()):
    """Compiles program with flags and main_flags, the library with flags; (completed, path)."""
    main = folder / "main.c"
    main.write_text(program, encoding="utf-8")
    common = ["gcc", "-std=gnu11", "-O1", f"-I{LIB}/include", "-c"]
    subprocess.run([*common, *flags, *SOURCES[:-1]], cwd=folder, check=True)
    subprocess.run([*common, *flags, SOURCES[-1], "-o", "port.o"], cwd=folder, check=True)
    subprocess.run([*common, *flags, *main_flags, str(main), "-o", "main.o"], cwd=folder,
                   check=True)
    objects = sorted(str(f) for f in folder.glob("*.o"))
    done = subprocess.run(["gcc", *flags, *objects, "-Wl,-Map,map", "-o", "program"], cwd=folder,
                          capture_output=True, text=True, check=False)
    return done, folder / "program"


def runs(done, program):
    assert done.returncode == 0, done.stderr[-500:]
    status = subprocess.run([str(program)], check=False).returncode
    assert status == 0, f"the program ends with {status}"


def section_in_map(folder, section):
    """(output section's address, size, offset of main.o's part or None) as the map file says."""
    text = (folder / "map").read_text(encoding="utf-8")
    whole = re.search(rf"^{re.escape(section)}\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)", text, re.M)
    part = re.search(rf"^ {re.escape(section)}\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+\S*main\.o", text,
                     re.M)
    assert whole, f"the map file has no {section}"
    return [int(n, 16) for n in whole.groups()], part and [int(n, 16) for n in part.groups()]


def nocache_heap_lies_in_its_section(folder):
    done, program = link(folder, NOCACHE, [f"-Wl,-T,{HERE}/nocache.ld"])
    runs(done, program)
    (start, size), part = section_in_map(folder, ".nocache")
    assert part, "the heap's region is not in .nocache"
    assert part[1] >= 4096 and start <= part[0] and part[0] + part[1] <= start + size


def nocache_heap_without_a_linker_script_does_not_link(folder):
    done, _ = link(folder, NOCACHE)
    assert done.returncode != 0, "it links"
    assert "__nocache_start" in done.stderr, done.stderr


def target_that_declares_no_data_cache_links_without_a_script(folder):
    runs(*link(folder, NOCACHE, ["-DCONFIG_DCACHE=0"]))


def nocache_section_can_be_named(folder):
    done, program = link(folder, NOCACHE, ["-DCONFIG_DCACHE=0",
                                           '-DKHEAP_NOCACHE_SECTION=".my_uncached"'])
    runs(done, program)
    _, part = section_in_map(folder, ".my_uncached")
    assert part and part[1] >= 4096


def unused_sections_may_be_dropped(folder):
    done, program = link(folder, NOCACHE, ["-ffunction-sections", "-fdata-sections",
                                           "-Wl,--gc-sections", "-DCONFIG_DCACHE=0"])
    runs(done, program)


def array_get_without_static_heaps_finds_none(folder):
    runs(*link(folder, PLAIN))


def mixed_options_do_not_link(folder):
    done, _ = link(folder, PLAIN, main_flags=["-DCONFIG_SYS_HEAP_ALLOC_LOOPS=4"])
    assert done.returncode != 0, "it links"
    assert "k_heap_init" in done.stderr, done.stderr


TESTS = [nocache_heap_lies_in_its_section, nocache_heap_without_a_linker_script_does_not_link,
         target_that_declares_no_data_cache_links_without_a_script, nocache_section_can_be_named,
         unused_sections_may_be_dropped, array_get_without_static_heaps_finds_none,
         mixed_options_do_not_link]


def main():
    names = sys.argv[1:]
    failed = 0
    for test in TESTS:
        if names and test.__name__ not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Path(folder))
                print(f"ok   {test.__name__}")
            except AssertionError as problem:
                failed += 1
                print(f"FAIL {test.__name__}: {problem}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
