#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One planted fault for each oracle that the simulation evaluates: a line of a source file, replaced.

faults.py --list            name, file, subject, oracle that must report first, program
faults.py --cover         the table of docs/ORACLES.md
faults.py --plant NAME --root DIR --out FILE
"""

import argparse
import re
import sys
from collections import namedtuple
from pathlib import Path

# file: from the root of the tree; old: what stands there, exactly once.
Fault = namedtuple("Fault", "file subject oracle program old new")

K_HEAP = "lib/src/heaps/k_heap.c"
WAIT = "lib/src/heaps/wait.c"
TREE = "lib/src/heaps/pool_tree.c"
SUBJECT = "sim/kheap_subject.c"

FAULTS = {
    "deadline": Fault(WAIT, "sim_kheap", "deadline", "deadline",
                      "? now + ticks :", "? now + ticks + 1 :"),
    "gives-up": Fault(K_HEAP, "sim_kheap", "deadline", "deadline",
                      "deadline != KHEAP_NO_DEADLINE &&", "deadline == KHEAP_PORT_FOREVER &&"),
    "wakeup": Fault(K_HEAP, "sim_kheap", "wakeup", "wait",
                    "    if (freed) {\n        release_serve(h);\n    }\n",
                    "    if (!freed) {\n        release_serve(h);\n    }\n"),
    "order": Fault(WAIT, "sim_kheap", "order", "order",
                   "(*link)->priority >= waiter->priority", "(*link)->priority > waiter->priority"),
    "isr": Fault(WAIT, "sim_kheap", "isr", "isr",
                 "|| !kheap_port_in_isr()", "|| true"),
    "isr-unreported": Fault(WAIT, "sim_kheap", "isr", "isr",
                            "    kheap_fault(&fault);\n    return false;",
                            "    (void)fault;\n    return false;"),
    "lock": Fault(K_HEAP, "sim_kheap", "lock", "wait",
                  "    const uintptr_t key = kheap_port_lock(&h->lock);\n"
                  "    const bool freed = kheap_block_free(&h->heap, p);\n",
                  "    const bool freed = kheap_block_free(&h->heap, p);\n"
                  "    const uintptr_t key = kheap_port_lock(&h->lock);\n"),
    "queue-lock": Fault(WAIT, "sim_kheap", "lock", "wait",
                        "    queue_insert(queue, waiter);\n    do {",
                        "    kheap_port_unlock(lock, *key);\n    queue_insert(queue, waiter);\n"
                        "    *key = kheap_port_lock(lock);\n    do {"),
    "keeps-lock": Fault(K_HEAP, "sim_kheap", "lock", "wait",
                        "        release_serve(h);\n    }\n    kheap_port_unlock(&h->lock, key);\n"
                        "    return freed;",
                        "        release_serve(h);\n    }\n    (void)key;\n    return freed;"),
    "deadlock": Fault(K_HEAP, "sim_kheap", "deadlock", "wait",
                      "    if (freed) {\n        release_serve(h);\n    }\n",
                      "    if (freed) {\n        (void)kheap_port_lock(&h->lock);\n"
                      "        release_serve(h);\n    }\n"),
    "events": Fault("lib/src/free.c", "sim_kheap", "events", "wait",
                    "    NOTIFY_FREE(heap, mem, block_bytes(heap, mem));\n", ""),
    "null": Fault("lib/src/heaps/block.c", "sim_kheap", "null", "wait",
                  "return need > area ||", "return need > area / 2 ||"),
    "payload": Fault(K_HEAP, "sim_kheap", "payload", "calloc",
                     "(void)__builtin_memset(block, 0, bytes);",
                     "(void)__builtin_memset(block, 0, bytes - 1);"),
    "payload-freed": Fault(K_HEAP, "sim_kheap", "payload", "wait",
                           "        (void)block_put(h, mem);\n",
                           "        *(char *)mem ^= 1;\n        (void)block_put(h, mem);\n"),
    "inplace": Fault(K_HEAP, "sim_kheap", "inplace", "realloc",
                     "    if (r->old != NULL) {\n", "    if (r->old == r) {\n"),
    "align": Fault(K_HEAP, "sim_kheap", "align", "aligned",
                   "sys_heap_aligned_alloc(heap, r->align, r->bytes);",
                   "sys_heap_aligned_alloc(heap, 0, r->bytes);"),
    "overlap": Fault(TREE, "sim_pool", "overlap", "pool",
                     "    bits_clear(pool, bit, 1);\n    while",
                     "    if (pool->opened > pool->n_max) {\n        bits_clear(pool, bit, 1);\n    }\n"
                     "    while"),
    "drain": Fault(TREE, "sim_pool", "drain", "drain",
                   "    used_flip(pool, at);\n    while (at.level > 0) {",
                   "    used_flip(pool, at);\n    if (at.level == 0) {\n        return;\n    }\n"
                   "    while (at.level > 0) {"),
    "pick": Fault(TREE, "sim_pool", "pick", "pool",
                  "    if (bit == NO_BIT) {\n", "    if (bit == NO_BIT || pool->opened < 2) {\n"),
    "inside": Fault(SUBJECT, "sim_kheap", "inside", "wait",
                    "k_heap_try_init(heap_of(state), mem, bytes)",
                    "k_heap_try_init(heap_of(state), mem, bytes + 8)"),
    "usable": Fault(SUBJECT, "sim_kheap", "usable", "queries",
                    "sys_heap_usable_size(&heap->heap, p);", "sys_heap_usable_size(&heap->heap, p) + 1;"),
    "stats": Fault(SUBJECT, "sim_kheap", "stats", "queries",
                   "sim_told_stats(got.allocated_bytes,", "sim_told_stats(got.allocated_bytes + 4,"),
    "largest": Fault(SUBJECT, "sim_kheap", "largest", "queries",
                     "sys_heap_largest_free(&heap->heap);", "sys_heap_largest_free(&heap->heap) + 1;"),
    "check": Fault(SUBJECT, "sim_kheap", "check", "queries",
                   "const bool sound = sys_heap_check(&heap->heap, &found);",
                   "const bool sound = !sys_heap_check(&heap->heap, &found);\n\n"
                   "    found.invariant = \"I0 the heap is unsound\";\n    found.offset = 0;"),
    "fault": Fault(SUBJECT, "sim_kheap", "fault", "wait",
                   "    k_heap_free(heap_of(state), p);\n",
                   "    k_heap_free(heap_of(state), p);\n    k_heap_free(heap_of(state), p);\n"),
    # No fault: the program expects what the contract does not promise.
    "expect": Fault(SUBJECT, "sim_kheap", "expect", "expect", "", ""),
}


def cover():
    """A row a control; the tests sim.control-NAME hold that the oracle named reports first."""
    header = (Path(__file__).resolve().parents[2] / "ops" / "oracle.h").read_text()
    fires = dict(re.findall(r'X\(\w+, "(\w+)",\s*"([^"]+)"\)', header))
    print("| oracle | it fires when | control | planted into | run |")
    print("|---|---|---|---|---|")
    for name, fault in sorted(FAULTS.items(), key=lambda f: (list(fires).index(f[1].oracle), f[0])):
        print(f"| {fault.oracle} | {fires[fault.oracle]} | {name} | {fault.file} | "
              f"{fault.program}.ops on {fault.subject} |")


def plant(name, root):
    fault = FAULTS[name]
    source = Path(root) / fault.file
    text = source.read_text()
    if fault.old and text.count(fault.old) != 1:
        sys.exit(f"faults.py: {name} in {source}: expected once, have {text.count(fault.old)} times: "
                 f"{fault.old!r}")
    return text.replace(fault.old, fault.new) if fault.old else text


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--cover", action="store_true")
    parser.add_argument("--plant", metavar="NAME", choices=FAULTS)
    parser.add_argument("--root", metavar="DIR", help="the tree with the sound sources")
    parser.add_argument("--out", metavar="FILE", help="the faulty source")
    args = parser.parse_args()
    if args.list:
        for name, fault in FAULTS.items():
            print(name, fault.file, fault.subject, fault.oracle, fault.program)
        return
    if args.cover:
        cover()
        return
    text = plant(args.plant, args.root)
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    Path(args.out).write_text(text)


if __name__ == "__main__":
    main()
