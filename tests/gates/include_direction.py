# SPDX-License-Identifier: Apache-2.0
"""Include direction: ground floor first, no arrow back (ARCHITECTURE.md, layers)."""

import re

import gate

# Which of our folders a folder's files may include from, itself always.
MAY_INCLUDE = {
    "lib": set(),
    "reference": {"ops"},
    "ops": set(),
    "subjects": {"ops", "lib"},
    "sim": {"ops", "subjects", "reference", "lib"},
    "fuzz": {"ops", "subjects", "sim"},
    "bench": {"ops", "subjects", "reference"},
    # The counting image calls the library itself; the plain runner's core is one for host and target.
    "firmware": {"ops", "subjects", "reference", "lib", "tests"},
    "tools": {"ops", "subjects", "sim"},
    "tests": {"ops", "subjects", "reference", "lib", "fuzz", "bench", "firmware", "tools", "sim"},
}
# The models may know the interface they implement and nothing else of ops.
REFERENCE_HEADERS = {"model.h", "subject.h", "shadow.h", "waiters.h"}
# lib/ is freestanding: these are the only headers from outside it may name.
LIB_SYSTEM = {"stdbool.h", "stddef.h", "stdint.h", "limits.h", "string.h", "errno.h"}
# But for the port that stands on an operating system.
HOSTED_PORT = ("lib", "port", "posix")

OWN_HEADERS = ("kheap/", "zephyr/")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def owner(root, file, name, homes):
    """The top folder the included file lives in: beside the includer first, then by its name."""
    beside = (root / file).parent / name
    if beside.is_file():
        return beside.resolve().relative_to(root.resolve()).parts[0]
    return homes.get(name.rsplit("/", 1)[-1])


def gate_includes(root):
    problems = []
    files = [f for f in gate.tracked(root, ".c", ".h", ".cc") if f.parts[0] in MAY_INCLUDE]
    homes = {f.name: f.parts[0] for f in files if f.suffix == ".h" and f.parts[0] != "tests"}
    for file in files:
        top = file.parts[0]
        text = (root / file).read_text(encoding="utf-8")
        for bracket, name in INCLUDE.findall(text):
            where = f"{file}: includes {name}"
            if bracket == "<":
                if top == "lib" and name not in LIB_SYSTEM and not name.startswith(OWN_HEADERS) \
                        and file.parts[:3] != HOSTED_PORT:
                    problems.append(f"{where}: lib is freestanding")
                continue
            home = owner(root, file, name, homes)
            if home is None or home == top:
                continue
            if home not in MAY_INCLUDE[top]:
                problems.append(f"{where}: {top} may not include from {home}")
            elif top == "reference" and name not in REFERENCE_HEADERS:
                problems.append(f"{where}: reference may include {sorted(REFERENCE_HEADERS)} only")
    return problems


if __name__ == "__main__":
    gate.main("include direction", gate_includes, {
        "lib includes ops": {"lib/src/a.c": '#include "op.h"\n', "ops/op.h": "\n"},
        "ops includes lib": {"ops/a.c": '#include "kheap/sys_heap.h"\n',
                             "lib/include/kheap/sys_heap.h": "\n"},
        "a model includes the runner": {"reference/m.c": '#include "runner.h"\n', "ops/runner.h": "\n"},
        "lib includes stdio": {"lib/src/a.c": "#include <stdio.h>\n"},
    })
