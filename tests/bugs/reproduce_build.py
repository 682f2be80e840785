# SPDX-License-Identifier: Apache-2.0
"""What a reproducer runs on: the heap of a fuzz target as a shared object, and emitted C tests.

Objects are kept by what they are made of, so that a bug costs a compilation of the files it touches.
"""

import hashlib
import shlex
import shutil
import subprocess
from pathlib import Path

import bank

HEAP = ["src/*.c"]
HEAPS = ["src/*.c", "src/heaps/*.c"]
PORT = HEAPS + ["port/none/*.c"]
PROBE = '-DKHEAP_CONFIG_HEADER="kheap_probe.h"'
SIM = ["sim/port.c", "sim/subject_common.c", "sim/kheap_subject.c", "sim/pool_subject.c"]
FORMATS = {"small": "SMALL_ONLY", "big": "BIG_ONLY", "auto": "AUTO"}
CANARY = ["-include", str(bank.HERE / "canary.h")]
SANITIZED = ["-fsanitize=address", "-fno-omit-frame-pointer"]


def newest(root, folders):
    """When the last of their files was written."""
    return max(path.stat().st_mtime for name in folders for path in (root / name).rglob("*.[ch]"))


class Config:
    """How one heap is built: of fuzz/targets.mk, what matters to the heap itself."""

    def __init__(self, name, defines, lib, subject, symbol="subject_kheap"):
        self.name, self.lib, self.subject, self.symbol = name, lib, subject, symbol
        self.defines = [f"-DSUBJECT_SYMBOL={symbol}", *defines]
        self.threads = symbol.startswith("sim_")

    def emitted(self):
        """The options that emit-c cannot know from the heap."""
        given = ("CONFIG_SYS_HEAP_SMALL_ONLY", "CONFIG_SYS_HEAP_BIG_ONLY", "CONFIG_SYS_HEAP_AUTO")
        return [d[2:] for d in self.defines if d[2:].split("=")[0] in given
                or d.startswith("-DCONFIG_SYS_HEAP_HARDENING")]


def configs(bug):
    """Of each heap that the bug's target runs on."""
    target, more = bug.targets[0], shlex.split(bug.defines)
    if bug.stage == "explore":
        kind = target.split()[0]
        return [sim_config(name, more) for name in (["kheap"] if kind == "kheap" else ["pool"])]
    if target == "fuzz_kheap":
        return [sim_config("kheap", more)]
    if target == "fuzz_pool":
        return [sim_config("pool", more), sim_config("poolmalloc", more)]
    if target == "fuzz_multi":
        return [Config("multi", ["-DCONFIG_SYS_HEAP_LISTENER=1", PROBE, *more], PORT,
                       ["subjects/kheap_multi.c"])]
    if target == "fuzz_system":
        return [Config("system", ["-DCONFIG_HEAP_MEM_POOL_SIZE=1", "-DCONFIG_SYS_HEAP_LISTENER=1", PROBE,
                                  *more], PORT, ["subjects/kheap_system.c"])]
    if target == "fuzz_system_legacy":
        return [Config("system_legacy", ["-DCONFIG_HEAP_MEM_POOL_SIZE=16384",
                                         "-DCONFIG_HEAP_MEM_POOL_LEGACY=1", PROBE, *more], PORT,
                       ["subjects/kheap_system.c"])]
    variant = target[len("fuzz_heap_"):] if target.startswith("fuzz_heap_") else "auto_3"
    if target.startswith("fuzz_misuse_"):
        variant = target[len("fuzz_misuse_"):] + "_3"
        more = ["-DCONFIG_SYS_HEAP_HARDENING_LEVEL=2", *more]
    form, loops = variant.split("_")
    return [Config(variant, [f"-DCONFIG_SYS_HEAP_{FORMATS[form]}=1",
                             f"-DCONFIG_SYS_HEAP_ALLOC_LOOPS={loops}", PROBE, *more], HEAP,
                   ["subjects/kheap.c"])]


def sim_config(name, more):
    return Config(f"sim_{name}", ['-DKHEAP_CONFIG_HEADER="sim_config.h"', *more], HEAPS, SIM,
                  f"sim_{name}")


