# SPDX-License-Identifier: Apache-2.0
"""Races planted into a copy of the library, each as one replacement in one file."""

import argparse
import sys
from collections import namedtuple
from pathlib import Path

# file: below lib/src/heaps; old: what stands there, exactly once; family: where it is looked for.
Fault = namedtuple("Fault", "file kind family old new")

FAULTS = {
    "first-waiter-only": Fault(
        "wait.c", "kheap", "AB",
        "            failed = true;\n            link = &waiter->next;\n",
        "            break;\n"),
    # Here nobody is woken who was not served; so both halves are planted: all wake, and each who
    # goes back to sleep counts from then on. (kheap_port_wake() would tell the simulation that he
    # was served, and it would say so first.)
    "timeout-restarted": Fault(
        "wait.c", "kheap", "AB",
        "    } while (!deadline_came(deadline));\n",
        "        waiter->sleeper.woken = false;\n"
        "        if (deadline != KHEAP_PORT_FOREVER && kheap_port_now() < deadline) {\n"
        "            deadline = deadline - began + kheap_port_now();\n"
        "            began = kheap_port_now();\n"
        "        }\n"
        "    } while (!deadline_came(deadline));\n"),
    "shrink-releases-nobody": Fault(
        "k_heap.c", "kheap", "AB",
        "    if (r->shrunk) {\n", "    if (false) {\n"),
    "free-releases-nobody": Fault(
        "k_heap.c", "kheap", "AB",
        "    if (freed) {\n        release_serve(h);\n",
        "    if (!freed) {\n        release_serve(h);\n"),
    "move-releases-nobody": Fault(
        "k_heap.c", "kheap", "AB",
        "    if (!block_put(h, p)) {\n",
        "    const uintptr_t key = kheap_port_lock(&h->lock);\n"
        "    const bool freed = kheap_block_free(&h->heap, p);\n\n"
        "    kheap_port_unlock(&h->lock, key);\n    if (!freed) {\n"),
    "realloc-0-frees-twice": Fault(
        "k_heap.c", "kheap", "AB",
        "        (void)block_put(h, ptr);\n        return NULL;\n    }\n    return block_resize",
        "        (void)block_put(h, ptr);\n        (void)block_put(h, ptr);\n        return NULL;\n"
        "    }\n    return block_resize"),
    "deadline-after-attempt": Fault(
        "k_heap.c", "kheap", "AB",
        "    return block_get(h, align, bytes, kheap_deadline(timeout));\n",
        "    void *const first = block_get(h, align, bytes, KHEAP_NO_DEADLINE);\n\n"
        "    if (first != NULL || timeout.ticks == 0) {\n        return first;\n    }\n"
        "    return block_get(h, align, bytes, kheap_deadline(timeout));\n"),
    "free-without-lock": Fault(
        "k_heap.c", "kheap", "AB",
        "    const uintptr_t key = kheap_port_lock(&h->lock);\n"
        "    const bool freed = kheap_block_free(&h->heap, p);\n\n"
        "    if (freed) {\n        release_serve(h);\n    }\n"
        "    kheap_port_unlock(&h->lock, key);\n",
        "    const bool freed = kheap_block_free(&h->heap, p);\n\n"
        "    if (freed) {\n        release_serve(h);\n    }\n"),
    "unlocked-insert": Fault(
        "wait.c", "kheap", "AB",
        "    queue_insert(queue, waiter);\n    do {",
        "    kheap_port_unlock(lock, *key);\n    queue_insert(queue, waiter);\n"
        "    *key = kheap_port_lock(lock);\n    do {"),
    # The same hole without touching the queue unlocked: between the attempt and the insert.
    "gap-before-insert": Fault(
        "wait.c", "kheap", "AB",
        "    queue_insert(queue, waiter);\n    do {",
        "    kheap_port_unlock(lock, *key);\n    *key = kheap_port_lock(lock);\n"
        "    queue_insert(queue, waiter);\n    do {"),
    "served-but-late": Fault(
        "wait.c", "kheap", "AB",
        "        if (waiter->served) {\n            return true;\n",
        "        if (waiter->served && !deadline_came(deadline)) {\n            return true;\n"),
    "one-tick-early": Fault(
        "wait.c", "kheap", "AB",
        "? now + ticks : KHEAP_PORT_FOREVER - 1;", "? now + ticks - 1 : KHEAP_PORT_FOREVER - 1;"),
    "pool-one-tick-late": Fault(
        "wait.c", "pool", "AB",
        "? now + ticks : KHEAP_PORT_FOREVER - 1;", "? now + ticks + 1 : KHEAP_PORT_FOREVER - 1;"),
    "priority-ignored": Fault(
        "wait.c", "kheap", "PQ",
        "(*link)->priority >= waiter->priority", "(*link)->priority >= 0"),
    "newest-first": Fault(
        "wait.c", "kheap", "AB",
        "(*link)->priority >= waiter->priority", "(*link)->priority > waiter->priority"),
    "pool-merge-in-flight": Fault(
        "pool_tree.c", "pool", "AB",
        "        bits_clear(pool, first, others);\n",
        "        bits_clear(pool, first, others);\n"
        "        kheap_port_unlock(&pool->lock, 0);\n        (void)kheap_port_lock(&pool->lock);\n"),
}

