#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the firmware images and of what measures them.

    /usr/bin/python3 tests/firmware/check.py WHAT --heapvet build/dev/heapvet --out build/firmware

Exit status 0 passed, 1 failed, 77 skipped because an emulator or a cross compiler is missing.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from firmware import budget, control, digests, measure  # noqa: E402
from firmware.build import ROOT, Builder, BuildError, Ran  # noqa: E402
from firmware.programs import Programs  # noqa: E402
from firmware.targets import TARGETS  # noqa: E402

LARGE = [t for t in TARGETS if TARGETS[t].large]
FAILURES = []


def check(ok, text):
    print(("ok      " if ok else "FAILED  ") + text)
    if not ok:
        FAILURES.append(text)


class Setting:
    def __init__(self, args):
        self.builder = Builder(args.out)
        self.heapvet = args.heapvet
        self.packs = Path(args.out) / f"packs-{args.what}"

    def programs(self):
        return Programs(self.heapvet, self.packs)


def test_digests(setting):
    """Every image's digests are the host's, and what does not fit is named."""
    programs = setting.programs()
    packs = programs.digests()
    for target in TARGETS:
        for header_format in digests.FORMATS:
            got = digests.run_target(setting.builder, programs, packs, target, header_format)
            check(got.ok and got.image_differs == 0,
                  f"{target} {header_format}: {got.equal} equal, {len(got.differ)} differ, "
                  f"{len(got.unfit)} do not fit {got.problems[:2]}")


def test_faulty(setting):
    """Control: an image of a faulty library says itself that digests differ, and fails."""
    programs = setting.programs()
    packs = programs.digests()
    lib = control.faulty_lib("merge", setting.builder.out)
    for target in ("m3", "rv32"):
        got = digests.run_target(setting.builder, programs, packs, target, "small", lib, "-merge")
        check(bool(got.image_differs), f"{target}: the image counts {got.image_differs} unequal")
        check(bool(got.differ) and not got.ok, f"{target}: the driver sees {len(got.differ)}")
        check(any("exit status 1" in p for p in got.problems), f"{target}: exit status 1")


def test_plugin(setting):
    """Loops of 2n + 1 instructions and empty calls are counted exactly, each time the same."""
    for target in TARGETS:
        elf = setting.builder.image(target, "count", "peer")
        runs = [setting.builder.run(target, elf, count=True) for _ in range(2)]
        got = measure.Measurement(runs[0], target)
        loop = got.groups.get("proof", {}).get("loop", measure.Tally())
        want = sum(2 * n + 1 for n in measure.PROOF_TURNS)
        check(not got.problems and loop.sum == want,
              f"{target}: loops count {loop.sum}, want {want} {got.problems}")
        # Every turn but the last branches back, and the return is a branch.
        taken = int(runs[0].table.splitlines()[1].split()[10])
        check(taken == sum(measure.PROOF_TURNS), f"{target}: {taken} branches taken")
        check(runs[0].table == runs[1].table, f"{target}: a second run counts the same")
        broken = Ran(0, runs[0].out, runs[0].table.replace("end\n", "broken\n"))
        check(bool(measure.Measurement(broken, target).problems),
              f"{target}: control: a table that is not whole is refused")
        wrong = Ran(0, runs[0].out, runs[0].table.replace(f" {want} ", f" {want + 1} "))
        check(bool(measure.Measurement(wrong, target).problems),
              f"{target}: control: a loop that counts one too many is refused")


def test_layout(setting):
    """Nothing that is counted, modelled cycles included, depends on where the code lies."""
    for target in LARGE:
        tables = set()
        for pad in (0, 200, 600, 1000, 2000):
            elf = setting.builder.image(target, "count", "peer", tag=f"-pad{pad}", pad=pad)
            tables.add(setting.builder.run(target, elf, ["adversarial"], count=True).table)
        check(len(tables) == 1, f"{target}: {len(tables)} different tables in 5 layouts")


def test_constant(setting):
    """The worst of bounded calls is the same with 10, 100, 1,000 free chunks; a control fails."""
    builder = setting.builder
    for target in LARGE:
        for what, arguments in (("the library", {}),
                                ("control: walks the list", control.LONG_SEARCH)):
            elf = builder.image(target, "count", "peer", **arguments)
            got = measure.Measurement(builder.run(target, elf, ["adversarial"], count=True), target)
            found = measure.constant_problems(target, got)
            check(not got.problems and bool(found) == bool(arguments),
                  f"{target}: {what}: {found or 'one number each'} {got.problems}")


def test_endings(setting):
    """Each way to end is seen for what it is; nothing but a pass gives status 0."""
    expected = {"pass": 0, "skip": 77, "seven": 7, "memory": 0, "undefined": 1, "unaligned": 1,
                "lock-up": "abort", "hang": None, "other": 1}
    for target in TARGETS:
        elf = setting.builder.image(target, "endings", "small")
        for how, want in expected.items():
            if target == "rv32" and how == "unaligned":
                continue  # QEMU's virt machine serves unaligned accesses
            if target == "rv32" and how == "lock-up":
                want = None
            got = setting.builder.run(target, elf, [how], seconds=3)
            status = "abort" if got.status in (-6, 134) else got.status
            says = "PROJECT EXECUTION SUCCESSFUL" in got.out
            check(status == want and says == (want == 0), f"{target} {how}: status {status}, "
                                                          f"want {want}")


