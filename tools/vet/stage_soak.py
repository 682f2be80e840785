# SPDX-License-Identifier: Apache-2.0
"""Stage soak: real threads at one k_heap, under ThreadSanitizer and under AddressSanitizer."""

import re

NAME = "soak"
PACKAGES = []

SECONDS, SECONDS_QUICK = 60, 5
CONTROL_SECONDS = 5
BUILDS = {
    "tsan": ["-fsanitize=thread"],
    "asan": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    # A library whose free takes no lock: ThreadSanitizer must report it.
    "planted": ["-fsanitize=thread", "-DSOAK_PLANTED"],
}
HEAPS = ("wait", "block", "k_heap", "listener")
WRAPPED = ("kheap_port_sleep", "kheap_port_lock", "kheap_port_unlock")
COUNTS = re.compile(
    r"calls (\d+), blocks (\d+), reallocs (\d+) \((\d+) moved\), waits (\d+) \((\d+) of them for "
    r"ever\), time-outs (\d+), refused (\d+)\s+lost blocks (\d+), lost bytes (\d+)")
NAMES = ("calls", "blocks", "reallocs", "moved", "waits", "waits_for_ever", "time_outs", "refused",
         "lost_blocks", "lost_bytes")


def build(ctx, name):
    program = ctx.build / "soak" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    lib = ctx.root / "lib"
    sources = [*sorted((lib / "src").glob("*.c")), lib / "port" / "posix" / "port.c",
               *(lib / "src" / "heaps" / f"{h}.c" for h in HEAPS), ctx.root / "tests/soak/soak.c"]
    ctx.run(["cc", "-std=gnu11", "-O1", "-g", f"-I{lib}/include", *BUILDS[name], *sources,
             *(f"-Wl,--wrap={w}" for w in WRAPPED), "-pthread", "-o", program],
            label=f"build soak ({name})")
    return program


def soak(ctx, name, seconds):
    """(counts, problems) of one build."""
    done = ctx.run([build(ctx, name), "--seconds", seconds], check=False, timeout=seconds * 4 + 120,
                   label=f"{name}: 8 threads, {seconds} s")
    found = COUNTS.search(done.stdout)
    counts = dict(zip(NAMES, map(int, found.groups()))) if found else {}
    report = [l for l in done.stderr.splitlines() if "WARNING: " in l or "ERROR: " in l]
    problems = [f"{name}: {line.strip()}" for line in report[:3]]
    if done.returncode != 0 and not problems:
        problems.append(f"{name}: exit status {done.returncode}: "
                        f"{(done.stdout + done.stderr).strip().splitlines()[-1:]}")
    if not counts and not problems:
        problems.append(f"{name}: printed no counts")
    if counts.get("lost_blocks") or counts.get("lost_bytes"):
        problems.append(f"{name}: {counts['lost_blocks']} blocks lost")
    return counts, problems


def run(ctx):
    seconds = SECONDS_QUICK if ctx.quick else SECONDS
    figures, problems = {"seconds": seconds}, []
    for name in ("tsan", "asan"):
        figures[name], bad = soak(ctx, name, seconds)
        problems += bad
    _, seen = soak(ctx, "planted", CONTROL_SECONDS)
    figures["control_seen"] = any("data race" in line for line in seen)
    if not figures["control_seen"]:
        problems.append("control: a free without its lock is not reported by ThreadSanitizer")
    tsan = figures["tsan"]
    line = (f"{tsan.get('calls', 0):,} calls of 8 threads in {seconds} s, {tsan.get('waits', 0):,} "
            f"waits, {tsan.get('time_outs', 0):,} time-outs, "
            f"{tsan.get('lost_blocks', '?')} lost blocks")
    return {"ok": not problems, "figures": figures, "line": line, "problems": problems}