class Builder:
    """Everything below one folder. root: the tree of the testbed; lib: of the heap."""

    def __init__(self, root, folder, word_bits=64):
        self.root, self.folder = Path(root), Path(folder)
        self.machine = ["-m32", "-idirafter", "/usr/include/x86_64-linux-gnu"] if word_bits == 32 else []

    def headers(self, lib):
        """Of all headers that any of its files may include."""
        digest = hashlib.sha1()
        for folder in (lib / "include", lib / "src"):
            for path in sorted(folder.rglob("*.h")):
                digest.update(path.read_bytes())
        for name in ("ops", "subjects", "sim", "tests/bugs"):
            for path in sorted((self.root / name).glob("*.h")):
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def compile(self, lib, sources, flags, sanitized, headers):
        objects = []
        compiler = "clang-19" if sanitized else "cc"
        flags = [*(SANITIZED if sanitized else []), *self.machine, *flags]
        for source in sources:
            key = repr((compiler, flags, headers, source.name)).encode() + source.read_bytes()
            target = self.folder / "objects" / f"{source.stem}-{hashlib.sha1(key).hexdigest()[:16]}.o"
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                draft = target.with_suffix(".new")
                subprocess.run([compiler, "-std=gnu11", "-O1", "-g1", "-w", "-fPIC", "-fvisibility=hidden",
                                *flags, *CANARY, f"-I{lib}/include", f"-I{lib}/src",
                                *(f"-I{self.root}/{name}" for name in ("subjects", "ops", "sim")),
                                "-c", str(source), "-o", str(draft)], check=True)
                draft.replace(target)
            objects.append(str(target))
        return objects

    def plugin(self, config, lib, name, sanitized=False):
        """The heap as heapvet loads it."""
        headers = self.headers(lib)
        ours = [self.root / source for source in [*config.subject, "subjects/plugin.c"]]
        objects = self.compile(lib, self.lib_sources(config.lib, lib) + ours, config.defines, sanitized,
                               headers)
        out = self.folder / "subjects" / name / f"kheap_{config.name}{'_asan' if sanitized else ''}.so"
        out.parent.mkdir(parents=True, exist_ok=True)
        compiler = ["clang-19", *SANITIZED] if sanitized else ["cc"]
        subprocess.run([*compiler, *self.machine, "-shared", *objects, "-o", str(out)], check=True)
        return out

    def lib_sources(self, patterns, lib):
        return [path for pattern in patterns for path in sorted(lib.glob(pattern))]

    def emitted(self, source, lib, name, sanitized=False):
        """The test that heapvet emit-c wrote, on this lib, compiled as its own first comment says."""
        line = next(l for l in source.read_text().splitlines() if l.startswith("// $ cc "))
        words = shlex.split(line[len("// $ cc "):].split(" && ")[0])
        flags = [w for w in words if w.startswith("-D")]
        patterns = [w[len("lib/"):] for w in words if w.startswith("lib/") and w.endswith(".c")]
        objects = self.compile(lib, self.lib_sources(patterns, lib), flags, sanitized, self.headers(lib))
        out = self.folder / "emitted" / name
        out.parent.mkdir(parents=True, exist_ok=True)
        compiler = ["clang-19", *SANITIZED] if sanitized else ["cc"]
        subprocess.run([*compiler, *self.machine, "-std=gnu11", "-O1", "-g1", "-Wall", "-Wextra", "-Werror",
                        *flags, f"-I{lib}/include", f"-I{lib}/src", str(source), *objects, "-o", str(out)],
                       check=True)
        return out

    def heapvet(self, run, sanitized):
        """A heapvet of this word size; sanitized: it forbids what is nobody's business, with the runtime
        that notices."""
        build = self.folder / ("asan" if sanitized else "plain")
        program = build / "heapvet"
        folders = ("lib", "ops", "reference", "sim", "subjects", "tools")
        if program.exists() and program.stat().st_mtime > newest(self.root, folders):
            return program
        options = [f"-DCMAKE_C_FLAGS={' '.join(self.machine)}"]
        if sanitized:
            options = ["-DCMAKE_C_COMPILER=clang-19", "-DCMAKE_C_FLAGS=-DHEAPVET_ASAN=1",
                       "-DCMAKE_EXE_LINKER_FLAGS=-fsanitize=address"]
        run(["cmake", "-G", "Ninja", "-S", self.root, "-B", build, "-DCMAKE_BUILD_TYPE=RelWithDebInfo", *options],
            label=f"configuring a heapvet in {build.name}")
        run(["ninja", "-C", build, "-j", "2", "heapvet"], timeout=1200, label=f"building a heapvet in {build.name}")
        return program

    def forget(self, name):
        for folder in ("subjects", "emitted"):
            shutil.rmtree(self.folder / folder / name, ignore_errors=True)