def test_above(setting):
    """The heaps above sys_heap give the host's digests; on a faulty library they do not."""
    programs = setting.programs()
    for target in ("microbit", "m3", "rv32"):
        for subject in digests.above_of(target):
            got = digests.run_above(setting.builder, programs, target, subject)
            check(got.ok, f"{target} {subject}: {got.equal} equal, {got.differ[:2]} {got.problems}")
    lib = control.faulty_lib("merge", setting.builder.out)
    got = digests.run_above(setting.builder, programs, "m3", "kheap-kheap", lib, "-merge")
    check(bool(got.differ), f"control: a faulty library gives other digests: {len(got.differ)}")


WAITS = ("m0", "m3", "rv32")


def test_waits(setting):
    """Static heaps, waits, time-outs and an interrupt that frees; a lib that wakes nobody fails."""
    builder = setting.builder
    for target in WAITS:
        for config in ("default", "small", "big"):
            got = builder.run(target, builder.image(target, "waits", config), seconds=60)
            passed = [line for line in got.lines if " passed, 0 failed" in line]
            check(got.status == 0 and len(passed) == 1, f"{target} {config}: {got.lines[-2:]}")
    lib = control.faulty_lib("serve", builder.out)
    elf = builder.image("m3", "waits", "default", lib=lib, tag="-serve")
    got = builder.run("m3", elf, seconds=10)
    failed = [line for line in got.lines if line.startswith("FAILED") and "wakes the waiter" in line]
    check(got.status != 0 and len(failed) == 1, f"control: nobody is served: {failed}")


def test_nocache(setting):
    """Uncached heaps lie in the linker script's section, and do not link where there is none."""
    builder = setting.builder
    try:
        builder.image("m3", "nocache", "default")
        check(False, "a linker script without uncached memory links")
    except BuildError as problem:
        check("__nocache_start" in str(problem), f"without uncached memory: {problem}")
    script = builder.out / "nocache.ld"
    text = (ROOT / "firmware" / TARGETS["m3"].script).read_text()
    section = (".nocache (NOLOAD) : { __nocache_start = .; *(.nocache .nocache.*) "
               "__nocache_end = .; }\n    image_spare_start = .;")
    script.write_text(text.replace("image_spare_start = .;", section, 1))
    elf = builder.image("m3", "nocache", "default", script=script)
    got = builder.run("m3", elf, seconds=60)
    check(got.status == 0, f"with uncached memory: {got.lines[-2:]}")
    names = builder.symbols("m3", elf)
    region = names["kheap_region_waits_nocache"][0]
    check(names["__nocache_start"][0] <= region < names["__nocache_end"][0],
          "the uncached heap's region lies between the section's ends")
    lines = elf.with_suffix(".map").read_text().splitlines()
    inside = [i for i, line in enumerate(lines) if line.startswith(".nocache")]
    block = "\n".join(lines[inside[0]:inside[0] + 6]) if inside else ""
    check("waits-" in block, f"the map file has the image's region in .nocache: {bool(block)}")


def test_bad_input(setting):
    """A missing, foreign or truncated pack is one clear line and status 1, not a crash."""
    pack = setting.programs().corpus()
    whole = pack.read_bytes()
    cases = {"missing.pack": None, "foreign.pack": b"not a pack at all, really",
             "cut.pack": whole[:-5], "empty.pack": b""}
    for target in ("microbit", "m3", "rv32"):
        elf = setting.builder.image(target, "replay", "small")
        for name, content in cases.items():
            path = setting.packs / name
            if content is not None:
                path.write_bytes(content)
            got = setting.builder.run(target, elf, [path])
            lines = [l for l in got.lines if l.startswith("FAIL ")]
            check(got.status == 1 and len(lines) == 1, f"{target} {name}: {lines}")
        for what, words in (("no pack at all", []), ("too many words", ["a"] * 20),
                            ("too many bytes", ["a" * 600])):
            got = setting.builder.run(target, elf, words)
            lines = [l for l in got.lines if l.startswith("FAIL ")]
            check(got.status == 1 and bool(lines), f"{target}: {what}: {lines}")


def test_plain(setting):
    """The plain runner, misuse and damage included, on bare targets in both formats."""
    programs = setting.programs()
    seeds = programs.seeds()
    for target in LARGE:
        for config in ("small", "big", "default"):
            elf = setting.builder.image(target, "plain", config)
            got = setting.builder.run(target, elf, [seeds])
            passed = [l for l in got.lines if " passed, " in l]
            check(got.status == 0 and bool(passed), f"{target} {config}: {' '.join(passed)}")
    elf = setting.builder.image("m3", "plain", "small",
                                lib=control.faulty_lib("merge", setting.builder.out), tag="-merge")
    got = setting.builder.run("m3", elf, [seeds])
    check(got.status != 0, f"control: a faulty library ends with status {got.status}")


