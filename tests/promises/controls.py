#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Controls of the tests in this folder: plants one fault at a time in a copy of the library and sees
that the test of the promise it breaks fails. A fault that is not seen fails this test.

usage: controls.py CC"""

import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIB = HERE.parents[1] / "lib"
TELL = "kheap_fault(&(struct kheap_fault){0});"
FREE = "void sys_heap_free(struct sys_heap *heap, void *mem)\n{\n"
ALIGNED = "KHEAP_INLINE void *aligned_in(struct sys_heap *heap, enum format f, size_t align, size_t bytes)\n{\n"


def behind(text, more):
    return text, text + f"    {more}\n"


# program, the test that must fail, file of lib/src, text, what every occurrence becomes
PLANTED = [
    ("sys_heap", "the_struct_does_not_change_after_init", "free.c",
     *behind(FREE, "heap->skip ^= 8;")),
    ("sys_heap", "after_everything_is_freed_one_chunk_is_left", "free.c",
     "b->size2 - parts * header_words(f)", "b->size2"),
    ("sys_heap", "placement_depends_on_the_calls_and_the_start_alone", "alloc.c",
     *behind(ALIGNED, "bytes += (uintptr_t)heap->heap >> 6 & 8;")),
    ("sys_heap", "free_chunks_lie_in_the_bucket_of_their_power_of_two", "guard.h",
     "return leading_zeros(size2 - 1);", "return leading_zeros(size2);"),
    ("sys_heap", "a_moving_realloc_counts_both_blocks_in_the_maximum", "sys_heap.c",
     "base[STATS_MAX] * 4", "base[STATS_ALLOCATED] * 4"),
    ("sys_heap", "aligned_alloc_succeeds_wherever_a_chunk_of_that_room_lies", "alloc.c",
     "(uint32_t)(align / 8) - 1;", "(uint32_t)(align / 8);"),
    ("sys_heap", "a_unit_that_was_lost_comes_back_when_a_neighbour_is_freed", "resize.h",
     "free_words(f, rest2) -", "rest2 -"),
    ("sys_heap", "bad_arguments_are_never_faults", "alloc.c",
     *behind(ALIGNED, f"if (bytes == 0) {TELL}")),
    ("default_hook", "a_fault_without_a_hook_aborts_on_a_host", "fault.c", "__builtin_abort();", ""),
    ("never_faults", "no_bad_argument_of_k_heap_is_a_fault", "heaps/k_heap.c",
     *behind("void k_heap_free(struct k_heap *h, void *mem)\n{\n", f"if (mem == NULL) {TELL}")),
    ("never_faults", "no_bad_argument_of_the_system_heap_is_a_fault", "heaps/system_heap.c",
     *behind("void k_free(void *ptr)\n{\n", f"if (ptr == NULL) {TELL}")),
    ("never_faults", "no_bad_argument_of_a_multi_heap_is_a_fault", "heaps/multi_heap.c",
     *behind("void sys_multi_heap_free(struct sys_multi_heap *mheap, void *block)\n{\n",
             f"if (block == NULL) {TELL}")),
    ("never_faults", "no_bad_argument_of_a_pool_or_listener_is_a_fault", "heaps/listener.c",
     *behind("void heap_listener_register(struct heap_listener *listener)\n{\n",
             f"if (listener == NULL) {TELL}")),
]


def failed_tests(compiler, lib, program, folder):
    """The tests that failed; a message when there is no program."""
    src = lib / "src"
    sources = [HERE / f"test_{program}.c", *src.glob("*.c")]
    if program == "sys_heap":
        sources.append(HERE.parent / "unit" / "unit.c")
    else:
        sources += [*(src / "heaps").glob("*.c"), lib / "port" / "none" / "port.c"]
    # The big format, in which a unit can be lost.
    done = subprocess.run([compiler, "-std=gnu11", "-O1", "-DCONFIG_SYS_HEAP_BIG_ONLY=1",
                           "-DCONFIG_HEAP_MEM_POOL_SIZE=8192", "-DCONFIG_SYS_HEAP_ARRAY_SIZE=2",
                           f"-I{lib / 'include'}", f"-I{HERE.parent / 'unit'}", *map(str, sources),
                           "-lcmocka", "-o", str(folder / "program")], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        return f"does not compile: {done.stderr[:300]}"
    done = subprocess.run([str(folder / "program")], capture_output=True, text=True, timeout=60,
                          check=False)
    return set(re.findall(r"^\[  FAILED  \] (\w+)$", done.stdout + done.stderr, re.M))


def try_one(job):
    compiler, (program, test, name, text, becomes) = job
    with tempfile.TemporaryDirectory() as folder:
        lib = Path(folder) / "lib"
        shutil.copytree(LIB, lib)
        path = lib / "src" / name
        source = path.read_text(encoding="utf-8")
        if text not in source:
            return f"{name}: expected {text.strip()!r} to plant a fault in"
        path.write_text(source.replace(text, becomes), encoding="utf-8")
        failed = failed_tests(compiler, lib, program, Path(folder))
    if isinstance(failed, str):
        return f"{name}: {failed}"
    return None if test in failed else f"{test} does not see {becomes.strip().splitlines()[-1:]}"


def main():
    if len(sys.argv) != 2:
        print("usage: controls.py CC", file=sys.stderr)
        sys.exit(2)
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for program in ("sys_heap", "default_hook", "never_faults"):
            failed = failed_tests(sys.argv[1], LIB, program, Path(folder))
            if failed:
                problems.append(f"{program}: without a fault: {failed}")
    with ThreadPoolExecutor(2) as pool:
        problems += [p for p in pool.map(try_one, [(sys.argv[1], p) for p in PLANTED]) if p]
    for problem in problems:
        print(problem)
    print(f"{len(PLANTED)} faults planted, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
