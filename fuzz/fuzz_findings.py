# SPDX-License-Identifier: Apache-2.0
"""From a crashing input to a short text program and the command that reproduces it."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import fuzz_engines
import fuzz_jobs

# Every variant finds an easy bug within a second; a person needs one or two of them.
MAX_SHRUNK = 3
SHRINK_SECONDS = 120


class Finding:
    def __init__(self, name, path, command, lines, oracle):
        self.name, self.path, self.command = name, path, command
        self.lines, self.oracle = lines, oracle


def op_lines(text):
    """Lines that are neither empty nor a comment."""
    return [line for line in text.splitlines() if line.split("#")[0].strip()]


def oracle_of(output):
    """The oracle that a report names; a sanitizer's word for a crash; "crash"."""
    found = re.search(r"^\s*oracle (\w+):", output, re.MULTILINE)
    if found:
        return found.group(1)
    found = re.search(r"ERROR: AddressSanitizer: ([\w-]+)|runtime error: ([\w -]+)", output)
    if found:
        return re.sub(r"\W+", "-", (found.group(1) or found.group(2)).strip())[:40]
    return "crash"


class Shrinker:
    """Works on the raw inputs of one run."""

    def __init__(self, ctx, places, tool):
        self.ctx, self.places, self.tool = ctx, places, tool
        self.folder = places.out / "findings"

    def relative(self, path):
        return os.path.relpath(path, self.places.root)

    def shrink(self, job, raw):
        if job.target == "fuzz_text":
            return self.shrink_text(job, raw)
        reach = "edge" if job.target == "fuzz_edge" else fuzz_engines.kind_of(job.target)
        text = self.ctx.run([self.tool, "text", reach, raw]).stdout
        draft = Path(f"{raw}.ops")
        draft.write_text(text)
        for subject in self.subjects(job.target):
            found = self.by_heapvet(draft, subject)
            if found:
                return found
        return self.by_engine(job, draft)

    def subjects(self, target):
        """What the command line knows the target's heaps as; one that is built now where it can load it."""
        if target in fuzz_engines.THREADS:
            # These are linked into heapvet: they are not the target's when that holds another lib/.
            names = {"fuzz_kheap": ["sim_kheap"], "fuzz_pool": ["sim_pool", "sim_poolmalloc"]}
            return [] if self.places.settings else names[target]
        argv, env, path = fuzz_engines.subject_goal(
            fuzz_engines.variant_of(target), self.places.root, self.places.build,
            self.places.settings)
        self.ctx.run(argv, env=env, timeout=300, label=f"build {path.name}")
        return [path]

    def by_heapvet(self, draft, subject):
        """None when the plain heap does not fail: then only the sanitizer sees the fault."""
        heapvet = self.ctx.heapvet
        run = [heapvet, "run", "--subject", subject]
        if self.ctx.run(run + [draft], check=False, timeout=60).returncode == 0:
            return None
        short = Path(f"{draft}.short.ops")
        done = self.ctx.run([heapvet, "shrink", "--subject", subject, "-o", short, draft],
                            check=False, timeout=SHRINK_SECONDS)
        text = short.read_text() if short.exists() else draft.read_text()
        if not short.exists():
            self.ctx.say(f"  heapvet shrink: exit status {done.returncode}, program kept as it was")
        seen = self.ctx.run(run + [short if short.exists() else draft], check=False, timeout=60)
        path, oracle = self.store(text, seen.stdout + seen.stderr)
        named = subject if isinstance(subject, str) else self.relative(subject)
        command = f"{self.relative(heapvet)} run --subject {named} {self.relative(path)}"
        return Finding(path.stem, path, command, len(op_lines(text)), oracle)

    def by_engine(self, job, draft):
        """Takes lines away one by one, each candidate run by the engine's own binary."""
        lines, output = draft.read_text().splitlines(), ""

        def fails(candidate):
            nonlocal output
            trial = Path(f"{draft}.try.ops")
            trial.write_text("\n".join(candidate) + "\n")
            record = self.to_record(job, trial)
            done = subprocess.run([str(job.binary), str(record)], env=job.environment(), timeout=60,
                                  capture_output=True, text=True, errors="replace", check=False)
            if done.returncode != 0:
                output = done.stdout + done.stderr
            return done.returncode != 0

        if not fails(lines):
            return None
        step = max(1, len(lines) // 2)
        while step:
            at = 0
            while at < len(lines):
                candidate = lines[:at] + lines[at + step:]
                # The header lines stay: without a kind a text is no program.
                if lines[at].split()[0] not in fuzz_jobs.KINDS and fails(candidate):
                    lines = candidate
                else:
                    at += step
            step //= 2
        text = "\n".join(lines) + "\n"
        path, oracle = self.store(text, output)
        record = self.to_record(job, path)
        command = f"{self.relative(job.binary)} {self.relative(record)}"
        return Finding(path.stem, path, command, len(op_lines(text)), oracle)

    def to_record(self, job, ops):
        """The record form beside a text file."""
        folder = ops.parent / f"{ops.stem}.d"
        folder.mkdir(exist_ok=True)
        subprocess.run([str(self.tool), "records", fuzz_engines.kind_of(job.target), str(folder),
                        str(ops)], check=True, capture_output=True)
        target = ops.with_suffix(".record")
        next(folder.iterdir()).replace(target)
        folder.rmdir()
        return target

    def shrink_text(self, job, raw):
        """A parser's input is bytes: libFuzzer's own minimiser does it."""
        short = self.folder / f"text-{raw.name[-12:]}.input"
        subprocess.run([str(job.binary), "-minimize_crash=1", "-runs=20000", "-max_total_time=5",
                        f"-exact_artifact_path={short}", str(raw)], cwd=job.folder,
                       env=job.environment(), capture_output=True, check=False)
        if not short.exists():
            short.write_bytes(raw.read_bytes())
        command = f"{self.relative(job.binary)} {self.relative(short)}"
        return Finding(short.stem, short, command, len(short.read_bytes().splitlines()), "text")

    def store(self, text, output):
        """out/findings/<oracle>-<hash>.ops; the same program is the same file."""
        oracle = oracle_of(output)
        digest = hashlib.sha1("\n".join(op_lines(text)).encode()).hexdigest()[:8]
        path = self.folder / f"{oracle}-{digest}.ops"
        path.write_text(text)
        path.with_suffix(".log").write_text(output)
        return path, oracle


def collect(ctx, places, tool, jobs):
    """Shrinks a few findings of every kind. Returns (all raw inputs, findings)."""
    raw = [(job, path) for job in jobs for path in job.findings()]
    shrinker = Shrinker(ctx, places, tool)
    findings, seen = [], set()
    # Different targets first: two inputs of one target are mostly one fault.
    order = sorted(raw, key=lambda pair: sum(1 for j, p in raw if j is pair[0] and p < pair[1]))
    for job, path in order[:MAX_SHRUNK]:
        ctx.progress(0, 0, f"shrinking {path.name[:40]}")
        found = shrinker.shrink(job, path)
        if found is None:
            found = Finding(path.name, path, f"{shrinker.relative(job.binary)} "
                            f"{shrinker.relative(path)}", 0, "not reproduced outside the fuzzer")
        if found.path not in seen:
            seen.add(found.path)
            findings.append(found)
    return raw, findings
