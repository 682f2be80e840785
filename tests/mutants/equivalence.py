# SPDX-License-Identifier: Apache-2.0
"""Is a mutant no other program? Proved when compilers make the same code of it at -O2."""

import hashlib
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutate import configurations, single

COMPILERS = (["gcc"], ["clang-19"])
FLAGS = ["-O2", "-std=gnu11", "-w"]
# What clang's optimiser is given: quick to have, and where it is the same the code is, too.
BEFORE = ["clang-19", "-Xclang", "-disable-llvm-passes", "-emit-llvm"]

# As CMakeLists.txt has it for configurations of the sort other.
OTHER = Path(__file__).resolve().parents[1] / "coverage/other_processor.h"


class Prover:
    """Compiles lib/src with one file changed, in every configuration, and compares assembly."""

    def __init__(self, root, scratch, texts):
        self.root, self.scratch, self.texts = root, scratch, texts
        self.code = {}  # (compiler, preprocessed text's hash) -> code's hash
        self.text = {}  # (compiler, file, configuration) -> the clean text's hash
        self.configurations = configurations()
        shutil.rmtree(scratch, ignore_errors=True)
        for name in ("clean", "changed"):
            for path, text in texts.items():
                target = scratch / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")

    def _flags(self, configuration):
        header = "sim_config.h" if configuration.sort == "sim" else "kheap_probe.h"
        return [*FLAGS, f"-I{self.root}/lib/include", f"-I{self.root}/sim",
                f"-I{self.root}/subjects", f'-DKHEAP_CONFIG_HEADER="{header}"',
                *(f"-D{d}" for d in configuration.defines),
                *(["-include", str(OTHER)] if configuration.sort == "other" else [])]

    def _hash(self, argv):
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return hashlib.sha256(done.stdout).hexdigest() if done.returncode == 0 else None

    def _text(self, compiler, flags, name, file, configuration):
        key = (compiler[0], file, configuration)
        if name == "clean" and key in self.text:
            return self.text[key]
        text = self._hash([compiler[0], *flags, "-E", "-P", f"{self.scratch}/{name}/{file}"])
        if name == "clean":
            self.text[key] = text
        return text

    def _code(self, compiler, name, file, configuration):
        flags = [*self._flags(configuration), f"-I{self.scratch}/{name}"]
        text = self._text(compiler, flags, name, file, configuration)
        key = (" ".join(compiler), text)
        if text is None:
            return None
        if key not in self.code:
            self.code[key] = self._hash([*compiler, *flags, "-S", "-o", "-",
                                         f"{self.scratch}/{name}/{file}"])
        return self.code[key]

    def _same(self, job):
        file, configuration = job
        for compiler in (BEFORE, *COMPILERS):
            changed = self._code(compiler, "changed", file, configuration)
            if changed and changed == self._code(compiler, "clean", file, configuration):
                return True
        return False

    def _units(self, file):
        """Source files whose code may change, the likeliest first."""
        if file.endswith(".c"):
            return [file]
        return [f for f in self.texts if f.endswith(".c")]

    def proves(self, mutant, jobs):
        changed = self.scratch / "changed" / mutant.file
        changed.write_text(single(self.texts[mutant.file], mutant), encoding="utf-8")
        work = [(file, c) for c in self.configurations for file in self._units(mutant.file)
                if c.sort not in ("heap", "other", "stop") or not file.startswith("heaps/")]
        try:
            with ThreadPoolExecutor(jobs) as pool:
                for at in range(0, len(work), jobs):
                    if not all(pool.map(self._same, work[at:at + jobs])):
                        return False
            return True
        finally:
            changed.write_text(self.texts[mutant.file], encoding="utf-8")
