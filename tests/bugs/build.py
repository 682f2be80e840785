# SPDX-License-Identifier: Apache-2.0
"""Builds fuzz targets on a copy of lib/ with one bug in it.

There is one copy, and every bug is put into it in turn, so that make compiles no more of lib/ than what
this bug and the one before it have touched. Everything but lib/ is compiled once.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import bank

sys.path.insert(0, str(bank.HERE.parents[1] / "fuzz"))

import fuzz_engines  # noqa: E402


def check(bug):
    """The patch names a fuzz target and an engine that there are."""
    if bug.stage != "fuzz":
        return
    if bug.target not in fuzz_engines.ENGINES["address"][1]:
        raise bank.BankError(f"{bug.path.name}: no such fuzz target: {bug.target}")
    if bug.engine not in ("address", "address32"):
        raise bank.BankError(f"{bug.path.name}: engine: expected address or address32, "
                             f"have {bug.engine}")


class Workshop:
    """The copy of lib/, and what is built from it, below one folder."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        self.tree = folder / "tree"
        self.out = folder / "targets"
        self.canary = bank.HERE / "canary.h"

    def restore(self):
        """Makes the copy what lib/ is; files that are so already keep their time."""
        source, copy = self.root / "lib", self.tree / "lib"
        wanted = {p.relative_to(source) for p in source.rglob("*") if p.is_file()}
        for path in [p for p in copy.rglob("*") if p.is_file()]:
            if path.relative_to(copy) not in wanted:
                path.unlink()
        for name in wanted:
            data = (source / name).read_bytes()
            if not (copy / name).exists() or (copy / name).read_bytes() != data:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                (copy / name).write_bytes(data)

    def plant(self, bug):
        """bug None: lib/ as it is."""
        self.restore()
        if bug is not None:
            bank.apply(bug, self.tree)

    def defines(self, bug):
        more = bug.defines if bug is not None else ""
        return f"-include {self.canary} -DKHEAP_BUG_COUNTED=1 {more}".strip()

    def command(self, engine, target, out, bug, jobs, goals):
        canary = self.folder / f"canary-{engine}.o"
        more = {
            "WORK": str(self.folder / "work"), "LIB_DIR": str(self.tree / "lib"),
            "LIB_DEFINES": self.defines(bug), "MAKE_GOALS": goals,
            # The engine is the one thing on every link line.
            "LIB_FUZZING_ENGINE": f"{canary} -fsanitize=fuzzer",
        }
        return fuzz_engines.build_command(engine, self.root, out, jobs, [target], more)

    def canary_object(self, engine):
        """Compiled as the harness is: its branches are not the library's coverage."""
        path = self.folder / f"canary-{engine}.o"
        source = bank.HERE / "canary.c"
        if not path.exists() or path.stat().st_mtime < source.stat().st_mtime:
            path.parent.mkdir(parents=True, exist_ok=True)
            settings = fuzz_engines.ENGINES[engine][0]
            flags = shlex.split(settings["HARNESS_CFLAGS"])
            places = [f"-I{self.root / name}" for name in ("fuzz", "ops", "tests/bugs")]
            subprocess.run([settings["CC"], *flags, "-std=gnu11", "-DKHEAP_BUG_COUNTED=1", *places, "-c",
                            str(source), "-o", str(path)], check=True)

    def build(self, bug, target, engine="address", jobs=1, run=subprocess.run):
        """The target with the bug in it; run(argv, env=..., ...) may be a stage's."""
        self.canary_object(engine)
        self.plant(bug)
        out = self.out / (bug.name if bug is not None else "clean")
        shutil.rmtree(out, ignore_errors=True)
        argv, env = self.command(engine, target, out, bug, jobs, "targets")
        run(argv, env=env)
        return out / target

    def seeds(self, target, run=subprocess.run):
        """A folder with the committed corpus as this target's inputs."""
        out = self.folder / "seeds" / fuzz_engines.kind_of(target)
        archive = out / f"{target}_seed_corpus.zip"
        argv, env = self.command("address", target, out, None, 1, str(archive))
        run(argv, env=env)
        folder = out / target
        if not folder.exists() or folder.stat().st_mtime < archive.stat().st_mtime:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.unpack_archive(archive, folder)
            os.utime(folder)
        return folder
