# SPDX-License-Identifier: Apache-2.0
"""Stage proofs of ./vet: the arithmetic that everything rests on, for all inputs."""

import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[1] / "tools" / "vet"))

import bitvectors  # noqa: E402
import methods  # noqa: E402
import resume  # noqa: E402
from properties import PROPERTIES  # noqa: E402

NAME = "proofs"
PACKAGES = ["clang-19", "llvm-19", "gcc-12-multilib", "libc6-dev-i386", "z3",
            "frama-c-base", "why3"]


def settle(ctx, ledger, prop, planted):
    """(holds, how, detail, seconds) of a property, of lib as it is or with the property's fault."""
    key = f"{prop.name} planted" if planted else prop.name
    known = ledger.get(key)
    if known is not None:
        return known
    start = time.monotonic()
    work = ctx.build / "proofs" / (f"planted-{prop.name}" if planted else "sound")
    lib = ctx.root / "lib"
    try:
        if planted:
            lib = methods.plant(lib, prop.fault, work / "lib")
        verdict = methods.Methods(ctx, lib, work).settle(prop)
    except (bitvectors.Untranslatable, ValueError) as problem:
        raise ctx.Failed(f"{prop.name}: {problem}") from None
    result = [verdict.holds, verdict.how, verdict.detail, round(time.monotonic() - start, 1)]
    ledger.put(key, result)
    return result


def table(ctx, rows):
    """What holds, of which text, by which method: for people."""
    ctx.say("")
    for prop, (holds, how, detail, seconds) in rows:
        ctx.say(f"  {'holds' if holds else 'WRONG'}  {prop.where}")
        ctx.say(f"         {prop.text}")
        ctx.say(f"         {how or detail} ({seconds:.1f} s)")
    ctx.say("")


def run(ctx):
    wanted = [p for p in PROPERTIES if p.quick or not ctx.quick]
    # A quick run takes the word of the others that the faults are seen.
    jobs = [(p, False) for p in wanted] + ([] if ctx.quick else [(p, True) for p in wanted])
    out = getattr(ctx, "proofs_out", ctx.root / "out" / NAME)
    ledger = resume.Ledger(out / "ledger.jsonl",
                           resume.fingerprint(ctx.root / "lib", HERE))
    results = {}
    for prop, planted in jobs:
        ctx.progress(len(results), len(jobs), prop.name)
        results[prop, planted] = settle(ctx, ledger, prop, planted)
    rows = [(p, results[p, False]) for p in wanted]
    table(ctx, rows)
    problems = [f"{p.where}: not so: {p.text}: {got[2]}" for p, got in rows if not got[0]]
    problems += [f"{p.name} holds with a fault planted: it would see nothing"
                 for (p, planted), got in results.items() if planted and got[0]]
    figures = {p.name: {"where": p.where, "holds": got[0], "how": got[1], "seconds": got[3]}
               for p, got in rows}
    seen = sum(planted and not got[0] for (_, planted), got in results.items())
    line = f"{sum(got[0] for _, got in rows)} of {len(rows)} properties hold for all inputs"
    line += "" if ctx.quick else f", {seen} of {len(wanted)} planted faults refuted"
    return {"ok": not problems, "figures": figures, "line": line, "problems": problems}