# No race: it dies, and the program must be left behind.
DIES = Fault("wait.c", "kheap", "B", "    waiter->served = false;\n",
             "    waiter->served = false;\n    if (deadline != KHEAP_PORT_FOREVER) {\n"
             "        __builtin_trap();\n    }\n")

# More lines that a fault needs elsewhere in its file.
ALSO = {
    "timeout-restarted": [
        ("    queue_insert(queue, waiter);\n    do {",
         "    queue_insert(queue, waiter);\n"
         "    int64_t began = deadline == KHEAP_PORT_FOREVER ? 0 : kheap_port_now();\n\n    do {"),
        ("            failed = true;\n", "            failed = true;\n"
         "            waiter->sleeper.woken = true;\n"),
    ],
    "served-but-late": [
        ("    queue_remove(queue, waiter);\n    return false;",
         "    if (!waiter->served) {\n        queue_remove(queue, waiter);\n    }\n    return false;"),
    ],
}


def replace_once(text, old, new, what):
    if text.count(old) != 1:
        sys.exit(f"faults.py: {what}: expected once, have {text.count(old)} times: {old!r}")
    return text.replace(old, new)


def plant(name, lib):
    fault = DIES if name == "dies" else FAULTS[name]
    source = Path(lib) / "src" / "heaps" / fault.file
    text = source.read_text()
    for old, new in [(fault.old, fault.new), *ALSO.get(name, [])]:
        text = replace_once(text, old, new, f"{name} in {source}")
    return text


# An explorer that overlooks something: a tick is offered only when nobody else can do anything.
BLIND = ("        if (enabled[i].step == SIM_TICK && deadline_ahead(explored, view)) {",
         "        if (enabled[i].step == SIM_TICK && list->n == 0 && deadline_ahead(explored, view)) {")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name, file, kind and families")
    parser.add_argument("--plant", metavar="NAME", choices=[*FAULTS, "dies"])
    parser.add_argument("--blind", metavar="FILE", help="explore_moves.c, for one that overlooks")
    parser.add_argument("--lib", metavar="DIR", help="the sound library's folder")
    parser.add_argument("--out", metavar="FILE", help="the faulty source")
    args = parser.parse_args()
    if args.list:
        for name, fault in FAULTS.items():
            print(name, fault.file, fault.kind, fault.family)
        return
    if args.blind:
        text = replace_once(Path(args.blind).read_text(), *BLIND, args.blind)
    else:
        text = plant(args.plant, args.lib)
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    Path(args.out).write_text(text)


if __name__ == "__main__":
    main()
