# SPDX-License-Identifier: Apache-2.0
"""How a property is settled: bit vectors and z3, all inputs there are, or numbers without end and Frama-C."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import bitvectors
from properties import SLICES

HERE = Path(__file__).resolve().parent
M32 = ["-m32", "-idirafter", "/usr/include/x86_64-linux-gnu"]
# Undefined behaviour becomes a trap, and reaching one refutes; addresses are only numbers here.
CHECKED = ["-fsanitize=undefined", "-fsanitize-trap=all",
           "-fno-sanitize=null,alignment,object-size,pointer-overflow"]
PLAIN_LOOPS = ["-fno-vectorize", "-fno-slp-vectorize", "-fno-unroll-loops"]
SECONDS = 600
# The hardest goal takes one; the rest is for a busy machine.
GOAL_SECONDS = 20


@dataclass
class Verdict:
    holds: bool
    how: str          # "all 2^64 * 2 arguments", "4,294,967,295 looks", "12/12 goals"
    detail: str = ""  # what refuted it


def plant(lib, fault, out):
    """A copy of lib with the fault; its text must stand there exactly once."""
    file, old, new = fault
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(lib, out)
    text = (out / file).read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"lib/{file}: \"{old}\" stands there {text.count(old)} times, want 1: "
                         "tests/proofs/properties.py plants a fault there")
    (out / file).write_text(text.replace(old, new), encoding="utf-8")
    return out


def slices(lib, out):
    """Writes the lines that properties take over; returns the folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, (file, first, behind) in SLICES.items():
        text = (lib / file).read_text(encoding="utf-8")
        if text.count(first) != 1 or behind not in text[text.index(first):]:
            raise ValueError(f"lib/{file} has changed: no lines from \"{' '.join(first.split())}\" to "
                             f"\"{' '.join(behind.split())}\" for tests/proofs/properties.py")
        start = text.index(first)
        (out / f"{name}.inc").write_text(text[start: text.index(behind, start)], encoding="utf-8")
    return out


class Methods:
    """Settles properties of one copy of lib."""

    def __init__(self, ctx, lib, work):
        self.ctx, self.lib, self.work = ctx, lib, work
        work.mkdir(parents=True, exist_ok=True)
        self.includes = [f"-I{lib / 'include'}", f"-I{lib / 'src'}", f"-I{HERE}",
                         f"-I{slices(lib, work / 'slices')}"]

    def settle(self, prop):
        return {"bits": self.bits, "every": self.every, "exact": self.exact}[prop.method](prop)

    def bits(self, prop):
        arguments = []
        for width in prop.widths:
            module = self.module(prop, width)
            question = bitvectors.question(module, prop.name, prop.rounds)
            smt = self.work / f"{prop.name}-{width}.smt2"
            smt.write_text(question, encoding="utf-8")
            done = self.ctx.run(["z3", f"-T:{SECONDS}", smt], check=False, label=f"z3 {prop.name}")
            answer = done.stdout.split("\n")[0]
            bits = sum(int(n) for n in re.findall(r"declare-const \S+ \(_ BitVec (\d+)\)", question))
            arguments.append(f"2^{bits}")
            if answer != "unsat":
                values = re.findall(r"#[xb]\w+", done.stdout)
                given = f"arguments {' '.join(values)}" if answer == "sat" else answer
                return Verdict(False, "", f"{width} bits: {given}")
        widths = " and ".join(str(w) for w in prop.widths)
        return Verdict(True, f"z3, all {', '.join(arguments)} arguments at {widths} bits")

    def module(self, prop, width):
        """The source in LLVM's text, each loop with one way in and its results handed out."""
        raw = self.work / f"{Path(prop.source).stem}-{prop.name}-{width}.ll"
        self.ctx.run(["clang-19", "-std=gnu11", "-O2", *PLAIN_LOOPS, *CHECKED, *self.includes,
                      *(M32 if width == 32 else []), *prop.flags, "-S", "-emit-llvm",
                      HERE / prop.source, "-o", raw], label=f"clang {prop.source}")
        done = self.ctx.run(["opt-19", "-S", "-passes=loop-simplify,lcssa", raw], label="opt-19")
        return done.stdout

    def every(self, prop):
        program = self.work / prop.name
        self.ctx.run(["cc", "-std=gnu11", "-O2", *self.includes, *prop.flags, HERE / prop.source, "-o",
                      program], label=f"cc {prop.source}")
        done = self.ctx.run([program], check=False, timeout=SECONDS, label=prop.name)
        looks = re.search(r"^looks (\d+)$", done.stdout, re.M)
        if done.returncode != 0 or not looks:
            return Verdict(False, "", done.stdout.strip() or f"exit status {done.returncode}")
        return Verdict(True, f"run, all {int(looks.group(1)):,} looks")

    def exact(self, prop):
        """Frama-C: the sources' contracts and lemmas, and that no step wraps, divides by 0 or shifts too far."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        # why3 writes what it finds into the home folder.
        env = dict(os.environ, HOME=str(home))
        self.ctx.run(["why3", "config", "detect"], env=env, label="why3 config detect")
        proved = goals = 0
        for source in prop.source.split():
            done = self.ctx.run(
                ["frama-c", "-c11", "-machdep", "gcc_x86_64", f"-cpp-extra-args={' '.join(self.includes)}",
                 "-warn-unsigned-overflow", "-wp", "-wp-rte", "-wp-timeout", GOAL_SECONDS,
                 "-wp-prover", "z3,Z3:4.8.12:noBV", *(prop.flags if source == prop.source.split()[0] else []),
                 HERE / source], env=env, check=False, timeout=SECONDS, label=f"frama-c {source}")
            found = re.search(r"Proved goals:\s+(\d+) / (\d+)", done.stdout)
            if done.returncode != 0 or not found:
                said = (done.stdout + done.stderr).strip().splitlines()
                return Verdict(False, "", f"frama-c: {said[-1] if said else 'no output'}")
            proved, goals = proved + int(found.group(1)), goals + int(found.group(2))
            if proved != goals:
                names = re.findall(r"Goal (typed_\w+)\n|Goal (typed_\w+) : Timeout", done.stdout)
                return Verdict(False, "", f"not proved: {', '.join(a or b for a, b in names)}")
        return Verdict(True, f"Frama-C WP, {proved}/{goals} goals")