def test_budget(setting):
    """The committed table reads; one instruction more in any figure fails, one less does not."""
    versions, committed = budget.read()
    check(bool(committed) and bool(versions), f"the committed table has {len(committed)} rows")
    rows = {}
    for key, cells in committed.items():
        calls = int(cells[0])
        rows[key] = measure.Tally(calls, round(float(cells[1]) * calls), int(cells[2]),
                                  round(float(cells[3]) * calls), int(cells[4]))
    found, _ = budget.compare(rows)
    same = all(budget.compilers({k: 0})[k[0]] == versions.get(k[0]) for k in rows)
    if not same:
        print("note: another compiler than the committed table's: nothing is held against it")
        return
    check(not found, f"the table equals itself {found[:2]}")
    if not rows:
        return
    key = sorted(rows)[0]
    for what, change in (("worst", (0, 1)), ("mean", (rows[key].calls, 0))):
        worse = dict(rows)
        worse[key] = measure.Tally(rows[key].calls, rows[key].sum + change[0],
                                   rows[key].worst + change[1], rows[key].cycles_sum,
                                   rows[key].cycles_worst)
        found, _ = budget.compare(worse)
        check(len(found) == 1 and what in found[0], f"control: one more, {what}: {found}")
    better = dict(rows)
    better[key] = measure.Tally(rows[key].calls, rows[key].sum, rows[key].worst - 1,
                                rows[key].cycles_sum, rows[key].cycles_worst)
    found, notes = budget.compare(better)
    check(not found and any("better" in n for n in notes), f"one less is no problem: {notes}")
    other = Path(setting.builder.out) / "other-compiler.csv"
    other.write_text(budget.PATH.read_text().replace(": ", ": another ", 5))
    found, notes = budget.compare(worse, path=other)
    check(not found and any("another compiler" in n for n in notes),
          f"another compiler's figures are reported, not held against the table: {notes[:1]}")
    bar = {("m3", "peer", "O2", "steady", call): measure.Tally(100, 100 * mean, worst, 0, 0)
           for call, (mean, worst) in measure.BAR.items()}
    check(not measure.bar_problems(bar), "figures at the bar pass it")
    for change in ((1, 0), (0, 1)):
        above = {k: measure.Tally(t.calls, t.sum + change[0], t.worst + change[1], 0, 0)
                 for k, t in bar.items()}
        check(len(measure.bar_problems(above)) == 2, f"control: above the bar by {change}")
    check(len(measure.bar_problems({})) == 2, "control: nothing measured does not pass the bar")
    fewer = {k: v for k, v in rows.items() if k != key}
    check(bool(budget.compare(fewer)[0]), "control: a row that is not measured any more is said")


def test_measure(setting):
    """Everything that ./vet firmware measures, held against the committed table."""
    programs = measure.Measure(setting.builder, setting.programs())
    choices = [c for c in measure.all_choices() if c[1:] == ("peer", "O2")]
    rows, problems, _ = measure.tally(programs, {c: programs.run(*c) for c in choices})
    check(not problems, f"{len(rows)} rows measured {problems[:3]}")
    found, notes = budget.compare(rows, whole=False)
    check(not found, f"held against the committed table {found[:3]} {notes}")


def test_toolchains(setting):
    """The toolchain files build the library as people would who embed it."""
    for name in ("cortex-m0", "cortex-m3", "rv32imac"):
        build = Path(setting.builder.out) / f"toolchain-{name}"
        shutil.rmtree(build, ignore_errors=True)
        commands = (["cmake", "-S", ROOT, "-B", build, "-DHEAPVET_TESTBED=OFF", "--toolchain",
                     ROOT / "cmake" / "toolchains" / f"{name}.cmake"],
                    ["cmake", "--build", build])
        for command in commands:
            done = subprocess.run([str(c) for c in command], capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0:
                break
        made = list(build.rglob("libkheap.a"))
        check(done.returncode == 0 and bool(made),
              f"{name}: {(done.stderr or 'built').strip()[:200]}")


TESTS = {"digests": test_digests, "faulty-lib": test_faulty, "plugin": test_plugin,
         "layout": test_layout,
         "constant-worst": test_constant, "endings": test_endings, "bad-input": test_bad_input,
         "plain": test_plain, "budget": test_budget, "measure": test_measure,
         "toolchains": test_toolchains, "waits": test_waits, "above": test_above, "nocache": test_nocache}


def missing():
    tools = {t.qemu[0] for t in TARGETS.values()} | {t.prefix + "gcc" for t in TARGETS.values()}
    return sorted(tool for tool in tools if not shutil.which(tool))


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=TESTS)
    parser.add_argument("--heapvet", default=ROOT / "build" / "dev" / "heapvet")
    parser.add_argument("--out", default=ROOT / "build" / "firmware")
    args = parser.parse_args(argv)
    if missing():
        print(f"skipped: not installed: {', '.join(missing())}")
        return 77
    try:
        TESTS[args.what](Setting(args))
    except BuildError as problem:
        print(f"FAILED  {problem}")
        return 1
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
