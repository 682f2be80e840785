# SPDX-License-Identifier: Apache-2.0
"""The configurations of lib/ whose coverage is united, each as one shared object for heapvet."""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COMPILER = "clang-19"
COVERAGE = ["-fprofile-instr-generate", "-fcoverage-mapping", "-fcoverage-mcdc",
            "-Xclang", "-dump-coverage-mapping"]
FLAGS = ["-O0", "-g0", "-fPIC", "-shared", "-fvisibility=hidden", "-std=gnu11", "-Wl,-Bsymbolic",
         *COVERAGE, "-Isubjects", "-Iops", "-Isim"]
PROBE = 'KHEAP_CONFIG_HEADER="kheap_probe.h"'
SIM = 'KHEAP_CONFIG_HEADER="sim_config.h"'
TRACES = "corpus/traces"


def plain_copy(lib, out):
    """The library as it is, but for its hints to the compiler: spaces take their place.

    A hint is a call, and clang does not look for conditions in what a call is given.
    """
    for file in [*lib.glob("src/**/*.[ch]"), *lib.glob("include/**/*.h"), *lib.glob("port/**/*.[ch]")]:
        copy = out / file.relative_to(lib)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"\b(un)?likely(?=\((?!x\)))", lambda hint: " " * len(hint.group()), text)
        copy.write_text(text, encoding="utf-8")
    return out


class Build:
    """name; subject: its files; options: heapvet's; defines: kheap/config.h's, without CONFIG_."""

    def __init__(self, name, subject="subjects/kheap.c", port=None, symbol=None, flags=(),
                 traces=False, options=(), stops_at=(), **defines):
        self.name = name
        self.subject = subject.split()
        self.port = port
        self.symbol = symbol
        self.flags = list(flags)
        self.traces = traces
        self.options = list(options)  # of heapvet run
        # Instead of the corpus: programs of it, the last of which must end the process.
        self.stops_at = list(stops_at)
        self.defines = [f"CONFIG_{key}={value}" for key, value in defines.items()]

    def command(self, lib, output):
        sources = sorted((lib / "src").glob("*.c"))
        defines = self.defines + [SIM if self.port == "sim" else PROBE]
        if self.port:
            sources += sorted((lib / "src" / "heaps").glob("*.c"))
            sources.append("sim/port.c" if self.port == "sim" else lib / "port" / self.port / "port.c")
        if self.symbol:
            defines.append(f"SUBJECT_SYMBOL={self.symbol}")
        return [COMPILER, *FLAGS, *self.flags, f"-I{lib}/include", f"-I{lib}/src",
                *(f"-D{define}" for define in defines), *map(str, sources), *self.subject,
                "subjects/plugin.c", "-o", str(output)]


def heap(name, **more):
    return Build(name, **more)


def ported(name, subject, **more):
    return Build(name, subject=f"subjects/{subject}.c", port="none", **more)


def threads(name, kind, **more):
    """kind: kheap, pool or poolmalloc, as the simulation calls its subjects."""
    file = "kheap" if kind == "kheap" else "pool"
    return Build(name, subject=f"sim/{file}_subject.c sim/subject_common.c", port="sim",
                 symbol=f"sim_{kind}", **more)


SMALL = {"SYS_HEAP_SMALL_ONLY": 1}
BIG = {"SYS_HEAP_BIG_ONLY": 1}
LISTENER = {"SYS_HEAP_LISTENER": 1}
SYSTEM = {"HEAP_MEM_POOL_SIZE": 1}
LEGACY = {"HEAP_MEM_POOL_SIZE": 16384, "HEAP_MEM_POOL_LEGACY": 1}


def level(n):
    return {"SYS_HEAP_HARDENING_LEVEL": n}


def loops(n):
    return {"SYS_HEAP_ALLOC_LOOPS": n}


# A processor that neither predicts branches nor counts zeros, and code for its size.
OTHER_PROCESSOR = ["-Os", "-include", str(HERE / "other_processor.h")]

BUILDS = [
    heap("auto"),
    heap("auto-0", **level(0)),
    heap("auto-2", traces=True, **level(2)),
    heap("small-0-1", **SMALL, **level(0), **loops(1)),
    heap("small-1-255", **SMALL, **loops(255)),
    heap("small-2-1", **SMALL, **level(2), **loops(1)),
    heap("big-0-255", **BIG, **level(0), **loops(255)),
    heap("big-1-1", **BIG, **loops(1)),
    heap("big-2-255", **BIG, **level(2), **loops(255)),
    heap("no-statistics", SYS_HEAP_RUNTIME_STATS=0),
    heap("registry", SYS_HEAP_ARRAY_SIZE=2),
    heap("other-processor-small", flags=OTHER_PROCESSOR, **SMALL),
    heap("other-processor-auto", flags=OTHER_PROCESSOR, **level(2)),
    Build("library-hook", subject="tests/coverage/library_hook.c",
          stops_at=["corpus/misuse/i11-double-free.ops"]),
    ported("listener-0", "kheap", **LISTENER, **level(0)),
    ported("listener", "kheap", SYS_HEAP_ARRAY_SIZE=2, **LISTENER),
    ported("listener-2", "kheap", **LISTENER, **level(2)),
    ported("kheap-0", "kheap_kheap", **level(0)),
    ported("kheap-listener-0", "kheap_kheap", **LISTENER, **level(0)),
    ported("kheap", "kheap_kheap", SYS_HEAP_ARRAY_SIZE=2, **LISTENER),
    ported("kheap-no-threads", "kheap_kheap", MULTITHREADING=0, **SMALL),
    ported("kheap-big", "kheap_kheap", **BIG, **LISTENER, **level(2)),
    ported("kheap-2", "kheap_kheap", DCACHE=0, **level(2)),
    ported("multi", "kheap_multi", **BIG),
    ported("multi-2", "kheap_multi", **LISTENER, **level(2)),
    ported("system", "kheap_system", **SYSTEM),
    ported("system-2", "kheap_system", **SYSTEM, **LISTENER, **level(2)),
    ported("legacy", "kheap_system", **LEGACY),
    ported("legacy-listener", "kheap_system", **LEGACY, **LISTENER),
    threads("threads-kheap", "kheap"),
    threads("threads-kheap-0", "kheap", **level(0)),
    threads("threads-kheap-2", "kheap", **level(2)),
    threads("threads-pool", "pool"),
    # Expectations of the pool's programs are written for blocks without a descriptor.
    threads("threads-poolmalloc", "poolmalloc", options=["--oracles", "-expect"]),
]
