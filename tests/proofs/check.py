#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What ctest runs of the proofs: check.py quick | controls | drift | far FOLDER."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools" / "vet")]

import context  # noqa: E402
import methods  # noqa: E402
import stage  # noqa: E402
from properties import PROPERTIES  # noqa: E402

# One for each method, and the fault that the proofs found in lib.
CONTROLS = ["padded_front", "units_rounding", "region_units", "leading_zeros_table",
            "ticks_scale"]
NEEDED = ["clang-19", "opt-19", "z3", "frama-c", "why3"]


def new_context(folder):
    ctx = context.Context(context.Screen(), quick=True, jobs=1)
    ctx.screen.begin("proofs")
    ctx.build = folder
    ctx.proofs_out = folder / "out"
    return ctx


def quick(ctx):
    """What ./vet proofs --quick runs, from nothing, and once more from its ledger."""
    shutil.rmtree(ctx.proofs_out, ignore_errors=True)
    result = stage.run(ctx)
    print(result["line"], *result["problems"], sep="\n")
    again = stage.run(ctx)
    return ([] if result["ok"] else ["a property does not hold"]) + (
        [] if again["figures"] == result["figures"] else ["the ledger says something else"])


def controls(ctx):
    """A planted fault is refuted, by arguments or goals and not by an error."""
    wrong = []
    for prop in (p for p in PROPERTIES if p.name in CONTROLS):
        work = ctx.build / "controls" / prop.name
        lib = methods.plant(ctx.root / "lib", prop.fault, work / "lib")
        verdict = methods.Methods(ctx, lib, work).settle(prop)
        print(f"{prop.name}: {verdict.detail or 'holds'}")
        if verdict.holds or not verdict.detail.startswith(("64 bits: arguments", "32 bits: arguments",
                                                           "wrong for", "not proved")):
            wrong.append(f"{prop.name}: a planted fault is not refuted: {verdict}")
    return wrong


def drift(ctx):
    """Lines of lib that a property takes over, changed: one clear line."""
    wrong, work = [], ctx.build / "drift"
    for fault in [("src/heaps/wait.c", "    const k_ticks_t ticks =", "    k_ticks_t const ticks ="),
                  ("src/alloc.c", "    const uint32_t pre2 =\n", "    uint32_t pre2 =\n")]:
        lib = methods.plant(ctx.root / "lib", fault, work / "lib")
        try:
            methods.slices(lib, work / "slices")
            wrong.append(f"{fault[0]}: the change went unnoticed")
        except ValueError as problem:
            print(problem)
            if "has changed" not in str(problem):
                wrong.append(str(problem))
    return wrong


def far(ctx):
    """An alignment of 8 GiB in a real heap, where addresses have 64 bits."""
    program, root = ctx.build / "far", ctx.root
    ctx.build.mkdir(parents=True, exist_ok=True)
    sources = sorted((root / "lib" / "src").glob("*.c"))
    subprocess.run(["cc", "-std=gnu11", "-O1", f"-I{root / 'lib' / 'include'}", HERE / "far.c", *sources,
                    "-o", program], check=True)
    return [] if subprocess.run([program], check=False).returncode == 0 else ["far.c: see above"]


def main(argv):
    cases = {"quick": quick, "controls": controls, "drift": drift, "far": far}
    if len(argv) != 3 or argv[1] not in cases:
        print(__doc__, file=sys.stderr)
        return 2
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    if missing:
        print(f"check.py: not installed: {', '.join(missing)}; ./vet test installs what tests need")
        return 1
    wrong = cases[argv[1]](new_context(Path(argv[2])))
    for text in wrong:
        print(f"check.py {argv[1]}: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
